"""`detector bench`: what the daemon takes in a second, how late it is, what a reading and a fleet cost, on this machine.

In: which parts to measure. Out: tables on stdout; with `--out` all figures as JSON.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from detector.cli.arguments import duration, positive_count, positive_number
from detector.cli.stopping import break_off_when_told
from detector.errors import DetectorError
from detector.lab.bench import comparison, constants, results, tables
from detector.lab.bench.ingest import Route
from detector.lab.bench.parts import PARTS, Bench, Found, Wishes
from detector.lab.bench.plot import draw

SIZES = [1_000, 10_000, 100_000, 1_000_000]

SHORT = {
    "devices": 100,
    "seconds": 0.5,
    "rounds": 1,
    "heads": ["lms"],
    "probes": 3,
    "channels": 10,
    "steps": 2,
    "sizes": [20, 40],
    "fleet_rounds": 3,
    "inbox": 2000,
}
"""What `--short` makes of the numbers."""

WIDE = 110
"""Columns of a terminal that the tables want; where nobody looks, they have them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector bench`."""
    add = parser.add_argument
    add("parts", nargs="*", type=_part, metavar="PART", help=f"{', '.join(PARTS)} or all; none: cost")
    add("--model", type=Path, default=Path("models/base"), metavar="DIR", help="model folder (default: %(default)s)")
    add("--folder", type=Path, metavar="DIR", help="on whose disk state is kept (default: the temporary folder)")
    add("--out", type=Path, metavar="FILE", help="write all figures there, as JSON")
    add("--plot", type=Path, metavar="FILE", help="draw a picture of them there (.svg)")
    add("--against", type=Path, metavar="FILE", help="show how they differ from those of such a file")
    add(
        "--short",
        action="store_true",
        help="tiny numbers, whatever else is said: shows that all of it works, and no more",
    )
    add("--constants", action="store_true", help="ingest and fleet: let `detector plan` reckon with what they find")
    add("--channels", type=positive_count, default=1000, help="cost: channels in a batch (default: %(default)s)")
    add(
        "--steps",
        type=positive_count,
        default=100,
        help="cost: timed steps, after twice as many (default: %(default)s)",
    )
    add("--devices", type=positive_count, default=1000, help="devices that send (default: %(default)s)")
    add("--seconds", type=positive_number, default=10.0, help="time of one measurement (default: %(default)g)")
    add("--rounds", type=positive_count, default=3, help="ingest: measurements of each (default: %(default)s)")
    add("--heads", nargs="+", choices=comparison.HEADS, default=["lms", "rls"], help="engine.head (default: lms rls)")
    add("--routes", nargs="+", type=Route, choices=list(Route), default=list(Route), help="ingest: ways of the packets")
    add("--qos", type=int, choices=(0, 1), default=0, help="quality of service (default: %(default)s)")
    add("--beside", nargs="*", choices=comparison.OTHERS, default=list(comparison.OTHERS), help="ingest: who else")
    add(
        "--inbox",
        type=positive_count,
        default=50_000,
        help="messages that may wait in the daemon (default: %(default)s)",
    )
    add("--probes", type=positive_count, default=300, help="latency: alerts at each rate (default: %(default)s)")
    add(
        "--sizes", nargs="+", type=positive_count, default=SIZES, metavar="N", help="fleet: devices (default: 1k to 1M)"
    )
    add("--fleet-rounds", type=positive_count, default=9, help="fleet: readings of each device (default: %(default)s)")
    add("--environments", type=Path, default=Path("build"), metavar="DIR", help="where mqtt-exporter and river are put")
    add("--snapshot", type=positive_count, metavar="DEVICES", help="instead: what a snapshot of so many devices costs")
    add("--scrape", type=positive_count, metavar="CHANNELS", help="instead: what a scrape of so many channels costs")
    add("--restart", type=positive_count, metavar="DEVICES", help="instead: how soon a daemon is ready over so many")
    add("--times", type=positive_count, default=5, help="with --restart: how often (default: %(default)s)")
    add("--soak", type=duration, metavar="TIME", help="instead: so long at half of the first head's top rate")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    _refuse_poor_constants(arguments)
    kept = {} if arguments.against is None else results.read(arguments.against)["headlines"]
    break_off_when_told()
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    found: dict[str, Found] = {}
    for name, part in _measured(arguments):
        found[name] = part
        for table in part.tables:
            console.print(table)
    headlines = {name: value for part in found.values() for name, value in part.headlines.items()}
    figures = {name: part.figures for name, part in found.items()}
    _keep(arguments, results.document(sys.argv[1:], headlines, figures))
    if kept:
        console.print(tables.change_table(results.changes(kept, headlines)))
    return 0


def _refuse_poor_constants(arguments: argparse.Namespace) -> None:
    """Refuse what would spoil the constants that are kept, before anything is measured.

    Raises: DetectorError.
    """
    whole = "all" in arguments.parts or {"ingest", "fleet"} <= set(arguments.parts)
    if arguments.constants and (arguments.short or not whole):
        raise DetectorError("--constants: expected the parts ingest and fleet (or all), and not --short")


def _measured(arguments: argparse.Namespace) -> Iterator[tuple[str, Found]]:
    """Measure what is asked for, part by part."""
    bench = Bench(_wishes(arguments), Console(stderr=True).print)
    if arguments.snapshot is not None:
        yield "snapshot", bench.snapshot(arguments.snapshot)
    elif arguments.scrape is not None:
        yield "scrape", bench.scrape(arguments.scrape)
    elif arguments.restart is not None:
        yield "restart", bench.restart(arguments.restart, arguments.times)
    elif arguments.soak is not None:
        yield "soak", bench.soak(arguments.soak)
    else:
        for name in PARTS if "all" in arguments.parts else arguments.parts or ["cost"]:
            yield name, PARTS[name](bench)


def _wishes(arguments: argparse.Namespace) -> Wishes:
    """Return what is asked for."""
    asked = {**vars(arguments), **(SHORT if arguments.short else {})}
    return Wishes(**{name: asked[name] for name in Wishes.__dataclass_fields__})


def _keep(arguments: argparse.Namespace, run: Mapping[str, Any]) -> None:
    """Write what was found to the files that are asked for."""
    if arguments.out is not None:
        results.write(arguments.out, run)
    if arguments.plot is not None:
        draw(arguments.plot, run)
    if arguments.constants:
        constants.write(constants.gather(run))


def _part(text: str) -> str:
    """Read the name of a part."""
    if text not in (*PARTS, "all"):
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(PARTS)} or all, got {text!r}")
    return text

"""`detector bench`: what the daemon takes in a second, how late it is, what a reading and a fleet cost, on this machine.

In: which parts to measure. Out: tables on stdout; with `--out` the figures as JSON, too.
"""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from detector.cli.arguments import positive_count, positive_number
from detector.edge.model_file import ModelFile, load_model
from detector.lab import scrape_cost, snapshot_cost
from detector.lab.bench import comparison, tables
from detector.lab.bench.ingest import Route
from detector.lab.bench.load import Stream
from detector.lab.cost import Cost, measure
from detector.settings import Settings

FEW = (1, 16)
"""Readings of small batches, whose cost is that of the calls and not of the rows: most sites send so few at a time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector bench`."""
    add = parser.add_argument
    add("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"{', '.join(PARTS)}; none: cost")
    add("--model", type=Path, default=Path("models/base"), metavar="DIR", help="model folder (default: %(default)s)")
    add("--channels", type=positive_count, default=1000, help="cost: channels in a batch (default: %(default)s)")
    add(
        "--steps",
        type=positive_count,
        default=100,
        help="cost: timed steps, after twice as many (default: %(default)s)",
    )
    add("--snapshot", type=positive_count, metavar="DEVICES", help="instead: what a snapshot of so many devices costs")
    add("--scrape", type=positive_count, metavar="CHANNELS", help="instead: what a scrape of so many channels costs")
    add("--folder", type=Path, metavar="DIR", help="with --snapshot: on whose disk (default: the temporary folder)")
    add("--devices", type=positive_count, default=1000, help="ingest: devices that send (default: %(default)s)")
    add("--seconds", type=positive_number, default=10.0, help="ingest: time of a measurement (default: %(default)g)")
    add("--rounds", type=positive_count, default=3, help="ingest: measurements of each (default: %(default)s)")
    add("--heads", nargs="+", choices=comparison.HEADS, default=["lms", "rls"], help="ingest: heads (default: lms rls)")
    add("--routes", nargs="+", type=Route, choices=list(Route), default=list(Route), help="ingest: ways of the packets")
    add("--qos", type=int, choices=(0, 1), default=0, help="ingest: quality of service (default: %(default)s)")
    add("--exporter", type=Path, default=Path("build/mqtt-exporter"), metavar="DIR", help="where mqtt-exporter is put")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    if arguments.snapshot is not None:
        return _run_snapshot(load_model(arguments.model), arguments.snapshot, arguments.folder)
    if arguments.scrape is not None:
        return _run_scrape(load_model(arguments.model), _settings(), arguments.scrape)
    figures = {part: PARTS[part](arguments, Console()) for part in arguments.parts or ["cost"]}
    return 0 if figures else 1


def _settings() -> Settings:
    """Return settings of a site of which nothing is known."""
    return Settings.model_validate({"sensors": [{"name": "bench"}]})


def _cost(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Measure what a reading costs, and a channel."""
    model, settings = load_model(arguments.model), _settings()
    many, *few = (
        measure(model, settings, channels=channels, warm_steps=2 * arguments.steps, steps=arguments.steps)
        for channels in (arguments.channels, *FEW)
    )
    console.print(_table(many))
    console.print("; ".join(f"a batch of {cost.channels}: {cost.batch_ms:.2f} ms" for cost in few))
    return {"costs": [asdict(cost) for cost in (many, *few)]}


def _ingest(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Measure how much is taken, by whom."""
    plan = comparison.Plan(
        model=arguments.model,
        heads=arguments.heads,
        routes=arguments.routes,
        stream=Stream(arguments.devices, arguments.qos, cadence_s=10.0),
        seconds=arguments.seconds,
        rounds=arguments.rounds,
        exporter=arguments.exporter,
    )
    measured = comparison.compare(plan, Console(stderr=True).print)
    ratios = comparison.ratios(measured)
    console.print(tables.ratio_table(ratios))
    console.print(tables.ingest_table(measured))
    return {"ratios": [asdict(ratio) for ratio in ratios], "measured": [asdict(one) for one in measured]}


PARTS: dict[str, Callable[[argparse.Namespace, Console], dict[str, Any]]] = {"cost": _cost, "ingest": _ingest}
"""What can be measured."""


def _run_snapshot(model: ModelFile, devices: int, folder: Path | None) -> int:
    """Measure a snapshot, and print."""
    settings = Settings.model_validate({"sensors": [{"name": "bench"}], "engine": {"max_devices": devices}})
    with TemporaryDirectory(dir=folder, prefix="detector-bench-") as place:
        cost = snapshot_cost.measure(model, settings, devices, Path(place))
    table = Table(title=f"A snapshot of {devices:,} devices, {cost.bytes_on_disk / 1e6:,.0f} MB")
    table.add_column("")
    table.add_column("ms", justify="right")
    for name, seconds in (
        ("scoring stood still", cost.paused_s),
        ("written, scoring meanwhile", cost.took_s),
        (f"a step of {cost.rows:,} readings before", cost.step_s),
        ("the same while it is written, median", cost.beside_s),
        ("the longest of them", cost.longest_s),
        ("read again, every checksum checked", cost.read_s),
        ("given to an engine", cost.restored_s),
    ):
        table.add_row(name, f"{1e3 * seconds:,.1f}")
    Console().print(table)
    return 0


def _run_scrape(model: ModelFile, settings: Settings, channels: int) -> int:
    """Measure scrapes, and print."""
    cost = scrape_cost.measure(model, settings, channels)
    table = Table(title=f"A scrape of {channels:,} channels")
    table.add_column("")
    table.add_column("ms", justify="right")
    for name, seconds in (
        (f"all of them, {cost.whole_bytes / 1e6:,.1f} MB", cost.whole_s),
        ("the same, compressed", cost.compressed_s),
        (f"within the default max_series, {cost.bounded_bytes / 1e6:,.1f} MB", cost.bounded_s),
        (f"a step of {scrape_cost.ROWS:,} readings, shown", cost.step_s),
        ("the same while all are scraped on end, median", cost.beside_s),
        ("the longest of them", cost.longest_s),
    ):
        table.add_row(name, f"{1e3 * seconds:,.1f}")
    Console().print(table)
    return 0


def _table(cost: Cost) -> Table:
    """Return the figures, largest first."""
    table = Table(title=f"One reading: {cost.step_us:.1f} µs of one core, in batches of {cost.channels:,}")
    table.add_column("what a channel remembers")
    table.add_column("bytes", justify="right")
    for name, size in sorted(cost.bytes_of.items(), key=lambda one: -one[1]):
        table.add_row(name, f"{size:,.0f}")
    table.add_section()
    table.add_row("in all", f"{cost.channel_bytes:,.0f}")
    return table

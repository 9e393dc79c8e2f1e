"""`detector evaluate`: detection quality on a labelled corpus, or on clean recordings with faults put in.

In: a corpus on disk. Out: tables on stdout, and everything behind them as JSON.
"""

import argparse
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from detector import __version__
from detector.cli.arguments import positive_count
from detector.errors import DetectorError
from detector.lab.evaluate.contenders import RIVALS, Contender, Method
from detector.lab.evaluate.corpora import find_sites
from detector.lab.evaluate.fault import PROTOCOL_KINDS, Injected
from detector.lab.evaluate.fleet import Campaign, measure, measurement_json
from detector.lab.evaluate.nab import find_files, measure_nab
from detector.lab.evaluate.nab_table import nab_table
from detector.lab.evaluate.tables import fleet_tables
from detector.lab.evaluate.workers import Advance
from detector.settings import Budget

PIPE_WIDTH = 160
"""Characters of a table's line where there is no terminal to ask."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector evaluate`."""
    add = parser.add_argument
    add("--corpus", choices=sorted(CORPORA), required=True, help="what kind of corpus it is")
    add(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="fleet: a site, or a folder of sites; nab: the benchmark's folder",
    )
    add("--model", type=Path, nargs="+", default=[Path("models/base")], metavar="DIR", help="model folders to compare")
    rivals = [method.value for method in RIVALS]
    add("--against", nargs="+", choices=rivals, default=[], help="simple rivals to measure beside the detector")
    add("--budget", type=_budget, default=Budget.parse("1 per device per week"), help="default: %(default)s")
    add("--rounds", type=positive_count, default=6, help="fleet: rounds of one fault a device (default: %(default)s)")
    add("--seed", type=int, default=1, help="fleet: the same seed gives the same faults (default: %(default)s)")
    add("--channel", help="fleet: the channel that faults are put into (default: a site's first)")
    add(
        "--kinds", nargs="+", choices=["protocol", "all", *Injected], default=["protocol"], help="fleet: kinds of fault"
    )
    add("--workers", type=positive_count, default=2, help="processes; the result is the same (default: %(default)s)")
    add("--json", type=Path, metavar="FILE", help="write every figure, down to each fault, here")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, and write what was asked for."""
    tables, found = CORPORA[arguments.corpus](arguments)
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(tables)
    if arguments.json is not None:
        _write(arguments.json, {**_circumstances(arguments), **found})
    return 0


def _fleet(arguments: argparse.Namespace) -> tuple[RenderableType, dict[str, Any]]:
    """Measure a fleet corpus."""
    campaign = Campaign(
        sites=tuple(find_sites(arguments.data)),
        contenders=_contenders(arguments),
        channel=arguments.channel,
        kinds=_kinds(arguments.kinds),
        rounds=arguments.rounds,
        seed=arguments.seed,
    )
    with _progress(len(campaign.plans)) as advance:
        measurements = measure(campaign, arguments.workers, advance)
    return fleet_tables(measurements), {
        "rounds": campaign.rounds,
        "seed": campaign.seed,
        "kinds": list(campaign.kinds),
        "measurements": [measurement_json(one) for one in measurements],
    }


def _nab(arguments: argparse.Namespace) -> tuple[RenderableType, dict[str, Any]]:
    """Measure the Numenta Anomaly Benchmark."""
    files, contenders = find_files(arguments.data), _contenders(arguments)
    with _progress(len(contenders)) as advance:
        measurements = measure_nab(files, contenders, arguments.workers, advance)
    found = [
        {"contender": one.contender.name, "groups": {name: asdict(group) for name, group in one.groups.items()}}
        for one in measurements
    ]
    return nab_table(measurements), {"files": [file.path.name for file in files], "measurements": found}


CORPORA: dict[str, Callable[[argparse.Namespace], tuple[RenderableType, dict[str, Any]]]] = {
    "fleet": _fleet,
    "nab": _nab,
}
"""Each kind of corpus: how it is measured."""


def _budget(text: str) -> Budget:
    """Read a budget; a bad one is bad usage."""
    try:
        return Budget.parse(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def _kinds(words: Sequence[str]) -> tuple[Injected, ...]:
    """Return the kinds that were asked for, each once, in their own order."""
    if "all" in words:
        return tuple(Injected)
    return tuple(kind for kind in Injected if kind in words or ("protocol" in words and kind in PROTOCOL_KINDS))


def _contenders(arguments: argparse.Namespace) -> tuple[Contender, ...]:
    """Return the detector with each model, then the rivals."""
    rivals = [Method(word) for word in dict.fromkeys(arguments.against)]
    budget, models = arguments.budget, arguments.model
    detectors = [Contender(Method.DETECTOR, model, budget) for model in models]
    return (*detectors, *(Contender(rival, models[0], budget) for rival in rivals))


def _circumstances(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return everything that the figures depend on."""
    return {
        "versions": {"detector": __version__, "python": platform.python_version(), "numpy": np.__version__},
        "corpus": arguments.corpus,
        "budget": str(arguments.budget),
        "contenders": [contender.as_json() for contender in _contenders(arguments)],
    }


def _write(path: Path, found: dict[str, Any]) -> None:
    """Write a results file.

    Raises: DetectorError when it cannot be written.
    """
    try:
        path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    except OSError as fault:
        raise DetectorError(f"{path}: expected a file that can be written, got: {fault.strerror}") from fault


@contextmanager
def _progress(jobs: int) -> Iterator[Advance]:
    """Show a bar on a terminal and nothing in a pipe; call what is yielded with each share of a job that is done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("replaying", total=jobs)
        yield lambda share: progress.advance(bar, share)

"""`detector evaluate`: detection quality on a labelled corpus, or on clean recordings with faults put in; forecasts on any.

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
from detector.errors import ConfigError, DetectorError
from detector.lab.evaluate.ablation import ablated, fleet_ablation, nab_ablation, skab_ablation
from detector.lab.evaluate.contenders import RIVALS, Contender, Method
from detector.lab.evaluate.corpora import find_sites
from detector.lab.evaluate.fault import PROTOCOL_KINDS, Injected
from detector.lab.evaluate.fleet import Campaign, measure, measurement_json
from detector.lab.evaluate.folder import measure_folder, read_folder
from detector.lab.evaluate.folder_table import folder_table
from detector.lab.evaluate.forecast import foresights, measure_forecasts
from detector.lab.evaluate.forecast_table import forecast_tables
from detector.lab.evaluate.nab import find_files, measure_nab
from detector.lab.evaluate.nab_table import nab_table
from detector.lab.evaluate.skab import measure_skab, read_skab
from detector.lab.evaluate.skab_table import skab_table
from detector.lab.evaluate.tables import fleet_tables
from detector.lab.evaluate.workers import Advance
from detector.settings import Budget

FORECAST = "forecast"
"""The corpus that is no corpus: any recordings, of which the next reading is to be foreseen."""

PIPE_WIDTH = 120
"""Characters of a table's line where there is no terminal to ask."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector evaluate`."""
    add = parser.add_argument
    add("--corpus", choices=sorted(CORPORA), required=True, help="what kind of corpus it is")
    add(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR",
        help="fleet: a site, or a folder of sites; nab, skab: the benchmark's folder; folder: recordings and labels.csv;"
        " forecast: any folders of recordings, a column each",
    )
    add(
        "--model",
        type=Path,
        nargs="+",
        default=[Path("models/base")],
        metavar="DIR",
        help="model folders to compare; forecast: the first with every kind of head",
    )
    rivals = [method.value for method in RIVALS]
    add("--against", nargs="+", choices=["all", *rivals], default=[], help="simple rivals to measure beside it")
    add("--ablate", action="store_true", help="measure the first model with each part taken out once")
    add("--budget", type=_budget, default=Budget.parse("1 per device per week"), help="default: %(default)s")
    add("--rounds", type=positive_count, default=6, help="fleet: rounds of one fault a device (default: %(default)s)")
    add("--seed", type=int, default=1, help="fleet: the same seed gives the same faults (default: %(default)s)")
    add("--alone", action="store_true", help="fleet: let no device be compared with others, as with `group: none`")
    add("--channel", help="fleet: the channel that faults are put into (default: a site's first)")
    add(
        "--kinds", nargs="+", choices=["protocol", "all", *Injected], default=["protocol"], help="fleet: kinds of fault"
    )
    add("--workers", type=positive_count, default=2, help="processes; the result is the same (default: %(default)s)")
    add("--json", type=Path, metavar="FILE", help="write every figure, down to each fault, here")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, and write what was asked for."""
    if len(arguments.data) > 1 and arguments.corpus != FORECAST:
        raise ConfigError([f"--data: expected one folder for --corpus {arguments.corpus}, got {len(arguments.data)}"])
    tables, found = CORPORA[arguments.corpus](arguments)
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(tables)
    if arguments.json is not None:
        _write(arguments.json, {**_circumstances(arguments), **found})
    return 0


def _fleet(arguments: argparse.Namespace) -> tuple[RenderableType, dict[str, Any]]:
    """Measure a fleet corpus."""
    campaign = Campaign(
        sites=tuple(find_sites(arguments.data[0])),
        contenders=_contenders(arguments),
        channel=arguments.channel,
        kinds=_kinds(arguments.kinds),
        rounds=arguments.rounds,
        seed=arguments.seed,
    )
    with _progress(len(campaign.plans)) as advance:
        measurements = measure(campaign, arguments.workers, advance)
    return (fleet_ablation if arguments.ablate else fleet_tables)(measurements), {
        "rounds": campaign.rounds,
        "seed": campaign.seed,
        "kinds": list(campaign.kinds),
        "measurements": [measurement_json(one) for one in measurements],
    }


def _nab(arguments: argparse.Namespace) -> tuple[RenderableType, dict[str, Any]]:
    """Measure the Numenta Anomaly Benchmark."""
    files, contenders = find_files(arguments.data[0]), _contenders(arguments)
    with _progress(len(contenders)) as advance:
        measurements = measure_nab(files, contenders, arguments.workers, advance)
    found = [
        {"contender": one.contender.name, "groups": {name: asdict(group) for name, group in one.groups.items()}}
        for one in measurements
    ]
    return (nab_ablation if arguments.ablate else nab_table)(measurements), {
        "files": [file.path.name for file in files],
        "measurements": found,
    }


def _skab(arguments: argparse.Namespace) -> tuple[RenderableType, dict[str, Any]]:
    """Measure the Skoltech anomaly benchmark."""
    files, contenders = read_skab(arguments.data[0]), _contenders(arguments)
    with _progress(len(contenders)) as advance:
        measurements = measure_skab(files, contenders, arguments.workers, advance)
    found = [{**asdict(one), "contender": one.contender.name} for one in measurements]
    return (skab_ablation if arguments.ablate else skab_table)(measurements), {
        "files": [file.path.name for file in files],
        "measurements": found,
    }


def _folder(arguments: argparse.Namespace) -> tuple[RenderableType, dict[str, Any]]:
    """Measure somebody's own recordings."""
    site, contenders = read_folder(arguments.data[0]), _contenders(arguments)
    with _progress(len(contenders)) as advance:
        measurements = measure_folder(site, contenders, arguments.workers, advance)
    found = [{**asdict(one), "contender": one.contender.name} for one in measurements]
    return folder_table(measurements), {"measurements": found}


def _forecast(arguments: argparse.Namespace) -> tuple[RenderableType, dict[str, Any]]:
    """Measure how well the next reading is foreseen, with and without networks and heads."""
    folders = dict.fromkeys(arguments.data)
    with _progress(len(folders) * len(foresights(arguments.model))) as advance:
        measurements = measure_forecasts(list(folders), arguments.model, arguments.workers, advance)
    found = [
        {
            "folder": one.folder.resolve().name,
            "forecaster": one.foresight.name,
            "error": one.error,
            "coverage": one.coverage,
            "channels": [asdict(channel) for channel in one.channels],
        }
        for one in measurements
    ]
    return forecast_tables(measurements), {"measurements": found}


CORPORA: dict[str, Callable[[argparse.Namespace], tuple[RenderableType, dict[str, Any]]]] = {
    "fleet": _fleet,
    "nab": _nab,
    "skab": _skab,
    "folder": _folder,
    FORECAST: _forecast,
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
    rivals = [method for method in RIVALS if method in arguments.against or "all" in arguments.against]
    budget, models = arguments.budget, arguments.model
    if arguments.ablate:
        return ablated(Contender(Method.DETECTOR, models[0], budget, alone=arguments.alone))
    alone = arguments.alone
    detectors = [Contender(Method.DETECTOR, model, budget, alone=alone) for model in models]
    return (*detectors, *(Contender(rival, models[0], budget, alone=alone) for rival in rivals))


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

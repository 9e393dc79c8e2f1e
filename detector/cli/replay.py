"""`detector replay`: recordings through the same engine as the daemon's, as fast as it goes.

In: a configuration, and recordings or a daemon's journal. Out: scores as CSV, alerts as JSON lines; on a terminal a progress line and a summary.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from detector.domain import Stage
from detector.edge.config_file import load_settings
from detector.edge.journal import journal_path, read_journal
from detector.edge.model_file import load_model
from detector.edge.recording import AlertFile, ReportFile, ScoreFile, find_recordings, read_recordings
from detector.edge.secret_file import resolve_path
from detector.engine import Engine
from detector.errors import ConfigError
from detector.lab.replay import Replay
from detector.report import Report
from detector.stream.timestamp import format_event_time

SHOW_EVERY = 64
"""Batches between two renewals of the progress line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector replay`."""
    add = parser.add_argument
    add("config", type=Path, metavar="CONFIG", help="configuration file (YAML)")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--input", type=Path, nargs="+", metavar="PATH", help="recordings (.csv, .csv.gz), or folders of them"
    )
    source.add_argument(
        "--from-journal", type=Path, metavar="DIR", help="what a daemon's state directory, or journal, holds"
    )
    add(
        "--scores",
        type=_output,
        metavar="OUT.csv",
        help="write a row for every reading here (.gz compresses, - does not write)",
    )
    add("--alerts", type=_output, metavar="OUT.jsonl", help="write a line for every alert event here (likewise)")


def run(arguments: argparse.Namespace) -> int:
    """Replay, and write what was asked for."""
    journal = None if arguments.from_journal is None else journal_path(arguments.from_journal)
    inputs = find_recordings(arguments.input) if journal is None else [journal]
    _check_outputs(inputs, [path for path in (arguments.scores, arguments.alerts) if path is not None])
    settings = load_settings(arguments.config, os.environ)
    model = load_model(resolve_path(settings.model, arguments.config.parent))
    replay = Replay(Engine(settings, model.network, model.reference), settings.engine.max_batch)
    recorded = read_recordings(inputs, settings.sensors) if journal is None else read_journal(journal, settings.sensors)
    begun = time.monotonic()
    try:
        with ExitStack() as stack:
            files: list[ReportFile] = []
            if arguments.scores is not None:
                files.append(stack.enter_context(ScoreFile(arguments.scores)))
            if arguments.alerts is not None:
                files.append(stack.enter_context(AlertFile(arguments.alerts)))
            for report in _watched(replay, replay.reports(recorded)):
                for file in files:
                    file.write(report)
    finally:
        _tell_end(replay, time.monotonic() - begun)
    return 0


def _output(text: str) -> Path | None:
    """Read the name of an output; `-` is none."""
    return None if text == "-" else Path(text)


def _check_outputs(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Refuse to write nothing, twice to one file, or over an input.

    Raises: ConfigError.
    """
    if not outputs:
        raise ConfigError(["detector replay: expected --scores, --alerts or both, got neither; name a file to write"])
    taken = {path.resolve() for path in inputs}
    for path in outputs:
        if path.resolve() in taken:
            raise ConfigError([f"{path}: expected a file of its own to write, got one that is read or written already"])
        taken.add(path.resolve())


def _watched(replay: Replay, reports: Iterable[Report]) -> Iterator[Report]:
    """Yield the reports, with a line on the terminal about how far they are; silent in a pipe."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        line = progress.add_task("reading", total=None)
        for number, report in enumerate(reports):
            yield report
            if number % SHOW_EVERY == 0 and replay.now is not None:
                at, opened = format_event_time(replay.now)[:16], replay.opened.total()
                progress.update(line, description=f"{at}  {replay.readings:,} readings  {opened} alerts")


def _tell_end(replay: Replay, wall_s: float) -> None:
    """Say on stderr what was rejected, and on a terminal what became of all readings."""
    for reason, count in sorted(replay.rejected.items()):
        print(f"detector: {count} rejected ({reason}), first {replay.first_rejected[reason]}", file=sys.stderr)
    if replay.readings == 0:
        print("detector: the recordings hold no reading that the configuration asks for", file=sys.stderr)
    if not sys.stderr.isatty():
        return
    stages = replay.stages
    counts = {
        "scored": stages[Stage.SCORED],
        "learning": stages[Stage.WARMING_UP] + stages[Stage.CALIBRATING],
        "late": stages[Stage.LATE],
        "duplicate": stages[Stage.DUPLICATE],
        "refused": stages[Stage.REFUSED_DEVICE] + stages[Stage.REFUSED_CHANNEL],
    }
    alerts = ", ".join(f"{kind} {count}" for kind, count in sorted(replay.opened.items())) or "none"
    print(
        f"{replay.readings:,} readings: {', '.join(f'{word} {count:,}' for word, count in counts.items())}",
        file=sys.stderr,
    )
    print(f"alerts: {alerts}", file=sys.stderr)
    print(f"{wall_s:.1f} s, {replay.readings / max(wall_s, 1e-9):,.0f} readings/s", file=sys.stderr)

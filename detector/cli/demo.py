"""`detector demo`: one command that shows it all, with nothing installed beside it.

In: arguments. Out: the live view on a terminal, a summary on stdout, the figures in a file.
"""

import argparse
import threading
from pathlib import Path

import orjson
from rich.console import Console

from detector.cli.arguments import positive_count, positive_number
from detector.cli.simulate import duration
from detector.cli.stopping import stop_on_signals
from detector.errors import DetectorError
from detector.lab.demo import Options, Outcome, run_demo
from detector.lab.view import spoken, summary_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the parser."""
    add = parser.add_argument
    add(
        "--duration",
        type=duration,
        default=60.0,
        metavar="60s",
        help="wall-clock time (default 60s, at best 20s or more)",
    )
    add("--headless", action="store_true", help="draw nothing; print the summary alone")
    add("--summary", type=Path, metavar="FILE.json", help="write the figures here")
    add("--devices", type=positive_count, default=12, metavar="N", help="pumps of the plant (default 12)")
    add("--seed", type=int, default=1, help="the same seed is the same plant and the same faults")
    add("--speed", type=positive_number, default=1200.0, help="event seconds in a wall-clock second (default 1200)")


def run(arguments: argparse.Namespace) -> int:
    """Play the demo and sum it up."""
    options = Options(arguments.duration, arguments.speed, arguments.devices, arguments.seed)
    console = Console()
    stop = threading.Event()
    with stop_on_signals(stop):
        outcome = run_demo(options, stop, None if arguments.headless or not console.is_terminal else console)
    _sum_up(outcome, console)
    if arguments.summary is not None:
        _write(arguments.summary, outcome)
    return 0


def _sum_up(outcome: Outcome, console: Console) -> None:
    """Print what was broken and what was told."""
    tally = outcome.tally
    console.print(summary_table(tally))
    median_s = tally.median_delay_s
    delay = "" if median_s is None else f", half of them within {spoken(median_s)} of plant time"
    soft = not console.is_terminal
    console.print(
        f"\n{tally.found} of {len(tally.findings)} faults found{delay}; "
        f"false alerts: {len(tally.false_alerts)}; devices: {outcome.devices}; "
        f"readings scored: {outcome.observations_scored}.",
        highlight=False, soft_wrap=soft,
    )  # fmt: skip
    for alert in tally.false_alerts:
        console.print(f"  false: {alert.summary}", style="dim", highlight=False, soft_wrap=soft)


def _write(file: Path, outcome: Outcome) -> None:
    """Write the figures.

    Raises: DetectorError when the file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(orjson.dumps(outcome.summary(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    except OSError as fault:
        raise DetectorError(f"--summary: expected a file that can be written, got: {fault}") from fault

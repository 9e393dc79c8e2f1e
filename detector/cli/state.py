"""`detector state`: what a daemon has learnt, for people.

In: a state directory. Out: a table of what lies there, a table of what was learnt, or fewer devices.
"""

import argparse
import csv
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.table import Table

from detector.clock import WallTime
from detector.edge.recording.files import open_to_write
from detector.lab.kept import learnt, said
from detector.lab.kept.inventory import JournalRange, Sound, Unsound, journal, newest_sound, snapshots
from detector.lab.kept.prune import prune
from detector.settings.quantities import format_duration, parse_duration

LISTED = 20
"""Devices that are named one by one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector state`."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    for name, words in (
        ("inspect", "list snapshots and journal, every checksum checked"),
        ("export", "write what was learnt of every channel as CSV"),
        ("prune", "let devices go; no daemon may run meanwhile"),
    ):
        command = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        command.add_argument("directory", type=Path, metavar="DIR", help="state directory (state.directory)")
        if name == "export":
            command.add_argument("--out", type=Path, metavar="OUT.csv", help="file to write (default: stdout)")
        if name == "prune":
            command.add_argument(
                "--devices", nargs="+", default=[], metavar="GLOB", help="those whose names match, such as 'test-*'"
            )
            command.add_argument(
                "--unseen", type=_duration, metavar="AGE", help="those without a reading for so long, such as 30d"
            )


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    directory: Path = arguments.directory
    if arguments.what == "inspect":
        return _inspect(directory)
    if arguments.what == "export":
        return _export(directory, arguments.out)
    if not arguments.devices and arguments.unseen is None:
        print("detector state prune: expected --devices, --unseen or both, got neither", file=sys.stderr)
        return 2
    return _prune(directory, arguments)


def _duration(text: str) -> float:
    """Read a duration."""
    try:
        return parse_duration(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from fault


def _inspect(directory: Path) -> int:
    """Print what lies there; 1 where a snapshot cannot be used."""
    console, range_ = Console(soft_wrap=True), journal(directory)
    found = snapshots(directory)
    sound, unsound = (
        [one for one in found if isinstance(one, Sound)],
        [one for one in found if isinstance(one, Unsound)],
    )
    console.print(_table(sound, range_))
    for one in unsound:
        console.print(f"{one.place.name}: cannot be used: {one.why}", markup=False)
    if not found:
        console.print("no snapshot yet")
    console.print(_told(range_), markup=False)
    if sound:
        _print_feedback(console, directory)
    return 1 if unsound else 0


def _print_feedback(console: Console, directory: Path) -> None:
    """Print what people said of alerts, by the newest snapshot that can be used; nothing where nobody said anything."""
    lines = list(said.lines(newest_sound(directory).engine))
    if lines:
        console.print("Feedback in force at the newest of them:")
    for line in lines:
        console.print(line, markup=False, highlight=False)


def _table(found: list[Sound], range_: JournalRange) -> Table:
    """Return the snapshots, newest first."""
    table = Table(title="Snapshots, every checksum right")
    for name in ("after arrival", "age", "journal since", "devices", "channels", "MB", "written by", "network"):
        table.add_column(name, justify="left" if name in ("written by", "network") else "right")
    for one in found:
        since = 0 if range_.ends is None else max(0, range_.ends[1] - one.seq)
        age = format_duration(float(max(0, round(time.time() - one.taken_at))))
        figures = (f"{number:,}" for number in (since, one.devices, one.channels))
        size = f"{one.bytes_on_disk / 1e6:,.1f}"
        table.add_row(f"{one.seq:,}", age, *figures, size, f"detector {one.written_by}", one.network[:12])
    return table


def _told(range_: JournalRange) -> str:
    """Return how far the journal goes."""
    size = f"{range_.bytes_on_disk / 1e6:,.1f} MB"
    if range_.ends is None:
        return f"journal: empty, {size}"
    return f"journal: arrivals {range_.ends[0]:,} to {range_.ends[1]:,}, {size}"


def _export(directory: Path, out: Path | None) -> int:
    """Write what was learnt of every channel."""
    rows = learnt.rows(newest_sound(directory).engine)
    with nullcontext(sys.stdout) if out is None else open_to_write(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(learnt.HEADER)
        writer.writerows(rows)
    return 0


def _prune(directory: Path, arguments: argparse.Namespace) -> int:
    """Let devices go, and say which."""
    gone, left, after = prune(directory, arguments.devices, arguments.unseen, WallTime(time.time()))
    names = ", ".join(gone[:LISTED]) + (f" and {len(gone) - LISTED} more" if len(gone) > LISTED else "")
    print(f"let go of {len(gone)} devices{': ' if gone else ''}{names}; {left} are left")
    if gone and after:
        print(
            f"the journal has {after} arrivals since the snapshot: devices among them come back, as new ones, at the next"
            " start; stop the daemon in good order before, and there are none",
            file=sys.stderr,
        )
    return 0

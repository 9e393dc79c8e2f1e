"""`detector alerts`: what was told of late, and what you say of it.

In: a configuration, whose daemon is asked over HTTP. Out: a table, or what became of each command. Before something changes, what
it would do is shown, and you are asked. The list is read from the journal where no daemon runs.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from detector.anomaly.feedback import IN_FORCE_S
from detector.cli.asking import Said, address_of, ask
from detector.clock import WallTime
from detector.daemon.clerk import LISTED
from detector.daemon.feedback_words import DAYS
from detector.daemon.wiring import Place, state_directory
from detector.edge.config_file import load_settings
from detector.edge.http_alerts import OPEN, ROOT, case_json
from detector.edge.journal import Which, journal_path, read_cases
from detector.errors import DetectorError
from detector.settings import Settings

ACTS: Final = {
    "ack": "remind nobody of these alerts until they are over or get worse",
    "false": "these alerts were false alarms",
    "confirm": "these alerts were right",
    "undo": "take back what was said of these alerts",
}

COLUMNS: Final = ("id", "at", "open", "severity", "answer", "summary")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector alerts`."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    days = f"list the alerts of the last {DAYS} days, newest first and {LISTED} at most"
    for name, words in {"list": days, **ACTS}.items():
        command = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        command.add_argument("config", type=Path, metavar="CONFIG", help="configuration file of the daemon")
        command.add_argument("--url", help="where the daemon listens (default: metrics.listen)")
        if name == "list":
            command.add_argument("--open", action="store_true", help="only those that are open, however old")
            command.add_argument("--json", action="store_true", help="as JSON, a line an alert")
            continue
        command.add_argument("ids", nargs="+", metavar="ID", help="as listed")
        if name != "ack":
            command.add_argument("--yes", action="store_true", help="do it without asking")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    settings = load_settings(arguments.config, os.environ)
    if arguments.what == "list":
        return _list(arguments, settings)
    address = address_of(settings, arguments.url)
    done = [_act(f"{address}/alerts/{alert}/{arguments.what}", arguments) for alert in arguments.ids]
    return 0 if all(done) else 1


def _act(url: str, arguments: argparse.Namespace) -> bool:
    """Do one thing, where need be after showing what it would do; return whether it was done."""
    if arguments.what != "ack" and not arguments.yes:
        preview = _ask("GET", url)
        print(preview.text)
        if not preview.ok or not _agreed():
            return False
    said = _ask("POST", url)
    print(said.text, file=sys.stdout if said.ok else sys.stderr)
    return said.ok


def _agreed() -> bool:
    """Ask whether to go on; nobody can be asked without a terminal."""
    if not sys.stdin.isatty():
        print("nothing was changed; --yes does it", file=sys.stderr)
        return False
    return input("Do it? [y/N] ").strip().lower() in ("y", "yes")


def _ask(method: str, url: str) -> Said:
    """Ask the daemon.

    Raises: DetectorError where none runs.
    """
    said = ask(method, url)
    if said is None:
        raise DetectorError(
            f"{url}: expected a running daemon, nobody listens there; start it, or say where it is with --url"
        )
    return said


PIPE_WIDTH: Final = 200
"""Columns where nobody looks: a line an alert, for `grep` and its like."""


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the alerts."""
    found = _listed(arguments, settings)
    if arguments.json:
        for one in found:
            print(json.dumps(one, ensure_ascii=False))
        return 0
    table = Table(title=None, box=None, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, overflow="fold", no_wrap=name != "summary")
    for one in found:
        row = (
            one["id"],
            str(one["at"])[:19],
            "open" if one["open"] else "",
            one["severity"],
            one["said"] or ("acknowledged" if one["acknowledged"] else ""),
            one["summary"],
        )
        table.add_row(*map(str, row))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, markup=False).print(table if found else "no alerts")
    return 0


def _listed(arguments: argparse.Namespace, settings: Settings) -> list[dict[str, Any]]:
    """Return the alerts as the daemon lists them or, where none runs, from its journal.

    Raises: DetectorError.
    """
    port_free = settings.metrics.listen.endswith(":0") and arguments.url is None
    said = (
        None if port_free else ask("GET", f"{address_of(settings, arguments.url)}{ROOT}{f'/{OPEN}' * arguments.open}")
    )
    if said is None:
        path = journal_path(state_directory(settings, Place(arguments.config.parent, os.environ)))
        since = WallTime(0.0 if arguments.open else time.time() - IN_FORCE_S)
        which = Which(since, LISTED, only_open=arguments.open)
        return [case_json(case) for case in read_cases(path, which)]
    if not said.ok:
        raise DetectorError(said.text)
    listed: list[dict[str, Any]] = json.loads(said.text)
    return listed

"""`detector corpus`: writes the synthetic corpus that the shared network is trained on."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import track

from detector.cli.arguments import positive_count
from detector.fit.corpus import CorpusPlan, write_corpus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the recordings")
    parser.add_argument("--signals", type=positive_count, default=1200, help="how many (default: %(default)s)")
    parser.add_argument("--length", type=positive_count, default=2048, help="readings of each (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same files (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Write the corpus."""
    plan = CorpusPlan(arguments.signals, arguments.length, arguments.seed)
    console = Console(stderr=True)
    for _path in track(
        write_corpus(arguments.out, plan),
        "drawing signals",
        total=plan.signals,
        console=console,
        disable=not console.is_terminal,
    ):
        pass
    return 0

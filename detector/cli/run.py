"""`detector run CONFIG`: the daemon."""

import argparse
import faulthandler
import os
import sys
from pathlib import Path

from detector.clock import SystemClock
from detector.daemon import Daemon
from detector.edge.logs import Log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("config", type=Path, metavar="CONFIG", help="configuration file (YAML)")


def run(arguments: argparse.Namespace) -> int:
    """Run the daemon until it is told to stop; return the exit code."""
    faulthandler.enable()  # a supervisor's SIGABRT, or a crash, leaves the stacks on stderr
    clock = SystemClock()
    lines = Log(sys.stderr, clock)
    try:
        return Daemon(arguments.config, os.environ, lines, clock).run()
    finally:
        lines.close()

"""The command line: finds the subcommand, runs it, maps what went wrong to an exit code.

Exit codes: 0 done, 1 failed while running, 2 bad usage or configuration. Each subcommand is one module
of this package with `SUMMARY`, `add_arguments(parser)` and `run(arguments) -> int`; it is imported only
when it is the one asked for, so that `detector --help` and the daemon start without torch.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from detector import __version__
from detector.errors import ConfigError, DetectorError

# One thread for BLAS: matrices here are small, and OpenBLAS was seen 10 to 40 times slower with more.
# It must be in the environment before numpy is first imported, hence here.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

COMMANDS = {
    "run": "the daemon: MQTT in; alerts, states and metrics out",
    "demo": "a simulated plant with faults, an embedded broker and the daemon, in one command",
    "check": "validate a configuration; show what a payload decodes to",
    "replay": "recordings through the same engine, as fast as it goes",
    "alerts": "what was told of late, and what you say of it: acknowledged, false, confirmed",
    "state": "what a daemon has learnt: look at it, export it, let devices go",
    "drill": "kill a daemon again and again over a recording, and see that nothing is lost",
    "bench": "what is taken in a second and how late alerts are; what a reading and a fleet cost",
    "plan": "the memory, disk and cores that a fleet will need",
    "evaluate": "detection quality on a labelled corpus, as a table",
    "train": "train the shared network on recordings",
    "corpus": "generate the synthetic training corpus as recordings",
    "record": "MQTT to a recording",
    "play": "a recording back onto MQTT",
    "simulate": "a plant with seeded faults, publishing to a broker",
}
"""Every subcommand and its one line in the help."""


def build_parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; only the subcommand that `argv` names has its arguments filled in."""
    parser = argparse.ArgumentParser(prog="detector", description="Streaming anomaly detection for MQTT sensor fleets.")
    parser.add_argument("--version", action="version", version=f"detector {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = next((word for word in argv if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == asked:
            command = import_module(f"detector.cli.{name}")
            command.add_arguments(subparser)
            subparser.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = build_parser(words).parse_args(words)
    try:
        return int(arguments.run(arguments))
    except ConfigError as fault:
        print(fault, file=sys.stderr)
        return 2
    except DetectorError as fault:
        print(f"detector: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`); keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1

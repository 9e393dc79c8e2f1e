"""The daemon without its journal, to measure what the journal costs: `python -m detector.lab.bench.unjournalled CONFIG`.

In: a configuration, as `detector run` takes it. Out: the daemon, in which readings are numbered and not kept; alerts are.
For the bench alone: what such a daemon acknowledges is lost with it.
"""

import os
import sys
from pathlib import Path

from detector.clock import Clock, SystemClock
from detector.daemon import Daemon, wiring
from detector.daemon.wiring import Place
from detector.edge.journal import Journal
from detector.edge.journal.arrivals import Group
from detector.edge.logs import Log
from detector.settings import Settings


class Unjournalled(Journal):
    """A journal that keeps no readings."""

    def _take(self, group: Group) -> None:
        """Number a group and let it go."""
        self.seq = max(self.seq, group.last)


def build_journal(settings: Settings, place: Place, clock: Clock) -> Journal:
    """Return such a journal, in the state directory."""
    directory, entries = wiring.state_directory(settings, place), wiring.entries_of(settings)
    return Unjournalled(directory, settings.state.journal, entries, clock)


def main() -> int:
    """Run the daemon until it is told to stop; return the exit code."""
    wiring.build_journal = build_journal
    clock = SystemClock()
    lines = Log(sys.stderr, clock)
    try:
        return Daemon(Path(sys.argv[1]), os.environ, lines, clock).run()
    finally:
        lines.close()


if __name__ == "__main__":
    sys.exit(main())

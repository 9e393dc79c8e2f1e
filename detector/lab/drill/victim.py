"""The daemon that is killed: the very `detector run` that a user starts, on a state directory that outlives it.

In: a broker, a folder. Out: a process that can be killed and started again; what it leaves on disk.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import yaml

from detector.edge.journal import Arrival, journal_path
from detector.edge.journal.arrivals import read
from detector.edge.journal.database import open_to_read
from detector.errors import DetectorError, JournalError
from detector.lab.broker import Broker, free_port
from detector.lab.daemon_process import DaemonProcess, daemon_of

GLANCE_S: Final = 0.005
PATIENCE_S: Final = 120.0
"""Longest wait for the next arrival."""


class Victim:
    """A daemon and its state directory."""

    def __init__(
        self, folder: Path, broker: Broker, model: Path, snapshot_every: str, *, own_process: bool = False
    ) -> None:
        """Write the configuration; nothing runs yet."""
        self.state, self.config = folder / "state", folder / "drill.yaml"
        self._port = free_port()
        told = {
            "mqtt": {
                "servers": [broker.url],
                "protocol": broker.protocol,
                "session_expiry": "1h",
                "client_id": "drill",
            },
            "model": str(model.resolve()),
            "state": {"directory": str(self.state), "snapshot_every": snapshot_every},
            "metrics": {"listen": f"127.0.0.1:{self._port}"},
            "engine": {"own_process": own_process},
            "sensors": [
                {
                    "name": "fleet",
                    "topics": ["fleet/{device}"],
                    "timestamp": {"field": "timestamp", "format": "iso8601"},
                }
            ],
        }
        self.config.write_text(yaml.safe_dump(told), encoding="utf-8")

    @contextmanager
    def alive(self) -> Iterator["Life"]:
        """Start it, and end it whatever happens.

        Raises: DetectorError when it does not come up.
        """
        begun = time.monotonic()
        with daemon_of(self.config, self._port) as daemon:
            yield Life(daemon, time.monotonic() - begun)

    def journalled(self, after: int) -> list[Arrival]:
        """Return the arrivals on disk after a number; none while there is no journal yet."""
        with suppress(JournalError), closing(open_to_read(journal_path(self.state))) as db:
            return list(read(db, after))
        return []

    def await_arrival(self, seq: int, life: "Life") -> None:
        """Wait until an arrival of this number is on disk, for as long as any come.

        Raises: DetectorError when none do, or the daemon has ended.
        """
        last, moved_at = self._last(), time.monotonic()
        while last < seq:
            life.daemon.check()
            if time.monotonic() - moved_at > PATIENCE_S:
                raise DetectorError(f"drill: expected arrival {seq} in the journal, got none after {last}")
            time.sleep(GLANCE_S)
            before, last = last, self._last()
            moved_at = time.monotonic() if last > before else moved_at

    def _last(self) -> int:
        """Return the number of the last arrival on disk."""
        with suppress(JournalError), closing(open_to_read(journal_path(self.state))) as db:
            return int(db.execute("SELECT max(seq) FROM arrivals").fetchone()[0] or 0)
        return 0


class Life:
    """One run of the daemon."""

    def __init__(self, daemon: DaemonProcess, ready_s: float) -> None:
        """Note how long it took to be ready."""
        self.daemon, self.ready_s = daemon, ready_s

    def kill(self) -> None:
        """End it as a power cut does."""
        os.kill(self.daemon.pid, signal.SIGKILL)
        self.daemon.await_end()

"""How the daemon is, in words: why it is not ready, what is amiss though it serves, why only a restart will help.

In: its worker, what was asked of it, its recovery while that lasts. Out: a sentence each, or None; for any thread.
"""

from detector.daemon.control import Control
from detector.daemon.recovery import Recovery
from detector.daemon.worker import STUCK_AFTER_S, Worker


class Health:
    """Looks at one daemon."""

    def __init__(self, worker: Worker, control: Control) -> None:
        """Look at these."""
        self.recovery: Recovery | None = None
        """The one under way."""
        self._worker, self._control = worker, control

    def not_ready(self) -> str | None:
        """Return why the daemon is not ready, or None when it is."""
        link, recovery = self._worker.link, self.recovery
        if self._control.stop_asked_by is not None:
            return "shutting down"
        if recovery is not None:
            return f"recovering: {recovery.taken} arrivals of the journal taken in"
        if link.subscribed.is_set():
            return None
        if link.connected:
            return "waiting for the broker to grant the subscriptions"
        return f"not connected to a broker{': ' if link.ended_because else ''}{link.ended_because or ''}"

    def trouble(self) -> str | None:
        """Return what is amiss though the daemon serves, or None when nothing is."""
        journal, snapshots = self._worker.journal.status().trouble, self._worker.keeper.status().trouble
        return snapshots if journal is None else f"scoring without the journal: {journal}"

    def hung(self) -> str | None:
        """Return why only a restart will help, or None; who recovers or stops may take its time."""
        if self._worker.alive or self.recovery is not None or self._control.stop_asked_by is not None:
            return None
        return f"the scoring thread has not come round for {STUCK_AFTER_S:.0f} s"

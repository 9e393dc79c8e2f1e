"""Which troubles there are, and when to look at each: they begin, gather what belongs together, and end.

In: alerts and what they have in common. Out: names of troubles, in the desk's memory; those that are due.
"""

from hashlib import sha256
from typing import Final

from detector.notices.memory import Memory
from detector.notices.records import Alert, Thread
from detector.notices.route import together
from detector.settings.receivers import ReceiverSettings

DIGEST: Final = "digest"
"""What the alerts of a night have in common."""


class Agenda:
    """The life of troubles."""

    def __init__(self, memory: Memory) -> None:
        """Start with nothing to look at."""
        self.waits: dict[str, float] = {}
        """How long each receiver lets alerts gather, seconds."""
        self._memory = memory
        self._due: dict[str, float] = {}
        self._gathering: dict[tuple[str, str], str] = {}
        """The latest trouble of what alerts have in common, by receiver and that."""

    def restore(self) -> None:
        """Go on with what the memory has."""
        for name, thread in sorted(self._memory.threads.items(), key=lambda found: found[1].joined):
            self._gathering[thread.receiver, thread.together] = name

    def due(self, now: float) -> list[str]:
        """Return the troubles to look at now, in an order that is always the same."""
        names = sorted(name for name, at in self._due.items() if at <= now)
        for name in names:
            if name not in self._memory.threads:
                del self._due[name]
        return [name for name in names if name in self._memory.threads]

    def put(self, name: str, at: float) -> None:
        """Look at a trouble at a moment, and not before."""
        self._due[name] = at

    def wake(self, name: str, at: float) -> None:
        """Look at a trouble at a moment, or before."""
        self._due[name] = min(at, self._due.get(name, at))

    def look_at_all(self) -> None:
        """Look at every trouble at the next turn."""
        self._due = dict.fromkeys(self._memory.threads, 0.0)

    def sweep(self) -> None:
        """Forget troubles that are over: nothing can join them, and there is nothing to look at."""
        threads = self._memory.threads
        self._due = {name: at for name, at in self._due.items() if name in threads}
        self._gathering = {common: name for common, name in self._gathering.items() if name in threads}

    def join(self, receiver: ReceiverSettings, alert: Alert, now: float) -> str:
        """Return the trouble that a new alert belongs to: one that still gathers, or a new one."""
        common = together(receiver, alert.event, alert.labels)
        name = self._gathering.get((receiver.name, common), "")
        thread = self._memory.threads.get(name)
        if thread is not None and thread.together == common and now - thread.joined <= receiver.group_interval:
            self._memory.threads[name] = thread._replace(joined=now)
            return name
        return self._begin(Thread(receiver.name, common, now, now), alert.event.id)

    def gather(self, receiver: ReceiverSettings, now: float) -> None:
        """Make one trouble of all that would be told at once, now that a receiver is awake."""
        waiting = [
            name
            for name, thread in sorted(self._memory.threads.items(), key=lambda found: (found[1].began, found[0]))
            if thread.receiver == receiver.name and not thread.is_told and thread.began + receiver.wait <= now
        ]
        for name in waiting[1:]:
            self._move(name, waiting[0])
        if len(waiting) > 1:
            self._memory.threads[waiting[0]] = self._memory.threads[waiting[0]]._replace(together=DIGEST)

    def end(self, name: str) -> None:
        """Let a trouble go that was told as resolved; what in it nobody knows of is a trouble of its own."""
        thread = self._memory.threads[name]
        left = [member for _, member in self._memory.places(name) if not member.is_told]
        for place, member in self._memory.places(name):
            if member.is_told:
                self._memory.remove(place)
        if left:
            began = min(member.since for member in left)
            self._move(name, self._begin(Thread(thread.receiver, thread.together, began, thread.joined), name))

    def _begin(self, thread: Thread, first: str) -> str:
        """Begin a trouble; its name is derived, so that it is the same when all is done again after a crash."""
        seed = "\n".join((thread.receiver, thread.together, first, repr(thread.joined)))
        name = sha256(seed.encode()).hexdigest()[:16]
        self._memory.threads[name] = thread
        self._gathering[thread.receiver, thread.together] = name
        self._due[name] = thread.began + self.waits[thread.receiver]
        return name

    def _move(self, name: str, other: str) -> None:
        """Make all of one trouble part of another."""
        for place, member in self._memory.places(name):
            self._memory.put(place, member._replace(thread=other))
        del self._memory.threads[name]

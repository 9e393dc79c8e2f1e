"""The alerts so far: which episodes are open, how many were opened, and the last events.

In: alert events in stream order. Out: what the metrics, the states and the page say of them.
"""

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from detector.domain import AlertEvent, Severity, Transition, Verdict

RECENT_EVENTS: Final = 50
"""Events kept for the page."""


class AlertBook:
    """Open episodes, counts and the last events; not thread-safe, its owner holds the lock."""

    def __init__(self) -> None:
        """Start with nothing opened."""
        self.recent: deque[AlertEvent] = deque(maxlen=RECENT_EVENTS)
        self.opened: Counter[tuple[Verdict, Severity]] = Counter()
        self._open_of: dict[str, dict[str, AlertEvent]] = {}

    def write(self, events: Iterable[AlertEvent]) -> None:
        """Enter events in stream order."""
        for event in events:
            if not self._was_recalled(event):
                self.recent.append(event)
            if event.event is Transition.CLOSED:
                self._close(event)
            else:
                self._open_of.setdefault(event.device, {})[event.id] = event
            if event.event is Transition.OPENED:
                self.opened[event.verdict, event.severity] += 1

    def recall(self, events: Iterable[AlertEvent]) -> None:
        """Show events of before the start; what is open and how much there was, stepping the journal again will tell."""
        self.recent.extend(events)

    def _was_recalled(self, event: AlertEvent) -> bool:
        """Tell whether an event is among the last already: it was recalled, and is found again. Few have the same time, and most are told apart by it."""
        return any(one.at == event.at and one == event for one in self.recent)

    @property
    def open(self) -> tuple[AlertEvent, ...]:
        """Return the last event of every open episode."""
        return tuple(event for events in self._open_of.values() for event in events.values())

    def _close(self, event: AlertEvent) -> None:
        """Let go of an episode, and of a device that has none open any more."""
        events = self._open_of.get(event.device, {})
        events.pop(event.id, None)
        if not events:
            self._open_of.pop(event.device, None)

    def verdict_of(self, device: str, channel: str) -> Verdict | None:
        """Return the verdict of the gravest open episode of a channel or of its whole device; None without one."""
        if device not in self._open_of:
            return None
        concerned = [event for event in self._open_of[device].values() if event.channel in (channel, None)]
        gravest = max(concerned, key=lambda event: event.severity.rank, default=None)
        return None if gravest is None else gravest.verdict

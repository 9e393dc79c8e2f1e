"""Takes every alert event, and every notice, to its sinks: only once it is on disk, at least once, and not twice unless we died in between.

In: word that something was found. Out: offers to the sinks; whether what they answered is worth a commit. The disk is the
queue, `delivery` what is under way; while the disk fails the journal's memory takes its place.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from detector.clock import Clock
from detector.domain import AlertEvent
from detector.edge.journal import Item, Journal
from detector.edge.journal.alerts import to_all
from detector.edge.sinks.delivery import Delivery, Owing, SinkCount
from detector.edge.sinks.sink import Sink
from detector.notice import Notice


class Sinks(NamedTuple):
    """Every way out of one configuration."""

    events: tuple[Sink[AlertEvent], ...] = ()
    """For machines: they are given every transition that they want."""
    notices: tuple[Sink[Notice], ...] = ()
    """For people: they are given what the desk decided."""
    wants: Callable[[str, AlertEvent], bool] = to_all
    """Whether a sink for machines, by its name, is there for an event."""


class Courier:
    """All sinks; not thread-safe, the scoring worker owns it."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Start without a sink."""
        self._journal, self._clock = journal, clock
        self._events: dict[str, Delivery[AlertEvent]] = {}
        self._notices: dict[str, Delivery[Notice]] = {}

    def turn_to(self, sinks: Sinks, give_up_after_s: float) -> None:
        """Deliver to these sinks from now on; what is owed to one that is gone waits on disk for its return."""
        journal, clock = self._journal, self._clock
        self._events = _turned(self._events, sinks.events, journal, give_up_after_s, clock)
        self._notices = _turned(self._notices, sinks.notices, journal.notices, give_up_after_s, clock)
        self._journal.sinks, self._journal.wants = tuple(self._events), sinks.wants
        self._journal.receivers = tuple(self._notices)

    @property
    def pending(self) -> bool:
        """Whether a sink has something that it has not answered."""
        return any(delivery.count.pending for delivery in self._deliveries.values())

    @property
    def holds_back(self) -> bool:
        """Whether a sink could be offered more as soon as it answers."""
        return any(delivery.holds_back for delivery in self._deliveries.values())

    def take_answers(self) -> bool:
        """Take in what the sinks say; return whether there is something to be committed."""
        answered = [delivery.take_answers() for delivery in self._deliveries.values()]
        return any(answered)

    def offer(self, *, found: bool = False) -> None:
        """Hand over what is owed; `found`: there is something that was just committed."""
        for delivery in self._deliveries.values():
            delivery.offer(found=found)

    def counts(self) -> Mapping[str, SinkCount]:
        """Return how much each sink was handed; for any thread."""
        return {name: delivery.count for name, delivery in self._deliveries.items()}

    @property
    def _deliveries(self) -> Mapping[str, Delivery[Any]]:
        """All deliveries by the name of their sink."""
        return {**self._events, **self._notices}


def _turned(
    before: Mapping[str, Delivery[Item]],
    sinks: Iterable[Sink[Item]],
    owing: Owing[Item],
    give_up_after_s: float,
    clock: Clock,
) -> dict[str, Delivery[Item]]:
    """Return the deliveries to these sinks, going on with those there were."""
    after = dict[str, Delivery[Item]]()
    for sink in sinks:
        delivery = before.get(sink.name)
        if delivery is None:
            delivery = Delivery(sink, owing, give_up_after_s, clock)
        else:
            delivery.turn_to(sink, give_up_after_s)
        after[sink.name] = delivery
    return after

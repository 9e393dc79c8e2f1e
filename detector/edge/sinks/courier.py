"""Takes every alert event to every sink: only once it is on disk, at least once, and not twice unless we died in between.

In: word that events were found. Out: offers to the sinks; whether what they answered is worth a commit. The disk is the
queue, `delivery` what is under way; while the disk fails the journal's memory takes its place.
"""

from collections.abc import Iterable, Mapping

from detector.clock import Clock
from detector.edge.journal import Journal
from detector.edge.sinks.delivery import Delivery, SinkCount
from detector.edge.sinks.sink import Sink


class Courier:
    """All sinks; not thread-safe, the scoring worker owns it."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Start without a sink."""
        self._journal, self._clock = journal, clock
        self._deliveries: dict[str, Delivery] = {}

    def turn_to(self, sinks: Iterable[Sink], give_up_after_s: float) -> None:
        """Deliver to these sinks from now on; what is owed to one that is gone waits on disk for its return."""
        before, self._deliveries = self._deliveries, {}
        for sink in sinks:
            delivery = before.get(sink.name)
            if delivery is None:
                delivery = Delivery(sink, self._journal, give_up_after_s, self._clock)
            else:
                delivery.turn_to(sink, give_up_after_s)
            self._deliveries[sink.name] = delivery
        self._journal.sinks = tuple(self._deliveries)

    @property
    def pending(self) -> bool:
        """Whether a sink has events that it has not answered."""
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
        """Hand over what is owed; `found`: there are events that were just committed."""
        for delivery in self._deliveries.values():
            delivery.offer(found=found)

    def counts(self) -> Mapping[str, SinkCount]:
        """Return how many events each sink was handed; for any thread."""
        return {name: delivery.count for name, delivery in self._deliveries.items()}

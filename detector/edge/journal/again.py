"""The arrivals of a journal as batches: other ones than at their time, but with the same ticks and hours among the readings.

In: arrivals in order, the `sensors` of the present configuration. Out: batches, and feedback in its place between them. How batches
are cut changes no score.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from detector.domain import Feedback, Reading
from detector.edge.journal.arrivals import Arrival
from detector.edge.recording.columns import Claims
from detector.report import Batch
from detector.settings.sensors import SensorSettings
from detector.stream.batch import Batcher


class Again:
    """Brings arrivals back, as the present configuration has them."""

    def __init__(self, sensors: Sequence[SensorSettings]) -> None:
        """Read by these entries."""
        self._claims = Claims(sensors)
        self.unclaimed = 0
        """Readings that no entry asks for any more; they are left out."""

    def batches(self, arrivals: Iterable[Arrival], batcher: Batcher) -> Iterator[Batch | Feedback]:
        """Yield the batches of arrivals, and feedback."""
        for kind, run in groupby(arrivals, key=_kind):
            if kind is Feedback:
                yield from (arrival.feedback for arrival in run if arrival.feedback is not None)
            elif kind is Reading:
                yield from batcher.cut(self._readings(run))
            else:
                yield batcher.idle_again([arrival.at for arrival in run])

    def _readings(self, arrivals: Iterable[Arrival]) -> Iterator[Reading]:
        """Yield readings by the name of their entry, or the first that claims the device."""
        for _, device, channel, entry, at, value, _ in arrivals:
            assert device is not None
            assert channel is not None
            assert entry is not None
            assert value is not None
            claim = self._claims.through(entry, device)
            name = None if claim is None else claim.channel(channel)
            if claim is None or name is None:
                self.unclaimed += 1
            else:
                yield Reading(device, name, at, value, claim.entry)


def _kind(arrival: Arrival) -> type | None:
    """Return what an arrival is; None for an idle tick."""
    if arrival.feedback is not None:
        return Feedback
    return None if arrival.value is None else Reading

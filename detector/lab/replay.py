"""Replays readings through an engine, and counts what becomes of each.

In: readings in stream order, as recordings give them. Out: the engine's reports, in order. Nothing is added at the end
of the stream: episodes that are open stay open, so that a longer recording says the same up to there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from detector.domain import EventTime, Kind, Reading, Rejected, RejectReason, Stage, Transition
from detector.engine import Engine
from detector.errors import RecordingError
from detector.report import Report
from detector.stream.batch import Batcher


class Replay:
    """One pass through one engine; the counts are of what went through so far."""

    def __init__(self, engine: Engine, max_batch: int) -> None:
        """Start before the first reading."""
        self.readings = 0
        """Readings of the reports so far."""
        self.stages: Counter[Stage] = Counter()
        self.opened: Counter[Kind] = Counter()
        """Episodes that opened."""
        self.rejected: Counter[RejectReason] = Counter()
        self.first_rejected: dict[RejectReason, str] = {}
        """Where each kind of fault was met first."""
        self.now: EventTime | None = None
        """Event time of the last reading."""
        self._engine = engine
        self._batcher = Batcher(max_batch)
        self._fault: RecordingError | None = None

    def reports(self, recorded: Iterable[Reading | Rejected]) -> Iterator[Report]:
        """Yield what the engine says of each batch.

        Raises: RecordingError of a damaged recording, once all that was read before it has been reported.
        """
        for batch in self._batcher.cut(self._readings(recorded)):
            report = self._engine.step(batch)
            self._count(report)
            yield report
        if self._fault is not None:
            raise self._fault

    def _readings(self, recorded: Iterable[Reading | Rejected]) -> Iterator[Reading]:
        """Yield the readings alone, as far as the recordings can be read."""
        try:
            for found in recorded:
                if isinstance(found, Reading):
                    yield found
                else:
                    self.rejected[found.reason] += 1
                    self.first_rejected.setdefault(found.reason, found.detail)
        except RecordingError as fault:
            self._fault = fault

    def _count(self, report: Report) -> None:
        """Count the rows and events of a report."""
        self.readings += len(report.readings)
        self.stages.update(map(Stage, report.stage.tolist()))
        self.opened.update(event.kind for event in report.events if event.event is Transition.OPENED)
        if report.readings:
            self.now = report.readings[-1].at

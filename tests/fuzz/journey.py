"""The way of a message from the inbox to what is published of it: the daemon's own parts, without its sockets.

In: messages. Out: counts, and an `AssertionError` for a reading that is not accounted for, a number that is none, or a
topic that no broker would take.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.daemon.intake import Intake, Limits
from detector.daemon.redelivery import Redelivery
from detector.domain import DropReason, Reading, Stage
from detector.edge.alert_topics import alert_message, state_message
from detector.edge.channel_view import ChannelView
from detector.edge.inbox import Inbox
from detector.edge.ledger import Counts, Ledger
from detector.edge.outbox import Publication
from detector.edge.parcel import Message
from detector.engine import Engine
from detector.report import Report
from detector.stream.batch import Batcher
from tests.fleet import untrained_network
from tests.fuzz.plant import PLANT
from tests.parcels import parcel_of

NO_TOPIC = re.compile("[+#\0-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What no broker takes in the topic of a publication."""


@dataclass(eq=False)
class Journey:
    """The parts of the scoring loop, and what went through them."""

    ledger: Ledger = field(default_factory=Ledger)
    inbox: Inbox = field(default_factory=lambda: Inbox(PLANT.mqtt.inbox, patience_s=0.0))
    view: ChannelView = field(default_factory=ChannelView)
    gave_readings: int = 0
    """Messages that gave at least one reading."""
    events: int = 0

    def __post_init__(self) -> None:
        """Make what needs the ledger or the plant."""
        engine = PLANT.engine
        limits = Limits(PLANT.mqtt.inbox.max_payload, engine.max_channels, engine.total_channels)
        self._intake = Intake(PLANT.sensors, limits, self.ledger, Redelivery())
        self._batcher = Batcher(PLANT.engine.max_batch)
        self._engine = Engine(PLANT, untrained_network(), assumed_reference(len(Stream)))

    def arrive(self, messages: Iterable[Message]) -> None:
        """Take messages as the link does: counted, and put in the inbox or given up."""
        for message in messages:
            self.ledger.arrived()
            for given_up in self.inbox.put(parcel_of([message])).given_up:
                self.ledger.dropped(DropReason.INBOX_FULL, len(given_up))

    def turn(self) -> Counts:
        """Score all that waits; return the counts, which balance."""
        readings = list[Reading]()
        for parcel in self.inbox.take(len(self.inbox), 0.0):
            found = self._intake.decode([parcel])
            self.gave_readings += bool(found)
            readings += found
        for batch in self._batcher.cut(readings):
            self._tell(self._engine.step(batch))
        counts = self.ledger.snapshot()
        assert counts.balanced, counts
        assert counts.pending == len(self.inbox) == 0
        return counts

    def _tell(self, report: Report) -> None:
        """Count a report and write all that would be published of it."""
        self.ledger.stepped(report)
        scored = report.stage == Stage.SCORED
        assert np.isfinite(report.score[scored]).all()
        assert np.isfinite(report.expected[report.forecast_known]).all()
        touched = self.view.show(report)
        self.events += len(report.events)
        for event in report.events:
            _check(alert_message("detector", event))
        for key in touched.turned:
            state = self.view.state(key)
            if state is not None:
                _check(state_message("detector", state))


def _check(publication: Publication) -> None:
    """Check that a broker would take a publication."""
    topic = publication.topic
    assert NO_TOPIC.search(topic) is None, topic
    assert "//" not in topic
    assert len(topic.encode()) < 65_536

"""A scoring loop without a broker, for tests: messages are put into its inbox by hand, and time goes on at each look.

In: a state directory. Out: a worker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.clock import MonoTime, WallTime
from detector.daemon.herald import Herald
from detector.daemon.intake import Intake, Limits
from detector.daemon.receipts import Receipts
from detector.daemon.redelivery import Redelivery
from detector.daemon.worker import Worker
from detector.edge.channel_view import ChannelView
from detector.edge.inbox import Inbox
from detector.edge.journal import Journal
from detector.edge.ledger import Ledger
from detector.edge.metrics import Exposition
from detector.edge.mqtt import MqttLink
from detector.edge.sinks import Courier
from detector.edge.snapshot import Keeper
from detector.edge.status import Status
from detector.edge.stepping import Here
from detector.notices import Desk, Directory
from detector.settings import (
    AlertSettings,
    InboxSettings,
    JournalSettings,
    MetricsSettings,
    MqttSettings,
    PayloadFormat,
    SensorSettings,
)
from detector.stream.batch import Batcher
from tests.fleet import engine

SENSORS = [SensorSettings(name="meters", topics=["meters/{device}/{channel}"], format=PayloadFormat.VALUE)]
START_S = 1_700_000_010


class Plant:
    """A worker without a broker, and a clock that goes on a little at each look."""

    def __init__(self) -> None:
        """Start at a tick."""
        self._looks = 0

    def wall(self) -> WallTime:
        """Return the wall time."""
        return WallTime(float(START_S))

    def mono(self) -> MonoTime:
        """Return the monotonic time."""
        self._looks += 1
        return MonoTime(self._looks * 0.05)

    @contextmanager
    def worker(self, folder: Path, inbox: Inbox | None = None) -> Iterator[Worker]:
        """Wire a worker; its link is never started, and its inbox gives at once what it holds."""
        inbox = Inbox(InboxSettings()) if inbox is None else inbox
        ledger, view = Ledger(), ChannelView()
        journal = Journal(folder, JournalSettings(), ["meters"], self)
        worker = Worker(
            inbox=inbox,
            intake=Intake(SENSORS, Limits(1000, 64, 1000), ledger, Redelivery()),
            journal=journal,
            keeper=Keeper(folder, 3600.0, self),
            receipts=Receipts(self),
            batcher=Batcher(100),
            stepper=Here(engine()),
            ledger=ledger,
            view=view,
            exposition=Exposition(MetricsSettings(), _nobody_asks),
            link=MqttLink(MqttSettings(), ["meters/#"], None, inbox, ledger),
            announcer=None,
            herald=Herald(Desk(AlertSettings(), Directory(100)), journal, self),
            courier=Courier(journal, self),
            clock=self,
        )
        try:
            yield worker
        finally:
            worker.journal.close()


def _nobody_asks() -> Status:
    """Fail: these tests scrape nothing."""
    raise AssertionError

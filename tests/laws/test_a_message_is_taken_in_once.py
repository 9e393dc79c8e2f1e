"""Law: a message of QoS 1 is journalled once, however connections and processes break off and the broker sends it again."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.daemon.intake import Intake, Limits
from detector.daemon.redelivery import Redelivery
from detector.domain import EventTime
from detector.edge.journal import Journal
from detector.edge.journal.unwritten import Unwritten
from detector.edge.ledger import Ledger
from detector.edge.parcel import Message
from detector.settings import PayloadFormat, SensorSettings
from tests.parcels import parcel_of
from tests.unit.edge.journal.bench import Bench

SENSORS = [SensorSettings(name="meters", topics=["meters/{device}/{channel}"], format=PayloadFormat.VALUE)]
SENT = ("publish", "deliver")
DONE = (*SENT, "take", "commit")
STEPS = st.lists(
    st.sampled_from(
        [SENT, DONE, ("take",), ("take", "commit"), ("lose acks",), ("break off",), ("crash",), ("restart",)]
    ),
    max_size=20,
).map(lambda parts: [step for part in parts for step in part])
Payload = Callable[[int], bytes]


class Broker:
    """The broker's side of a persistent session: keeps a message until it is acknowledged, and sends it again after a loss."""

    def __init__(self, payload: Payload, identifiers: int) -> None:
        """Number packets from 1 to `identifiers`, and from 1 again."""
        self.published, self.connection = 0, 1
        self.losing = False
        """Acknowledgements go astray until the connection ends."""
        self._payload, self._identifiers = payload, identifiers
        self._queue: list[Message] = []
        self._sent: dict[int, Message] = {}

    def publish(self) -> None:
        """Take a message for the session."""
        self._queue.append(
            Message("meters/m1/power", self._payload(self.published), EventTime(0), 1, False, False, 0, 0)
        )
        self.published += 1

    def deliver(self) -> list[Message]:
        """Send what waits, as far as there are identifiers; each delivery arrives at another moment."""
        sent = list[Message]()
        while self._queue and len(self._sent) < self._identifiers:
            mid = next(i for i in self._order() if i not in self._sent)
            self._sent[mid] = self._arriving(self._queue.pop(0)._replace(mid=mid))
            sent.append(self._sent[mid])
        return sent

    def break_off(self) -> list[Message]:
        """Lose the connection, and send again what was not acknowledged, in order."""
        self.connection += 1
        self.losing = False
        self._sent = {mid: self._arriving(message._replace(duplicate=True)) for mid, message in self._sent.items()}
        return list(self._sent.values())

    def acknowledge(self, messages: list[Message]) -> None:
        """Hear that messages are done with; of an earlier connection that cannot be said any more."""
        for message in messages:
            if message.connection == self.connection and not self.losing:
                self._sent.pop(message.mid, None)

    def _order(self) -> list[int]:
        """Return the identifiers, those not used for longest first."""
        begin = self.published % self._identifiers
        return [1 + (begin + step) % self._identifiers for step in range(self._identifiers)]

    def _arriving(self, message: Message) -> Message:
        """Return a message as it arrives now."""
        self._arrivals = getattr(self, "_arrivals", 0) + 1
        return message._replace(
            arrived=EventTime(self._arrivals), connection=self.connection, resumed=self.connection > 1
        )


class Daemon:
    """One process: what it took, what it holds to acknowledge after the commit."""

    def __init__(self, journal: Journal) -> None:
        """Go on with a journal."""
        self.journal, self.inbox, self._held = journal, list[Message](), list[Message]()
        self._intake = Intake(SENSORS, Limits(1000, 64, 1000), ledger := Ledger(), Redelivery(journal.kept.stubs()))
        self._ledger = ledger

    def take(self) -> None:
        """Decode and append what arrived."""
        for _ in self.inbox:
            self._ledger.arrived()
        self.journal.append(
            self._intake.decode([parcel_of([message]) for message in self.inbox]), self._intake.redelivery.take_new()
        )
        self._held += self.inbox
        self.inbox = []

    def commit(self) -> list[Message]:
        """Commit; return what may be acknowledged."""
        self.journal.commit()
        held, self._held = self._held, []
        return held


def journalled_after(steps: list[str], broker: Broker, folder: Path) -> list[float | None]:
    """Return what is in the journal after these steps and a calm end."""
    calm_end = ["break off", "take", "commit", *["deliver", "take", "commit"] * steps.count("publish")]
    bench, rest = Bench(folder), [*steps, *calm_end]
    while rest:
        with bench.journal() as journal:
            journal.entries = ("meters",)
            daemon = Daemon(journal)
            while rest:
                step = rest.pop(0)
                if step == "publish":
                    broker.publish()
                elif step == "deliver":
                    daemon.inbox += broker.deliver()
                elif step == "break off":
                    daemon.inbox += broker.break_off()
                elif step == "lose acks":
                    broker.losing = True
                elif step == "take":
                    daemon.take()
                elif step == "commit":
                    broker.acknowledge(daemon.commit())
                else:
                    if step == "crash":
                        journal._waiting.clear()
                        journal._alerts = Unwritten()
                    rest = ["break off", *rest]
                    break
    return [arrival.value for arrival in bench.on_disk()]


@settings(deadline=None, max_examples=100)
@given(STEPS)
def test_equal_messages_are_told_apart(steps: list[str]) -> None:
    """Messages that are all alike and bear no time are each journalled once, where identifiers are not used again soon."""
    broker = Broker(lambda _: b"5", identifiers=1000)
    with TemporaryDirectory() as folder:
        assert journalled_after(steps, broker, Path(folder)) == [5.0] * broker.published


@settings(deadline=None, max_examples=100)
@given(STEPS)
def test_identifiers_may_be_used_again_at_once(steps: list[str]) -> None:
    """Messages that differ are each journalled once, and in order, however few identifiers the broker has."""
    broker = Broker(lambda number: b"%d" % number, identifiers=2)
    with TemporaryDirectory() as folder:
        found = journalled_after(steps, broker, Path(folder))
    assert sorted(value for value in found if value is not None) == list(range(broker.published))

"""Messages to readings, all accounted for."""

import zlib

from detector.daemon.intake import MANY, Intake, Limits
from detector.daemon.redelivery import Redelivery
from detector.domain import EventTime, RejectReason
from detector.edge.journal import Stub
from detector.edge.ledger import Ledger
from detector.edge.parcel import Message
from detector.notices import Directory
from detector.settings import PayloadFormat, SensorSettings, TimestampFormat, TimestampSettings
from tests.parcels import parcel_of

NOW = EventTime(1_700_000_000_000_000)
SENSORS = [
    SensorSettings(
        name="pumps", topics=["plant/{device}"], timestamp=TimestampSettings(field="ts", format=TimestampFormat.UNIX)
    ),
    SensorSettings(name="meters", topics=["meters/{device}/{channel}"], format=PayloadFormat.VALUE),
]


def message(topic: str, payload: bytes, *, retain: bool = False) -> Message:
    """Return one message as the link would put it in the inbox."""
    return Message(topic, payload, NOW, qos=1, retain=retain, duplicate=False, mid=1, connection=1)


def test_each_message_is_counted_once_whatever_is_in_it() -> None:
    """Readings and rejections of a message are counted; the sum is what was received."""
    ledger = Ledger()
    intake = Intake(SENSORS, Limits(1000, 64, 1000), ledger, Redelivery())
    messages = [
        message("plant/p1", b'{"ts": 1700000000, "a": 1, "b": 2}'),
        message("plant/p1", b"\xff\xfe"),
        message("elsewhere", b"1"),
    ]
    for _ in messages:
        ledger.arrived()
    assert [(reading.channel, reading.value) for reading in intake.decode([parcel_of(messages)])] == [
        ("a", 1.0),
        ("b", 2.0),
    ]
    counts = ledger.snapshot()
    assert (counts.received, counts.pending, sum(counts.rejected.values())) == (4, 2, 2)
    assert counts.balanced


def test_a_retained_value_without_a_timestamp_is_not_a_fresh_reading() -> None:
    """What the broker retained is taken where it says when it was measured, and refused where only its arrival is known."""
    ledger = Ledger()
    intake = Intake(SENSORS, Limits(1000, 64, 1000), ledger, Redelivery())
    old = [
        message("meters/m1/power", b"5", retain=True),
        message("plant/p1", b'{"ts": 1700000000, "a": 1}', retain=True),
    ]
    fresh = message("meters/m1/power", b"6")
    for _ in (*old, fresh):
        ledger.arrived()
    assert [reading.value for reading in intake.decode([parcel_of([*old, fresh])])] == [1.0, 6.0]
    assert ledger.snapshot().rejected[RejectReason.STALE_RETAINED] == 1


def test_a_message_that_came_before_counts_as_a_duplicate() -> None:
    """Marked as a duplicate and known, its readings are counted and not returned; unmarked, it is another message of its kind."""
    ledger = Ledger()
    intake = Intake(SENSORS, Limits(1000, 64, 1000), ledger, Redelivery())
    first = Message("meters/m1/power", b"5", EventTime(1), 1, False, False, 7, 1)
    again = first._replace(duplicate=True, connection=2, resumed=True)
    others = again._replace(mid=8), again._replace(payload=b"6"), first._replace(connection=2)
    found = []
    for message in (first, first, again, *others):
        ledger.arrived()
        found.append(len(intake.decode([parcel_of([message])])))
    assert found == [1, 1, 0, 1, 1, 1]
    assert (ledger.snapshot().duplicate, ledger.snapshot().pending, ledger.snapshot().balanced) == (1, 5, True)


def test_a_new_session_knows_no_packet_of_the_old_one() -> None:
    """Where the broker has begun a new session, its packet identifiers say nothing of earlier messages."""
    ledger = Ledger()
    intake = Intake(
        SENSORS, Limits(1000, 64, 1000), ledger, Redelivery([Stub(7, zlib.crc32(b"5", zlib.crc32(b"meters/m1/power")))])
    )
    message = Message("meters/m1/power", b"5", EventTime(1), 1, False, True, 7, 1, resumed=False)
    ledger.arrived()
    assert len(intake.decode([parcel_of([message])])) == 1


def test_a_retained_message_and_a_repeated_one_are_read_by_themselves_alone() -> None:
    """Those that came with them are read at once, and all readings stand in the order of the messages."""
    ledger = Ledger()
    intake = Intake(SENSORS, Limits(1000, 64, 1000), ledger, Redelivery())
    messages = [message("meters/m1/power", b"%d" % number)._replace(mid=number + 1) for number in range(2 * MANY)]
    messages[3] = message("plant/p1", b'{"ts": 1700000000, "a": 3}', retain=True)
    messages[5] = messages[5]._replace(duplicate=True)
    ledger.arrived(1 + len(messages))
    intake.decode([parcel_of(messages[:1])])
    parcel = parcel_of(messages)
    assert set(intake._read_many([parcel]).places.tolist()) == set(range(2 * MANY)) - {3, 5}
    assert [reading.value for reading in intake.decode([parcel])] == list(range(2 * MANY))
    assert ledger.snapshot().balanced


def test_a_device_that_is_heard_is_never_long_without_its_labels() -> None:
    """Where the directory had to drop a device for others, its next message brings it back: or else its alerts would find nobody."""
    directory, ledger = Directory(2), Ledger()
    intake = Intake(SENSORS, Limits(1000, 64, 1000), ledger, Redelivery(), directory)
    ledger.arrived(4)
    for device in ("old", "new", "newer"):
        intake.decode([parcel_of([message(f"meters/{device}/power", b"5")])])
    assert list(directory.table) == ["new", "newer"]
    intake.decode([parcel_of([message("meters/old/power", b"6")])])
    assert list(directory.table) == ["newer", "old"]


def test_a_topic_without_a_reading_puts_no_device_into_the_directory() -> None:
    """Whoever sends nothing that can be read takes no room from those who do."""
    directory, ledger = Directory(2), Ledger()
    intake = Intake(SENSORS, Limits(1000, 64, 1000), ledger, Redelivery(), directory)
    messages = [message("meters/m1/power", b"none"), message("plant/p1", b"{}"), message("meters/m2/power", b"5")]
    ledger.arrived(len(messages))
    intake.decode([parcel_of(messages)])
    assert list(directory.table) == ["m2"]

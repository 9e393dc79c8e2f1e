"""What a recorder writes of the messages in its inbox."""

import threading
from collections.abc import Iterable
from pathlib import Path

from detector.clock import SystemClock
from detector.domain import MICROSECONDS, EventTime, Reading, RejectReason
from detector.edge.inbox import Inbox
from detector.edge.parcel import Message, Parcel
from detector.edge.recording import RecordingFile, read_recordings
from detector.lab.record import Recorder
from detector.settings import InboxSettings
from detector.settings.sensors import SensorSettings
from detector.stream.decode import Decoder
from tests.parcels import parcel_of

SENSORS = [
    SensorSettings.model_validate(
        {"name": "pumps", "topics": ["plant/{device}"], "timestamp": {"field": "ts", "format": "unix"}}
    )
]
NOW = EventTime(1_700_000_000 * MICROSECONDS)


def message(topic: str, payload: str, mid: int = 0) -> Message:
    """Return a message that arrived now."""
    return Message(topic, payload.encode(), NOW, 1, False, False, mid, 1)


def record(path: Path, *waiting: Message) -> tuple[Recorder, list[Message]]:
    """Record what waits in an inbox of a recorder that was told to stop; return also what it acknowledged."""
    inbox, stop, acknowledged = Inbox(InboxSettings()), threading.Event(), list[Message]()
    for one in waiting:
        inbox.put(parcel_of([one]))
    stop.set()

    def acknowledge(done: Iterable[Parcel]) -> None:
        acknowledged.extend(message for parcel in done for message in parcel)

    with RecordingFile(path) as file:
        recorder = Recorder(Decoder(SENSORS, 2**20, 64), file, "detector")
        recorder.run(inbox, acknowledge, SystemClock(), stop, None)
    return recorder, acknowledged


def test_recording_holds_the_readings_in_order_of_arrival(tmp_path: Path) -> None:
    """Everything that had arrived before the stop is written, late readings where they arrived, and acknowledged."""
    waiting = [
        message("plant/a", '{"ts": 1700000000.25, "flow": 0.1, "heat": 20}', 1),
        message("plant/b", '{"ts": 1699999999, "flow": 1e-7}', 2),
    ]
    recorder, acknowledged = record(tmp_path / "r.csv", *waiting)
    quarter = EventTime(NOW + 250_000)
    assert list(read_recordings([tmp_path / "r.csv"], SENSORS)) == [
        Reading("a", "flow", quarter, 0.1, 0),
        Reading("a", "heat", quarter, 20.0, 0),
        Reading("b", "flow", EventTime(NOW - MICROSECONDS), 1e-7, 0),
    ]
    assert recorder.readings == 3
    assert acknowledged == waiting


def test_what_gives_no_reading_is_counted(tmp_path: Path) -> None:
    """Rejected payloads are counted by reason, with the first one's topic; our own publications are passed over."""
    waiting = [
        message("plant/a", "oops"),
        message("plant/b", "{"),
        message("detector/devices/a/flow/state", '{"ts": 1, "value": 1}'),
    ]
    recorder, acknowledged = record(tmp_path / "r.csv", *waiting)
    assert recorder.readings == 0
    assert recorder.rejected == {RejectReason.MALFORMED: 2}
    assert recorder.first_rejected[RejectReason.MALFORMED].startswith("plant/a: payload: expected JSON")
    assert acknowledged == waiting

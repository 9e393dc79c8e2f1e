"""What a recording gives, line by line, and what it says of lines that give nothing."""

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from detector.domain import MICROSECONDS, EventTime, Reading, Rejected, RejectReason
from detector.edge.recording import read_recordings
from detector.errors import RecordingError
from detector.settings.sensors import SensorSettings

EVERYTHING = [SensorSettings(name="everything")]
FIRST = EventTime(1_000_000_000 * MICROSECONDS)  # 2001-09-09T01:46:40Z


def found(path: Path, *sensors: SensorSettings) -> list[Reading | Rejected]:
    """Read a recording, or a folder, to its end."""
    return list(read_recordings([path], sensors or EVERYTHING))


def values(path: Path, *sensors: SensorSettings) -> list[tuple[str, str, float]]:
    """Return device, channel and value of a recording's readings."""
    return [(one.device, one.channel, one.value) for one in found(path, *sensors) if isinstance(one, Reading)]


def rejected(path: Path, *sensors: SensorSettings) -> list[tuple[RejectReason, str]]:
    """Return reasons and places of what a recording does not give."""
    faults = [one for one in found(path, *sensors) if isinstance(one, Rejected)]
    return [(fault.reason, fault.detail.removeprefix(f"{path}:").split(":")[0]) for fault in faults]


@pytest.fixture
def pump(tmp_path: Path) -> Path:
    """Return where the recording of device `pump` goes."""
    return tmp_path / "pump.csv"


def test_wide_recording_gives_each_cell(pump: Path) -> None:
    """A wide recording is of the device that its file is named after, with a channel a column."""
    pump.write_text("timestamp,flow,heat\n2001-09-09T01:46:40Z,1.5,20\n2001-09-09T01:46:41.25Z,2.5,21\n")
    later = EventTime(FIRST + 1_250_000)
    assert found(pump) == [
        Reading("pump", "flow", FIRST, 1.5, 0),
        Reading("pump", "heat", FIRST, 20.0, 0),
        Reading("pump", "flow", later, 2.5, 0),
        Reading("pump", "heat", later, 21.0, 0),
    ]


def test_long_recording_names_device_and_channel(tmp_path: Path) -> None:
    """A long recording names device and channel in each row."""
    path = tmp_path / "anything.csv"
    path.write_text("timestamp,device,channel,value\n1000000000,a,flow,1\n1000000000.5,b,heat,-2e3\n")
    assert found(path) == [
        Reading("a", "flow", FIRST, 1.0, 0),
        Reading("b", "heat", EventTime(FIRST + 500_000), -2000.0, 0),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2001-09-09T01:46:40Z",
        "2001-09-09 01:46:40",
        "2001-09-09T03:46:40+02:00",
        "1000000000",
        "1000000000.0",
        '"1000000000"',
    ],
)
def test_timestamp_is_iso_or_unix(pump: Path, text: str) -> None:
    """A timestamp is ISO 8601, with T or a space, with a zone or in UTC, or Unix seconds; quotes do no harm."""
    pump.write_text(f"timestamp,flow\n{text},1\n")
    assert found(pump) == [Reading("pump", "flow", FIRST, 1.0, 0)]


def test_unix_time_is_exact_to_the_microsecond(pump: Path) -> None:
    """Unix seconds with six decimals keep every one of them."""
    pump.write_text("timestamp,flow\n1000000000.000001,1\n0.999999,1\n")
    assert [one.at for one in found(pump) if isinstance(one, Reading)] == [FIRST + 1, 999_999]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_byte_order_mark_line_ends_spaces_and_quotes_do_no_harm(pump: Path, ending: str) -> None:
    """What spreadsheets write is read: a byte order mark, CRLF, quotes, spaces, blank lines, no line end at the end."""
    lines = ["\ufefftimestamp, flow", "", '"1000000000", "1.5"', "1000000001,2"]
    pump.write_bytes(ending.join(lines).encode())
    assert values(pump) == [("pump", "flow", 1.5), ("pump", "flow", 2.0)]


def test_compressed_recording_reads_the_same(tmp_path: Path) -> None:
    """A `.csv.gz` is of the device before both endings."""
    with gzip.open(tmp_path / "pump.v2.csv.gz", "wt") as file:
        file.write("timestamp,flow\n1000000000,1\n")
    assert values(tmp_path / "pump.v2.csv.gz") == [("pump.v2", "flow", 1.0)]


def test_empty_cell_is_a_missing_value(pump: Path) -> None:
    """Empty cells, blank ones, and cells that a short row leaves out give nothing; neither does a row without values."""
    pump.write_text("timestamp,a,b,c\n1000000000,,1,\n1000000001,2\n1000000002, ,,3\nnonsense,,,\n\n")
    assert found(pump) == [
        Reading("pump", "b", FIRST, 1.0, 0),
        Reading("pump", "a", EventTime(FIRST + MICROSECONDS), 2.0, 0),
        Reading("pump", "c", EventTime(FIRST + 2 * MICROSECONDS), 3.0, 0),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1000000000,oops", RejectReason.NOT_A_NUMBER),
        ("1000000000,1_0", RejectReason.NOT_A_NUMBER),
        ("1000000000,NaN", RejectReason.NOT_FINITE),
        ("1000000000,-inf", RejectReason.NOT_FINITE),
        ("1000000000,1e999", RejectReason.NOT_FINITE),
        ("yesterday,1", RejectReason.BAD_TIMESTAMP),
        (",1", RejectReason.MISSING_TIMESTAMP),
        ("99999999999999,1", RejectReason.IMPLAUSIBLE_TIMESTAMP),
        ("1000000000,1,2", RejectReason.MALFORMED),
        ('1000000000,"1', RejectReason.MALFORMED),
    ],
)
def test_bad_row_spoils_itself_alone(pump: Path, row: str, reason: RejectReason) -> None:
    """A row that gives no reading is rejected with its reason and line; the next one is read."""
    pump.write_text(f"timestamp,flow\n{row}\n1000000001,7\n")
    assert rejected(pump) == [(reason, "2")]
    assert values(pump) == [("pump", "flow", 7.0)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1000000000,,flow,1", RejectReason.BAD_NAME),
        ("1000000000,a,,1", RejectReason.BAD_NAME),
        ("1000000000,\xff,flow,1", RejectReason.BAD_NAME),
        ("1000000000,a,flow", RejectReason.MALFORMED),
    ],
)
def test_bad_row_of_a_long_recording_is_rejected(tmp_path: Path, row: str, reason: RejectReason) -> None:
    """A long row without a device, a channel, or a value's cell is rejected with its reason and line."""
    path = tmp_path / "fleet.csv"
    path.write_bytes(f"timestamp,device,channel,value\n{row}\n1000000000,a,flow,\n".encode("latin-1"))
    assert found(path)[1:] == []
    assert rejected(path) == [(reason, "2")]


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("time,flow", "the first column is not `timestamp`"),
        ("timestamp;flow", "the first column is not `timestamp`"),
        ("timestamp", "there is no channel"),
        ("timestamp,flow,flow", "two columns have the same name"),
        ("timestamp,flow,", "a column has no name"),
        ("timestamp,device,channel,value,expected", "it is neither form"),
    ],
)
def test_header_of_neither_form_is_an_error(pump: Path, header: str, why: str) -> None:
    """A header that is neither wide nor long is an error that says where, what was expected, what was there and why."""
    pump.write_text(f"{header}\n1000000000,1\n")
    with pytest.raises(RecordingError) as caught:
        found(pump)
    text = str(caught.value)
    assert text.startswith(
        f"{pump}:1: expected the header `timestamp,<channel>,...` or `timestamp,device,channel,value`"
    )
    assert repr(header) in text
    assert why in text


@pytest.mark.parametrize("content", ["", "timestamp,flow", "timestamp,flow\n"])
def test_recording_without_rows_is_empty(pump: Path, content: str) -> None:
    """A recording that has only just begun holds nothing, and that is no error."""
    pump.write_text(content)
    assert found(pump) == []


def test_gzip_that_breaks_off_ends_the_recording_there(tmp_path: Path) -> None:
    """What can be read of a compressed recording that was cut off is read, and the cut is told."""
    path = tmp_path / "pump.csv.gz"
    lines = "timestamp,flow\n" + "".join(f"{1_000_000_000 + n},{n * 0.37}\n" for n in range(20_000))
    path.write_bytes(gzip.compress(lines.encode())[:40_000])
    *readings, last = found(path)
    assert [one.value for one in readings if isinstance(one, Reading)] == [n * 0.37 for n in range(len(readings))]
    assert len(readings) > 1000
    assert isinstance(last, Rejected)
    assert "breaks off after this line" in last.detail


def test_what_is_no_gzip_is_an_error(tmp_path: Path) -> None:
    """A `.csv.gz` that is not compressed, or whose checksum is wrong, is an error with its place."""
    path = tmp_path / "pump.csv.gz"
    path.write_text("timestamp,flow\n1000000000,1\n")
    with pytest.raises(RecordingError, match=r"pump\.csv\.gz:1: expected a sound file"):
        found(path)
    spoilt = bytearray(gzip.compress(b"timestamp,flow\n1000000000,1\n"))
    spoilt[-8] ^= 1
    path.write_bytes(spoilt)
    with pytest.raises(RecordingError, match="expected a sound file, got: CRC"):
        found(path)


def test_device_belongs_to_the_first_entry_that_matches(tmp_path: Path) -> None:
    """A reading carries the index of the first `sensors` entry whose `devices` glob its device matches."""
    for device in ("pump-1", "fan-1", "lamp"):
        (tmp_path / f"{device}.csv").write_text("timestamp,x\n1000000000,1\n")
    sensors = [SensorSettings(name="a", devices="fan-*"), SensorSettings(name="b", devices="*-1")]
    kept = [(one.device, one.entry) for one in found(tmp_path, *sensors) if isinstance(one, Reading)]
    assert kept == [("fan-1", 0), ("pump-1", 1)]
    lost = [one.reason for one in found(tmp_path, *sensors) if isinstance(one, Rejected)]
    assert lost == [RejectReason.UNKNOWN_TOPIC]


def test_configured_channels_are_the_columns_read(pump: Path) -> None:
    """With channels configured, columns are found by channel name or by field, and no others are read."""
    pump.write_text("timestamp,heat,vib.rms,note\n1000000000,20,0.5,fine\n")
    channels = {"heat": {}, "vibration": {"field": "vib.rms"}}
    entry = SensorSettings.model_validate({"name": "pumps", "channels": channels})
    assert values(pump, entry) == [("pump", "heat", 20.0), ("pump", "vibration", 0.5)]
    assert rejected(pump, entry) == []


def test_a_line_without_end_is_rejected_and_not_held(tmp_path: Path) -> None:
    """A line longer than any of ours, of 50 MB in 50 kB of gzip, takes a few megabytes and costs no other line."""
    path = tmp_path / "pump.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"timestamp,flow\n1000000000,1\n")
        for _ in range(50):
            file.write(b"9" * 10**6)
        file.write(b"\n1000000001,2\n")
    tracemalloc.start()
    try:
        one, two, three = found(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(two, Rejected)
    assert (two.reason, f"{path}:3: " in two.detail) == (RejectReason.TOO_LARGE, True)
    assert [reading.value for reading in (one, three) if isinstance(reading, Reading)] == [1.0, 2.0]
    assert most < 20 * 10**6


@pytest.mark.parametrize("text", ["timestamp," + "x" * 2**20, "x" * (2**20 + 1), "x" * 2**21 + "\n"])
def test_a_header_without_end_is_refused(pump: Path, text: str) -> None:
    """A first line longer than any of ours is no header."""
    pump.write_text(text)
    with pytest.raises(RecordingError, match=r"pump\.csv:1: expected a header of at most"):
        found(pump)


@pytest.mark.parametrize("name", [b"a\nb", b"\x1b[31m", b"\xff"])
def test_a_file_name_that_is_no_devices_is_refused(tmp_path: Path, name: bytes) -> None:
    """A wide recording whose name no device may have is refused, in one printable line: its name would be the device."""
    path = tmp_path / os.fsdecode(name + b".csv")
    path.write_text("timestamp,flow\n1000000000,1\n")
    with pytest.raises(RecordingError, match="expected a file named after its device") as caught:
        found(path)
    assert str(caught.value).isprintable()
    path.write_text("timestamp,device,channel,value\n1000000000,a,b,1\n")
    assert values(path) == [("a", "b", 1.0)]

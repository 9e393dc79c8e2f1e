"""A journal read as a recording."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from detector.domain import EventTime, Reading, Rejected, RejectReason
from detector.edge.journal import journal_path, read_journal
from detector.errors import JournalError, RecordingError
from detector.settings import ChannelSettings, SensorSettings
from tests.unit.edge.journal.bench import Bench, readings


def entry(name: str, devices: str = "*", *channels: str) -> SensorSettings:
    """Return a sensors entry, for all channels or for some."""
    chosen = {channel: ChannelSettings() for channel in channels}
    return SensorSettings(name=name, devices=devices, channels=chosen or "auto")


def test_readings_belong_to_the_entry_they_came_through(tmp_path: Path) -> None:
    """Entries are found by name wherever they stand now, although an earlier one matches the device; ticks are passed over."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(1.0, 2.0, entry=0))
        journal.append_ticks([EventTime(7)])
        journal.append(readings(3.0, entry=1))
    found = list(read_journal(journal_path(tmp_path), [entry("meters"), entry("pumps")]))
    assert found == [*readings(1.0, 2.0, entry=1), *readings(3.0, entry=0)]


def test_readings_of_an_entry_that_is_gone_go_by_their_device(tmp_path: Path) -> None:
    """Where the entry has another name now, the device's glob decides; without a match a reading is rejected."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(1.0, device="p1"))
        journal.append(readings(2.0, device="x1"))
    taken, refused = read_journal(bench.path, [entry("all pumps", "p*")])
    assert taken == readings(1.0, device="p1")[0]
    assert isinstance(refused, Rejected)
    assert refused.reason is RejectReason.UNKNOWN_TOPIC


def test_channels_that_nobody_asks_for_are_left_out(tmp_path: Path) -> None:
    """Of an entry with channels, the others are passed over."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append([*readings(1.0, channel="flow"), *readings(2.0, channel="heat")])
    found = list(read_journal(bench.path, [entry("pumps", "*", "heat")]))
    assert [one.value for one in found if isinstance(one, Reading)] == [2.0]


def test_a_damaged_journal_gives_what_can_be_read(tmp_path: Path) -> None:
    """All readings before the damage come; then an error says where the journal is."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(*range(100_000)))
    size = bench.path.stat().st_size
    with bench.path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 8))
    found: list[Reading | Rejected] = []
    with pytest.raises(RecordingError, match=r"journal\.db: expected a sound journal"):
        found.extend(read_journal(bench.path, [entry("pumps")]))
    assert found == readings(*range(100_000))[: len(found)]
    assert len(found) > 10_000


def test_what_is_no_journal_is_told(tmp_path: Path) -> None:
    """A folder without a journal, and a file that is none, are refused before anything is read."""
    with pytest.raises(JournalError, match=r"expected a journal, found none; give the state directory"):
        read_journal(journal_path(tmp_path), [entry("pumps")])
    (tmp_path / "journal.db").write_text("timestamp,flow\n1,2\n" * 100)
    with pytest.raises(JournalError, match=r"expected a journal that can be read"):
        read_journal(journal_path(tmp_path), [entry("pumps")])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "soon"),
        ("at", 2**62),
        ("value", "x"),
        ("value", b"x"),
        ("value", float("inf")),
        ("device", "a\nb"),
        ("channel", b"flow"),
        ("entry", b"\xff"),
    ],
)
def test_a_journal_with_what_no_detector_writes_is_told(tmp_path: Path, column: str, value: object) -> None:
    """A row of another type, an impossible time, a value that is no number or a name that is none ends the reading, and is told."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(1.0))
    with closing(sqlite3.connect(bench.path)) as db, db:
        table = "arrivals" if column in ("at", "value") else "channels"
        db.execute(f"UPDATE {table} SET {column} = ?", (value,))
    with pytest.raises(RecordingError, match="as arrival 1; it was read as far as that"):
        list(read_journal(bench.path, [entry("meters")]))

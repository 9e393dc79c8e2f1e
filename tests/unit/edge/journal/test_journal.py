"""What the journal keeps, and for how long."""

from pathlib import Path

from detector.clock import WallTime
from detector.domain import EventTime, Reading
from detector.edge.journal import Arrival
from detector.edge.journal.arrivals import Group
from detector.edge.journal.database import NAME
from detector.edge.journal.store import TOUCH_BYTES, TOUCH_EVERY, Store
from detector.readings import Names, Readings
from detector.settings import JournalSettings
from tests.unit.edge.journal.bench import ENTRIES, Bench, readings, values

DAY_S = 86_400.0


def test_what_is_committed_is_there_for_others_and_nothing_else(tmp_path: Path) -> None:
    """Another process finds what was committed while the daemon lives, and not what only waits."""
    bench = Bench(tmp_path / "a" / "state")
    with bench.journal() as journal:
        journal.append(readings(1.0, 2.0))
        journal.commit()
        journal.append(readings(3.0))
        assert (journal.seq, journal.committed) == (3, 2)
        assert values(bench.on_disk()) == [1.0, 2.0]
        journal.commit()
        assert values(bench.on_disk()) == values(list(journal.read(0))) == [1.0, 2.0, 3.0]


def test_arrivals_come_back_as_they_were(tmp_path: Path) -> None:
    """Readings have number, names, entry, time and value; idle ticks stand among them, with a time alone."""
    bench = Bench(tmp_path)
    (reading,) = readings(2.5, device="p'1\"", channel="vib.rms", entry=1)
    with bench.journal() as journal:
        journal.append([reading])
        journal.append_ticks([EventTime(5), EventTime(9)])
        journal.append([reading])
        journal.commit()
        assert list(journal.read(1)) == [
            Arrival(2, None, None, None, EventTime(5), None),
            Arrival(3, None, None, None, EventTime(9), None),
            Arrival(4, "p'1\"", "vib.rms", "meters", reading.at, 2.5),
        ]


def test_reading_begins_after_a_number_and_ends_at_what_was_there(tmp_path: Path) -> None:
    """A reader gets what follows the number it has, and is not led on by what comes while it reads."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(*range(5)))
        journal.commit()
        reader = journal.read(3)
        assert next(reader).seq == 4
        journal.append(readings(7.0))
        journal.commit()
        assert [arrival.seq for arrival in reader] == [5]


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    """The next daemon numbers on from the last arrival, even where all the others were let go of."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(1.0, 2.0))
    bench.clock.passed_s = 9 * DAY_S
    with bench.journal() as journal:
        journal.append(readings(3.0))
        journal.commit()
        journal.append(readings(4.0))
        journal.commit()
        assert journal.seq == 4
    assert bench.on_disk()[-1].seq == 4


def test_no_number_that_a_snapshot_knows_is_given_again(tmp_path: Path) -> None:
    """A journal begun anew goes on behind the number that a snapshot was taken at."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.continue_after(500)
        journal.append(readings(1.0))
        journal.commit()
        assert [arrival.seq for arrival in journal.read(500)] == [501]
        journal.continue_after(3)
        assert journal.seq == 501


def test_old_arrivals_are_let_go(tmp_path: Path) -> None:
    """What arrived longer ago than the configured age goes when something newer is written."""
    bench = Bench(tmp_path, JournalSettings(keep=DAY_S))
    with bench.journal() as journal:
        for day in range(4):
            bench.clock.passed_s = day * 0.6 * DAY_S
            journal.append(readings(float(day)))
            journal.commit()
    assert values(bench.on_disk()) == [2.0, 3.0]


def test_what_a_snapshot_needs_is_never_let_go(tmp_path: Path) -> None:
    """However old it is, what follows the oldest snapshot's number stays."""
    bench = Bench(tmp_path, JournalSettings(keep=1.0))
    with bench.journal() as journal:
        journal.needed_after = 2
        for day in range(5):
            bench.clock.passed_s = day * DAY_S
            journal.append(readings(float(day)))
            journal.commit()
        assert values(bench.on_disk()) == [2.0, 3.0, 4.0]
        journal.needed_after = 4
        bench.clock.passed_s = 6 * DAY_S
        journal.append(readings(5.0))
        journal.commit()
    assert values(bench.on_disk()) == [4.0, 5.0]


def test_beyond_its_size_the_oldest_go(tmp_path: Path) -> None:
    """The journal stays near its size however much comes, and holds the newest."""
    bench = Bench(tmp_path, JournalSettings(max_size=2**18))
    with bench.journal() as journal:
        for minute in range(100):
            bench.clock.passed_s = minute * 61.0
            journal.append(readings(*(minute + number / 1000 for number in range(1000))))
            journal.commit()
    kept = values(bench.on_disk())
    assert bench.path.stat().st_size < 1.5 * 2**18
    assert len(kept) > 4000
    assert kept[-1] == 99.999


def test_channels_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    """Names that nobody uses any more leave the file with their arrivals; those in use stay."""
    bench = Bench(tmp_path, JournalSettings(keep=DAY_S))
    with bench.journal() as journal:
        journal.append(readings(1.0, device="gone"))
        for day in range(12):
            bench.clock.passed_s = 2 * day * DAY_S
            journal.continue_after(journal.seq + TOUCH_EVERY)
            journal.append(readings(2.0, device="here"))
            journal.commit()
    assert b"gone" not in bench.path.read_bytes().replace(b"\0", b"")
    assert [arrival.device for arrival in bench.on_disk()] == ["here"]


def test_no_commit_touches_many_channels(tmp_path: Path) -> None:
    """Channels that are heard together are noted as in use one after the other, each of them in its turn."""
    names, channels, touched = Names(), 300, list[str]()
    store = Store(tmp_path / NAME, JournalSettings(max_size=10 * channels * TOUCH_BYTES))
    again = list[int]()
    for round_ in range(30):
        heard = [Reading(f"d{n}", "c", EventTime(round_), 1.0, 0) for n in range(channels)]
        store._db.set_trace_callback(lambda words: touched.append(words) if "INTO channels" in words else None)
        store.write([Group(store.last + 1, ENTRIES, Readings.of(heard, names))], WallTime(0.0), None)
        again.append(len(touched))
        touched.clear()
    store.close()
    assert again[0] == channels
    assert max(again[1:]) < channels // 5
    assert sum(again[1:11]) == channels


def test_an_entry_is_known_by_its_name(tmp_path: Path) -> None:
    """After a reload that moved the entries, readings from before and after it belong to the entries of their time."""
    bench = Bench(tmp_path)
    with bench.journal() as journal:
        journal.append(readings(1.0, entry=0))
        journal.entries = tuple(reversed(ENTRIES))
        journal.append(readings(2.0, entry=0))
        journal.commit()
        assert [arrival.entry for arrival in journal.read(0)] == ["pumps", "meters"]
        assert {arrival.device for arrival in journal.read(0)} == {"p1"}

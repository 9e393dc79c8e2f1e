"""Which recordings are found, and in which order their rows come."""

import resource
from pathlib import Path

import pytest

from detector.domain import Reading
from detector.edge.recording import find_recordings, read_recordings
from detector.errors import RecordingError
from detector.settings.sensors import SensorSettings

EVERYTHING = [SensorSettings(name="everything")]


def write(path: Path, *rows: str) -> Path:
    """Write a wide recording with the channel x."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("timestamp,x", *rows, "")))
    return path


def order(*inputs: Path) -> list[tuple[str, float]]:
    """Return devices and values in the order in which they come."""
    found = read_recordings(inputs, EVERYTHING)
    return [(reading.device, reading.value) for reading in found if isinstance(reading, Reading)]


def test_folder_gives_its_recordings_sorted(tmp_path: Path) -> None:
    """A folder is searched through, sorted by path; hidden files and files of other kinds are left out."""
    names = ["b/z.csv", "a.csv.gz", "c.CSV", "b/a.csv", ".hidden.csv", ".git/x.csv", "notes.txt", "labels.json"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in find_recordings([tmp_path])]
    assert found == ["a.csv.gz", "b/a.csv", "b/z.csv", "c.CSV"]


def test_recording_is_read_once_however_often_it_is_named(tmp_path: Path) -> None:
    """A file that is named twice, or lies in a folder that is named as well, is read once, at its first place."""
    first, second = write(tmp_path / "a.csv"), write(tmp_path / "b.csv")
    assert find_recordings([second, tmp_path, tmp_path / "." / "b.csv"]) == [second, first]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("missing.csv", "found nothing there"),
        ("notes.txt", "ends with .csv or .csv.gz"),
        ("empty", "expected recordings (.csv or .csv.gz) in this folder, found none"),
    ],
)
def test_input_that_is_no_recording_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    """A missing file, a file of another kind and a folder without recordings are errors that name it."""
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordingError) as caught:
        find_recordings([tmp_path / name])
    assert str(caught.value).startswith(str(tmp_path / name))
    assert text in str(caught.value)


def test_rows_come_in_time_order(tmp_path: Path) -> None:
    """Rows of all recordings are merged in time."""
    write(tmp_path / "a.csv", "1,10", "4,11", "5,12")
    write(tmp_path / "b.csv", "2,20", "3,21", "6,22")
    assert [value for _, value in order(tmp_path)] == [10, 20, 21, 11, 12, 22]


def test_rows_of_one_moment_come_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    """Of rows at one moment, those of the recording that was named first come first."""
    a, b = write(tmp_path / "a.csv", "1,10", "1,11"), write(tmp_path / "b.csv", "1,20")
    assert order(a, b) == [("a", 10), ("a", 11), ("b", 20)]
    assert order(b, a) == [("b", 20), ("a", 10), ("a", 11)]


def test_late_row_stays_where_it_arrived(tmp_path: Path) -> None:
    """A row that is late within its recording comes after those before it, not at the time it states."""
    write(tmp_path / "a.csv", "10,1", "2,2", "11,3")
    write(tmp_path / "b.csv", "3,20", "10,21", "12,22")
    assert [value for _, value in order(tmp_path)] == [20, 1, 2, 21, 3, 22]


def test_two_wide_recordings_of_one_device_are_an_error(tmp_path: Path) -> None:
    """Two wide recordings of one name could be one device or two; the error says so and what to do."""
    write(tmp_path / "north" / "pump.csv", "1,1")
    write(tmp_path / "south" / "pump.csv", "1,1")
    with pytest.raises(
        RecordingError, match=r"south/pump.csv: expected a device of its own.*'pump' again, as in .*north"
    ):
        order(tmp_path)


def test_two_long_recordings_may_share_a_device(tmp_path: Path) -> None:
    """Long recordings name the device themselves, so that a device may go on in another file."""
    for day, at in (("monday", 1), ("tuesday", 2)):
        (tmp_path / f"{day}.csv").write_text(f"timestamp,device,channel,value\n{at},pump,x,{at}\n")
    assert order(tmp_path) == [("pump", 1), ("pump", 2)]


def test_fleet_of_more_devices_than_open_files_is_read(tmp_path: Path) -> None:
    """A folder of more recordings than the process may have files open is read all the same."""
    for number in range(60):
        write(tmp_path / f"device-{number:02}.csv", f"{60 - number},{number}")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, before[1]))
    try:
        assert [value for _, value in order(tmp_path)] == list(range(59, -1, -1))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

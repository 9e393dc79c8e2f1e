"""What is written reads back, byte for byte the same each time."""

import csv
import gzip
import json
import math
from pathlib import Path

import pytest

from detector.domain import EventTime, Reading, Stage
from detector.edge.recording import AlertFile, RecordingFile, ScoreFile, read_recordings
from detector.errors import RecordingError
from detector.settings.sensors import SensorSettings
from tests.fleet import START, engine, noise, readings, reports

AWKWARD = [
    Reading("pump, 1", 'the "hot" one', START, 0.1 + 0.2, 0),
    Reading("lamp", "°C", EventTime(START + 1), -0.0, 0),
    Reading("lamp", "x", EventTime(START - 5), 5e-324, 0),
    Reading("lamp", "x", START, math.nextafter(1e22, 0.0), 0),
]


@pytest.mark.parametrize("name", ["recording.csv", "recording.csv.gz"])
def test_recording_reads_back_to_the_same_readings(tmp_path: Path, name: str) -> None:
    """Names with commas and quotes, values to the last bit, times to the microsecond and the order of arrival survive."""
    with RecordingFile(tmp_path / name) as file:
        for reading in AWKWARD:
            file.write(reading)
    back = list(read_recordings([tmp_path / name], [SensorSettings(name="everything")]))
    assert back == AWKWARD
    assert [str(one.value) for one in back if isinstance(one, Reading)][1] == "-0.0"


def test_flushed_rows_outlive_a_crash(tmp_path: Path) -> None:
    """What was flushed into a compressed recording can be read while it is still open."""
    path = tmp_path / "recording.csv.gz"
    with RecordingFile(path) as file:
        file.write(AWKWARD[0])
        file.flush()
        back = list(read_recordings([path], [SensorSettings(name="everything")]))
    assert back[0] == AWKWARD[0]
    assert len(back) == 2  # and that it breaks off there


@pytest.mark.parametrize("kind", [ScoreFile, AlertFile, RecordingFile])
def test_file_that_cannot_be_written_is_an_error(
    tmp_path: Path, kind: type[ScoreFile | AlertFile | RecordingFile]
) -> None:
    """An output in a folder that does not exist is an error that names it."""
    with pytest.raises(RecordingError, match="expected a file that can be written, got: No such file"):
        kind(tmp_path / "missing" / "out.csv")


def test_score_row_is_empty_where_there_is_no_number(tmp_path: Path) -> None:
    """Score and forecast are empty until there is one, and for a late or duplicate reading; the others are numbers."""
    stream = readings("pump", noise(1, 200))
    stream += [stream[-1], stream[5]]
    said = list(reports(engine(), stream))
    with ScoreFile(tmp_path / "scores.csv") as file:
        for report in said:
            file.write(report)
    with (tmp_path / "scores.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    stages = [Stage(code) for report in said for code in report.stage.tolist()]
    assert [row["score"] != "" for row in rows] == [stage is Stage.SCORED for stage in stages]
    assert stages[-2:] == [Stage.DUPLICATE, Stage.LATE]
    assert [row["expected"] for row in rows[-2:]] == ["", ""]
    assert [float(row["value"]) for row in rows] == [reading.value for reading in stream]
    assert all(float(row["lower"]) <= float(row["expected"]) <= float(row["upper"]) for row in rows[64:-2])
    assert {row["anomalous"] for row in rows} <= {"-1", "0", "1"}


def test_alert_is_a_line_of_json(tmp_path: Path) -> None:
    """Each alert event is one line, a JSON object that says when and of which device."""
    stream = readings("pump", [*noise(1, 300), *noise(2, 30, level=80.0)])
    said = list(reports(engine(), stream))
    with AlertFile(tmp_path / "alerts.jsonl") as file:
        for report in said:
            file.write(report)
    lines = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [event.id for report in said for event in report.events]
    assert {line["device"] for line in lines} == {"pump"}


def test_compressed_output_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    """A compressed file holds neither its name nor a date, so that equal rows give equal bytes."""
    for name in ("one.csv.gz", "two.csv.gz"):
        with RecordingFile(tmp_path / name) as file:
            file.write(AWKWARD[0])
    one, two = ((tmp_path / name).read_bytes() for name in ("one.csv.gz", "two.csv.gz"))
    assert one == two
    assert gzip.decompress(one).startswith(b"timestamp,device,channel,value\n")

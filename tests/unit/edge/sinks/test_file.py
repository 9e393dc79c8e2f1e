"""Alert events in a file: a line each, on the disk before they are answered for, whatever happens to the file."""

from pathlib import Path

import orjson

from detector.domain import Severity, Transition
from detector.edge.alert_topics import alert_json
from detector.edge.sinks.file import AlertFile
from detector.edge.sinks.sink import Answer
from tests.unit.edge.sinks.notices import turned

OPENED, CLOSED = turned(Transition.OPENED), turned(Transition.CLOSED, Severity.CRITICAL, 60.0)


def test_each_event_is_the_line_that_the_contract_says(tmp_path: Path) -> None:
    """Lines are the JSON objects of `--alerts` and of MQTT, in order, added to those that are there."""
    way = AlertFile(tmp_path / "alerts.jsonl")
    assert way.carry([OPENED]).answers == [Answer(OPENED.key)]
    assert AlertFile(tmp_path / "alerts.jsonl").carry([CLOSED]).answers == [Answer(CLOSED.key)]
    lines = (tmp_path / "alerts.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line) for line in lines] == [alert_json(OPENED), alert_json(CLOSED)]


def test_a_file_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    """After logrotate has moved the file, later events go into a new one, and none into the old."""
    path = tmp_path / "alerts.jsonl"
    way = AlertFile(path)
    way.carry([OPENED])
    path.rename(tmp_path / "alerts.jsonl.1")
    way.carry([CLOSED])
    assert len((tmp_path / "alerts.jsonl.1").read_bytes().splitlines()) == 1
    assert orjson.loads(path.read_bytes()) == alert_json(CLOSED)


def test_a_line_that_a_crash_cut_off_spoils_no_other(tmp_path: Path) -> None:
    """What follows half a line begins on a line of its own."""
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"id": "hal')
    AlertFile(path).carry([OPENED])
    assert orjson.loads(path.read_bytes().splitlines()[1]) == alert_json(OPENED)


def test_a_file_that_cannot_be_written_is_a_fault_that_may_pass(tmp_path: Path) -> None:
    """A folder that is missing is told, and the events are taken once it is there."""
    way = AlertFile(tmp_path / "missing" / "alerts.jsonl")
    first = way.carry([OPENED]).answers[0]
    assert first.fault == f"cannot write {tmp_path}/missing/alerts.jsonl: No such file or directory"
    assert not first.hopeless
    (tmp_path / "missing").mkdir()
    assert way.carry([OPENED]).answers == [Answer(OPENED.key)]

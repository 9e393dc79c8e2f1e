"""Somebody's own recordings: labels read, events found, alerts that belong to none."""

from pathlib import Path

import pytest

from detector.domain import MICROSECONDS, EventTime
from detector.edge.recording import RecordingFile
from detector.errors import RecordingError
from detector.lab.evaluate.contenders import Contender, Method
from detector.lab.evaluate.folder import LabelledSite, folder_figures, measure_folder, read_folder
from detector.lab.evaluate.labels import Label, read_labels
from detector.lab.tally import Opened
from detector.settings import Budget
from detector.stream.timestamp import format_event_time
from tests.fleet import START, merged, noise, readings

EWMA = Contender(Method.EWMA, Path(__file__).parents[4] / "models" / "base", Budget.parse("1 per device per day"))


def moment(seconds: float) -> EventTime:
    """Return an event time."""
    return EventTime(START + round(seconds * MICROSECONDS))


def alert(seconds: float, device: str, kind: str = "residual") -> Opened:
    """Return an alert that opened."""
    return Opened(moment(seconds), device, "temperature", "process", kind, "info", "")


SITE = LabelledSite(
    tuple(merged(*(readings(name, [1.0] * 169, cadence_s=3600.0) for name in ("d0", "d1")))),
    (Label(moment(1000), moment(2000), "d0"), Label(moment(50_000), moment(60_000), None)),
)


def test_an_event_is_found_by_its_device_or_by_any_where_none_is_named() -> None:
    """An alert of the other device finds only the event that names none; what belongs to no event is false."""
    measured = folder_figures(EWMA, SITE, [alert(1500, "d1"), alert(55_000, "d1")])
    assert (measured.found, measured.events, measured.delays_s) == (1, 2, (5000.0,))
    assert (measured.false_alerts, measured.device_weeks) == pytest.approx((1, 2.0))


def test_only_budgeted_alerts_are_false() -> None:
    """A limit that the operator wrote is no false alert; fifteen minutes after an event still belong to it."""
    measured = folder_figures(EWMA, SITE, [alert(2900, "d0"), alert(9000, "d0", "range")])
    assert (measured.found, measured.false_alerts) == (1, 0)


def test_a_folder_is_measured_with_its_labels(tmp_path: Path) -> None:
    """The jump that the labels name is found, and the labels are no recording."""
    values = [*noise(1, 600), 60.0, *noise(2, 100)]
    with RecordingFile(tmp_path / "all.csv.gz") as file:
        for reading in readings("pump", values, cadence_s=60.0):
            file.write(reading)
    start, end = (format_event_time(moment(60.0 * row)) for row in (599, 602))
    (tmp_path / "labels.csv").write_text(f"start,end,device\n{start},{end},pump\n", encoding="utf-8")
    site = read_folder(tmp_path)
    (measured,) = measure_folder(site, [EWMA], 1, lambda _: None)
    assert len(site.readings) == 701
    assert (measured.found, measured.events, measured.median_delay_s) == (1, 1, 60.0)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("from,to\n1,2\n", "labels.csv:1: expected the header"),
        ("start,end\n2024-01-02T00:00:00Z,soon\n", "labels.csv:2: expected two times"),
        ("start,end\n2024-01-02T00:00:00Z,2024-01-01T00:00:00Z\n", "labels.csv:2: expected two times"),
    ],
)
def test_labels_that_say_nothing_are_told_with_their_line(tmp_path: Path, text: str, fault: str) -> None:
    """A wrong header, a word for a time, and an end before its start are errors that say where."""
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError, match=fault):
        read_labels(tmp_path / "labels.csv")

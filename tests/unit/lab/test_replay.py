"""What a replay counts, and that it tells everything it could read."""

from collections.abc import Iterator

import pytest

from detector.domain import Reading, Rejected, RejectReason, Stage
from detector.errors import RecordingError
from detector.lab.replay import Replay
from tests.fleet import engine, noise, readings

BAD = Rejected(RejectReason.NOT_A_NUMBER, "pump.csv:3: oops")


def test_every_reading_is_counted_once() -> None:
    """Readings, late and duplicate ones and rejections are counted, each under what became of it."""
    stream = readings("pump", noise(1, 100))
    replay = Replay(engine(), 4096)
    said = list(replay.reports([*stream, BAD, stream[-1], stream[3], BAD]))
    assert replay.readings == sum(len(report.readings) for report in said) == 102
    assert replay.stages.total() == 102
    assert (replay.stages[Stage.DUPLICATE], replay.stages[Stage.LATE]) == (1, 1)
    assert replay.rejected == {RejectReason.NOT_A_NUMBER: 2}
    assert replay.first_rejected == {RejectReason.NOT_A_NUMBER: BAD.detail}


def test_open_episodes_stay_open_at_the_end() -> None:
    """A replay adds nothing at the end of the stream: what was said is how a longer replay begins."""
    stream = readings("pump", [*noise(1, 300), *noise(2, 30, level=80.0)])
    whole = [event for report in Replay(engine(), 4096).reports(stream) for event in report.events]
    assert whole
    for count in (300, 304, 318):
        said = [event for report in Replay(engine(), 4096).reports(stream[:count]) for event in report.events]
        assert said == whole[: len(said)]


def test_damaged_recording_is_told_after_what_was_read() -> None:
    """All readings before the damage are reported; then the error is raised."""

    def damaged() -> Iterator[Reading | Rejected]:
        yield from readings("pump", noise(1, 7))
        raise RecordingError("pump.csv.gz:8: expected a sound file")

    replay = Replay(engine(), 4096)
    reports = replay.reports(damaged())
    with pytest.raises(RecordingError, match="sound file"):
        list(reports)
    assert replay.readings == 7

"""Law: cutting all recordings off at any moment leaves the score rows up to there byte-identical."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.domain import EventTime
from tests.laws.recordings import Streams, cut_off, recordings, replayed, scores


@settings(max_examples=25)
@given(streams=recordings(), share=st.floats(0.0, 1.0))
def test_cut_recordings_give_the_first_rows(streams: Streams, share: float) -> None:
    """What a replay writes of recordings that were cut off at a moment is how the whole replay begins."""
    times = sorted(one.at for stream in streams.values() for one in stream)
    moment = EventTime(times[round(share * (len(times) - 1))])
    cut = cut_off(streams, moment)
    whole, beginning = scores(streams), scores(cut)
    assert whole.startswith(beginning)
    assert beginning.count("\n") == 1 + sum(map(len, cut.values()))


@settings(max_examples=10)
@given(streams=recordings())
def test_every_cell_has_its_row(streams: Streams) -> None:
    """A replay writes one row for every reading in the recordings, late and duplicate ones as well."""
    rows = scores(streams).splitlines()[1:]
    told = sorted((row.split(",")[1], float(row.split(",")[3])) for row in rows)
    assert told == sorted((one.device, one.value) for stream in streams.values() for one in stream)


def test_real_sites_cut_off_give_the_first_rows(shared_recordings: Path, tmp_path: Path) -> None:
    """The law holds for the first readings of two real sites."""
    whole = replayed(shared_recordings / "fleet", until=1500)
    for readings in (1, 500, 1499):
        assert whole.startswith(replayed(shared_recordings / "fleet", until=readings))
    assert whole.count("\n") == 1501

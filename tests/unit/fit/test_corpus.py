"""The synthetic corpus as a whole, and as files."""

from pathlib import Path

import numpy as np
import pytest

from detector.fit.corpus import CorpusPlan, describe_corpus, draw_corpus, write_corpus
from detector.fit.series import load_series

PLAN = CorpusPlan(signals=6, length=80, seed=4)


def test_the_same_plan_gives_the_same_files(tmp_path: Path) -> None:
    """Two corpora of one plan are alike byte by byte, compression included."""
    for name in ("one", "two"):
        list(write_corpus(tmp_path / name, PLAN))
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_another_seed_gives_other_signals() -> None:
    """No signal of one seed comes back with another."""
    pairs = zip(draw_corpus(PLAN), draw_corpus(CorpusPlan(6, 80, 5)), strict=True)
    assert not any(np.array_equal(one.values, other.values) for one, other in pairs)


def test_a_larger_corpus_begins_with_the_smaller_one() -> None:
    """A signal depends on the seed and on its own number, not on how many there are."""
    for small, large in zip(draw_corpus(PLAN), draw_corpus(CorpusPlan(9, 80, 4)), strict=False):
        assert np.array_equal(small.values, large.values)


def test_files_hold_what_was_drawn(tmp_path: Path) -> None:
    """Read back, a signal has the same moments exactly and the same values to nine digits."""
    list(write_corpus(tmp_path, PLAN))
    for drawn, read in zip(draw_corpus(PLAN), load_series([tmp_path]), strict=True):
        assert read.device == drawn.device
        assert np.array_equal(read.at_us, drawn.at_us)
        assert read.values == pytest.approx(drawn.values, rel=1e-8)


def test_a_new_corpus_replaces_the_old_one(tmp_path: Path) -> None:
    """No signal of an earlier, larger corpus stays behind in the folder; other files do."""
    (tmp_path / "mine.csv").write_text("timestamp,value\n")
    list(write_corpus(tmp_path, PLAN))
    list(write_corpus(tmp_path, CorpusPlan(2, 80, 4)))
    assert len(list(tmp_path.glob("signal-*"))) == 2
    assert (tmp_path / "mine.csv").exists()


def test_the_description_is_there_when_the_corpus_is_complete(tmp_path: Path) -> None:
    """`corpus.json` states the plan, and is written last, so that half a corpus has none."""
    writing = write_corpus(tmp_path, PLAN)
    next(writing)
    assert describe_corpus(tmp_path) is None
    list(writing)
    assert describe_corpus(tmp_path) == {"signals": 6, "length": 80, "seed": 4, "version": 1}


def test_signals_differ_in_location_and_scale() -> None:
    """Over sixty signals the spreads cover three powers of ten and more."""
    spreads = [np.ptp(series.values) for series in draw_corpus(CorpusPlan(60, 200, 1))]
    assert max(spreads) > 1000.0 * min(spread for spread in spreads if spread > 0.0)

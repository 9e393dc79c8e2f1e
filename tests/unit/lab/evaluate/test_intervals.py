"""How sure a figure is: the interval of a share, and of a ratio over streams."""

import pytest

from detector.lab.evaluate.intervals import over_streams, wilson


@pytest.mark.parametrize(
    ("found", "tried", "low", "high"),
    [(5, 10, 0.2366, 0.7634), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (0, 0, 0, 1)],
)
def test_the_interval_is_wilsons(found: int, tried: int, low: float, high: float) -> None:
    """The score interval agrees with published values, and with no trial it says nothing."""
    assert wilson(found, tried) == pytest.approx((low, high), abs=1e-4)


def test_streams_that_agree_leave_no_doubt() -> None:
    """Where every stream has the same ratio, both ends are that ratio."""
    assert over_streams([2.0, 4.0, 6.0], [1.0, 2.0, 3.0]) == pytest.approx((2.0, 2.0))


def test_one_odd_stream_widens_the_interval_to_its_side() -> None:
    """All alerts on one device of ten: other devices might have had none, or several times as many."""
    interval = over_streams([10.0] + [0.0] * 9, [1.0] * 10)
    assert interval is not None
    assert interval[0] == 0.0
    assert interval[1] > 2.0


def test_nothing_to_divide_by_has_no_interval() -> None:
    """No stream, or streams of no length, say nothing."""
    assert over_streams([], []) is None
    assert over_streams([0.0, 0.0], [0.0, 0.0]) is None

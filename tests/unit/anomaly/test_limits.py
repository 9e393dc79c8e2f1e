"""What the operator wrote: range, smallest deviation, side."""

import numpy as np
import pytest

from detector.anomaly.limits import Limits
from detector.settings import ChannelSettings
from detector.state.slots import Slot
from tests.rows import rows

ONE = np.zeros(1, np.intp)


def limits(**words: object) -> Limits:
    """Return the limits of one channel of which the configuration says this."""
    subject = Limits()
    subject.block.grow(1)
    subject.set(Slot(0), ChannelSettings.model_validate(words))
    return subject


@pytest.mark.parametrize(
    ("value", "side"), [(-20.001, -1), (-20.0, 0), (50.0, 0), (120.0, 0), (120.001, 1), (1e150, 1)]
)
def test_a_value_is_outside_beyond_the_ends_of_its_range(value: float, side: int) -> None:
    """The ends themselves are possible values."""
    assert limits(range=[-20, 120]).outside(rows([value])).tolist() == [side]


@pytest.mark.parametrize("value", [-1e150, 0.0, 1e150])
def test_without_a_range_nothing_is_outside(value: float) -> None:
    """A channel of which nothing was said has no limits."""
    assert limits().outside(rows([value])).tolist() == [0]


@pytest.mark.parametrize(
    ("direction", "deviation", "wanted"),
    [
        ("both", 1.0, True),
        ("both", -1.0, True),
        ("above", 1.0, True),
        ("above", -1.0, False),
        ("below", -1.0, True),
        ("below", 1.0, False),
        ("above", 0.0, False),
    ],
)
def test_only_the_side_that_was_asked_for_matters(direction: str, deviation: float, wanted: bool) -> None:
    """A deviation to the other side is no alert, and none at all is neither above nor below."""
    assert limits(direction=direction).matters(ONE, np.array([deviation])).tolist() == [wanted]


@pytest.mark.parametrize(("deviation", "wanted"), [(0.49, False), (0.5, True), (-0.5, True), (-0.49, False)])
def test_deviations_smaller_than_the_stated_one_do_not_matter(deviation: float, wanted: bool) -> None:
    """The stated deviation itself does."""
    assert limits(min_deviation=0.5).matters(ONE, np.array([deviation])).tolist() == [wanted]


def test_new_settings_replace_all_of_the_old_ones() -> None:
    """What the configuration no longer says is unlimited again."""
    subject = limits(range=[0, 1], min_deviation=3, direction="above")
    subject.set(Slot(0), ChannelSettings())
    assert subject.outside(rows([5.0])).tolist() == [0]
    assert subject.matters(ONE, np.array([-0.1])).tolist() == [True]


def test_each_row_meets_the_limits_of_its_own_channel() -> None:
    """Two channels with different ranges, one batch."""
    subject = Limits()
    subject.block.grow(2)
    subject.set(Slot(1), ChannelSettings(range=(0.0, 1.0)))
    assert subject.outside(rows([5.0, 5.0])).tolist() == [0, 1]

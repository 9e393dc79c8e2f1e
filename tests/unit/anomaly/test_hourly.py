"""How large a number usually is at this hour of the day."""

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.hourly import BORROWED, HourlyScale

SLOT = np.zeros(1, np.intp)


def hour_of(hour: int) -> NDArray[np.int64]:
    """Return an hour of some day as the hour of the day."""
    return np.array([hour % 24], np.int64)


def lived(subject: HourlyScale, sizes: NDArray[np.float64], *, first: int = 0) -> HourlyScale:
    """Let one channel live through hours of these sizes, one after another."""
    for hour, size in enumerate(sizes, start=first):
        subject.learn(SLOT, hour_of(hour), np.full(1, size), np.ones(1), np.full(1, float(hour)))
        subject.turn()
    return subject


def channel() -> HourlyScale:
    """Return the scale of one channel that has seen nothing."""
    subject = HourlyScale()
    subject.block.grow(1)
    return subject


def test_a_new_channel_borrows_its_scale() -> None:
    """Before anything is known every hour has the same scale."""
    scales = {float(channel().current(SLOT, hour_of(hour))[0]) for hour in range(24)}
    assert scales == {float(np.float32(BORROWED))}


def test_restless_hours_have_a_larger_scale() -> None:
    """After ten days with restless noons, noon is judged by less than half the strictness of midnight."""
    day = np.where(np.arange(24) == 12, 2.0, 0.2)
    subject = lived(channel(), np.tile(day, 10))
    noon, midnight = subject.current(SLOT, hour_of(12))[0], subject.current(SLOT, hour_of(0))[0]
    assert noon > 2.0 * midnight


def test_the_scale_follows_the_size() -> None:
    """A steady size becomes the scale, whatever was borrowed, in the proportion of a Gaussian's deviation."""
    for size in (0.05, 1.0, 20.0):
        assert np.isclose(lived(channel(), np.full(24 * 60, size)).current(SLOT, hour_of(5))[0], 1.25 * size, rtol=0.1)


def test_a_fault_does_not_make_itself_usual_while_it_lasts() -> None:
    """Four hours of a hundredfold size, after two weeks, raise the scale of the hours that follow by less than a fifth."""
    subject = lived(channel(), np.full(24 * 14, 0.2))
    before = float(subject.current(SLOT, hour_of(12))[0])
    lived(subject, np.full(4, 20.0), first=24 * 14 + 8)
    assert subject.current(SLOT, hour_of(24 * 14 + 12))[0] < 1.2 * before


def test_an_hour_counts_once_however_many_readings_it_holds() -> None:
    """Sixty readings of a minute teach an hour what one reading of an hour does."""
    often, once = lived(channel(), np.full(48, 1.0)), lived(channel(), np.full(48, 1.0))
    for _ in range(60):
        often.learn(SLOT, hour_of(48), np.full(1, 2.0), np.full(1, 1.0 / 60.0), np.full(1, 48.0))
    once.learn(SLOT, hour_of(48), np.full(1, 2.0), np.ones(1), np.full(1, 48.0))
    often.turn()
    once.turn()
    assert np.isclose(often.current(SLOT, hour_of(72))[0], once.current(SLOT, hour_of(72))[0], rtol=0.02)


def test_a_larger_unit_makes_the_scale_smaller() -> None:
    """Sizes of one become sizes of a quarter when the unit grows fourfold."""
    subject = lived(channel(), np.full(24 * 30, 4.0))
    before = float(subject.current(SLOT, hour_of(3))[0])
    subject.rescale(SLOT, np.full(1, 0.25))
    assert np.isclose(subject.current(SLOT, hour_of(3))[0], 0.25 * before)

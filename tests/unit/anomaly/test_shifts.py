"""Shifts: a level that jumps from one reading to the next and stays."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.shifts import SIDE, STAYS_S
from detector.anomaly.texture import Texture
from detector.state.rows import Floats
from tests.rows import series
from tests.texture import CADENCE_S

DAY = round(86_400 / CADENCE_S)
PLACE = 3 * DAY
CLEAR = np.log1p(5.0)
"""Five usual bends beyond those that are no shift: nobody would overlook them."""


def calm(*, seed: int = 5) -> NDArray[np.float64]:
    """Return four days of white noise (T,)."""
    return np.random.default_rng(seed).standard_normal(4 * DAY)


def shifts(values: NDArray[np.float64]) -> tuple[Floats, Floats, Floats]:
    """Return, of every reading (T,): how strange it is as a shift, how far it went, and how strange its level is."""
    subject = Texture()
    subject.grow(1)
    seen: list[tuple[float, float, float]] = []
    for rows in series(values, gap_s=CADENCE_S):
        view = subject.judge(rows, None)
        lasting = np.maximum(view.shift.strangeness, view.moved.stays)
        subject.learn(rows, view, lasting)
        seen.append((view.shift.strangeness[0], view.shift.deviation[0], lasting[0]))
    strangeness, way, level = np.array(seen).T
    return strangeness, way, level


def test_a_shift_is_told_when_it_has_stayed_for_three_readings() -> None:
    """A level thirty times the noise away is strange at its third reading, and only there."""
    values = calm()
    values[PLACE:] += 30.0
    found, way, _ = shifts(values)
    assert found.argmax() == PLACE + SIDE - 1
    assert found[PLACE + SIDE - 1] > CLEAR > np.delete(found, PLACE + SIDE - 1).max()
    assert way[PLACE + SIDE - 1] == pytest.approx(30.0, abs=3.0)


def test_a_spike_is_no_shift() -> None:
    """What comes back within three readings is left to others."""
    values = calm()
    values[PLACE : PLACE + SIDE - 1] += 30.0
    assert shifts(values)[0][PLACE:].max() < CLEAR


def test_a_ramp_is_no_shift() -> None:
    """A climb of thirty times the noise a reading, twenty readings long, has no empty band in it."""
    values = calm()
    values[PLACE:] += 30.0 * np.minimum(np.arange(DAY) + 1.0, 20.0)
    assert shifts(values)[0].max() < CLEAR


def test_a_jump_across_a_gap_is_no_shift() -> None:
    """What happened while nobody looked is nothing that jumped."""
    subject = Texture()
    subject.grow(1)
    found = []
    for step, rows in enumerate(series(np.r_[calm(), calm() + 30.0], gap_s=CADENCE_S)):
        if step == 4 * DAY:
            rows.gap_s[:] = 20.0 * CADENCE_S
        view = subject.judge(rows, None)
        subject.learn(rows, view, view.shift.strangeness)
        found.append(view.shift.strangeness[0])
    assert max(found[4 * DAY :]) < CLEAR


def test_a_shift_at_its_usual_hour_is_less_strange_each_day() -> None:
    """A machine that is switched on every morning is strange on the first of them, and not on the fourth."""
    values = np.random.default_rng(3).standard_normal(7 * DAY)
    mornings = [day * DAY + DAY // 3 for day in range(2, 7)]
    for morning in mornings:
        values[morning : morning + DAY // 4] += 40.0
    found = shifts(values)[0]
    told = [found[morning : morning + SIDE].max() for morning in mornings]
    assert told[0] > CLEAR > told[3]


def test_a_level_that_stays_is_strange_for_hours_and_not_for_ever() -> None:
    """What a shift led to fades over hours, so that its episode ends when people have got used to it."""
    values = calm()
    values[PLACE:] += 30.0
    _, _, level = shifts(values)
    first, hours = level[PLACE + SIDE - 1], round(STAYS_S / CADENCE_S)
    assert level[PLACE + SIDE - 1 + hours] == pytest.approx(first * np.exp(-1.0), rel=0.01)


def test_a_shift_back_ends_what_the_first_one_began() -> None:
    """Once the level is back, nothing is strange any more."""
    values = calm()
    values[PLACE : PLACE + 6] += 30.0
    _, _, level = shifts(values)
    assert level[PLACE + 5] > CLEAR
    assert level[PLACE + 6 + SIDE] == 0.0


def test_a_channel_of_one_day_needs_a_larger_shift() -> None:
    """Six hours after a channel began, the same shift is less strange than on its fourth day."""
    young, old = calm(), calm()
    young[DAY // 4 :] += 30.0
    old[PLACE:] += 30.0
    assert shifts(young)[0].max() < 0.7 * shifts(old)[0].max()


def test_a_shift_beyond_all_bounds_is_kept_as_the_largest_there_can_be() -> None:
    """A sensor that sends 1e200 for a while leaves nothing behind that never fades."""
    values = calm()[: 2 * DAY]
    values[DAY : DAY + SIDE] = 1e200
    subject = Texture()
    subject.grow(1)
    for rows in series(values, gap_s=CADENCE_S):
        view = subject.judge(rows, None)
        subject.learn(rows, view, np.maximum(view.shift.strangeness, view.moved.stays))
    largest = subject.shifts.block.largest
    assert np.isfinite(largest).all()
    assert largest.max() > 1e30

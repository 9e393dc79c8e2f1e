"""The organ for lasting changes, on devices that live through one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.coupling import KNOWN_AFTER, Coupling
from detector.anomaly.siblings import PANEL
from detector.anomaly.spans import SETTLED
from detector.domain import EventTime
from detector.state.rows import Rows
from tests.rows import forecast, series

Lives = NDArray[np.float64]
"""Values (T, C) of C channels, or what was made of them."""

STRANGE = 1.6
"""A mean residual of about four habits."""

WEEK_US = 604_800_000_000

DAY = 48
"""Readings of a day, half an hour apart."""


def organ(devices: Sequence[int]) -> Coupling:
    """Return an organ whose channels belong to these devices."""
    subject = Coupling()
    subject.grow(len(devices))
    for slot, device in enumerate(devices):
        subject.join(slot, device)
    return subject


def one_by_one(rows: Rows) -> list[Rows]:
    """Return the rows of a batch as batches of one."""
    names = ("slots", "values", "at_us", "gap_s", "siblings", "fleet")
    return [Rows(**{name: getattr(rows, name)[row : row + 1] for name in names}) for row in range(len(rows.slots))]


def lived(
    values: Lives, *, devices: Sequence[int] | None = None, gap_s: float = 1.0, unit: float = 1.0, alone: bool = False
) -> Lives:
    """Return the strangeness (T, C) of channels that are suspect whenever they are strange."""
    subject = organ(devices if devices is not None else [0] * values.shape[1])
    strangeness = np.zeros(values.shape)
    for step, rows in enumerate(series(values, gap_s=gap_s)):
        for batch in one_by_one(rows) if alone else [rows]:
            opinion = subject.judge(batch, forecast(batch, unit=unit))
            strangeness[step, batch.slots] = opinion.strangeness
            subject.learn(batch, opinion, opinion.strangeness >= STRANGE)
    return strangeness


def noise(steps: int, channels: int = 1, seed: int = 1) -> Lives:
    """Return white noise of size one."""
    return np.random.default_rng(seed).standard_normal((steps, channels))


def days(count: int, seed: int = 1) -> Lives:
    """Return days of a channel, half an hour apart: a wave of size ten, and noise of one."""
    angle = 2.0 * np.pi * np.arange(count * DAY) / DAY
    return 10.0 * np.sin(angle)[:, None] + noise(count * DAY, seed=seed)


def test_a_closed_valve_is_strange_for_as_long_as_it_is_closed() -> None:
    """Seven minutes of normal, four minutes of another flow: strange throughout, and clear soon after."""
    values = noise(800, 4)
    values[400:640, 2] -= 12.0
    strangeness = lived(values)[:, 2]
    assert strangeness[:400].max() < STRANGE
    assert strangeness[420:640].min() >= STRANGE
    assert strangeness[700:].max() < STRANGE


def test_a_level_that_stays_becomes_the_normal_one() -> None:
    """A change that outlasts the time for which the channel was known is not told for ever."""
    values = noise(800)
    values[200:] += 20.0
    strangeness = lived(values)[:, 0]
    assert strangeness[220:390].min() >= STRANGE
    assert strangeness[450:].max() < STRANGE


def test_a_channel_that_leaves_its_siblings_is_strange_where_it_would_not_be_alone() -> None:
    """Two channels wander together; when one stops following, only the comparison can tell."""
    common = 0.3 * np.cumsum(noise(1200, seed=4), axis=0)
    values = common + 0.2 * noise(1200, 2)
    values[800:, 1] += np.linspace(0.0, 8.0, 400)
    together, alone = lived(values)[800:, 1], lived(values, devices=[0, 1])[800:, 1]
    assert together.max() > alone.max() + 0.3


def test_a_siblings_case_does_not_unteach_what_they_have_in_common() -> None:
    """Two channels that go together still do so for the organ after one of them was far away for a while."""
    values = noise(700) + 0.2 * noise(700, 2, seed=2)
    subject = organ([0, 0])
    bonds = []
    for step, rows in enumerate(series(values, gap_s=1.0)):
        if 500 <= step < 600:
            rows.values[0] += 30.0
        opinion = subject.judge(rows, forecast(rows))
        subject.learn(rows, opinion, opinion.strangeness >= STRANGE)
        bonds.append(float(subject.company.block.weights[1, 0]))
    assert bonds[499] > 0.7
    assert bonds[-1] == pytest.approx(bonds[499], rel=0.2)


def test_a_step_is_found_on_a_channel_that_repeats_its_day() -> None:
    """After a week, four hours of most of a day's swing are strange, and the week before hardly ever was."""
    values = days(8)
    values[-12:-4] += 15.0
    strangeness = lived(values, gap_s=1800.0)[:, 0]
    assert strangeness[-10:-4].max() >= STRANGE
    assert strangeness[:-16].max() < STRANGE


def test_a_drift_is_found_before_it_ends() -> None:
    """After a week, a drift by a day's swing in twelve hours is strange on the way."""
    values = days(8)
    values[-24:, 0] += np.linspace(0.0, 20.0, 24)
    assert lived(values, gap_s=1800.0)[-24:].max() >= STRANGE


def test_channels_of_other_devices_never_matter() -> None:
    """A channel's strangeness is the same bits whatever another device does beside it."""
    values, wild = noise(300, 2), noise(300, 2, seed=9)
    wild[100:] *= 1e6
    beside = lived(np.hstack([values, wild]), devices=[0, 0, 1, 1])
    assert np.array_equal(beside[:, :2], lived(values))


def test_the_cut_of_the_stream_changes_no_bit() -> None:
    """Channels of a message are judged the same in one batch and one by one."""
    values = np.cumsum(noise(150, 5), axis=0)
    devices = [0, 0, 1, 0, 1]
    assert np.array_equal(lived(values, devices=devices), lived(values, devices=devices, alone=True))


def test_what_comes_later_changes_nothing() -> None:
    """The strangeness of a stream's beginning is that of the beginning alone."""
    values = noise(400, 3)
    values[200:] += 100.0
    assert np.array_equal(lived(values)[:250], lived(values[:250]))


def test_looking_changes_nothing() -> None:
    """Judging twice says the same."""
    subject = organ([0, 0])
    for rows in series(noise(100, 2)):
        first, second = subject.judge(rows, forecast(rows)), subject.judge(rows, forecast(rows))
        assert np.array_equal(first.strangeness, second.strangeness)
        assert np.array_equal(first.comparison.means, second.comparison.means)
        subject.learn(rows, first, np.array([False, False]))


@pytest.mark.parametrize("power", [-40, 40])
def test_strangeness_does_not_depend_on_the_unit(power: int) -> None:
    """A channel in another unit, by a power of two, is judged by the same bits."""
    values = noise(300, 2)
    values[200:] += 9.0
    assert np.array_equal(lived(values * 2.0**power, unit=2.0**power), lived(values))


@pytest.mark.parametrize("scale", [1e-150, 1e-12, 1e12, 1e150])
def test_channels_of_any_size_have_finite_strangeness(scale: float) -> None:
    """Noise, a step and a flip between extremes never end in infinity or in no number."""
    values = np.hstack([noise(400), noise(400) + 5.0 * (np.arange(400) > 200)[:, None], np.ones((400, 1))]) * scale
    values[300:, 2] *= -1.0
    assert np.isfinite(lived(values, unit=scale)).all()


def test_a_constant_channel_is_never_strange_and_disturbs_no_sibling() -> None:
    """A constant has a strangeness of zero, and beside it noise is judged as if alone."""
    values = np.hstack([noise(500), np.full((500, 1), 7.3)])
    together = lived(values)
    assert not together[:, 1].any()
    assert np.array_equal(together[:, 0], lived(values[:, :1])[:, 0])


def test_a_two_valued_channel_is_not_strange() -> None:
    """A switch that goes on and off at random never stays where it is for strangely long."""
    values = (noise(800) > 0.5).astype(np.float64)
    assert lived(values, unit=0.5).max() < STRANGE


def test_nothing_is_said_before_enough_is_known() -> None:
    """The first readings have no opinion, the later ones do."""
    subject = organ([0])
    known = []
    for rows in series(noise(KNOWN_AFTER + 10)):
        opinion = subject.judge(rows, forecast(rows))
        known.append(bool(opinion.known[0]))
        subject.learn(rows, opinion, np.array([False]))
    assert known == [False] * KNOWN_AFTER + [True] * 10


def test_the_deviation_is_signed_and_in_the_channels_unit() -> None:
    """A channel ten below its level is about ten below, and the level is what was expected."""
    values = 50.0 + 0.1 * noise(400)
    values[300:] -= 10.0
    subject, *before, last = organ([0]), *series(values, gap_s=1.0)
    for rows in before:
        seen = subject.judge(rows, forecast(rows, unit=0.1))
        subject.learn(rows, seen, seen.strangeness >= STRANGE)
    opinion = subject.judge(last, forecast(last, unit=0.1))
    assert opinion.deviation[0] == pytest.approx(-10.0, rel=0.1)
    assert opinion.expected[0] == pytest.approx(50.0, abs=0.5)


def test_devices_of_very_many_channels_change_their_panels_at_turns() -> None:
    """After a turn a channel listens to somebody new, of whom it expects nothing yet."""
    subject = organ([0] * (PANEL + 2))
    before = subject.siblings.block.panel[0].copy()
    subject.turn(EventTime(0))
    (place,) = np.flatnonzero(subject.siblings.block.panel[0] != before)
    assert subject.company.block.weights[0, place] == 0.0


def test_a_long_silence_is_no_change_of_level() -> None:
    """A week without readings leaves the same noise as ordinary as it was."""
    subject, values = organ([0]), noise(SETTLED + 200)
    for step, rows in enumerate(series(values)):
        late = replace(
            rows, at_us=rows.at_us + WEEK_US * (step > 150), gap_s=rows.gap_s + WEEK_US / 1e6 * (step == 151)
        )
        opinion = subject.judge(late, forecast(late))
        assert opinion.strangeness[0] < STRANGE
        subject.learn(late, opinion, np.array([False]))

"""How much better than the last value a channel is forecast."""

import numpy as np
import pytest

from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network
from detector.forecast.scaling import FEATURES
from detector.forecast.skill import Skill
from detector.settings import HeadKind
from tests.fleet import noise
from tests.rows import rows

BLANK = Network.blank(FEATURES)


def forecaster(head: HeadKind = HeadKind.RLS) -> Forecaster:
    """Return a forecaster of one channel, without a network."""
    subject = Forecaster(BLANK, 604_800.0, head)
    subject.grow(1)
    return subject


def read(subject: Forecaster, values: list[float], begin: int = 0, *, suspect: bool = False) -> float:
    """Let the channel read values, one in five minutes; return its skill then."""
    for step, value in enumerate(values, begin):
        one = rows([value], gap_s=300.0, step=step)
        subject.learn(one, subject.predict(one), np.full(1, suspect))
    return float(subject.skill.ratio().ratio[0])


def test_the_last_value_has_no_skill() -> None:
    """A forecast that nothing changes is exactly as good as the last value: its skill is 0."""
    assert read(forecaster(HeadKind.NONE), noise(1, 200)) == 0.0


def test_a_head_has_skill_on_noise() -> None:
    """On plain noise the best forecast is the mean, which saves 29 % of the last value's error; a head comes near."""
    assert 0.22 < read(forecaster(), noise(1, 900)) < 0.32


def test_a_channel_that_never_changed_has_none() -> None:
    """Where the last value was never wrong there is nothing to be better than, and the skill is not known."""
    subject = forecaster()
    assert read(subject, [20.0] * 100) == 0.0
    assert not subject.skill.ratio().known[0]
    read(subject, [21.0], 100)
    assert subject.skill.ratio().known[0]


def test_a_worse_forecast_has_less_than_none() -> None:
    """A forecast that is off by twice what the last value is has a skill of -1."""
    skill, slot, one = Skill(), np.zeros(1, np.intp), np.ones(1)
    skill.block.grow(1)
    skill.learn(slot, 2.0 * one, one, one)
    assert float(skill.ratio().ratio[0]) == -1.0


def test_skill_follows_within_days() -> None:
    """A rhythm that a head has learnt by heart gives way to a random walk: three days later the old skill is forgotten."""
    subject = forecaster()
    assert read(subject, [20.0, 21.0] * 1000) > 0.8
    walk = (20.0 + np.cumsum(noise(1, 3 * 288, level=0.0))).tolist()
    assert read(subject, walk, 2000) == pytest.approx(0.0, abs=0.15)


def test_a_suspect_channel_keeps_its_skill() -> None:
    """What is suspect says nothing of how good forecasts usually are."""
    subject = forecaster()
    before = read(subject, noise(1, 300))
    assert read(subject, [90.0, -90.0] * 20, 300, suspect=True) == before


def test_an_absurd_value_is_soon_forgotten() -> None:
    """A value of 1e150 that nobody suspected counts as a step of bounded size."""
    subject = forecaster()
    read(subject, [*noise(1, 300), 1e150])
    assert np.isfinite(read(subject, noise(2, 600), 301))

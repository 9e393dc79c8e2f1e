"""Episodes: exceedances joined by hysteresis."""

from dataclasses import replace

import numpy as np
import pytest

from detector.anomaly.episode import CALM_READINGS, LANES, Episodes, Lane, Turns
from tests.rows import rows


def turns_of(
    strengths: list[float], *, subject: Episodes | None = None, lane: Lane = Lane.LEARNT, start: int = 0
) -> str:
    """Return a letter for each reading of one lane: opened, worsened, closed, or `.`."""
    subject = subject or episodes()
    return "".join(
        _letter(step(subject, number, strength, lane), lane) for number, strength in enumerate(strengths, start)
    )


def episodes(channels: int = 1) -> Episodes:
    """Return the episodes of some channels, none open."""
    subject = Episodes()
    subject.block.grow(channels)
    return subject


def step(subject: Episodes, number: int, strength: float, lane: Lane = Lane.LEARNT, kind: int = 1) -> Turns:
    """Move one channel by one reading."""
    one = rows([0.0], step=number)
    strengths = np.zeros((1, LANES))
    strengths[0, lane] = strength
    return subject.step(
        one, strengths, np.repeat(one.at_us[:, None], LANES, axis=1), np.full((1, LANES), kind, np.int8)
    )


def _letter(turns: Turns, lane: Lane) -> str:
    """Return what turned in a lane; the others never turn."""
    named = {"o": turns.opened[0], "w": turns.worsened[0], "c": turns.closed[0]}
    assert not any(mask[other] for mask in named.values() for other in Lane if other is not lane)
    return "".join(letter for letter, mask in named.items() if mask[lane]) or "."


@pytest.mark.parametrize("lane", Lane)
@pytest.mark.parametrize(
    ("strengths", "turns"),
    [
        ([0.0, 0.99, 0.0], "..."),
        ([0.0, 1.0, 0.0], ".o."),
        ([1.0, 0, 0, 0, 0, 0, 0], "o....c."),
        ([1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0], "o.........c"),
        ([1.0, 0, 0, 0, 0, 0.6, 0, 0, 0, 0, 0], "o.........c"),
        ([1.0, 0, 0, 0, 0, 0.59, 0], "o....c."),
        ([1.0, 0, 0, 0, 0, 0, 1.0], "o....co"),
        ([1.0, 1.2, 1.25, 1.3, 2.0, 5.0, 1.25], "o.w.w.."),
        ([2.5, 1.3, 3.0], "o.."),
        ([1.0, 2.0, 1.3], "ow."),
        ([1.0, 0.7, 0.8, 0.9, 0.7, 0.7, 0.7, 0.7], "o......."),
    ],
)
def test_episodes_turn_by_hysteresis(strengths: list[float], turns: str, lane: Lane) -> None:
    """Opened at 1; kept open above 0.6; closed by five calm readings on end; worse from 1.25 and from 2, never better."""
    assert turns_of([float(one) for one in strengths], lane=lane) == turns


def test_an_episode_starts_where_suspicion_started() -> None:
    """The onset is the first of the readings above 0.6 that led without a calm one to the exceedance."""
    subject = episodes()
    turns_of([0.7, 0.0, 0.7, 0.9, 1.0, 1.5], subject=subject)
    assert subject.block.onset[0, Lane.LEARNT] == rows([0.0], step=2).at_us[0]


def test_the_next_episode_has_an_onset_severity_and_kind_of_its_own() -> None:
    """Nothing of a closed episode is left in the next one."""
    subject = episodes()
    turns_of([3.0] + [0.0] * CALM_READINGS, subject=subject)
    step(subject, 10, 1.0, kind=2)
    assert subject.block.onset[0, Lane.LEARNT] == rows([0.0], step=10).at_us[0]
    assert (subject.block.severity[0, Lane.LEARNT], subject.block.kind[0, Lane.LEARNT]) == (0, 2)


def test_the_kind_stays_what_it_opened_as() -> None:
    """A later reading of another kind does not rename an open episode."""
    subject = episodes()
    step(subject, 0, 1.0, kind=1)
    step(subject, 1, 3.0, kind=2)
    assert subject.block.kind[0, Lane.LEARNT] == 1


def test_channels_have_episodes_of_their_own() -> None:
    """One row opens, its neighbour in the batch does not."""
    subject, two = episodes(2), rows([0.0, 0.0])
    strengths = np.zeros((2, LANES))
    strengths[1, Lane.RANGE] = 2.0
    turns = subject.step(two, strengths, np.repeat(two.at_us[:, None], LANES, axis=1), np.zeros((2, LANES), np.int8))
    assert np.argwhere(turns.opened).tolist() == [[1, Lane.RANGE]]
    assert np.argwhere(subject.block.open[:2]).tolist() == [[1, Lane.RANGE]]


def test_a_long_calm_does_not_overflow() -> None:
    """Calm is counted to five and no further, so that years of it close nothing and open nothing."""
    subject = episodes()
    subject.block.calm[0] = CALM_READINGS
    assert set(turns_of([0.0] * 200, subject=subject)) == {"."}
    assert subject.block.calm[0].tolist() == [CALM_READINGS] * LANES


def test_an_episode_of_the_first_moment_of_all_closes() -> None:
    """Onset at the epoch itself, which a replay may have, is an onset like any."""
    subject = episodes()
    said = ""
    for number, strength in enumerate([2.0, *[0.0] * CALM_READINGS]):
        one = replace(rows([0.0], step=number), at_us=np.array([number * 10_000_000]))
        strengths = np.zeros((1, LANES))
        strengths[0, Lane.RANGE] = strength
        kinds = np.ones((1, LANES), np.int8)
        said += _letter(subject.step(one, strengths, np.repeat(one.at_us[:, None], LANES, axis=1), kinds), Lane.RANGE)
    assert said == "o" + "." * (CALM_READINGS - 1) + "c"

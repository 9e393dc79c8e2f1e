"""The cohort organ: a channel beside its peers of the same moment."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.peer_fit import PRIOR
from tests.group import STEPS_A_DAY, Listener, stream, verdict, weather
from tests.laws.remembering import everything

CLEAR = 1.6
"""Strangeness that the tests call an alert; ordinary days stay below it."""

DAY = STEPS_A_DAY
HOUR = STEPS_A_DAY // 24


def stepped(values: NDArray[np.float64], channels: list[int], size: float, hours: int = 4) -> NDArray[np.float64]:
    """Return the values with `channels` shifted by `size` for some hours of the last day."""
    faulty = values.copy()
    faulty[-DAY : -DAY + hours * HOUR, channels] += size
    return faulty


def test_weather_that_all_share_is_no_anomaly() -> None:
    """A front that moves every channel by five degrees within an hour leaves every channel calm."""
    values = weather(1, 4, 6)
    values[-DAY:] -= np.minimum(np.arange(DAY) / HOUR, 1.0)[:, None] * 5.0
    assert verdict(values)[-DAY:].max() < CLEAR


def test_a_step_that_no_peer_shares_is_found_and_the_others_stay_calm() -> None:
    """A shift of a third of the daily swing alerts on its channel alone, before it ends."""
    strange = verdict(stepped(weather(2, 4, 6), [2], 1.0))[-DAY : -DAY + 4 * HOUR]
    assert strange[:, 2].max() > CLEAR
    assert np.delete(strange, 2, axis=1).max() < CLEAR


def test_a_slow_drift_is_found_before_it_ends() -> None:
    """A degree in twelve hours does not pass for what is usual."""
    values = weather(3, 4, 6)
    values[-DAY : -DAY + 12 * HOUR, 1] += np.linspace(0.0, 1.0, 12 * HOUR)
    strange = verdict(values)
    assert strange[-DAY : -DAY + 12 * HOUR, 1].max() > CLEAR
    assert strange[-DAY:, 0].max() < CLEAR


def test_a_faulty_minority_does_not_move_the_verdict_on_the_others() -> None:
    """With two of seven channels three degrees away, the other five stay calm and the two do not."""
    strange = verdict(stepped(weather(4, 4, 7), [0, 1], 3.0))[-DAY : -DAY + 4 * HOUR]
    assert strange[:, :2].max(axis=0).min() > CLEAR
    assert strange[:, 2:].max() < CLEAR


def test_half_of_a_group_that_moves_together_is_a_common_cause() -> None:
    """Three of six channels that shift by the same alert neither themselves nor the others."""
    assert verdict(stepped(weather(5, 4, 6), [0, 1, 2], 3.0))[-DAY:].max() < CLEAR


def test_what_lasts_becomes_usual() -> None:
    """A channel that was moved for good is calm again a week later."""
    values = weather(6, 11, 5)
    values[3 * DAY :, 0] += 1.0
    strange = verdict(values)
    assert strange[3 * DAY : 3 * DAY + 4 * HOUR, 0].max() > CLEAR
    assert strange[-DAY:].max() < CLEAR


def test_channels_that_have_nothing_in_common_are_unknown() -> None:
    """Peers that explain nothing of a channel say nothing of it, whatever it does."""
    shocks = np.random.default_rng(7).standard_normal((4 * DAY + 6 * HOUR, 6))
    values = np.array([shocks[step : step + 6 * HOUR].mean(axis=0) for step in range(4 * DAY)])
    listener = Listener([0] * 6)
    known = np.array([words[0] for words in listener.say(stream(values))]).reshape(values.shape)
    assert known[-DAY:].mean() < 0.1


def test_one_stranger_in_a_group_is_unknown_and_the_others_are_not() -> None:
    """A channel that goes its own way does not belong; its peers do, and stay calm beside it."""
    values = weather(8, 4, 6)
    values[:, 3] = 20.0 + 3.0 * np.random.default_rng(8).standard_normal(len(values))
    listener = Listener([0] * 6)
    said = listener.say(stream(values))
    known = np.array([words[0] for words in said]).reshape(values.shape)[-DAY:]
    assert not known[:, 3].any()
    assert known[:, [0, 1, 2, 4, 5]].all()
    assert max(words[1] for words in said) < CLEAR


@pytest.mark.parametrize("channels", [1, 2])
def test_fewer_than_two_peers_say_nothing(channels: int) -> None:
    """A lone channel, or one of a pair, is unknown for ever."""
    said = Listener([0] * channels).say(stream(weather(9, 2, channels)))
    assert {(known, strangeness) for known, strangeness, _, _ in said} == {(False, 0.0)}


def test_a_channel_without_a_group_says_nothing() -> None:
    """Channels that never join are neither judged nor peers of anybody."""
    said = Listener([-1] * 5).say(stream(weather(10, 2, 5)))
    assert not any(known for known, _, _, _ in said)


def test_a_group_is_known_after_a_day() -> None:
    """A day in company is enough, and nothing is said before."""
    said = Listener([0] * 5).say(stream(weather(11, 2, 5)))
    known = np.array([words[0] for words in said]).reshape(2 * DAY, 5)
    assert not known[:DAY].any()
    assert known[DAY + 3 * HOUR :].all()


def test_a_newcomer_finds_its_place_beside_an_old_group() -> None:
    """A channel that joins three days later is known after its first day, calm, and found when it steps."""
    values = weather(12, 6, 6)
    values[-12 * HOUR : -8 * HOUR, 5] += 1.5
    heard = stream(values)
    listener = Listener([0] * 6)
    came = [one for step, one in enumerate(heard) if one[0] != 5 or step // 6 >= 3 * DAY]
    newcomer = [words[1] for one, words in zip(came, listener.say(came), strict=True) if one[0] == 5]
    assert max(newcomer[: -12 * HOUR]) < CLEAR
    assert max(newcomer[-12 * HOUR : -8 * HOUR]) > CLEAR


@pytest.mark.parametrize("value", [20.0, 0.0, 1e150, -1e-300])
def test_constant_channels_stay_calm(value: float) -> None:
    """A group of constants, and a constant among peers that move, are never strange."""
    assert verdict(np.full((2 * DAY, 4), value)).max() == 0.0
    values = weather(13, 3, 5)
    values[:, 4] = value
    assert verdict(values).max() < CLEAR


@pytest.mark.parametrize("unit", [2.0**-40, 2.0**40])
def test_the_unit_of_measure_changes_no_verdict(unit: float) -> None:
    """Degrees or billionths of a degree: the same strangeness."""
    values = stepped(weather(14, 3, 5), [0], 1.0)
    assert np.allclose(verdict(unit * values), verdict(values), rtol=1e-3, atol=1e-3)


def test_peers_that_fell_silent_are_not_believed() -> None:
    """When four of six stop for good, the two that go on are judged without them and soon not at all."""
    values = weather(15, 4, 6)
    gone = [one for step, one in enumerate(stream(values)) if one[0] < 2 or step // 6 < 3 * DAY]
    listener = Listener([0] * 6)
    said = list(zip(gone, listener.say(gone), strict=True))
    after = [words for one, words in said if one[1] > gone[0][1] + 3.2 * 86400e6]
    assert after
    assert not any(known for known, _, _, _ in after)
    assert max(words[1] for _, words in said) < CLEAR


def test_what_is_expected_is_near_what_is_read() -> None:
    """On calm days the peers foretell a channel to within a few of its own noises."""
    values = weather(16, 4, 8, own=0.1)
    said = Listener([0] * 8).say(stream(values))
    expected = np.array([words[3] for words in said]).reshape(values.shape)
    assert np.sqrt(np.mean((expected - values)[-DAY:] ** 2)) < 0.2


def test_loners_change_nothing_for_a_group_in_the_same_batches() -> None:
    """What is said of three peers has the same bits with or without channels beside them that have no group."""
    alone = weather(12, 3.0, 3)
    beside = np.concatenate([alone, weather(13, 3.0, 2)], axis=1)
    assert np.array_equal(verdict(beside, [0, 0, 0, -1, -1])[:, :3], verdict(alone))


def test_what_is_remembered_of_loners_does_not_depend_on_whose_batch_they_are_in() -> None:
    """Channels without a group leave the same behind, whether they come with a group's or by themselves."""
    values = np.concatenate([weather(12, 3.0, 3), weather(13, 3.0, 2)], axis=1)
    together, apart = (Listener([0, 0, 0, -1, -1]) for _ in range(2))
    together.say(stream(values))
    apart.say(stream(values), most=1)
    assert everything(list(together.organ.blocks().values())) == everything(list(apart.organ.blocks().values()))


def test_a_fit_that_was_not_kept_is_learnt_anew() -> None:
    """A channel that has a unit starts its regression from the prior where that is unknown; otherwise it keeps what it knows."""
    subject = Listener([0, 0, 0])
    subject.say(stream(weather(14, 3.0, 3)))
    organ, groups = subject.organ, np.zeros(3, np.int64)
    kept = organ.fit.block.covariance[:3].copy()
    organ.restore(groups, ())
    assert np.array_equal(organ.fit.block.covariance[:3], kept)
    organ.fit.block.begin(np.arange(3))
    organ.restore(groups, {"fit"})
    assert np.array_equal(organ.fit.block.covariance[:3, 0], np.tile(PRIOR, (3, 1)))

"""Heights: how strong an episode has been, from its opening to its end."""

import numpy as np
import pytest

from detector.anomaly.episode import LANES, Lane
from detector.anomaly.heights import SOURCES, Heights
from detector.anomaly.organs import Organ
from detector.domain import Height
from detector.state.rows import Mask


def heights() -> Heights:
    """Return heights of one channel."""
    subject = Heights()
    subject.block.grow(1)
    return subject


def lanes(*names: Lane) -> Mask:
    """Return one row in which these lanes are marked."""
    return np.isin(np.arange(LANES), names)[None, :]


def learn(
    subject: Heights, strength: dict[str, float], *is_open: Lane, opened: tuple[Lane, ...] = (), by: Organ = Organ.OWN
) -> None:
    """Let one row pass."""
    row = np.array([[strength.get(source, 0.0) for source in SOURCES]])
    subject.learn(np.array([0]), row, np.array([by]), lanes(*opened), lanes(*is_open))


def test_it_is_the_most_that_was_seen_while_open_and_begins_anew() -> None:
    """A height grows while its episode is open, stays after it, and the next episode knows nothing of it."""
    subject = heights()
    learn(subject, {"spike": 1.2}, Lane.LEARNT, opened=(Lane.LEARNT,), by=Organ.SPIKE)
    learn(subject, {"spike": 1.75, "own": 1.125}, Lane.LEARNT)
    learn(subject, {"spike": 0.1}, Lane.LEARNT)
    learn(subject, {"spike": 9.0})
    assert subject.of(0, Lane.LEARNT) == (Height("spike", 1.75), Height("own", 1.125))
    learn(subject, {"peers": 1.25, "spike": 0.2}, Lane.LEARNT, opened=(Lane.LEARNT,), by=Organ.PEERS)
    assert subject.of(0, Lane.LEARNT) == (Height("peers", 1.25),)


def test_lanes_have_heights_of_their_own() -> None:
    """A channel that is stuck beside a learnt episode has both, and a limit has none."""
    subject = heights()
    learn(subject, {"own": 1.2}, Lane.LEARNT, opened=(Lane.LEARNT,))
    learn(subject, {"own": 1.375, "stuck": 1.0}, Lane.LEARNT, Lane.STUCK, Lane.RANGE, opened=(Lane.STUCK, Lane.RANGE))
    learn(subject, {"own": 8.0, "stuck": 2.5}, Lane.STUCK)
    assert subject.of(0, Lane.LEARNT) == (Height("own", 1.375),)
    assert subject.of(0, Lane.STUCK) == (Height("stuck", 2.5),)
    assert subject.of(0, Lane.RANGE) == ()


@pytest.mark.parametrize("opener", list(Organ))
def test_the_opener_comes_first_whatever_else_was_strange(opener: Organ) -> None:
    """However much stranger another became later."""
    subject = heights()
    name = opener.name.lower()
    learn(subject, {name: 1.125}, Lane.LEARNT, opened=(Lane.LEARNT,), by=opener)
    learn(subject, dict.fromkeys(SOURCES, 5.0) | {name: 0.5}, Lane.LEARNT)
    assert subject.of(0, Lane.LEARNT)[0] == Height(name, 1.125)
    assert {height.source for height in subject.of(0, Lane.LEARNT)} == {organ.name.lower() for organ in Organ}

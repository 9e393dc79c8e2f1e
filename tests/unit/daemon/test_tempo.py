"""How long the scoring loop rests, and how many messages it takes at most."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detector.clock import MonoTime
from detector.daemon.tempo import LONG_TURN_S, LONGEST_REST_S, MESSAGES, SAVED_REST_S, Tempo

QUIET_S = 10 * SAVED_REST_S


class Loop:
    """A loop that rests as its tempo says, and in which every turn takes as long as it is told."""

    def __init__(self) -> None:
        """Begin after a quiet time."""
        self.tempo, self.now = Tempo(), QUIET_S

    def turn(self, takes_s: float) -> float:
        """Rest, and score for so long; return the rest."""
        rest_s = self.tempo.rest_s(MonoTime(self.now))
        began = MonoTime(self.now + rest_s)
        self.now = began + takes_s
        self.tempo.scored(began, MonoTime(self.now))
        return rest_s


def test_a_few_are_scored_as_they_come_and_whoever_keeps_coming_with_others() -> None:
    """After a quiet time the loop does not rest; where messages go on coming it rests as long as it scores; after a quiet time not."""
    loop, takes_s = Loop(), SAVED_REST_S / 5
    assert [loop.turn(takes_s) for _ in range(3)] == [0.0, 0.0, 0.0]
    rests = [loop.turn(takes_s) for _ in range(20)]
    assert all(abs(rest - takes_s) < 1e-9 for rest in rests[-10:])
    loop.now += QUIET_S
    assert [loop.turn(takes_s) for _ in range(3)] == [0.0, 0.0, 0.0]


@given(st.lists(st.floats(1e-4, LONGEST_REST_S), min_size=2, max_size=200))
def test_half_of_the_time_at_most_is_spent_on_what_comes_one_by_one(turns: list[float]) -> None:
    """However long turns take, up to the longest rest, all rests are as long as all turns but the last, less what had been saved up."""
    loop = Loop()
    rest_s = sum(loop.turn(takes_s) for takes_s in turns)
    assert rest_s >= sum(turns[:-1]) - SAVED_REST_S - 1e-6


@given(st.lists(st.floats(1e-4, 3.0), max_size=50))
def test_no_rest_is_long(turns: list[float]) -> None:
    """Whatever turns took, a message waits for no rest beyond the longest."""
    loop = Loop()
    assert all(loop.turn(takes_s) <= LONGEST_REST_S + 1e-9 for takes_s in turns)


def test_long_turns_become_shorter_and_short_ones_longer_again() -> None:
    """Where a turn takes longer than it should, the next has half of the messages; where it takes less, twice as many, up to the most."""
    loop, most = Loop(), [MESSAGES]
    for takes_s in (2 * LONG_TURN_S,) * 4 + (0.1,) * 6:
        loop.turn(takes_s)
        most.append(loop.tempo.most)
    assert [later / earlier for earlier, later in pairwise(most)] == [0.5] * 4 + [2.0] * 4 + [1.0] * 2


def test_a_loop_that_is_never_fast_enough_takes_one_at_a_time() -> None:
    """However slow the computer, the loop goes on."""
    loop = Loop()
    for _ in range(30):
        loop.turn(2 * LONG_TURN_S)
    assert loop.tempo.most == 1

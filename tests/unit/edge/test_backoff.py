"""Pauses between tries grow, never beyond the longest, and are never the same for two daemons."""

import random

from detector.edge.backoff import Backoff


def test_pauses_double_up_to_the_longest() -> None:
    """Each pause lies in the upper half of a ceiling that doubles until the longest pause."""
    backoff = Backoff(1.0, 5.0, random.Random(0))
    for ceiling in (1.0, 2.0, 4.0, 5.0, 5.0):
        assert ceiling / 2 <= backoff.next_pause_s() <= ceiling


def test_a_reset_begins_anew() -> None:
    """After a reset the next pause is a short one."""
    backoff = Backoff(1.0, 64.0, random.Random(0))
    for _ in range(6):
        backoff.next_pause_s()
    backoff.reset()
    assert backoff.next_pause_s() <= 1.0


def test_two_daemons_do_not_come_back_at_once() -> None:
    """Two backoffs of the same settings draw different pauses."""
    assert Backoff(1.0, 2.0, random.Random(1)).next_pause_s() != Backoff(1.0, 2.0, random.Random(2)).next_pause_s()

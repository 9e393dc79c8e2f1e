"""How long the tests themselves wait."""

from itertools import count

import pytest

from tests.system.patience import wait_for_count


def test_what_moves_is_waited_for() -> None:
    """A count that moves is waited for, longer in all than it may stand still."""
    wait_for_count(count().__next__, 60, "moves", glance_s=0.02, patience_s=1.0)


def test_what_stands_still_is_given_up() -> None:
    """A count that does not move fails with what was waited for, and how far it came."""
    with pytest.raises(AssertionError, match="readings: 3 of 5"):
        wait_for_count(lambda: 3, 5, "readings", patience_s=0.0)

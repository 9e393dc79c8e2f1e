"""How long system tests wait: for as long as something moves. A slow machine fails no test, one that hangs does.

In: what is waited for. Out: nothing, or an AssertionError that says what was waited for in vain.
"""

import time
from collections.abc import Callable

PATIENCE_S = 120.0
"""Longest wait for a sign of life; far more than anything takes, so that no test depends on how fast a machine is."""

GLANCE_S = 0.02


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for one thing that nothing announces."""
    wait_for_count(lambda: bool(condition()), 1, what)


def wait_for_count(
    count: Callable[[], float], enough: float, what: str, glance_s: float = GLANCE_S, patience_s: float = PATIENCE_S
) -> None:
    """Wait until a count has come so far, however long that takes; fail once it has not moved for `patience_s`."""
    reached, moved_at = count(), time.monotonic()
    while reached < enough:
        assert time.monotonic() - moved_at < patience_s, (
            f"{what}: {reached:g} of {enough:g}, unmoved for {patience_s:g} s"
        )
        time.sleep(glance_s)
        before, reached = reached, count()
        if reached != before:
            moved_at = time.monotonic()

"""Hindsight: which of the alerts of the past a false alarm would have spared people."""

from detector.anomaly.hindsight import Hindsight, Past, hindsight
from detector.domain import Height

SPIKE = (Height("spike", 1.3),)


def past(*alerts: tuple[Height, ...], confirmed: int | None = None) -> list[Past]:
    """Return alerts of such heights, of which one may have been confirmed."""
    return [Past(heights, place == confirmed) for place, heights in enumerate(alerts)]


def test_it_spares_what_was_no_stranger_and_nothing_else() -> None:
    """Of the same source and not above the raised threshold; one that another source would have opened as well is told."""
    alerts = past(
        SPIKE,
        (Height("spike", 1.42),),
        (Height("spike", 1.5),),
        (Height("own", 1.1),),
        (Height("spike", 1.2), Height("own", 1.1)),
    )
    assert hindsight(SPIKE, alerts) == Hindsight(5, 2, 0)


def test_it_says_how_many_of_those_were_right() -> None:
    """A confirmed alert among those spared is counted as missed, one that would have been told is not."""
    alerts = past(SPIKE, (Height("spike", 1.9),), SPIKE, confirmed=2)
    assert hindsight(SPIKE, alerts) == Hindsight(3, 2, 1)
    assert hindsight(SPIKE, past(SPIKE, (Height("spike", 1.9),), confirmed=1)) == Hindsight(2, 1, 0)


def test_it_spares_nothing_that_no_threshold_decides() -> None:
    """Alerts without heights are told whatever is said."""
    assert hindsight(SPIKE, past((), ())) == Hindsight(2, 0, 0)
    assert hindsight((), past(SPIKE)) == Hindsight(1, 0, 0)


def test_it_spares_nothing_that_would_have_been_critical() -> None:
    """Not even the alert itself, where that was twice as strange as its threshold."""
    far = (Height("spike", 2.0),)
    assert hindsight(far, past(far, SPIKE)) == Hindsight(2, 1, 0)

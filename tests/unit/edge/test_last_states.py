"""States as columns say the same as states one by one."""

import pytest

from detector.domain import Stage
from detector.edge.channel_state import States
from detector.edge.channel_view import ChannelView
from tests.unit.edge.readings import reading, report


@pytest.fixture
def states() -> States:
    """Return states of channels that are scored, calibrated and warmed up, in this order."""
    view = ChannelView()
    for number, stage in enumerate((Stage.SCORED, Stage.CALIBRATING, Stage.WARMING_UP)):
        view.show(report(reading(channel=f"channel-{number}", value=float(number)), stage=stage))
    return view.fleet().states


@pytest.mark.parametrize("name", ["value", "expected", "lower", "upper", "score", "anomalous"])
def test_a_column_has_the_numbers_of_the_states(states: States, name: str) -> None:
    """One number of every state, and None just where the state does not know it."""
    assert states.numbers(name) == [getattr(state, name) for state in states]


def test_some_of_them_in_another_order(states: States) -> None:
    """States at chosen places are those states, under their keys."""
    some = states.at([2, 0])
    assert list(some) == [states[2], states[0]]
    assert list(some.keys) == [("pump-1", "channel-2"), ("pump-1", "channel-0")]
    assert not list(states.at([]))

"""Who leaves when there is no room for others."""

import numpy as np
import pytest

from detector.anomaly.silence import SilenceRule
from detector.domain import EventTime, Reading
from detector.engine.eviction import LEAST_S, leaving
from detector.readings import Readings
from detector.settings import SensorSettings
from detector.state.slots import Slot
from detector.stream.align import Alignment
from tests.fleet import START

LONG_S = LEAST_S + 30.0


def reading(device: str, channel: str = "t") -> Reading:
    """Return one reading."""
    return Reading(device, channel, START, 1.0, 0)


def goes(
    quiet_s: list[float], *, channels: int = 1, room: tuple[int, int] = (16, 99), knocks: bool = True
) -> list[int]:
    """Return which devices leave that were quiet for so long, with so many channels each; `room` is for devices and channels."""
    alignment, silence = Alignment(room[0], 99, room[1]), SilenceRule()
    alignment.place(Readings.of([reading(f"d{n}", f"c{c}") for n in range(len(quiet_s)) for c in range(channels)]))
    if knocks:
        alignment.place(Readings.of([reading("knock")]))
    silence.block.grow(len(quiet_s))
    silence.block.heard_at[: len(quiet_s)] = START
    silence.block.quiet_s[: len(quiet_s)] = quiet_s
    return np.flatnonzero(leaving(alignment, silence)).tolist()


def test_an_eighth_of_the_devices_leaves_those_quiet_for_longest() -> None:
    """Of sixteen that are all quiet for days two go."""
    assert goes([LONG_S + n % 7 for n in range(16)]) == [6, 13]


def test_who_was_heard_within_a_day_stays() -> None:
    """Only one of sixteen was quiet for more than a day of awake stream."""
    assert goes([LEAST_S] * 9 + [LONG_S] + [0.0] * 6) == [9]


def test_nobody_leaves_for_nobody() -> None:
    """A table that is full, with nobody at the door, is no want of room."""
    assert goes([LONG_S] * 16, knocks=False) == []


def test_room_for_channels_is_made_by_devices() -> None:
    """Where channels are what is full, as many devices go as hold an eighth of them."""
    assert goes([LONG_S + n for n in range(8)], channels=5, room=(99, 40)) == [7]
    assert goes([LONG_S + n for n in range(8)], channels=2, room=(99, 16)) == [7]
    assert goes([LONG_S + n for n in range(16)], room=(99, 16)) == [14, 15]


def test_one_that_has_just_spoken_stays() -> None:
    """A device that spoke since the last tick is not quiet, whatever stands in its row."""
    alignment, silence = Alignment(1, 9, 9), SilenceRule()
    alignment.place(Readings.of([reading("a"), reading("b")]))
    silence.block.grow(1)
    silence.block.quiet_s[0], silence.block.spoke[0] = LONG_S, True
    assert not leaving(alignment, silence).any()


@pytest.mark.parametrize(("leave", "ends"), [([0, 1, 2, 3, 4], True), ([0, 1, 2, 3], False), ([5], False)])
def test_an_outage_ends_with_the_last_device_it_stands_for(leave: list[int], ends: bool) -> None:
    """It is told to be over when nobody is left whose return would end it, and not before."""
    silence = SilenceRule()
    silence.block.grow(6)
    for slot in range(6):
        silence.configure(Slot(slot), SensorSettings(name="s"), 3)
    silence.block.covered[:5], silence.block.silent_since[:5] = True, START
    turns = silence.leave(np.isin(np.arange(6), leave))
    told = [(turn.entry, turn.ended, turn.onset, turn.quiet) for turn in turns]
    assert told == [(3, True, EventTime(START), 5)] * ends

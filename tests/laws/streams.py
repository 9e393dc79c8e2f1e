"""Hypothesis strategies for streams of readings: several devices, faults, gaps, late and duplicate readings."""

from itertools import accumulate

import numpy as np
from hypothesis import strategies as st

from detector.domain import Reading
from tests.fleet import noise, readings


@st.composite
def channel_streams(draw: st.DrawFn, device: str, channel: str) -> list[Reading]:
    """One channel: noise or a constant, perhaps a step, a stuck stretch, a gap, repeats and swaps."""
    count = draw(st.integers(1, 100))
    seed = draw(st.integers(0, 10_000))
    values = np.array(
        noise(seed, count, level=draw(st.sampled_from([0.0, 20.0, -1e6])), size=draw(st.sampled_from([0.0, 0.5, 1e-9])))
    )
    if draw(st.booleans()):
        values[draw(st.integers(0, count - 1)) :] += draw(st.sampled_from([5.0, 1e9, -3.0]))
    if draw(st.booleans()):
        start = draw(st.integers(0, count - 1))
        values[start : start + 40] = values[start]
    cadence_s = draw(st.sampled_from([0.5, 10.0, 300.0]))
    stream = readings(device, values, channel=channel, cadence_s=cadence_s, start_s=draw(st.integers(0, 100)))
    return _disordered(draw, stream) if draw(st.booleans()) else stream


def _disordered(draw: st.DrawFn, stream: list[Reading]) -> list[Reading]:
    """Repeat some readings and swap some neighbours."""
    spoilt = list(stream)
    for place in draw(st.lists(st.integers(0, len(stream) - 1), max_size=3)):
        spoilt.insert(place, stream[place])
    for place in draw(st.lists(st.integers(1, len(spoilt) - 1), max_size=3)) if len(spoilt) > 1 else []:
        spoilt[place - 1], spoilt[place] = spoilt[place], spoilt[place - 1]
    return spoilt


@st.composite
def fleets(draw: st.DrawFn) -> list[Reading]:
    """A stream of one to four devices with one or two channels each, merged in time."""
    streams = [
        draw(channel_streams(f"device-{device}", channel))
        for device in range(draw(st.integers(1, 4)))
        for channel in ("temperature", "pressure")[: draw(st.integers(1, 2))]
    ]
    return _merged_in_arrival_order(streams)


APART = [{"name": f"entry-{device}", "group": "none"} for device in range(4)]
"""Sensors of which none is compared with another, and none is of another's kin."""


def apart(stream: list[Reading]) -> list[Reading]:
    """Give every device of a fleet an entry of its own, of those of `APART`."""
    return [reading._replace(entry=int(reading.device.rpartition("-")[2])) for reading in stream]


def _merged_in_arrival_order(streams: list[list[Reading]]) -> list[Reading]:
    """Merge by the running maximum of each stream's times, so that a late reading stays late."""
    arrivals = [
        (latest, reading)
        for stream in streams
        for latest, reading in zip(accumulate((one.at for one in stream), max), stream, strict=True)
    ]
    return [reading for _, reading in sorted(arrivals, key=lambda arrival: arrival[0])]

"""Law: a stretch of the stream moves its clock as its readings would, one by one."""

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import HOUR, MICROSECONDS, EventTime, Reading
from detector.readings import Readings
from detector.report import Tick
from detector.stream.stream_clock import StreamClock
from tests.fleet import START

STEPS = st.sampled_from([0, 1, 20, 29, 61, 599, 600, 601, 3700, 90_000, -1, -50, -4000]) | st.integers(-700, 700)
STREAMS = st.lists(st.tuples(STEPS, st.sampled_from("abc"), st.integers(0, 999_999)), max_size=40)


@given(steps=STREAMS, size=st.integers(1, 40))
def test_a_stretch_is_heard_as_its_readings(steps: list[tuple[int, str, int]], size: int) -> None:
    """Ticks, hours and the clock at each reading are the same, in stretches of any size, and so is what is remembered after each."""
    at, stream = int(START), list[Reading]()
    for step_s, device, more in steps:
        at += step_s * MICROSECONDS + more
        stream.append(Reading(device, "t", EventTime(at), 0.0, 0))
    clock, other = StreamClock(), StreamClock()
    for first in range(0, len(stream), size):
        stretch = stream[first : first + size]
        heard = clock.hear_all(Readings.of(stretch))
        ticks, hours, now = list[Tick](), list[tuple[int, EventTime]](), list[int]()
        for place, reading in enumerate(stretch):
            before = other.hour
            ticks += [Tick(tick, place) for tick in other.hear(reading.at, reading.device)]
            if before is not None and before != other.hour:
                hours.append((place, EventTime(other.now - other.now % HOUR)))
            now.append(other.now)
        assert (heard.now_us.tolist(), heard.ticks, heard.hours) == (now, ticks, hours)
        assert clock.freeze() == other.freeze()

"""What the plant publishes, and when."""

from dataclasses import replace
from itertools import islice

import orjson
import pytest

from detector.domain import MICROSECONDS, EventTime
from detector.lab.faults import Fault, FaultKind
from detector.lab.plant import Plant
from detector.lab.simulate import ROUND_STEPS, Message, Plan, stream

START = EventTime(1_790_000_000 * MICROSECONDS)
PLAN = Plan(Plant(1, 7), START, cadence_s=60.0, speed=600.0, duration_s=30.0)


def messages(plan: Plan) -> list[Message]:
    """Return all that is published."""
    return [said for said in stream(plan) if isinstance(said, Message)]


def test_a_plan_of_a_duration_ends() -> None:
    """Thirty seconds at ten steps a second are three hundred readings of each device that nothing silences."""
    said = messages(replace(PLAN, with_faults=False))
    assert len(said) == 300 * 7
    assert said[-1].due_s < 30.0


def test_messages_come_in_the_order_they_are_due() -> None:
    """Neither wall time nor event time ever goes back."""
    said = messages(PLAN)
    assert [one.due_s for one in said] == sorted(one.due_s for one in said)
    stamps = [orjson.loads(one.payload)["ts"] for one in said]
    assert stamps == sorted(stamps)


def test_devices_take_turns() -> None:
    """Within a step no two devices send at the same moment."""
    first = messages(PLAN)[:7]
    assert len({one.due_s for one in first}) == 7
    assert len({orjson.loads(one.payload)["ts"] for one in first}) == 7


def test_a_payload_looks_like_a_pumps() -> None:
    """The payload has a UTC timestamp and four readings, one of them nested."""
    first = messages(PLAN)[0]
    said = orjson.loads(first.payload)
    assert first.topic == "plant/harbour/pump-01/telemetry"
    assert said["ts"] == "2026-09-21T14:13:20.000Z"
    assert said.keys() == {"ts", "temperature", "vib", "flow", "pressure"}
    assert said["vib"].keys() == {"rms"}


def test_channels_and_topic_can_be_chosen() -> None:
    """A plan may leave channels out and name topics otherwise."""
    first = messages(replace(PLAN, channels=("flow",), topic="x/{device}"))[0]
    assert first.topic == "x/pump-01"
    assert orjson.loads(first.payload).keys() == {"ts", "flow"}


def test_no_fault_strikes_a_channel_that_is_left_out() -> None:
    """Faults of channels that nobody publishes are not scheduled."""
    assert {fault.channel for fault in replace(PLAN, channels=("flow",)).faults()} <= {"flow", None}


def test_every_fault_is_announced_before_it_spoils_anything() -> None:
    """The stream holds each fault of the plan once, before the first message after its start."""
    announced: list[Fault] = []
    for said in stream(PLAN):
        if isinstance(said, Fault):
            announced.append(said)
            continue
        now = START + said.due_s * 600.0 * MICROSECONDS
        assert all(fault in announced for fault in PLAN.faults() if fault.start < now - 60 * MICROSECONDS)
    assert tuple(announced) == PLAN.faults()


def test_a_silent_pump_publishes_nothing() -> None:
    """During its silence nothing comes from the device."""
    silence = next(fault for fault in PLAN.faults() if fault.kind is FaultKind.SILENCE)
    heard = sum(silence.device in said.topic for said in messages(PLAN))
    assert heard == sum(not silence.strikes(PLAN.at(step)) for step in range(300)) < 300


@pytest.mark.parametrize("seed", [1, 2])
def test_the_stream_is_reproducible(seed: int) -> None:
    """The same plan publishes the same bytes."""
    plan = replace(PLAN, plant=Plant(seed, 3), duration_s=5.0)
    assert messages(plan) == messages(plan)


def test_a_plan_without_end_goes_on_breaking_things() -> None:
    """Without a duration each device has a fault in every round."""
    endless = replace(PLAN, plant=Plant(1, 2), duration_s=None)
    said = islice(stream(endless), 3 * ROUND_STEPS * 2)
    assert len([one for one in said if isinstance(one, Fault)]) >= 4

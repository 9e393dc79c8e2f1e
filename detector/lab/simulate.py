"""The simulated plant as a stream of MQTT messages, with the moment at which each is due.

In: a plan (size, seed, cadence, speed, start). Out: messages and, as they begin, the faults; pure, so that the same plan
always gives the same stream. `publish` then paces a stream onto a broker.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Final, NamedTuple

import numpy as np
import orjson

from detector.clock import Clock, MonoTime
from detector.domain import MICROSECONDS, EventTime
from detector.lab.faults import Fault, schedule, strike
from detector.lab.link import Publisher
from detector.lab.plant import CHANNELS, Floats, Plant

TOPIC: Final = "plant/{site}/{device}/telemetry"

ROUND_STEPS: Final = 1440
"""Without a duration, each device has one fault in every so many readings."""

QUIET_SHARE: Final = 0.3
"""The part of the first round in which nothing is wrong, so that a detector can learn the plant."""
LAST_SHARE: Final = 0.95
"""The part of a round after which no fault is on, so that each can still be found."""


class Message(NamedTuple):
    """One MQTT message of the plant."""

    due_s: float
    """Wall-clock seconds after the simulation's start."""
    topic: str
    payload: bytes


@dataclass(frozen=True)
class Plan:
    """Everything that decides what the plant says, and when."""

    plant: Plant
    start: EventTime
    cadence_s: float
    """Event seconds between two readings of a device."""
    speed: float
    """Event seconds in a wall-clock second."""
    duration_s: float | None = None
    """Wall-clock seconds; None: for ever."""
    with_faults: bool = True
    channels: tuple[str, ...] = CHANNELS
    topic: str = TOPIC

    @property
    def steps(self) -> int | None:
        """Return how many readings each device sends; None: no end."""
        return None if self.duration_s is None else int(self.duration_s * self.speed / self.cadence_s)

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """Return the topic of each device."""
        plant = self.plant
        return tuple(
            self.topic.format(site=site, device=device) for site, device in zip(plant.sites, plant.devices, strict=True)
        )

    def at(self, step: float) -> EventTime:
        """Return the event time of a step."""
        return EventTime(self.start + round(step * self.cadence_s * MICROSECONDS))

    def faults(self, number: int = 0) -> tuple[Fault, ...]:
        """Return the faults of a round; a plan with a duration has one round only."""
        if not self.with_faults:
            return ()
        length = ROUND_STEPS if self.steps is None else self.steps
        quiet = QUIET_SHARE if number == 0 else 0.0
        span = (self.at((number + quiet) * length), self.at((number + LAST_SHARE) * length))
        drawn = schedule(self.plant.seed + number, self.plant.devices, *span, self.cadence_s)
        return tuple(fault for fault in drawn if fault.channel is None or fault.channel in self.channels)


def stream(plan: Plan) -> Iterator[Message | Fault]:
    """Yield the plant's messages in the order they are due, and each fault before the first step it spoils."""
    published = None
    waiting: list[Fault] = []
    for step, clean in zip(_steps(plan), plan.plant.life(plan.start, plan.cadence_s), strict=False):
        if step % ROUND_STEPS == 0 and (step == 0 or plan.steps is None):
            waiting = [*waiting, *plan.faults(step // ROUND_STEPS)]
        now, after = plan.at(step), plan.at(step + 1)
        yield from (fault for fault in waiting if now <= fault.start < after)
        waiting = [fault for fault in waiting if fault.end > now]
        published, messages = publish_step(plan, step, waiting, clean, clean if published is None else published)
        yield from messages


def _steps(plan: Plan) -> Iterator[int]:
    """Yield the numbers of the steps."""
    return iter(range(plan.steps)) if plan.steps is not None else count()


def publish_step(
    plan: Plan, step: int, faults: list[Fault], clean: Floats, before: Floats
) -> tuple[Floats, Iterator[Message]]:
    """Return what one step publishes, as readings and as messages; the devices take turns within the step."""
    values, sending = strike(plan.plant, faults, plan.at(step), clean, before)
    size = plan.plant.size
    turns = plan.start + ((step + np.arange(size) / size) * plan.cadence_s * MICROSECONDS).astype(np.int64)
    texts = np.datetime_as_string(turns.astype("datetime64[us]").astype("datetime64[ms]"), timezone="UTC")
    wall_s = plan.cadence_s / plan.speed
    messages = (
        Message(
            (step + row / size) * wall_s, plan.topics[row], _payload(texts[row], values[row].tolist(), plan.channels)
        )
        for row in np.flatnonzero(sending).tolist()
    )
    return values, messages


def _payload(ts: str, values: list[float], channels: tuple[str, ...]) -> bytes:
    """Return the JSON that a pump sends; its vibration stands one level down, as devices like to do."""
    said: dict[str, object] = {"ts": str(ts)}
    for channel, value in zip(CHANNELS, values, strict=True):
        if channel in channels:
            said["vib" if channel == "vibration" else channel] = {"rms": value} if channel == "vibration" else value
    return orjson.dumps(said)


@dataclass(slots=True)
class Progress:
    """How far a simulation has come; written by the publishing thread, read by any."""

    published: int = 0
    elapsed_s: float = 0.0
    late_s: float = 0.0
    """How far publishing lags behind its plan."""


@dataclass(slots=True)
class Pacer:
    """Publishes a stream at the pace it states; `stop` ends it early from another thread or a signal."""

    publisher: Publisher
    clock: Clock
    stop: threading.Event
    progress: Progress

    def run(self, plan: Plan, on_fault: Callable[[Fault], None] = lambda _fault: None) -> None:
        """Publish until the plan or the patience of the caller ends; returns when the broker has everything."""
        begun = self.clock.mono()
        for said in stream(plan):
            if self.stop.is_set() or (plan.duration_s is not None and self.progress.elapsed_s >= plan.duration_s):
                break
            if isinstance(said, Fault):
                on_fault(said)
                continue
            self._wait(begun, said.due_s)
            self.publisher.publish(said.topic, said.payload)
            self.progress.published += 1
        self.publisher.flush()
        self.progress.elapsed_s = self.clock.mono() - begun

    def _wait(self, begun: MonoTime, due_s: float) -> None:
        """Sleep until a message is due; a stop wakes it."""
        elapsed_s = self.clock.mono() - begun
        self.progress.elapsed_s, self.progress.late_s = elapsed_s, max(0.0, elapsed_s - due_s)
        if due_s - elapsed_s > 0.001:
            self.stop.wait(due_s - elapsed_s)

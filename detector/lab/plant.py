"""A simulated plant: pumps at sites, each with four physically coupled channels.

In: a seed, a number of pumps, event times. Out: what the pumps' sensors would read, without any fault. Pure: the same
seed gives the same plant and the same life of it. Everything is vectorised over the pumps; letters: N pumps, F channels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.domain import DAY_S, MICROSECONDS, EventTime

Floats = NDArray[np.float64]

SITES: Final = ("harbour", "north", "quarry", "west")


class Sensor(NamedTuple):
    """One measured quantity: its unit, the finest difference its sensor tells apart, and the ends of its scale."""

    channel: str
    unit: str
    quantum: float
    lowest: float
    highest: float


SENSORS: Final = (
    Sensor("temperature", "°C", 0.05, -20.0, 120.0),
    Sensor("vibration", "mm/s", 0.01, 0.0, 20.0),
    Sensor("flow", "m³/h", 0.1, 0.0, 250.0),
    Sensor("pressure", "bar", 0.01, 0.0, 16.0),
)
"""The channels of every pump, in the order of the arrays' second axis."""

CHANNELS: Final = tuple(sensor.channel for sensor in SENSORS)
QUANTA: Final = np.array([sensor.quantum for sensor in SENSORS])
LOWEST: Final = np.array([sensor.lowest for sensor in SENSORS])

SETPOINT_DWELL_S: Final = 7200.0
"""Mean time between two changes of a pump's setpoint."""
RAMP_S: Final = 900.0
"""Time constant with which a pump follows its setpoint."""
DEMAND_MEMORY_S: Final = 2400.0
"""Time constant of the wandering of demand around the setpoint."""
WEATHER_MEMORY_S: Final = 6 * 3600.0


class Pump(NamedTuple):
    """What makes each pump an individual; every field is (N,)."""

    ambient: Floats
    """Mean temperature around it, °C."""
    sun: Floats
    """Amplitude of the daily cycle, °C."""
    heating: Floats
    """Rise over ambient at full load, °C."""
    thermal_s: Floats
    """Time constant of its casing."""
    roughness: Floats
    """Vibration at full load, mm/s."""
    capacity: Floats
    """Flow at full load, m³/h."""
    static_head: Floats
    """Pressure without flow, bar."""
    friction: Floats
    """Pressure lost in the pipes at full load, bar."""
    day_share: Floats
    """Part of its load that follows the hour of the day."""


@dataclass(frozen=True)
class Plant:
    """A fleet of pumps that exists as soon as its seed and size are known."""

    seed: int
    size: int

    @cached_property
    def devices(self) -> tuple[str, ...]:
        """Return the pumps' names, in the order of the arrays' first axis."""
        width = max(2, len(str(self.size)))
        return tuple(f"pump-{number:0{width}d}" for number in range(1, self.size + 1))

    def row(self, device: str) -> int:
        """Return the place of a pump in the arrays."""
        return self._rows[device]

    @cached_property
    def _rows(self) -> dict[str, int]:
        """Return the place of each pump."""
        return {device: row for row, device in enumerate(self.devices)}

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """Return the site of each pump."""
        return tuple(SITES[row * len(SITES) // self.size] for row in range(self.size))

    @cached_property
    def pump(self) -> Pump:
        """Draw the pumps' characters."""
        ranges = ((12, 20), (2, 5), (18, 30), (900, 2400), (1.2, 3.0), (60, 140), (2.0, 3.5), (1.5, 3.0), (0.05, 0.15))
        random = np.random.default_rng([self.seed, 0])
        return Pump(*(random.uniform(low, high, self.size) for low, high in ranges))

    def life(self, start: EventTime, cadence_s: float) -> Iterator[Floats]:
        """Yield for ever what the sensors read at `start` and every `cadence_s` after it.

        Shapes: (N, F) float64, in the units of `SENSORS`, rounded to what the sensors tell apart.
        """
        random = np.random.default_rng([self.seed, 1])
        motion = _Motion.at_rest(random, self.pump)
        for step in count():
            at_s = start / MICROSECONDS + step * cadence_s
            yield quantised(_sense(random, self.pump, motion, at_s))
            motion = _move(random, self.pump, motion, cadence_s)

    @cached_property
    def deviations(self) -> Floats:
        """Return the standard deviation of each channel over a day of this plant, (N, F)."""
        day = np.stack(list(islice(self.life(EventTime(0), 600.0), int(DAY_S / 600.0))))
        return np.asarray(day.std(axis=0))


def quantised(values: Floats) -> Floats:
    """Round readings (N, F) to what the sensors tell apart."""
    return np.asarray(np.round(np.round(values / QUANTA) * QUANTA, 3))


class _Motion(NamedTuple):
    """What of a pump moves; every field is (N,)."""

    setpoint: Floats
    load: Floats
    """Share of full load, before the daily cycle and the wandering demand."""
    demand: Floats
    weather: Floats
    casing: Floats
    """Squared load as the casing feels it, late."""

    @classmethod
    def at_rest(cls, random: np.random.Generator, pump: Pump) -> "_Motion":
        """Return pumps that have run at their setpoint for a long time."""
        size = len(pump.ambient)
        setpoint = random.uniform(0.5, 0.9, size)
        return cls(setpoint, setpoint, 0.02 * random.normal(size=size), random.normal(size=size), setpoint**2)


def _move(random: np.random.Generator, pump: Pump, motion: _Motion, dt_s: float) -> _Motion:
    """Let `dt_s` go by."""
    size = len(pump.ambient)
    change = random.random(size) < -np.expm1(-dt_s / SETPOINT_DWELL_S)
    setpoint = np.where(change, random.uniform(0.5, 0.9, size), motion.setpoint)
    load = _approach(motion.load, setpoint, np.exp(-dt_s / RAMP_S))
    return _Motion(
        setpoint,
        load,
        _wander(random, motion.demand, 0.02, np.exp(-dt_s / DEMAND_MEMORY_S)),
        _wander(random, motion.weather, 1.0, np.exp(-dt_s / WEATHER_MEMORY_S)),
        _approach(motion.casing, (load + motion.demand) ** 2, np.exp(-dt_s / pump.thermal_s)),
    )


def _approach(now: Floats, goal: Floats, keep: Floats) -> Floats:
    """Move towards a goal, exactly as a first-order lag does; `keep` is exp(-dt / time constant)."""
    return np.asarray(goal + (now - goal) * keep)


def _wander(random: np.random.Generator, now: Floats, deviation: float, keep: Floats) -> Floats:
    """Move as an Ornstein-Uhlenbeck process of mean 0 does, exactly for any step."""
    return np.asarray(now * keep + deviation * np.sqrt(1.0 - keep**2) * random.normal(size=now.shape))


def _sense(random: np.random.Generator, pump: Pump, motion: _Motion, at_s: float) -> Floats:
    """Return what the sensors make of the pumps' motion: the physics, plus each sensor's own noise; (N, F)."""
    size = len(pump.ambient)
    noon = np.sin(2 * np.pi * (at_s / DAY_S - 0.375))  # warmest and busiest at 15:00
    load = np.clip(motion.load + motion.demand + pump.day_share * noon, 0.05, 1.2)
    temperature = pump.ambient + pump.sun * noon + motion.weather + pump.heating * motion.casing
    vibration = pump.roughness * (0.25 + 0.75 * load**1.5) * np.exp(0.05 * random.standard_t(8, size))
    flow = pump.capacity * load * (1.0 + 0.008 * random.normal(size=size))
    pressure = pump.static_head + pump.friction * load**2 + 0.012 * random.normal(size=size)
    return np.column_stack([temperature + 0.08 * random.normal(size=size), vibration, flow, pressure])

"""Reckons what a fleet will need: memory, disk, cores; and says where this machine or the defaults do not suffice.

In: how many devices, channels, messages; constants that the bench measured. Out: needs, and sentences. Nothing is measured here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detector.domain import DAY_S
from detector.edge.snapshot.shelf import KEPT
from detector.lab.bench.constants import Constants
from detector.settings.root import EngineSettings, JournalSettings

KEPT_SNAPSHOTS: Final = KEPT + 1
"""One is being written."""

MEMORY_MAX: Final = 2**30
"""What the shipped systemd unit allows."""

BUSY: Final = 0.7
"""A core that is busier than this has nothing left to catch up with after a pause."""


SINGLY_S: Final = 0.006
"""Seconds of one core that a message takes which comes alone: a step costs nearly the same for one reading as for a hundred."""

SINGLY_CORES: Final = 0.6
"""Most that such messages keep busy: after a step the loop rests, and takes together what came meanwhile. Both are rounded from
DECISIONS.md, 101: 8 % of a core at 10 messages a second, 30 at 50, 55 at 300, 59 at 1,000 and at 3,000. What other rates keep busy is printed by
`detector bench latency`."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is."""

    memory_bytes: int
    disk_bytes: int
    cores: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """What there shall be."""

    devices: int
    channels: int
    """Of each device."""
    rate: float
    """Messages a second of each device."""
    head: str

    @property
    def rows(self) -> int:
        """Return the channels of all devices."""
        return self.devices * self.channels

    @property
    def messages(self) -> float:
        """Return the messages a second of all devices."""
        return self.devices * self.rate


@dataclass(frozen=True, slots=True)
class Needs:
    """What it takes."""

    memory_bytes: float
    snapshot_extra_bytes: float
    """Beyond that, at most, while a snapshot is written and scoring goes on."""
    journal_bytes_a_day: float
    snapshot_bytes: float
    """On disk, all that are kept."""
    intake_cores: float
    """Cores that everything but the engine needs, where many messages are taken together."""
    engine_cores: float
    singly_cores: float
    """Cores that are busy while messages are taken one by one, as they come; under load they are left to the others."""

    @property
    def cores(self) -> float:
        """Return how many cores are needed in all."""
        return self.intake_cores + self.engine_cores

    @property
    def busy_cores(self) -> float:
        """Return how many cores will be seen busy."""
        return max(self.cores, self.singly_cores)


def needs(fleet: Fleet, constants: Constants) -> Needs:
    """Return what a fleet takes.

    Raises: KeyError for a head that was not measured.
    """
    head = constants.heads[fleet.head]
    readings = fleet.messages * fleet.channels
    return Needs(
        memory_bytes=constants.empty_bytes + fleet.rows * (head.row_bytes + head.object_bytes),
        snapshot_extra_bytes=fleet.rows * head.row_bytes,
        journal_bytes_a_day=readings * DAY_S * constants.journal_bytes,
        snapshot_bytes=KEPT_SNAPSHOTS * fleet.rows * head.snapshot_bytes,
        intake_cores=1e-6 * fleet.messages * head.message_us,
        engine_cores=1e-6 * readings * head.reading_us,
        singly_cores=min(SINGLY_CORES, SINGLY_S * fleet.messages),
    )


def objections(fleet: Fleet, need: Needs, machine: Machine) -> Iterator[str]:
    """Yield a sentence for each thing that does not suffice, and what to do about it."""
    engine, journal = EngineSettings(), JournalSettings()
    peak = need.memory_bytes + need.snapshot_extra_bytes
    on_disk = need.snapshot_bytes + min(need.journal_bytes_a_day, float(journal.max_size))
    if peak > machine.memory_bytes:
        yield (
            f"This machine has {size_in_words(machine.memory_bytes)} of memory to give, and {size_in_words(peak)} may be needed while a snapshot "
            f"is written: {'set engine.head: lms, or ' if fleet.head == 'rls' else ''}spread the devices over several machines."
        )
    if need.cores > BUSY >= max(need.intake_cores, need.engine_cores) and machine.cores > 1:
        yield (
            f"One process works on one core, and {need.cores:.1f} would be busy: set engine.own_process, which gives the engine a core to itself."
        )
    elif need.cores > BUSY:
        yield (
            f"One daemon scores on one core, and {need.cores:.1f} would be busy: let {int(need.cores / BUSY) + 1} daemons share "
            "the load, each with devices of its own, by topics or $share."
        )
    if on_disk > machine.disk_bytes:
        yield f"The disk has {size_in_words(machine.disk_bytes)} free, and {size_in_words(on_disk)} are needed."
    if fleet.devices > engine.max_devices:
        yield f"The default engine.max_devices is {engine.max_devices:,}: set it to {fleet.devices} or more."
    if fleet.channels > engine.max_channels:
        yield f"The default engine.max_channels is {engine.max_channels:,}: set it to {fleet.channels} or more."
    if fleet.rows > max(engine.total_channels, fleet.devices):
        yield f"The default engine.max_total_channels is {engine.total_channels:,}: set it to {fleet.rows} or more."
    if peak > MEMORY_MAX:
        yield f"The shipped systemd unit has MemoryMax=1G: set it, and MemoryHigh, to {size_in_words(1.25 * peak)} or more."
    if need.journal_bytes_a_day > journal.max_size:
        hours = 24.0 * journal.max_size / need.journal_bytes_a_day
        yield (
            f"The default state.journal.max_size holds the readings of {hours:.1f} hours, not of a day: for a day set it to "
            f"{size_in_words(1.1 * need.journal_bytes_a_day)}."
        )


def size_in_words(size: float) -> str:
    """Write bytes for people."""
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.0f} MiB"

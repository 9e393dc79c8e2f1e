"""The whole configuration, and the few figures of the engine itself."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from detector.settings.mqtt import MqttSettings
from detector.settings.outputs import AlertSettings, LogSettings, MetricsSettings
from detector.settings.quantities import Budget, Duration, Size
from detector.settings.section import Section
from detector.settings.sensors import SensorSettings


class JournalSettings(Section):
    """How long raw readings and alerts are kept on disk; what a snapshot still needs stays in any case."""

    keep: Duration = Field(86400.0, description="Age, since arrival, beyond which readings are let go.")
    max_size: Size = Field(
        2**30, description="Size beyond which the oldest are let go; the file keeps it, to be used anew."
    )
    keep_alerts: Duration = Field(
        90 * 86400.0, description="Age beyond which alerts are let go, once every sink has had them."
    )


class StateSettings(Section):
    """Where the daemon keeps what it took in and what it learnt."""

    directory: Path = Field(
        Path("state"),
        description="One directory, ours alone; relative to $STATE_DIRECTORY (systemd's) or the working directory.",
    )
    snapshot_every: Duration = Field(
        60.0, description="Time between snapshots of what was learnt; a restart reads the journal from the last one on."
    )
    journal: JournalSettings = Field(default_factory=JournalSettings, description="The raw readings since.")


class HeadKind(StrEnum):
    """How each channel adapts the shared network's forecast to itself."""

    RLS = "rls"
    LMS = "lms"
    NONE = "none"


TOTAL_CHANNELS = 32_768
"""Channels that fit, at 10 kB each and as much again while a snapshot is written, in the memory that the systemd unit allows."""


class EngineSettings(Section):
    """What the engine may hold, and how long it remembers; memories are wall-clock time."""

    max_devices: Annotated[int, Field(ge=1)] = Field(
        10_000,
        description="Readings of further devices are rejected and counted, until the hour turns:"
        " then those not heard for longest make room, none that was heard within a day.",
    )
    max_channels: Annotated[int, Field(ge=1)] = Field(
        64, description="Channels of one device; further ones are rejected and counted."
    )
    max_total_channels: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="Channels of all devices, some 10 kB each; further ones as with max_devices."
        " Absent: 32,768, or max_devices where that is more.",
    )
    memory: Duration = Field(7 * 86400.0, description="Time over which location, scale and tails forget.")
    head: HeadKind = Field(
        HeadKind.RLS,
        description="How each channel corrects the network: `rls`, `lms` for three fifths of the memory, `none`.",
    )
    max_batch: Annotated[int, Field(ge=1)] = Field(4096, description="Most readings in one step.")
    own_process: bool = Field(
        default=False,
        description="Step the engine in a process of its own: a tenth to a third more messages where a second core is idle, each for some 2 µs more of processor time.",
    )

    @property
    def total_channels(self) -> int:
        """Return how many channels there may be in all: a limit on devices and on each one's channels bounds no memory."""
        return max(TOTAL_CHANNELS, self.max_devices) if self.max_total_channels is None else self.max_total_channels


def _names_are_unique(entries: list[SensorSettings]) -> list[SensorSettings]:
    """Refuse two sensors entries of one name."""
    names = [entry.name for entry in entries]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"expected a name of its own for each sensors entry, got {twice!r} twice")
    return entries


class Settings(Section):
    """The configuration file as a whole."""

    mqtt: MqttSettings = Field(default_factory=MqttSettings, description="The broker and the session.")
    model: Path = Field(
        Path("models/base"),
        description="Folder of the trained network, relative to this file or the working directory.",
    )
    budget: Budget = Field(Budget.parse("1 per device per week"), description="How many alerts you will put up with.")
    state: StateSettings = Field(default_factory=StateSettings, description="What is kept on disk.")
    metrics: MetricsSettings = Field(default_factory=MetricsSettings, description="Prometheus, health and the page.")
    alerts: AlertSettings = Field(default_factory=AlertSettings, description="Who hears of an alert.")
    log: LogSettings = Field(default_factory=LogSettings, description="Log lines on stderr.")
    engine: EngineSettings = Field(default_factory=EngineSettings, description="Limits and memories of the engine.")
    sensors: Annotated[list[SensorSettings], Field(min_length=1), AfterValidator(_names_are_unique)] = Field(
        description="What to watch; the first entry that matches takes a reading."
    )

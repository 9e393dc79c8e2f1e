"""What the daemon says of itself at one moment: read by the metrics, the page and the readiness check."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from detector.clock import WallTime
from detector.domain import FeedbackKind
from detector.edge.channel_view import Fleet
from detector.edge.journal import JournalStatus
from detector.edge.ledger import Counts
from detector.edge.mqtt import Traffic
from detector.edge.sinks import SinkCount
from detector.edge.snapshot import SnapshotStatus
from detector.notices import Hushed
from detector.settings import Settings


@dataclass(frozen=True, slots=True)
class ReloadStatus:
    """How reloading went so far."""

    times: int
    succeeded: bool
    """Whether the last one did; true before the first."""
    succeeded_at: WallTime
    """When the configuration that runs now was read."""


@dataclass(frozen=True, slots=True)
class Status:
    """One moment of the daemon."""

    version: str
    settings: Settings
    """The configuration that runs now."""
    started: WallTime
    not_ready: str | None
    """Why the daemon is not ready, for people; None when it is."""
    connected: bool
    inbox_depth: int
    traffic: Traffic
    """What the link counted."""
    workers: Mapping[str, bool]
    """Whether each thread lives, by its name."""
    reload: ReloadStatus
    notifications: Mapping[str, SinkCount]
    """By sink."""
    suppressed: Mapping[Hushed, int]
    """What people were not told, by why."""
    counts: Counts
    journal: JournalStatus
    snapshots: SnapshotStatus
    fleet: Fleet
    feedback: Mapping[FeedbackKind, int] = field(default_factory=dict)
    """What people said of alerts since the start."""
    maintenance: Mapping[str, WallTime] = field(default_factory=dict)
    """Until when the devices of which globs are under maintenance by command."""
    engine_pid: int | None = None
    """The engine's process; None where it has none of its own."""


def unit_of(settings: Settings, entry: int, channel: str) -> str | None:
    """Return the unit that the configuration states for a channel; None where it states none."""
    if entry >= len(settings.sensors):  # the entry went away in a reload, the channel has not been heard since
        return None
    channels = settings.sensors[entry].channels
    return None if channels == "auto" or channel not in channels else channels[channel].unit

"""Finds the sites of a fleet corpus, and reads one.

In: a folder that is a site, or holds one folder for each. Out: sites, with their readings in stream order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from detector.domain import Reading
from detector.edge.recording import find_recordings, read_recordings
from detector.errors import RecordingError
from detector.lab.evaluate.streams import Stream, streams_of
from detector.settings.sensors import SensorSettings


@dataclass(frozen=True, eq=False, slots=True)
class Site:
    """A site's clean readings in stream order, and its devices' streams of the channel that faults are put into."""

    name: str
    readings: tuple[Reading, ...]
    channel: str
    streams: Mapping[str, Stream]


def find_sites(folder: Path) -> list[Path]:
    """Return the folders that directly hold recordings: this one, or those below it, sorted by name.

    Raises: RecordingError when there is no recording.
    """
    return sorted({path.parent for path in find_recordings([folder])})


@lru_cache(maxsize=1)
def read_site(folder: Path, channel: str | None) -> Site:
    """Read a site; `channel` None is the first channel of its first reading. A worker reads it once for many rounds.

    Raises: RecordingError when a recording cannot be read, or no device has the channel.
    """
    sensors = [SensorSettings(name="site")]
    readings = tuple(found for found in read_recordings([folder], sensors) if isinstance(found, Reading))
    wanted = channel if channel is not None or not readings else readings[0].channel
    streams = streams_of(readings, wanted or "")
    if not streams:
        known = ", ".join(sorted({reading.channel for reading in readings})) or "none"
        raise RecordingError(
            f"{folder}: expected devices with the channel {wanted!r}, found channels: {known}; name one with --channel"
        )
    return Site(folder.resolve().name, readings, wanted or "", streams)


def read_alone(path: Path) -> list[Reading]:
    """Return the readings of one recording, which has nothing to do with others, in its own order.

    Raises: RecordingError when it cannot be read.
    """
    sensors = [SensorSettings(name="corpus")]
    return [found for found in read_recordings([path], sensors) if isinstance(found, Reading)]

"""Measures contenders on a folder of somebody's own recordings with labels.

In: recordings of one site, and labels. Out: the events that were found and how fast, and the alerts that belong to none.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from detector.domain import MICROSECONDS, Reading
from detector.edge.recording import find_recordings, read_recordings
from detector.errors import RecordingError
from detector.lab.evaluate.contenders import Contender, build, settings_for
from detector.lab.evaluate.figures import WEEK_S
from detector.lab.evaluate.intervals import Interval, over_streams, wilson
from detector.lab.evaluate.labels import LABELS, Label, read_labels
from detector.lab.evaluate.workers import Advance, each
from detector.lab.tally import GRACE_S, Opened
from detector.settings.sensors import SensorSettings
from detector.stream.batch import Batcher


@dataclass(frozen=True, slots=True)
class LabelledSite:
    """Recordings in stream order, and what was amiss in them."""

    readings: tuple[Reading, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class FolderMeasurement:
    """What one contender did."""

    contender: Contender
    events: int
    found: int
    delays_s: tuple[float, ...]
    false_alerts: int
    """Budgeted alerts that belong to no label."""
    device_weeks: float
    false_interval: Interval | None
    """95 % of false alerts per device-week, had other devices been recorded."""

    @property
    def interval(self) -> Interval:
        """Return the 95 % interval of the share of events found."""
        return wilson(self.found, self.events)

    @property
    def median_delay_s(self) -> float | None:
        """Return the median delay; None when none was found."""
        return median(self.delays_s) if self.delays_s else None


def read_folder(folder: Path) -> LabelledSite:
    """Return the recordings of a folder, and the labels beside them.

    Raises: RecordingError when either is missing or cannot be read.
    """
    labels = read_labels(folder / LABELS)
    paths = [path for path in find_recordings([folder]) if path.name != LABELS]
    if not paths:
        raise RecordingError(f"{folder}: expected recordings beside {LABELS}, found none")
    found = read_recordings(paths, [SensorSettings(name="folder")])
    return LabelledSite(tuple(one for one in found if isinstance(one, Reading)), tuple(labels))


def measure_folder(
    site: LabelledSite, contenders: Sequence[Contender], workers: int, advance: Advance
) -> list[FolderMeasurement]:
    """Replay the site with every contender; `advance` counts contenders.

    Raises: ModelError.
    """
    return each(_measure, [(site, contender) for contender in contenders], workers, advance)


def _measure(site: LabelledSite, contender: Contender, advance: Advance) -> FolderMeasurement:
    """Replay the site with one contender; return its figures."""
    subject, opened = build(contender), []
    for batch in Batcher(settings_for(contender).engine.max_batch).cut(site.readings):
        opened += subject.step(batch).opened
        advance(len(batch.readings) / len(site.readings))
    return folder_figures(contender, site, opened)


def folder_figures(contender: Contender, site: LabelledSite, opened: Sequence[Opened]) -> FolderMeasurement:
    """Return the figures of the alerts that opened."""
    firsts = [min((alert.at for alert in opened if _belongs(alert, label)), default=None) for label in site.labels]
    false = Counter(
        alert.device for alert in opened if alert.budgeted and not any(_belongs(alert, label) for label in site.labels)
    )
    weeks = _device_weeks(site.readings)
    return FolderMeasurement(
        contender=contender,
        events=len(site.labels),
        found=sum(first is not None for first in firsts),
        delays_s=tuple(
            (first - label.start) / MICROSECONDS
            for first, label in zip(firsts, site.labels, strict=True)
            if first is not None
        ),
        false_alerts=false.total(),
        device_weeks=sum(weeks.values()),
        false_interval=over_streams([false[device] for device in weeks], list(weeks.values())),
    )


def _belongs(alert: Opened, label: Label) -> bool:
    """Return whether an alert tells of a label: its device, from its start to 15 minutes after its end."""
    in_time = label.start <= alert.at <= label.end + GRACE_S * MICROSECONDS
    return in_time and label.device in (None, alert.device)


def _device_weeks(readings: Sequence[Reading]) -> dict[str, float]:
    """Return the weeks from each device's first reading to its last."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for reading in readings:
        first.setdefault(reading.device, reading.at)
        last[reading.device] = max(reading.at, last.get(reading.device, reading.at))
    return {device: (last[device] - first[device]) / MICROSECONDS / WEEK_S for device in sorted(first)}

"""Measures forecasts of the next reading against saying that nothing changes, through the service's own forecaster.

In: folders of recordings, models. Out: for each folder and forecaster the error relative to the last value's, and the
share of readings that the bounds held, channel by channel. One reading at a time, each forecast before it is learnt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from detector.edge.model_file import load_model
from detector.edge.recording import find_recordings, read_recordings
from detector.engine import CALIBRATED
from detector.forecast.forecaster import Forecaster
from detector.forecast.network import Network
from detector.forecast.scaling import FEATURES
from detector.forecast.series import Series, collect_series
from detector.forecast.walk import walk
from detector.lab.evaluate.skab import ANOMALY, CHANGE
from detector.lab.evaluate.workers import Advance, each
from detector.settings import EngineSettings, HeadKind
from detector.settings.sensors import SensorSettings

DEFAULTS: Final = EngineSettings()


class Foresight(NamedTuple):
    """One row of the results: a network, or none, and the heads that correct it."""

    model: Path | None
    """Folder of a network; None expects no change."""
    head: HeadKind

    @property
    def name(self) -> str:
        """Return what the tables call it."""
        if self.model is None:
            return "last value" if self.head is HeadKind.NONE else f"{self.head.value} head without network (AR)"
        return f"{self.model.name}, {'alone' if self.head is HeadKind.NONE else f'{self.head.value} head'}"

    def network(self) -> Network:
        """Return the network.

        Raises: ModelError.
        """
        return Network.blank(FEATURES) if self.model is None else load_model(self.model).network


@dataclass(frozen=True, slots=True)
class ChannelForesight:
    """How well one channel was foreseen, from the reading on at which it is scored."""

    device: str
    channel: str
    readings: int
    error: float
    """Sum of absolute residuals over that of the last value, in the channel's own unit."""
    coverage: float
    """Share of readings within the bounds."""


@dataclass(frozen=True, slots=True)
class ForecastMeasurement:
    """What one forecaster did on one folder: the channels that ever change."""

    folder: Path
    foresight: Foresight
    channels: tuple[ChannelForesight, ...]

    @property
    def error(self) -> float | None:
        """Return the median error of the channels; None when there is none."""
        return float(np.median([one.error for one in self.channels])) if self.channels else None

    @property
    def coverage(self) -> float | None:
        """Return the median coverage."""
        return float(np.median([one.coverage for one in self.channels])) if self.channels else None

    @property
    def worst(self) -> ChannelForesight | None:
        """Return the channel whose bounds held the least."""
        return min(self.channels, key=lambda one: one.coverage, default=None)


def foresights(models: Sequence[Path]) -> tuple[Foresight, ...]:
    """Return the rows, the simplest first: the other models with the default head, the first one with each head."""
    first, *others = models
    return (
        Foresight(None, HeadKind.NONE),
        Foresight(None, DEFAULTS.head),
        *(Foresight(model, DEFAULTS.head) for model in reversed(others)),
        *(Foresight(first, head) for head in (HeadKind.NONE, HeadKind.LMS, HeadKind.RLS)),
    )


@lru_cache(maxsize=1)
def read_channels(folder: Path) -> tuple[Series, ...]:
    """Return every channel of the recordings below a folder; a worker reads it once for many rows.

    Devices of one name in two folders are two devices. SKAB's label columns are no channels.
    Raises: RecordingError when there is no recording, or one cannot be read.
    """
    found: list[Series] = []
    top = folder if folder.is_dir() else folder.parent
    recordings = sorted(find_recordings([folder]), key=_place)  # a folder's files together, in their order
    for place, files in groupby(recordings, key=_place):
        series = collect_series(read_recordings(list(files), [SensorSettings(name="corpus")]))
        prefix = "" if place == top else f"{place.relative_to(top).as_posix()}/"
        found += [replace(one, device=prefix + one.device) for one in series if one.channel not in (ANOMALY, CHANGE)]
    return tuple(found)


def _place(path: Path) -> Path:
    """Return the folder that directly holds a recording."""
    return path.parent


def measure_forecasts(
    folders: Sequence[Path], models: Sequence[Path], workers: int, advance: Advance
) -> list[ForecastMeasurement]:
    """Let every forecaster meet every folder, knowing nothing; `advance` counts their pairs.

    Raises: RecordingError, ModelError.
    """
    jobs = [(folder, foresight) for folder in folders for foresight in foresights(models)]
    return each(_measure, jobs, workers, advance)


def _measure(folder: Path, foresight: Foresight, advance: Advance) -> ForecastMeasurement:
    """Measure one forecaster on one folder."""
    return ForecastMeasurement(folder, foresight, channel_foresights(foresight, read_channels(folder), advance))


def channel_foresights(
    foresight: Foresight, series: Sequence[Series], advance: Advance
) -> tuple[ChannelForesight, ...]:
    """Return how well each of the series that ever change was foreseen."""
    forecaster = Forecaster(foresight.network(), DEFAULTS.memory, foresight.head)
    ours, theirs, held, readings = np.zeros((4, len(series)))
    total = sum(len(one) for one in series)
    for rows, forecast, last in walk(forecaster, series):
        slots, counted = rows.slots, forecast.steps_seen >= CALIBRATED
        ours[slots] += np.where(counted, np.abs(rows.values - forecast.expected), 0.0)
        theirs[slots] += np.where(counted, np.abs(rows.values - last), 0.0)
        held[slots] += counted & (forecast.lower <= rows.values) & (rows.values <= forecast.upper)
        readings[slots] += counted
        advance(len(slots) / total)
    return tuple(
        ChannelForesight(
            series[slot].device,
            series[slot].channel,
            int(readings[slot]),
            float(ours[slot] / theirs[slot]),
            float(held[slot] / readings[slot]),
        )
        for slot in np.flatnonzero(theirs > 0.0).tolist()
    )

"""Measures contenders on the Skoltech anomaly benchmark (SKAB), or on those of its files that are at hand.

In: a folder of its files. Out: F1, false and missed alarm rates, the change point score. Every file is a device of its
own, met by a contender that knows nothing; an observation is told as anomalous while an episode of the process or the
sensor is open, or a score is at its threshold, in any channel. The first 400 observations train the benchmark's own
contenders; here they are replayed like the rest, and counted by nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from detector.domain import Reading
from detector.edge.recording import find_recordings
from detector.errors import RecordingError
from detector.lab.evaluate.contenders import Contender
from detector.lab.evaluate.corpora import read_alone
from detector.lab.evaluate.hotelling import TRAINING_ROWS
from detector.lab.evaluate.intervals import Interval, over_streams
from detector.lab.evaluate.nab_score import PROFILES, normalised
from detector.lab.evaluate.recordings import Heard, replay_abreast
from detector.lab.evaluate.skab_score import Alarms, alarms_of, change_point_score, turns_of
from detector.lab.evaluate.workers import Advance, each
from detector.state.rows import Floats, Mask

ANOMALY, CHANGE = "anomaly", "changepoint"
"""The columns that are labels."""


class SkabFile(NamedTuple):
    """One file of the benchmark."""

    path: Path
    readings: tuple[Reading, ...]
    """Without the labels."""
    at_us: Floats
    """Event times of the observations, shape (T,), in order."""
    labels: Mapping[str, Mask] | None
    """Whether each observation is anomalous, and a change point, shapes (T,); None: the file is free of anomalies."""


@dataclass(frozen=True, slots=True)
class SkabMeasurement:
    """What one contender did."""

    contender: Contender
    files: int
    alarms: Alarms
    """Over all labelled files."""
    mean_rate: Interval | None
    """The 95 % interval of the mean of the two rates, had other files been recorded."""
    change_points: Mapping[str, float | None]
    """The score in each of NAB's profiles."""
    interval: Interval | None
    """Of the first of them."""
    free: Alarms
    """Over the files that are free of anomalies."""


def read_skab(folder: Path) -> list[SkabFile]:
    """Return the files that are there, sorted by name.

    Raises: RecordingError when one cannot be read, or none is labelled.
    """
    files = [_read(path) for path in find_recordings([folder])]
    if not any(file.labels for file in files):
        raise RecordingError(f"{folder}: expected recordings with the columns {ANOMALY} and {CHANGE}, found none")
    return files


def _read(path: Path) -> SkabFile:
    """Return a file, its labels apart from what was measured."""
    found = read_alone(path)
    readings = tuple(reading for reading in found if reading.channel not in (ANOMALY, CHANGE))
    times = np.unique(np.array([reading.at for reading in readings], np.float64))
    labels = {
        label: np.isin(times, [reading.at for reading in found if reading.channel == label and reading.value > 0.0])
        for label in (ANOMALY, CHANGE)
    }
    labelled = any(reading.channel == ANOMALY for reading in found)
    return SkabFile(path, readings, times, labels if labelled else None)


def measure_skab(
    files: Sequence[SkabFile], contenders: Sequence[Contender], workers: int, advance: Advance
) -> list[SkabMeasurement]:
    """Replay every file with every contender; `advance` counts contenders.

    Raises: ModelError.
    """
    return each(_measure, [(files, contender) for contender in contenders], workers, advance)


def _measure(files: Sequence[SkabFile], contender: Contender, advance: Advance) -> SkabMeasurement:
    """Replay every file with one contender; return its figures."""
    heard = replay_abreast(contender, [file.readings for file in files], advance)
    told = [_told(file, one)[TRAINING_ROWS:] for file, one in zip(files, heard, strict=True)]
    return skab_figures(contender, files, told)


def _told(file: SkabFile, heard: Heard) -> Mask:
    """Return the observations in which any channel is anomalous. Shape (T,)."""
    at_us = np.array([reading.at for reading in file.readings], np.float64)
    return np.isin(file.at_us, at_us[heard.open | (heard.scores >= 1.0)])


def skab_figures(contender: Contender, files: Sequence[SkabFile], told: Sequence[Mask]) -> SkabMeasurement:
    """Return the figures of what was `told` of each file's observations after the training rows."""
    alarms, free, raws, changes = [], Alarms(), [], []
    for file, said in zip(files, told, strict=True):
        if file.labels is None:
            free += alarms_of(np.zeros_like(said), said)
            continue
        true = {name: label[TRAINING_ROWS:] for name, label in file.labels.items()}
        alarms.append(alarms_of(true[ANOMALY], said))
        at_us, turned = file.at_us[TRAINING_ROWS:], turns_of(said)
        raws.append([change_point_score(at_us, true[CHANGE], turned, profile) for profile in PROFILES])
        changes.append(int(true[CHANGE].sum()))
    sums = np.sum(raws, axis=0).tolist()
    return SkabMeasurement(
        contender=contender,
        files=len(alarms),
        alarms=sum(alarms, Alarms()),
        mean_rate=_mean_rate_interval(alarms),
        change_points={
            profile.name: normalised(raw, sum(changes), profile) for profile, raw in zip(PROFILES, sums, strict=True)
        },
        interval=over_streams([50.0 * (raw[0] + n) for raw, n in zip(raws, changes, strict=True)], changes),
        free=free,
    )


def _mean_rate_interval(alarms: Sequence[Alarms]) -> Interval | None:
    """Return the interval of the mean of false and missed alarm rate, files taken as equally long."""
    return over_streams([_mean_rate(one) for one in alarms], [1.0] * len(alarms))


def _mean_rate(alarms: Alarms) -> float:
    """Return the mean of the two rates, per cent; a rate of nothing counts as none."""
    return sum(rate for rate in (alarms.false_rate, alarms.missed_rate) if rate is not None) / 2.0

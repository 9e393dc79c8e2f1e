"""Measures contenders on the Numenta Anomaly Benchmark, or on those of its groups that are at hand.

In: the benchmark's folder. Out: scores at the best threshold that the labels show, and at the device's own; events
found and false alerts. Every file is a device of its own, replayed by a contender that knows nothing.
Scores on some of the groups are not comparable with published ones, which are of all seven.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from detector.domain import Reading
from detector.edge.recording import read_recordings
from detector.errors import RecordingError
from detector.lab.evaluate.contenders import Contender
from detector.lab.evaluate.nab_score import (
    OUTSIDE,
    PROFILES,
    Graded,
    Profile,
    best_threshold,
    grade,
    normalised,
    raw_score,
)
from detector.lab.evaluate.recordings import replay_abreast
from detector.lab.evaluate.workers import Advance, each
from detector.settings.sensors import SensorSettings
from detector.state.rows import Floats, Mask
from detector.stream.timestamp import parse_iso8601

LABELS = ("labels.json", "labels/combined_windows.json")
"""Where the label windows stand, in one layout or the other."""


class LabelledFile(NamedTuple):
    """One file of the benchmark."""

    group: str
    path: Path
    windows: tuple[tuple[str, str], ...]
    """First and last timestamp of each label window."""


class Replayed(NamedTuple):
    """What a contender said of a file. Shapes: scores (T,), alerted (T,)."""

    group: str
    graded: Graded
    scores: Floats
    alerted: Mask
    """Rows at which an alert opened."""


@dataclass(frozen=True, slots=True)
class ProfileScores:
    """Scores in one profile; None where there is nothing to find."""

    swept: float | None
    """At one threshold for the whole corpus, chosen with the labels."""
    own: float | None
    """At the threshold that the device set itself: alerts alone."""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The figures of one group, or of all."""

    files: int
    events: int
    found: int
    false_alerts: int
    profiles: Mapping[str, ProfileScores]


@dataclass(frozen=True, slots=True)
class NabMeasurement:
    """What one contender did."""

    contender: Contender
    groups: Mapping[str, GroupFigures]
    """By name, the last of all together."""


def find_files(folder: Path) -> list[LabelledFile]:
    """Return the labelled files that are there, sorted by name.

    Raises: RecordingError when there are no labels, or no file that they are of.
    """
    labels = next((folder / name for name in LABELS if (folder / name).is_file()), None)
    if labels is None:
        raise RecordingError(f"{folder}: expected the label windows in {' or '.join(LABELS)}, found neither")
    windows_of = json.loads(labels.read_text(encoding="utf-8"))
    found = []
    for name, windows in sorted(windows_of.items()):
        paths = (folder / "data" / f"{name}{ending}" for ending in ("", ".gz"))
        path = next((path for path in paths if path.is_file()), None)
        if path is not None:
            found.append(LabelledFile(name.split("/")[0], path, tuple((first, last) for first, last in windows)))
    if not found:
        raise RecordingError(f"{folder / 'data'}: expected files that {labels.name} names, found none of them")
    return found


def replay_files(files: Sequence[LabelledFile], contender: Contender, advance: Advance) -> list[Replayed]:
    """Replay files side by side.

    Raises: RecordingError when one cannot be read, or a label is of no row.
    """
    recordings = [_readings_of(file) for file in files]
    graded = [grade(len(readings), _rows_of(file, readings)) for file, readings in zip(files, recordings, strict=True)]
    heard = replay_abreast(contender, recordings, advance)
    return [Replayed(file.group, worth, *said) for file, worth, said in zip(files, graded, heard, strict=True)]


def _readings_of(file: LabelledFile) -> list[Reading]:
    """Return the readings of a file in its own order."""
    sensors = [SensorSettings(name="nab")]
    return [found for found in read_recordings([file.path], sensors) if isinstance(found, Reading)]


def _rows_of(file: LabelledFile, readings: Sequence[Reading]) -> list[tuple[int, int]]:
    """Return the first and last row of each window."""
    row_of = {reading.at: row for row, reading in reversed(list(enumerate(readings)))}
    windows = []
    for window in file.windows:
        first, last = (row_of.get(at) if isinstance(at := parse_iso8601(text), int) else None for text in window)
        if first is None or last is None:
            raise RecordingError(f"{file.path}: expected rows at both ends of the label window {window}, found none")
        windows.append((first, last))
    return sorted(windows)


def measure_nab(
    files: Sequence[LabelledFile], contenders: Sequence[Contender], workers: int, advance: Advance
) -> list[NabMeasurement]:
    """Replay every file with every contender; `advance` counts contenders.

    Raises: RecordingError, ModelError.
    """
    replayed = each(replay_files, [(files, contender) for contender in contenders], workers, advance)
    return [
        NabMeasurement(contender, figures(of_files)) for contender, of_files in zip(contenders, replayed, strict=True)
    ]


def figures(replayed: Sequence[Replayed]) -> dict[str, GroupFigures]:
    """Return the figures of each group at thresholds chosen for all, and of all together under `all`."""
    thresholds = {
        profile: best_threshold([(one.graded, one.scores) for one in replayed], profile)[0] for profile in PROFILES
    }
    groups = {
        name: [one for one in replayed if one.group == name] for name in dict.fromkeys(one.group for one in replayed)
    }
    return {name: _group(members, thresholds) for name, members in {**groups, "all": list(replayed)}.items()}


def _group(members: Sequence[Replayed], thresholds: Mapping[Profile, float]) -> GroupFigures:
    """Return the figures of one group."""
    events = sum(one.graded.windows for one in members)
    profiles = {}
    for profile, threshold in thresholds.items():
        swept = sum(raw_score(one.graded, one.scores >= threshold, profile) for one in members)
        own = sum(raw_score(one.graded, one.alerted, profile) for one in members)
        profiles[profile.name] = ProfileScores(normalised(swept, events, profile), normalised(own, events, profile))
    told = [one.graded.window[one.alerted & one.graded.counted] for one in members]
    found = sum(len(set(windows.tolist()) - {OUTSIDE}) for windows in told)
    false_alerts = sum(int((windows == OUTSIDE).sum()) for windows in told)
    return GroupFigures(len(members), events, found, false_alerts, profiles)

"""The synthetic corpus: sensors of every kind, each drawn from a seed of its own, written as recordings.

In: how many, how long, and a seed. Out: `Series`, or a folder of wide recordings with `corpus.json` beside them.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.fit.distortions import DISTORTIONS
from detector.fit.signals import COMPONENTS
from detector.fit.timeline import draw_timeline
from detector.forecast.series import Series

CORPUS_VERSION = 1
"""Goes up whenever the same seed would give other signals."""

DESCRIPTION = "corpus.json"


@dataclass(frozen=True, slots=True)
class CorpusPlan:
    """All that determines a corpus."""

    signals: int
    length: int
    seed: int
    version: int = CORPUS_VERSION


def draw_corpus(plan: CorpusPlan) -> Iterator[Series]:
    """Yield the signals in order; each depends on the seed and its own number alone, not on how many there are."""
    children = np.random.SeedSequence(plan.seed).spawn(plan.signals)
    for number, child in enumerate(children, start=1):
        yield draw_signal(f"signal-{number:05d}", plan.length, np.random.default_rng(child))


def draw_signal(device: str, length: int, generator: np.random.Generator) -> Series:
    """Return one signal: a sum of behaviours, as some sensor reports it, at any location and scale."""
    timeline = draw_timeline(generator, length)
    values = np.zeros(length)
    for chance, component in COMPONENTS:
        if generator.random() < chance:
            values += component(generator, timeline)
    for chance, distortion in DISTORTIONS:
        if generator.random() < chance:
            values = distortion(generator, values)
    scale = 10.0 ** generator.uniform(-3.0, 4.0)
    offset = generator.normal() * 10.0 ** generator.uniform(0.0, 2.0)
    return Series(device, "value", timeline.at_us, scale * (values + offset))


def write_corpus(folder: Path, plan: CorpusPlan) -> Iterator[Path]:
    """Write one recording a signal, yielding each as it is done; a corpus that stood there before is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (*folder.glob("signal-*.csv.gz"), *folder.glob(DESCRIPTION)):
        stale.unlink()
    for series in draw_corpus(plan):
        path = folder / f"{series.device}.csv.gz"
        # no name and no time in the gzip header: the same plan gives the same bytes
        with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as file:
            file.write(to_csv(series.at_us, series.values).encode())
        yield path
    # written last: a folder with it is complete
    (folder / DESCRIPTION).write_text(json.dumps(asdict(plan), indent=2) + "\n", encoding="utf-8")


def to_csv(at_us: NDArray[np.int64], values: NDArray[np.float64]) -> str:
    """Return a wide recording of one channel, ISO 8601 to the millisecond, nine digits a value."""
    moments = np.datetime_as_string(at_us.astype("datetime64[us]"), unit="ms")
    lines = (f"{moment}Z,{value:.9g}\n" for moment, value in zip(moments, values, strict=True))
    return "timestamp,value\n" + "".join(lines)


def describe_corpus(folder: Path) -> dict[str, int] | None:
    """Return the plan of the synthetic corpus in a folder, or None where there is no such corpus."""
    path = folder / DESCRIPTION
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None

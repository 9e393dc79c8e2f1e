"""Small fleets for tests: an untrained network, an engine, readings, and what an engine says of them.

In: seeds and settings. Out: readings, reports, rows that compare bit for bit.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.domain import MICROSECONDS, AlertEvent, EventTime, Reading
from detector.engine import Engine
from detector.forecast.cell import CellKind
from detector.forecast.network import Network
from detector.forecast.scaling import FEATURES
from detector.report import Report
from detector.settings import Settings
from detector.stream.batch import Batcher

START = EventTime(1_700_000_000 * MICROSECONDS)


def untrained_network(kind: CellKind = CellKind.LSTM, hidden: int = 12) -> Network:
    """Return a seeded random network: what it forecasts is poor, how it computes is real."""
    generator = np.random.default_rng(7)
    embed, gates = 8, {CellKind.LSTM: 4, CellKind.GRU: 3}[kind] * hidden
    shapes = {
        "embed.weight": (embed, FEATURES),
        "embed.bias": (embed,),
        "cell.weight_ih_l0": (gates, embed),
        "cell.weight_hh_l0": (gates, hidden),
        "cell.bias_ih_l0": (gates,),
        "cell.bias_hh_l0": (gates,),
        "head.weight": (3, hidden),
        "head.bias": (3,),
    }
    return Network.from_tensors(
        kind, {name: (0.3 * generator.standard_normal(shape)).astype(np.float32) for name, shape in shapes.items()}
    )


def settings(**sections: Any) -> Settings:
    """Return settings with one sensors entry that takes everything, and what the test says beside it."""
    return Settings.model_validate({"sensors": [{"name": "fleet"}], **sections})


def engine(kind: CellKind = CellKind.LSTM, **sections: Any) -> Engine:
    """Return an engine that knows no device yet."""
    return Engine(settings(**sections), untrained_network(kind), assumed_reference(len(Stream)))


def readings(
    device: str, values: Iterable[float], *, channel: str = "temperature", cadence_s: float = 10.0, start_s: float = 0.0
) -> list[Reading]:
    """Return one channel's readings, evenly spaced."""
    return [
        Reading(device, channel, EventTime(START + round((start_s + step * cadence_s) * MICROSECONDS)), float(value), 0)
        for step, value in enumerate(values)
    ]


def noise(seed: int, count: int, *, level: float = 20.0, size: float = 0.5) -> list[float]:
    """Return seeded Gaussian noise about a level."""
    generator = np.random.default_rng(seed)
    return [float(value) for value in level + size * generator.standard_normal(count)]


def merged(*streams: list[Reading]) -> list[Reading]:
    """Return streams merged in time; at equal times the earlier argument comes first."""
    return sorted((reading for stream in streams for reading in stream), key=lambda reading: reading.at)


def reports(subject: Engine, stream: Iterable[Reading], *, max_batch: int = 4096) -> Iterator[Report]:
    """Yield the engine's reports over a stream."""
    for batch in Batcher(max_batch).cut(stream):
        yield subject.step(batch)


def events(subject: Engine, stream: Iterable[Reading], *, max_batch: int = 4096) -> list[AlertEvent]:
    """Return the alert events of a stream."""
    return [event for report in reports(subject, stream, max_batch=max_batch) for event in report.events]


def rows(report: Report) -> Iterator[tuple[Any, ...]]:
    """Yield a report's rows as tuples that are equal only when every bit is."""
    columns = (report.stage, report.steps_left, report.expected, report.lower, report.upper, report.score)
    for row, reading in enumerate(report.readings):
        yield (reading, *(column[row].tobytes() for column in columns), int(report.anomalous[row]))


def rows_and_events(
    subject: Engine, stream: Iterable[Reading], *, max_batch: int = 4096
) -> tuple[list[tuple[Any, ...]], list[AlertEvent]]:
    """Return every row and every alert event of a stream, of one pass over it."""
    said = list(reports(subject, stream, max_batch=max_batch))
    return [row for report in said for row in rows(report)], [event for report in said for event in report.events]


def all_rows(subject: Engine, stream: Iterable[Reading], *, max_batch: int = 4096) -> list[tuple[Any, ...]]:
    """Return every row the engine says of a stream."""
    return [row for report in reports(subject, stream, max_batch=max_batch) for row in rows(report)]

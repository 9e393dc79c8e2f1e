"""What a metric is: its name, kind, labels, one sentence, and where its numbers are read.

In: tables of families. Out: what the library writes, and what the reference says; so neither can know of a metric that the other does not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

SourceT = TypeVar("SourceT")
Samples = Mapping[tuple[str, ...], float]
"""Numbers by the values of the labels; what is not known is absent."""


class Kind(StrEnum):
    """Prometheus' own words."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Named:
    """A metric without its numbers."""

    name: str
    kind: Kind
    words: str
    """One sentence: what it counts, in which unit, what its ends mean."""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family(Named, Generic[SourceT]):
    """A metric, and how its numbers are read from what the daemon says of itself."""

    read: Callable[[SourceT], Samples] = lambda _source: {}

    def collect(self, source: SourceT) -> Metric:
        """Return the metric with its samples of this moment."""
        made = CounterMetricFamily if self.kind is Kind.COUNTER else GaugeMetricFamily
        family = made(self.name, self.words, labels=self.labels)
        for labels, value in self.read(source).items():
            family.add_metric(labels, value)
        return family


def gauge(name: str, words: str, read: Callable[[SourceT], Samples | float | None], *labels: str) -> Family[SourceT]:
    """Return a gauge; a single number needs no labels, and None is no number."""
    return Family(name, Kind.GAUGE, words, labels, _samples(read))


def counter(name: str, words: str, read: Callable[[SourceT], Samples | float | None], *labels: str) -> Family[SourceT]:
    """Return a counter."""
    return Family(name, Kind.COUNTER, words, labels, _samples(read))


def _samples(read: Callable[[SourceT], Samples | float | None]) -> Callable[[SourceT], Samples]:
    """Return what reads samples, of what may read a single number."""

    def samples(source: SourceT) -> Samples:
        found = read(source)
        if found is None:
            return {}
        return found if isinstance(found, Mapping) else {(): float(found)}

    return samples


def collect(families: Iterable[Family[SourceT]], source: SourceT) -> Iterator[Metric]:
    """Yield these families as of one moment."""
    return (family.collect(source) for family in families)

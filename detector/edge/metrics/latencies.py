"""A histogram that takes many durations at once; the library's takes one, in a microsecond and a half.

In: durations of a whole turn. Out: what a scrape collects. Written by one thread, read by any.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector


class Latencies(Collector):
    """Durations in seconds, counted by upper bounds."""

    def __init__(self, name: str, words: str, bounds: Sequence[float]) -> None:
        """Start at zero; `bounds` grow."""
        self._name, self._words, self._bounds = name, words, np.array(bounds)
        self._seen = (np.zeros(len(bounds) + 1, np.int64), 0.0)
        """How many there were up to each bound and beyond the last, and their sum: put in place at once, so that a reader sees one moment."""

    def observe(self, seconds: NDArray[np.float64]) -> None:
        """Count durations; one that is a bound is within it."""
        counts, total = self._seen
        more = np.bincount(np.searchsorted(self._bounds, seconds), minlength=len(counts))
        self._seen = (counts + more, total + float(seconds.sum()))

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the histogram."""
        counts, total = self._seen
        bounds = [*(repr(bound) for bound in self._bounds.tolist()), "+Inf"]
        buckets = list(zip(bounds, map(float, accumulate(counts.tolist())), strict=True))
        yield HistogramMetricFamily(self._name, self._words, buckets=buckets, sum_value=total)

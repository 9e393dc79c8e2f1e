"""What the worker measures as it goes: histograms, which no status can hold.

In: durations and sizes, from the scoring thread. Out: histograms in a registry of the library.
"""

from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client import disable_created_metrics as _disable_created_metrics

from detector.edge.metrics.family import Kind, Named
from detector.edge.metrics.latencies import Latencies

STEP_BOUNDS: Final = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
LATENCY_BOUNDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0)
ROWS_BOUNDS: Final = (1, 4, 16, 64, 256, 1024, 4096)

STEP: Final = Named(
    "detector_step_seconds", Kind.HISTOGRAM, "Time in one step, for a batch: decode, engine or publish.", ("step",)
)
LATENCY: Final = Named(
    "detector_reading_to_verdict_seconds",
    Kind.HISTOGRAM,
    "Time from a message's arrival to the verdict on its readings.",
)
ROWS: Final = Named("detector_batch_rows", Kind.HISTOGRAM, "Readings in one step of the engine.")
COMMIT: Final = Named(
    "detector_journal_commit_seconds",
    Kind.HISTOGRAM,
    "Time to commit readings to the journal; alerts that came of them leave then.",
)
FLUSH: Final = Named(
    "detector_journal_flush_seconds",
    Kind.HISTOGRAM,
    "Time to bring what was committed to the disk; its messages are acknowledged then.",
)
SCRAPE: Final = Named(
    "detector_scrape_seconds", Kind.HISTOGRAM, "Time to answer a scrape; the one under way is not in it."
)
MEASURED: Final = (STEP, LATENCY, ROWS, COMMIT, FLUSH, SCRAPE)
"""All of them."""


class Measured:
    """The histograms, and the library's own metrics of the process."""

    def __init__(self) -> None:
        """Start at zero."""
        _disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        steps = self._histogram(STEP, STEP_BOUNDS)
        self.decode_seconds, self.engine_seconds, self.publish_seconds = (
            steps.labels(step) for step in ("decode", "engine", "publish")
        )
        self.reading_to_verdict_seconds = Latencies(LATENCY.name, LATENCY.words, LATENCY_BOUNDS)
        self.registry.register(self.reading_to_verdict_seconds)
        self.batch_rows = self._histogram(ROWS, ROWS_BOUNDS)
        self.commit_seconds = self._histogram(COMMIT, STEP_BOUNDS)
        self.flush_seconds = self._histogram(FLUSH, STEP_BOUNDS)
        self.scrape_seconds = self._histogram(SCRAPE, STEP_BOUNDS)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def _histogram(self, named: Named, bounds: tuple[float, ...]) -> Histogram:
        """Return a histogram in the registry."""
        return Histogram(named.name, named.words, named.labels, buckets=bounds, registry=self.registry)

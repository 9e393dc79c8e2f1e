"""The page that documents every metric, made from the same tables as the metrics.

In: nothing. Out: `docs/metrics.md`, which a test compares: `python -m detector.edge.metrics > docs/metrics.md`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from detector.edge.metrics import of_daemon, series
from detector.edge.metrics.family import Kind, Named
from detector.edge.metrics.measured import MEASURED
from detector.edge.metrics.of_cost import COST
from detector.edge.metrics.of_fleet import FLEET

CHAPTERS: Final[Mapping[str, tuple[Named, ...]]] = {
    "Fleet": FLEET,
    "Open episodes": tuple(series.EPISODE),
    "Channels": (*series.CHANNEL, series.SKILL),
    "Devices": (series.READINESS, series.LEFT, series.LAST_SEEN, series.LEFT_OUT),
    "Readings": of_daemon.READINGS,
    "The daemon": (*of_daemon.DAEMON, *MEASURED),
    "Cost": COST,
    "MQTT": of_daemon.LINK,
    "Notifications": of_daemon.SINKS,
    "Feedback": of_daemon.PEOPLE,
    "Journal": of_daemon.JOURNAL,
    "Snapshots": of_daemon.SNAPSHOTS,
}

HEAD: Final = """\
# Metrics

<!-- Made by `python -m detector.edge.metrics > docs/metrics.md`; a test compares. -->

All that `/metrics` says, in Prometheus' text format or OpenMetrics, compressed for those who ask. A number that is not known is absent, never 0
(a channel has no `detector_anomaly_score` before it is scored). Units are base units, times are Unix time in seconds. A histogram
has `_bucket`, `_sum` and `_count`. From the library come `process_*` (processor time, memory, open files, start) and `python_*`.

Series of single episodes, channels and devices are bounded by `metrics.max_series`: open episodes come first, then channels that have or
lately had one, then the rest in order of first sight. `detector_series_left_out` counts what had no room. A device's series go when the device is
gone (unheard for an hour and ten of its usual gaps, whichever is longer); only its last sight stays, of every device, bounded by `engine.max_devices` alone.

At every scrape: received = rejected + dropped + late + duplicate + scored + pending.
"""


def names() -> frozenset[str]:
    """Return the name of every metric of ours."""
    return frozenset(named.name for chapter in CHAPTERS.values() for named in chapter)


def sample_names() -> frozenset[str]:
    """Return the name of every series of ours: a histogram has three."""
    return frozenset(
        f"{named.name}{ending}"
        for chapter in CHAPTERS.values()
        for named in chapter
        for ending in (("_bucket", "_sum", "_count") if named.kind is Kind.HISTOGRAM else ("",))
    )


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"\n## {title}\n{''.join(_table(chapter))}" for title, chapter in CHAPTERS.items())


def _table(chapter: Iterable[Named]) -> Iterator[str]:
    """Yield a chapter's lines."""
    yield "| metric | kind | labels | what it says |\n|---|---|---|---|\n"
    for named in chapter:
        yield f"| `{named.name}` | {named.kind.value} | {', '.join(f'`{label}`' for label in named.labels)} | {named.words} |\n"

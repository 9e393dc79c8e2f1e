"""The many lines: series of single episodes, channels and devices, written as text.

In: one `Fleet`. Out: lines of the text format, which for gauges are the same in OpenMetrics. The library makes an object of each
sample and takes 5 µs for it; here a sample is a few bytes of a join (`detector bench --scrape 100000`).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import Any, Final

from detector.domain import MICROSECONDS
from detector.edge.channel_view import Fleet
from detector.edge.metrics.family import Kind, Named
from detector.edge.metrics.interest import Chosen, Cost, Episode, EpisodeLabels, choose
from detector.settings import MetricsSettings


def _of_channel(name: str, words: str) -> Named:
    """Return a gauge of each channel."""
    return Named(name, Kind.GAUGE, words, ("device", "channel"))


def _of_device(name: str, words: str) -> Named:
    """Return a gauge of each device."""
    return Named(name, Kind.GAUGE, words, ("device",))


def _of_episode(name: str, words: str) -> Named:
    """Return a gauge of each open episode."""
    return Named(name, Kind.GAUGE, words, EpisodeLabels._fields)


CHANNEL: Final[Mapping[Named, str]] = {
    _of_channel("detector_value", "Last value of the channel, in its own unit."): "value",
    _of_channel("detector_expected_value", "Forecast for that value; absent while warming up."): "expected",
    _of_channel("detector_expected_lower", "Lower edge of the expected band."): "lower",
    _of_channel("detector_expected_upper", "Upper edge of the expected band."): "upper",
    _of_channel("detector_anomaly_score", "Anomaly score; 1 is the threshold. Absent while learning."): "score",
    _of_channel("detector_anomalous", "1 above, -1 below, 0 neither."): "anomalous",
}  # fmt: skip
"""What is exposed of each channel's state, by its column; a number that is not known is absent."""

SKILL: Final = _of_channel(
    "detector_forecast_skill_ratio",
    "1 less the forecast's mean error over that of the last value, lately; 0 is no better than the last value.",
)
READINESS: Final = _of_device(
    "detector_readiness_ratio", "Share learnt of what a device's thresholds rest on; from 0.25 on it is scored."
)
LEFT: Final = _of_device(
    "detector_readiness_left_seconds", "Event time until the device has learnt all of it; absent while not known."
)
LAST_SEEN: Final = _of_device(
    "detector_device_last_seen_timestamp_seconds",
    "Event time of the last reading, Unix time; stays when the device is gone.",
)
EPISODE: Final[Mapping[Named, Callable[[Episode], float | None]]] = {
    _of_episode("detector_episode_severity", "Severity of each open episode: 1 info, 2 warning, 3 critical; without a channel, of the whole device. Absent once it is closed."): attrgetter("severity"),
    _of_episode("detector_episode_onset_timestamp_seconds", "When it began, estimated: event time as Unix time."): lambda episode: episode.onset / MICROSECONDS,
    _of_episode("detector_episode_score", "Score that was told when it opened or worsened; 1 is the threshold."): attrgetter("told.score"),
    _of_episode("detector_episode_value", "Value that was told when it opened or worsened; of an outage, the devices that are silent."): attrgetter("told.value"),
    _of_episode("detector_episode_expected", "What that value was held against."): attrgetter("told.expected"),
    _of_episode("detector_episode_lower", "From where on it would have been usual, or the limit that the operator set."): attrgetter("told.lower"),
    _of_episode("detector_episode_upper", "Up to where it would have been usual, or the limit that the operator set; of an outage, the devices in all."): attrgetter("told.upper"),
}  # fmt: skip
"""What is exposed of each open episode: severity, and the numbers of the sentence that was told of it."""

LEFT_OUT: Final = Named(
    "detector_series_left_out", Kind.GAUGE, "Series of episodes, channels and devices beyond metrics.max_series."
)
BOUNDED: Final = (*CHANNEL, SKILL, READINESS, LEFT, *EPISODE)
"""What `max_series` bounds."""

EACH: Final = Cost(episode=len(EPISODE), channel=len(CHANNEL) + 1, device=2)

PIECE: Final = 1000
"""Samples in a piece of text: so few that who waits for the interpreter meanwhile does not wait long."""

Labelled = list[str]
"""A sample's labels as text, with the blank behind them; the same for every metric of a channel."""


def write(fleet: Fleet, settings: MetricsSettings) -> Iterator[str]:
    """Yield the lines in pieces; a metric without samples has none."""
    cost = EACH if settings.per_channel else EACH._replace(channel=0)
    chosen = choose(fleet, settings.max_series, cost)
    yield from _episodes(chosen.episodes)
    yield from _channels(fleet, chosen)
    yield from _devices(fleet, chosen)
    yield from _lines(LEFT_OUT, [" "], [chosen.left_out])


def _episodes(episodes: Mapping[EpisodeLabels, Episode]) -> Iterator[str]:
    """Yield what is open."""
    labels = [_labels(EpisodeLabels._fields, key) for key in episodes]
    for named, number in EPISODE.items():
        yield from _lines(named, labels, map(_finite, map(number, episodes.values())))


def _finite(number: float | None) -> float | None:
    """Return a number that can be shown: a limit that nobody set is infinite."""
    return number if number is not None and math.isfinite(number) else None


def _channels(fleet: Fleet, chosen: Chosen) -> Iterator[str]:
    """Yield the last state of each channel, and how well it is forecast."""
    keys = chosen.channels.keys
    labels = [f'{{device="{_escape(device)}",channel="{_escape(channel)}"}} ' for device, channel in keys]
    for named, column in CHANNEL.items():
        yield from _lines(named, labels, chosen.channels.numbers(column))
    yield from _lines(SKILL, labels, map(fleet.skills.get, keys))


def _devices(fleet: Fleet, chosen: Chosen) -> Iterator[str]:
    """Yield how far devices have learnt, and when each that was ever heard was heard last."""
    labels = [f'{{device="{_escape(device)}"}} ' for device in chosen.devices]
    known = [fleet.progress.get(device) for device in chosen.devices]
    yield from _lines(READINESS, labels, [None if progress is None else progress.share for progress in known])
    yield from _lines(LEFT, labels, [None if progress is None else progress.left_s for progress in known])
    labels = [f'{{device="{_escape(device)}"}} ' for device in fleet.last_seen]
    yield from _lines(LAST_SEEN, labels, [at / MICROSECONDS for at in fleet.last_seen.values()])


def _lines(named: Named, labels: Labelled, values: Iterable[Any]) -> Iterator[str]:
    """Yield a metric's samples with its head, a piece at a time; nothing where no value is known."""
    name = named.name
    head = f"# HELP {name} {named.words}\n# TYPE {name} {named.kind.value}\n"
    for some in _batched(zip(labels, values, strict=True)):
        samples = [f"{name}{label}{value!r}\n" for label, value in some if value is not None]
        if samples:
            yield head + "".join(samples)
            head = ""


def _batched(pairs: Iterable[tuple[str, Any]]) -> Iterator[list[tuple[str, Any]]]:
    """Yield these in lists of so many as take a millisecond."""
    pairs = iter(pairs)
    while some := list(islice(pairs, PIECE)):
        yield some


def _labels(names: Iterable[str], values: Iterable[str]) -> str:
    """Return labels as text, with the blank behind them."""
    pairs = (f'{name}="{_escape(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{','.join(pairs)}}} "


def _escape(name: str) -> str:
    """Return a name from the network as a label's value: nearly always as it is."""
    if '"' in name or "\\" in name or "\n" in name:
        return name.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return name

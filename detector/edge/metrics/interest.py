"""Which channels and devices get series of their own when `max_series` has no room for all.

In: one `Fleet`, the settings. Out: open episodes first, then channels that have or lately had one, then the rest in order of
first sight: an order that stands still while nothing happens, so that series do not come and go.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from detector.domain import AlertEvent, EventTime
from detector.edge.channel_state import ChannelKey, States
from detector.edge.channel_view import Fleet


class Cost(NamedTuple):
    """How many series each may have."""

    episode: int
    channel: int
    device: int


class EpisodeLabels(NamedTuple):
    """What an open episode is known by; a channel of "" is the whole device."""

    device: str
    channel: str
    verdict: str
    kind: str
    unit: str


class Episode(NamedTuple):
    """What of open episodes with the same labels is shown."""

    severity: int
    """1 info, 2 warning, 3 critical: the gravest."""
    onset: EventTime
    """The earliest."""
    told: AlertEvent
    """What was told of the gravest."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is shown, and how much is not."""

    episodes: Mapping[EpisodeLabels, Episode]
    channels: States
    devices: tuple[str, ...]
    """Of those channels."""
    left_out: int
    """Series that there was no room for."""


def choose(fleet: Fleet, room: int, cost: Cost) -> Chosen:
    """Return what `room` series have room for; where a channel does not fit, none after it does."""
    episodes = _episodes(fleet.open)
    fitting = dict(list(episodes.items())[: room // cost.episode])
    wanted, spent = cost.episode * len(episodes), cost.episode * len(fitting)
    keys = fleet.states.keys
    shown, devices, known = list[int](), dict[str, None](), set[str]()
    for place in _by_interest(fleet, keys):
        device, each = keys[place][0], cost.channel
        if device not in known:
            known.add(device)
            each += cost.device
        wanted += each
        if wanted <= room:
            spent += each
            shown.append(place)
            devices[device] = None
    return Chosen(fitting, fleet.states.at(shown if cost.channel else ()), tuple(devices), wanted - spent)


def _episodes(events: Iterable[AlertEvent]) -> Mapping[EpisodeLabels, Episode]:
    """Return the open episodes by their labels, the gravest first."""
    found: dict[EpisodeLabels, Episode] = {}
    for event in events:
        labels = EpisodeLabels(event.device, event.channel or "", event.verdict, event.kind, event.unit or "")
        episode = Episode(event.severity.rank + 1, event.onset, event)
        before = found.get(labels, episode)
        graver = max(before, episode, key=lambda one: one.severity)
        found[labels] = graver._replace(onset=min(episode.onset, before.onset))
    return dict(sorted(found.items(), key=lambda one: -one[1].severity))


def _by_interest(fleet: Fleet, keys: Sequence[ChannelKey]) -> Iterable[int]:
    """Return the channels' places, those first that an open episode or one of the last events is about."""
    events = (*fleet.open, *fleet.recent)
    if not events:
        return range(len(keys))
    channels = {(event.device, event.channel) for event in events if event.channel is not None}
    whole = {event.device for event in events if event.channel is None}
    first, rest = list[int](), list[int]()
    for place, key in enumerate(keys):
        (first if key in channels or key[0] in whole else rest).append(place)
    return (*first, *rest)

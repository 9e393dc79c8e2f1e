"""The way to Prometheus' Alertmanager: alerts are sent when they turn, again and again while they last, and for a while when they are over.

In: alert events. Out: POSTs of arrays to every member of the cluster, and answers. What is sent ends by itself a few sendings
ahead, so that nothing fires for ever at the other side once we are gone. Source: Alertmanager's API v2, `POST /api/v2/alerts`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from detector.clock import WallTime
from detector.domain import MICROSECONDS, AlertEvent, Transition
from detector.edge.sinks.http_post import Poster, Reply
from detector.edge.sinks.labels import annotations_of, labels_of, moment
from detector.edge.sinks.porter import Carried
from detector.edge.sinks.sink import Answer
from detector.edge.sinks.surroundings import Surroundings
from detector.settings.transports import AlertmanagerSettings

PATH: Final = "/api/v2/alerts"

AT_ONCE: Final = 64
"""Most alerts in one POST, as Prometheus has it."""

ENDS_AFTER: Final = 4
"""Sendings that may be missed before an alert ends by itself, as Prometheus has it."""

RESOLVED_S: Final = 300.0
"""For how long the end of an alert is sent again."""


@dataclass(slots=True)
class _Sent:
    """An alert that Alertmanager was told of, as it is to be sent again."""

    event: AlertEvent
    labels: Mapping[str, str]
    """As they were at first: with others it would be another alert."""
    ended: WallTime | None = None
    """When we learnt that it is over."""


class Alertmanager:
    """Keeps what is firing, and sends it; one thread uses it, after the start."""

    def __init__(self, name: str, settings: AlertmanagerSettings, around: Surroundings) -> None:
        """Make sure that secrets can be read; know again what Alertmanager was told of by a sink of this name, and that lasts.

        Raises: ConfigError.
        """
        self._settings, self._around = settings, around
        self._posters = [Poster(_always(url), settings, around.keyring) for url in settings.urls]
        self._ill = set[Poster]()
        """Members that failed since the last sending."""
        self._sent = {(event.id, event.severity): self._first(event) for event in around.told(name)}

    @property
    def firing(self) -> bool:
        """Whether there is something to be sent again."""
        return bool(self._sent)

    def carry(self, items: Sequence[AlertEvent]) -> Carried:
        """Send what turned; with nothing, send again what lasts and what ended lately."""
        if items:
            told = [(event.key, self._turn(event)) for event in items]
            reply = self._post([one for _, sent in told for one in sent])
            if reply.hopeless and len(told) > 1:  # one of them: find out which
                answers = [self._answer(key, self._post(sent)) for key, sent in told]
            else:
                answers = [self._answer(key, reply) for key, _ in told]
            return Carried(answers, reply.rest_s, self._settings.resend_every if self._sent else None)
        rest_s = self._send_again()
        return Carried((), rest_s, self._settings.resend_every if self._sent else None)

    def abort(self) -> None:
        """Wait no longer."""
        for poster in self._posters:
            poster.abort()

    def _turn(self, event: AlertEvent) -> list[_Sent]:
        """Note an event; return what is to be sent of it.

        A severity of its own is an alert of its own, beside those told before: labels identify, routes need the severity, and
        the lower one is not over. All of them end together.
        """
        key = (event.id, event.severity)
        sent = self._sent.setdefault(key, self._first(event))
        sent.event = event
        if event.event is not Transition.CLOSED:
            return [sent]
        ending = [sent for (told, _), sent in self._sent.items() if told == event.id]
        for sent in ending:
            sent.ended = sent.ended or self._around.clock.wall()
        return ending

    def _first(self, event: AlertEvent) -> _Sent:
        """Return what is told of at first, with the labels that it keeps."""
        return _Sent(event, {**dict(self._around.places(event)), **self._settings.labels, **labels_of(event)})

    def _send_again(self) -> float:
        """Send all that lasts, and let go of what ended long enough ago; return for how long we are asked to be quiet."""
        self._ill.clear()
        now, lasting = self._around.clock.wall(), self._around.lasting()
        for sent in self._sent.values():
            if sent.ended is None and lasting is not None and sent.event.id not in lasting:
                sent.ended = now
        for key, sent in list(self._sent.items()):
            if sent.ended is not None and not 0.0 <= now - sent.ended <= RESOLVED_S:
                del self._sent[key]
        all_of_it = list(self._sent.values())
        rests = [self._post(all_of_it[start : start + AT_ONCE]).rest_s for start in range(0, len(all_of_it), AT_ONCE)]
        return max(rests, default=0.0)

    def _post(self, sent: Sequence[_Sent]) -> Reply:
        """Post alerts to every member; one that took them is enough, as the others hear of them when they are sent again.

        A member that failed comes last, and is left alone until the next sending where another one took them: each may cost a timeout.
        """
        now = self._around.clock.wall()
        body = orjson.dumps([self._alert(one, now) for one in sent])
        replies = list[Reply]()
        for poster in sorted(self._posters, key=lambda poster: poster in self._ill):
            if poster in self._ill and any(reply.fault is None for reply in replies):
                continue
            replies.append(poster.post(PATH, body))
            (self._ill.discard if replies[-1].fault is None else self._ill.add)(poster)
        return min(replies, key=lambda reply: (reply.fault is not None, reply.hopeless))

    def _alert(self, sent: _Sent, now: WallTime) -> dict[str, Any]:
        """Return one alert; clocks of devices may be ahead of ours, and nothing ends before it starts."""
        ends = now + ENDS_AFTER * self._settings.resend_every if sent.ended is None else sent.ended
        starts = min(sent.event.onset / MICROSECONDS, sent.ended or now)
        alert = {
            "labels": sent.labels,
            "annotations": annotations_of(sent.event),
            "startsAt": moment(starts),
            "endsAt": moment(ends),
        }
        return {**alert, "generatorURL": page} if (page := self._around.external_url) else alert

    @staticmethod
    def _answer(key: Any, reply: Reply) -> Answer:
        """Return what became of one event."""
        return Answer(key, reply.fault, reply.hopeless)


def _always(text: str) -> Callable[[], str]:
    """Return what says this text whenever it is asked."""
    return lambda: text

"""The way to a webhook: a notice in the shape that Alertmanager posts, so that what understands one understands the other.

In: notices. Out: a POST each, with an `Idempotency-Key` that is the same each time that it is tried, and answers.
Source: Alertmanager's webhook_config, body of version 4.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from detector.domain import AlertEvent, Transition
from detector.edge.sinks.http_post import Poster
from detector.edge.sinks.labels import OPEN, annotations_of, labels_of
from detector.edge.sinks.porter import Carried
from detector.edge.sinks.sink import Answer
from detector.edge.sinks.surroundings import Surroundings
from detector.errors import ConfigError
from detector.notice import Notice, NoticeState
from detector.settings.transports import WebhookSettings, checked_address
from detector.stream.timestamp import format_event_time

VERSION: Final = "4"


class Webhook:
    """Posts notices to one address."""

    def __init__(self, settings: WebhookSettings, around: Surroundings) -> None:
        """Make sure that secrets can be read; nothing is sent.

        Raises: ConfigError.
        """
        self._settings, self._keyring, self._external_url = settings, around.keyring, around.external_url
        self._poster = Poster(self._address, settings, around.keyring)

    def carry(self, items: Sequence[Notice]) -> Carried:
        """Post notices, one after the other; the pause that the server asks for begins after the last."""
        answers, rest_s = list[Answer](), 0.0
        for notice in items:
            body = orjson.dumps(webhook_body(notice, self._external_url))
            key = {"Idempotency-Key": f"{notice.thread}-{notice.number}"}
            fault, hopeless, rest_s = self._poster.post("", body, key)
            answers.append(Answer(notice.key, fault, hopeless))
        return Carried(answers, rest_s)

    def abort(self) -> None:
        """Wait no longer."""
        self._poster.abort()

    def _address(self) -> str:
        """Return where to post.

        Raises: ConfigError.
        """
        if self._settings.url is not None:
            return self._settings.url
        assert self._settings.url_file is not None
        text = self._keyring.read(self._settings.url_file)
        try:
            return checked_address(text)
        except ValueError:
            raise ConfigError(
                [f"{self._settings.url_file}: expected an http or https address, got something else"]
            ) from None


def webhook_body(notice: Notice, external_url: str) -> dict[str, Any]:
    """Return what is posted of a notice."""
    shared = dict(notice.labels)
    alerts = [_alert(event, shared, external_url) for event in notice.alerts]
    return {
        "version": VERSION,
        "groupKey": notice.thread,
        "truncatedAlerts": notice.count - len(notice.alerts),
        "status": notice.state.value,
        "receiver": notice.receiver,
        "groupLabels": shared,
        "commonLabels": shared | _common([alert["labels"] for alert in alerts]),
        "commonAnnotations": {"summary": notice.title, "description": notice.text},
        "externalURL": external_url,
        "alerts": alerts,
    }


def _alert(event: AlertEvent, shared: Mapping[str, str], external_url: str) -> dict[str, Any]:
    """Return one alert of a notice."""
    over = event.event is Transition.CLOSED
    return {
        "status": (NoticeState.RESOLVED if over else NoticeState.FIRING).value,
        "labels": {**shared, **labels_of(event)},
        "annotations": annotations_of(event),
        "startsAt": format_event_time(event.onset),
        "endsAt": format_event_time(event.at) if over else OPEN,
        "generatorURL": external_url,
        "fingerprint": event.id,
    }


def _common(labels: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the labels that all share."""
    first = labels[0] if labels else {}
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in labels)}

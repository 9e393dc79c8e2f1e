"""The way out over the broker: an event is one publication of QoS 1, and delivered when the broker confirms it.

In: alert events. Out: publications on the link, and its answers. The link keeps what it has through any number of connections.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from detector.domain import AlertEvent, AlertKey
from detector.edge.alert_topics import alert_message
from detector.edge.sinks.sink import Answer

NAME: Final = "mqtt"


class Publisher(Protocol):
    """What the sink needs of the link."""

    def publish(self, topic: str, payload: bytes | str, qos: int, retain: bool, key: AlertKey | None) -> None:
        """Take one publication."""
        ...

    def answers(self) -> list[Answer]:
        """Return what became of publications with a key."""
        ...


@dataclass(frozen=True, slots=True)
class MqttSink:
    """Publishes on one link; equal to another one of the same link and topic, so that a reload can tell whether it changed."""

    base_topic: str
    publisher: Publisher

    @property
    def name(self) -> str:
        """Return what it is called."""
        return NAME

    def offer(self, event: AlertEvent, /) -> None:
        """Publish an event."""
        self.publisher.publish(*alert_message(self.base_topic, event))

    def answers(self) -> list[Answer]:
        """Return what the broker said."""
        return self.publisher.answers()

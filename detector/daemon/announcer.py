"""The retained state of every channel, published not too often; alerts are the courier's.

In: what reports changed. Out: publications. A channel's state goes out at once when it turns, and otherwise
at most every `state_every`; one that changed while it rested goes out when the rest is over, so that what is
retained is the last there was.
"""

from typing import Protocol

from detector.clock import Clock, MonoTime
from detector.domain import AlertKey
from detector.edge.alert_topics import no_state_message, state_message
from detector.edge.channel_view import ChannelKey, ChannelView, Touched
from detector.settings import MqttAlertSettings


class Publisher(Protocol):
    """What the announcer needs of the link."""

    def publish(self, topic: str, payload: bytes | str, qos: int, retain: bool, key: AlertKey | None) -> None:
        """Take one publication."""
        ...


class Announcer:
    """Publishes through one link; not thread-safe, the scoring worker owns it."""

    def __init__(self, settings: MqttAlertSettings, view: ChannelView, publisher: Publisher, clock: Clock) -> None:
        """Start with no channel published."""
        self._settings = settings
        self._view = view
        self._publisher = publisher
        self._clock = clock
        self._resting: dict[ChannelKey, MonoTime] = {}
        """Until when a channel is not to be published again; in order of time, as all rest equally long."""
        self._waiting: set[ChannelKey] = set()
        """Those resting that have something new to say."""

    def announce(self, touched: Touched) -> None:
        """Publish the states that turned or are not resting; take back those of channels that are gone."""
        now = self._clock.mono()
        for key in touched.gone:
            self._take_back(key)
        for key in touched.keys:
            if key in touched.turned or key not in self._resting:
                self._publish(key, now)
            else:
                self._waiting.add(key)

    def renew(self) -> None:
        """Publish the states of which the rest is over and that changed meanwhile."""
        now = self._clock.mono()
        while self._resting:
            key, until = next(iter(self._resting.items()))
            if until > now:
                return
            del self._resting[key]
            if key in self._waiting:
                self._publish(key, now)

    def _take_back(self, key: ChannelKey) -> None:
        """Let the broker forget the state of a channel."""
        self._waiting.discard(key)
        self._resting.pop(key, None)
        self._publisher.publish(*no_state_message(self._settings.base_topic, *key))

    def _publish(self, key: ChannelKey, now: MonoTime) -> None:
        """Publish the state of a channel and let it rest."""
        self._waiting.discard(key)
        state = self._view.state(key)
        if state is None:  # gone meanwhile
            return
        self._publisher.publish(*state_message(self._settings.base_topic, state))
        self._resting.pop(key, None)
        self._resting[key] = MonoTime(now + self._settings.state_every)

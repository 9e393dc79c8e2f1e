"""The retained state of every channel, published not too often; alerts are the courier's.

In: what reports changed. Out: publications. A channel's state goes out at once when it turns, and otherwise
at most every `state_every`; one that changed while it rested goes out when the rest is over, so that what is
retained is the last there was. Those whose rest ends together go out one after the other. Of all that was known before the start the broker has an older state, and of what was let
go meanwhile it should have none: that is put right once there is a connection, a few at a time.
"""

from itertools import islice
from math import ceil
from typing import Final, Protocol

from detector.clock import Clock, MonoTime
from detector.domain import AlertKey
from detector.edge.alert_topics import no_state_message, state_message
from detector.edge.channel_state import ChannelKey
from detector.edge.channel_view import ChannelView, Touched
from detector.settings import MqttAlertSettings

AGAIN_PER_S: Final = 500
"""States that are put right in a second: what is new comes between them, and the broker is not flooded."""

HURRY: Final = 2.0
"""Those whose rest is over go out at most so many times as fast as they would if they were spread evenly: those of a thousand devices
that were heard first in one moment would all go out in one turn, again and again."""


class Publisher(Protocol):
    """What the announcer needs of the link."""

    @property
    def connected(self) -> bool:
        """Whether a broker listens."""
        ...

    @property
    def unconfirmed(self) -> int:
        """How many publications no broker has answered yet."""
        ...

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
        """Until when a channel is not to be published again; in order of time, as all rest equally long. The view notes what they
        have to say then."""
        self._renewed_at = clock.mono()
        view.wake_all()
        self._wrong: dict[ChannelKey, None] = {}
        """Those of which the broker has an older state, or one that it should not have."""
        self._righted_at: MonoTime | None = None
        """When some of those were last put right; None before the first connection."""
        self._taken_back: list[ChannelKey] = []
        """Those of which the broker was told to keep no state, and may not have answered."""

    def announce(self, touched: Touched) -> None:
        """Publish the states that turned or are not resting; those of channels that are gone are taken back by and by."""
        now = self._clock.mono()
        for key in touched.gone:
            self._resting.pop(key, None)
            self._wrong[key] = None
        for key in touched.keys:
            if key in touched.turned or key not in self._resting:  # published by what came after in the same turn
                self._publish(key, now)

    def renew(self) -> None:
        """Publish the states of which the rest is over and that changed meanwhile; put some right that the broker has wrong."""
        now = self._clock.mono()
        self._wake(now)
        if self._taken_back and not self._publisher.unconfirmed:
            self._view.forgotten(self._taken_back)
            self._taken_back.clear()
        if self._publisher.connected:
            self._put_right(now)

    def _wake(self, now: MonoTime) -> None:
        """Publish the states of which the rest is over and that changed meanwhile, or some where they are many."""
        per_s = HURRY * len(self._resting) / self._settings.state_every
        room, self._renewed_at = ceil((now - self._renewed_at) * per_s), now
        while self._resting and room > 0:
            key, until = next(iter(self._resting.items()))
            if until > now:
                return
            del self._resting[key]
            if self._view.wake(key):
                self._publish(key, now)
                room -= 1

    def _put_right(self, now: MonoTime) -> None:
        """Publish some of the states that the broker has wrong, as many as there was time for since the last."""
        if self._righted_at is None:
            self._wrong = {key: None for key in self._view.channels() if key not in self._resting}
            self._righted_at = now
        room = min(int((now - self._righted_at) * AGAIN_PER_S), AGAIN_PER_S)
        if room:
            self._righted_at = now
            for key in list(islice(self._wrong, room)):
                if self._view.state(key) is None:
                    self._take_back(key)
                else:
                    self._publish(key, now)

    def _take_back(self, key: ChannelKey) -> None:
        """Let the broker keep no state of a channel that is gone."""
        del self._wrong[key]
        self._publisher.publish(*no_state_message(self._settings.base_topic, *key))
        self._taken_back.append(key)

    def _publish(self, key: ChannelKey, now: MonoTime) -> None:
        """Publish the state of a channel and let it rest."""
        self._wrong.pop(key, None)
        state = self._view.state(key)
        if state is None:  # gone meanwhile
            return
        self._publisher.publish(*state_message(self._settings.base_topic, state))
        self._resting.pop(key, None)
        self._resting[key] = MonoTime(now + self._settings.state_every)
        self._view.rest(key)

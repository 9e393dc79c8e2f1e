"""What leaves through the link: kept until a broker has answered, in order, and never more under way than it takes at once.

In: publications from any thread, connections and the broker's answers from the link's. Out: packets; what became of publications
that somebody waits for. Our own status is one of them: `online` holds for one connection only.
"""

import logging
import threading
from collections import deque
from functools import partial

from detector.clock import MonoTime
from detector.edge.mqtt.connection import Connection
from detector.edge.outbox import Outbox, Publication
from detector.edge.sinks.sink import Answer

log = logging.getLogger("detector.mqtt")


class Sender:
    """The outbox and, while there is one, the connection that empties it."""

    def __init__(self, status_topic: str | None) -> None:
        """Start without a connection; without a topic no status is published."""
        self.connection: Connection | None = None
        """Through which a broker has let us in, and which still stands."""
        self.outbox = Outbox()
        self._status_topic = status_topic
        self._answers: deque[Answer] = deque()
        self._waiting_since: MonoTime | None = None
        """Since when the broker has answered none of the publications that it has; None while it has none."""
        self._saying = threading.Lock()
        self._leaving = False

    def publish(self, publication: Publication) -> None:
        """Take a publication; never blocks."""
        connection = self.connection
        if publication.qos == 0:
            if connection is None:
                self._failed(publication, "not connected")
            else:
                self._hand_over(connection, publication)
        elif not self.outbox.put(publication):
            self._failed(publication, "too many wait for the broker already")
        else:
            self.send_waiting()

    def answers(self) -> list[Answer]:
        """Return what became of publications with a key since this was last asked; for one thread."""
        return [self._answers.popleft() for _ in range(len(self._answers))]

    def send_waiting(self) -> None:
        """Hand the network as many waiting publications as the broker takes at once."""
        connection = self.connection
        if connection is None or not len(self.outbox):
            return

        def window() -> int:
            return connection.window if connection is self.connection and connection.answered else 0

        self.outbox.send(window, partial(self._hand_over, connection))

    def waited_s(self, now: MonoTime) -> float:
        """Return for how long the broker has answered nothing of what it was sent."""
        if not self.outbox.under_way:
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = now
        return 0.0 if self._waiting_since is None else now - self._waiting_since

    def settle(self, connection: Connection) -> None:
        """Look at the broker's answers to our publications."""
        if connection.confirmed:
            self._waiting_since = None
        while connection.confirmed:
            mid, reason = connection.confirmed.popleft()
            publication = self.outbox.confirm(mid)
            if publication is not None and reason.is_failure:
                self._failed(publication, f"the broker says: {reason}")
            elif publication is not None and publication.key is not None:
                self._answers.append(Answer(publication.key))

    def ended(self, connection: Connection) -> None:
        """Take note of a lost connection: what it left unconfirmed goes out again, except for `online`."""
        self.connection = None
        self.settle(connection)
        self.outbox.rewind()
        with self._saying:
            if self._status_topic is not None and not self._leaving:
                self.outbox.forget(self._status_topic)

    def say(self, status: str) -> None:
        """Put our own status in the outbox, if we publish one; after `offline` nothing more is said."""
        with self._saying:
            if self._status_topic is not None and not self._leaving:
                self.outbox.put(Publication(self._status_topic, status.encode(), qos=1, retain=True))

    def leave(self) -> None:
        """Say `offline`, as the last thing."""
        self.say("offline")
        with self._saying:
            self._leaving = True
        self.send_waiting()

    def _hand_over(self, connection: Connection, publication: Publication) -> int | None:
        """Hand one publication to the network; return its packet identifier, None if it was given up."""
        try:
            return connection.send(publication)
        except ValueError as fault:
            self._failed(publication, str(fault), hopeless=True)
            return None

    def _failed(self, publication: Publication, reason: str, *, hopeless: bool = False) -> None:
        """Give a publication up, and say so: to whoever waits for the answer, or in the log."""
        if publication.key is not None:
            fault = f"not published on {publication.topic[:200]!r}: {reason}"
            self._answers.append(Answer(publication.key, fault, hopeless))
        else:
            log.error("not published on %.200r: %s", publication.topic, reason)

"""The daemon's link to the broker: keeps a connection up, fills the inbox, acknowledges, publishes.

In: settings, topic filters, publications. Out: messages in the inbox, counted in the ledger; confirmed publications.
One thread owns the network; it tries the servers in turn, with growing pauses, for as long as the link is started.
"""

import logging
import ssl
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial

from detector.clock import SystemClock
from detector.domain import AlertKey
from detector.edge.alert_topics import status_topic
from detector.edge.backoff import Backoff
from detector.edge.inbox import Inbox, Message
from detector.edge.ledger import Ledger
from detector.edge.mqtt.connection import Connection
from detector.edge.mqtt.receiver import Receiver, Traffic
from detector.edge.mqtt.server import Server, build_client, open_connection, tls_context
from detector.edge.outbox import Outbox, Publication
from detector.edge.sinks.sink import Answer
from detector.settings import MqttSettings

log = logging.getLogger("detector.mqtt")

SHORT_S = 5.0
"""A connection that ends sooner was hardly worth its name; several in a row have a common cause."""


class MqttLink:
    """Keeps one connection up, and everything that has to survive its loss."""

    def __init__(
        self,
        settings: MqttSettings,
        filters: Sequence[str],
        base_topic: str | None,
        inbox: Inbox,
        ledger: Ledger,
        password: str | None = None,
    ) -> None:
        """Prepare; nothing is sent before `start`. Without a base topic no status is published.

        Raises: LinkError when a TLS file can't be used.
        """
        self.subscribed = threading.Event()
        """Set while the broker has granted every filter."""
        self.traffic = Traffic()
        self.ended_because: str | None = None
        """Why the last connection, or the last try, came to nothing; None before that."""
        self._settings, self._filters = settings, tuple(dict.fromkeys(filters))
        self._status = None if base_topic is None else status_topic(base_topic)
        self._password = password
        self._servers = [Server.parse(url) for url in settings.servers]
        self._tls = self._tls_context()
        self._clock = SystemClock()
        self._receiver = Receiver(base_topic, inbox, ledger, self.traffic)
        self._outbox = Outbox()
        self._connection: Connection | None = None
        self._tries = self._short_lives = 0
        self._answers: deque[Answer] = deque()
        self._saying = threading.Lock()
        self._stopping, self._abandoned = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the network thread runs."""
        return self._thread.is_alive()

    @property
    def connected(self) -> bool:
        """Whether a broker has let us in, and is still there."""
        return self._connection is not None

    @property
    def unconfirmed(self) -> int:
        """How many publications no broker has answered yet."""
        return len(self._outbox)

    def start(self) -> None:
        """Start connecting, in the background, for as long as it takes."""
        self._thread.start()

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Tell the broker that it need not send these again; those of an earlier connection are left to come again."""
        connection = self._connection
        if connection is not None:
            for message in messages:
                connection.acknowledge(message)

    def publish(self, topic: str, payload: bytes | str, qos: int, retain: bool, key: AlertKey | None = None) -> None:
        """Publish; never blocks. What becomes of a publication with a key is said by `answers`.

        QoS 1 is kept until a broker answers, of retained topics the newest payload alone; QoS 0 is lost while away.
        """
        publication = Publication(topic, payload.encode() if isinstance(payload, str) else payload, qos, retain, key)
        connection = self._connection
        if qos == 0:
            if connection is None:
                self._failed(publication, "not connected")
            else:
                self._hand_over(connection, publication)
        elif not self._outbox.put(publication):
            self._failed(publication, "too many wait for the broker already")
        elif connection is not None:
            self._send_waiting(connection)

    def answers(self) -> list[Answer]:
        """Return what became of publications with a key since this was last asked; for one thread."""
        return [self._answers.popleft() for _ in range(len(self._answers))]

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Take filters out of the broker's session, before a stop; the session would keep them otherwise."""
        connection = self._connection
        if connection is not None:
            connection.unsubscribe(filters)

    def stop_receiving(self) -> None:
        """Ignore messages from now on, the first step of a shutdown.

        Subscriptions stay: in a persistent session the broker keeps what is not acknowledged.
        """
        self._receiver.receiving = False

    def stop(self, timeout_s: float) -> None:
        """Send what still waits, say `offline`, disconnect; what isn't done in time is given up and logged."""
        self.stop_receiving()
        self._stopping.set()
        deadline = self._clock.mono() + timeout_s
        connection = self._connection
        if connection is not None and self._flush(connection, timeout_s):
            connection.close()
        else:
            # Closed without goodbye, the broker says `offline` for us.
            self._abandoned.set()
        if self._thread.is_alive():
            self._thread.join(max(1.0, deadline - self._clock.mono()))
        self._abandoned.set()
        if len(self._outbox):
            log.error("stopped; publications that no broker has confirmed: %d", len(self._outbox))

    def _flush(self, connection: Connection, timeout_s: float) -> bool:
        """Wait until everything is confirmed, `offline` last; return whether it is."""
        deadline = self._clock.mono() + timeout_s
        if not self._outbox.wait_until_empty(timeout_s):
            return False
        self._say("offline")
        self._send_waiting(connection)
        return self._outbox.wait_until_empty(deadline - self._clock.mono())

    def _run(self) -> None:
        """Connect, stay connected, and again; the body of the network thread."""
        backoff = Backoff(self._settings.reconnect_min, self._settings.reconnect_max)
        turn = 0
        while not self._stopping.is_set():
            lived_s = self._try(self._servers[turn % len(self._servers)])
            # A lost broker is looked for where it was; one that did not let us in is left for the next.
            turn += lived_s is None
            if lived_s is not None and lived_s > self._settings.reconnect_max:
                backoff.reset()
            self._stopping.wait(backoff.next_pause_s())
        self._outbox.close()

    def _try(self, server: Server) -> float | None:
        """Connect to one server and stay; return how long that lasted, seconds, None if it came to nothing."""
        self._tries += 1
        client = build_client(self._settings, server, self._password, self._tls)
        if self._status is not None:
            client.will_set(self._status, "offline", qos=1, retain=True)
        connection = Connection(client, self._tries, self._receiver.receive)
        try:
            open_connection(client, server, self._settings)
            if not self._let_in(connection):
                self._failed_try(server, connection.ended_because or "stopped")
                return None
            return self._live(connection, server)
        except (OSError, ValueError) as fault:
            self._failed_try(server, str(fault))
            return None
        except Exception:
            log.exception("the link to %s failed by a fault in the detector itself; please report it", server.url)
            return None
        finally:
            connection.drop()

    def _let_in(self, connection: Connection) -> bool:
        """Wait for the broker to let us in; return whether it did."""
        deadline = self._clock.mono() + self._settings.connect_timeout
        while not connection.accepted and connection.turn() and not self._abandoned.is_set():
            if self._clock.mono() > deadline:
                connection.end(f"the broker did not answer within {self._settings.connect_timeout:g} s")
        return connection.accepted

    def _live(self, connection: Connection, server: Server) -> float:
        """Be connected until it ends; return how long that was, seconds."""
        began = asked = self._clock.mono()
        session = "the session goes on" if connection.session_present else "a new session"
        log.info("connected to %s as %r, %s", server.url, self._settings.client_id, session)
        self.traffic.connections += 1
        connection.subscribe(self._filters, self._settings.qos)
        self._connection = connection
        try:
            while connection.turn() and not self._abandoned.is_set():
                self._settle(connection)
                if not self.subscribed.is_set() and connection.answered:
                    if not connection.refused:
                        self._subscribed()
                    elif self._clock.mono() - asked > self._settings.reconnect_max:
                        asked = self._clock.mono()
                        connection.subscribe(connection.refused, self._settings.qos)
                if len(self._outbox):
                    self._send_waiting(connection)
        finally:
            lived_s = self._clock.mono() - began
            self._ended(connection, server, lived_s)
        return lived_s

    def _subscribed(self) -> None:
        """Say that readings come in now, to the broker and to whoever waits for it."""
        log.info("subscribed to %s", ", ".join(self._filters) or "nothing")
        self._say("online")
        self.subscribed.set()

    def _settle(self, connection: Connection) -> None:
        """Look at the broker's answers to our publications."""
        while connection.confirmed:
            mid, reason = connection.confirmed.popleft()
            publication = self._outbox.confirm(mid)
            if publication is not None and reason.is_failure:
                self._failed(publication, f"the broker says: {reason}")
            elif publication is not None and publication.key is not None:
                self._answers.append(Answer(publication.key))

    def _ended(self, connection: Connection, server: Server, lived_s: float) -> None:
        """Take note of a lost connection: what it left unconfirmed goes out again, except for `online`."""
        self._connection = None
        self.subscribed.clear()
        self._settle(connection)
        self._outbox.rewind()
        if self._stopping.is_set():
            log.info("disconnected from %s", server.url)
            return
        if self._status is not None:
            self._outbox.forget(self._status)
        self._short_lives = self._short_lives + 1 if lived_s < SHORT_S else 0
        self.ended_because = connection.ended_because
        log.warning("lost %s after %.1f s: %s", server.url, lived_s, connection.ended_because)
        if self._short_lives % 10 == 3:
            log.error(
                "%d short connections in a row: is another client using the client_id %r? Each daemon needs its own",
                self._short_lives,
                self._settings.client_id,
            )

    def _failed_try(self, server: Server, reason: str) -> None:
        """Take note of a server that could not be reached or did not let us in."""
        self.ended_because = reason
        if self._stopping.is_set():
            return
        log.warning("cannot connect to %s: %s; trying again", server.url, reason)

    def _send_waiting(self, connection: Connection) -> None:
        """Hand the network as many waiting publications as the broker takes at once."""

        def window() -> int:
            return connection.window if connection is self._connection and connection.answered else 0

        self._outbox.send(window, partial(self._hand_over, connection))

    def _hand_over(self, connection: Connection, publication: Publication) -> int | None:
        """Hand one publication to the network; return its packet identifier, None if it was given up."""
        try:
            return connection.send(publication)
        except ValueError as fault:
            self._failed(publication, str(fault), hopeless=True)
            return None

    def _say(self, status: str) -> None:
        """Put our own status in the outbox, if we publish one; a link that stops says nothing but `offline`."""
        with self._saying:
            if self._status is not None and (status == "offline" or not self._stopping.is_set()):
                self._outbox.put(Publication(self._status, status.encode(), qos=1, retain=True))

    def _failed(self, publication: Publication, reason: str, *, hopeless: bool = False) -> None:
        """Give a publication up, and say so: to whoever waits for the answer, or in the log."""
        if publication.key is not None:
            fault = f"not published on {publication.topic[:200]!r}: {reason}"
            self._answers.append(Answer(publication.key, fault, hopeless))
        else:
            log.error("not published on %.200r: %s", publication.topic, reason)

    def _tls_context(self) -> ssl.SSLContext | None:
        """Return the TLS context if any server needs one."""
        return tls_context(self._settings.tls) if any(server.scheme.tls for server in self._servers) else None

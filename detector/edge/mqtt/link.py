"""The daemon's link to the broker: keeps a connection up, fills the inbox, acknowledges, publishes.

In: settings, topic filters, publications. Out: messages in the inbox, counted in the ledger; confirmed publications.
One thread owns the network; it tries the servers in turn, with growing pauses, for as long as the link is started.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from itertools import count

from detector.clock import SystemClock
from detector.domain import AlertKey
from detector.edge.alert_topics import status_topic
from detector.edge.inbox import Inbox
from detector.edge.ledger import Ledger
from detector.edge.mqtt.access import Access, ReadPassword, no_password
from detector.edge.mqtt.connection import Connection
from detector.edge.mqtt.door import Asked, Door, commands_filter
from detector.edge.mqtt.packets import Publications
from detector.edge.mqtt.pauses import SHORT_LIVES, Pauses
from detector.edge.mqtt.receiver import Receiver, Traffic
from detector.edge.mqtt.sender import Sender
from detector.edge.mqtt.server import Server, open_connection
from detector.edge.mqtt.watch import Remedy, Watch
from detector.edge.outbox import Publication
from detector.edge.parcel import Parcel
from detector.edge.sinks.sink import Answer
from detector.errors import DetectorError
from detector.settings import MqttSettings

log = logging.getLogger("detector.mqtt")

ASK_AGAIN = 8.0
"""Times `reconnect_max` between two requests for filters that were refused."""

NUMBERS = count(1)
"""Of connections, those of a former link included: who knows packets by the number of theirs must not take one for another."""


class MqttLink:
    """Keeps one connection up, and everything that has to survive its loss."""

    def __init__(
        self,
        settings: MqttSettings,
        filters: Sequence[str],
        base_topic: str | None,
        inbox: Inbox,
        ledger: Ledger,
        read_password: ReadPassword = no_password,
    ) -> None:
        """Prepare; nothing is sent before `start`. Without a base topic no status is published.

        Raises: LinkError when a TLS file can't be used; ConfigError when the password can't be read.
        """
        self.subscribed = threading.Event()
        """Set while the broker has granted every filter."""
        self.traffic = Traffic()
        self.ended_because: str | None = None
        """Why the last connection, or the last try, came to nothing; None before that."""
        self._settings, self._filters = settings, tuple(dict.fromkeys(filters))
        self._status = None if base_topic is None else status_topic(base_topic)
        self._access = Access(settings, read_password)
        self._pauses, self._watch = Pauses(settings), Watch(settings.renew_after)
        self._clock = SystemClock()
        hears = base_topic is not None and commands_filter(base_topic) in self._filters
        self._door = Door(base_topic) if base_topic is not None and hears else None
        self._receiver = Receiver(base_topic, self._door, inbox, ledger, self.traffic)
        self._sender = Sender(self._status)
        self._stopping, self._abandoned = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the network thread runs."""
        return self._thread.is_alive()

    @property
    def connected(self) -> bool:
        """Whether a broker has let us in, and is still there."""
        return self._sender.connection is not None

    @property
    def waits(self) -> int:
        """How many messages were received and wait for room in the inbox; for any thread."""
        return self._receiver.waits

    @property
    def unconfirmed(self) -> int:
        """How many publications no broker has answered yet."""
        return len(self._sender.outbox)

    def listen_for_births(self, topic: str) -> None:
        """Count the times that somebody comes up, which is said on a topic of its own; before the start."""
        self._receiver.birth_topic = topic

    @property
    def births(self) -> int:
        """Return how often that was heard; for any thread."""
        return self._receiver.births

    def start(self) -> None:
        """Start connecting, in the background, for as long as it takes."""
        self._thread.start()

    def acknowledge(self, parcels: Iterable[Parcel]) -> None:
        """Tell the broker that it need not send these again; those of an earlier connection are left to come again."""
        connection = self._sender.connection
        if connection is not None:
            ours = (parcel for parcel in parcels if parcel.connection == connection.number)
            connection.acknowledge(owed for parcel in ours for owed in parcel.owed)

    def publish(self, topic: str, payload: bytes | str, qos: int, retain: bool, key: AlertKey | None = None) -> None:
        """Publish; never blocks. What becomes of a publication with a key is said by `answers`.

        QoS 1 is kept until a broker answers, of retained topics the newest payload alone; QoS 0 is lost while away.
        """
        words = payload.encode() if isinstance(payload, str) else payload
        self._sender.publish(Publication(topic, words, qos, retain, key))

    def answers(self) -> list[Answer]:
        """Return what became of publications with a key since this was last asked; for one thread."""
        return self._sender.answers()

    def commands(self) -> list[Asked]:
        """Return the commands that came since this was last asked; there are some only where their filter is subscribed to."""
        return [] if self._door is None else self._door.take()

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Take filters out of the broker's session, before a stop; the session would keep them otherwise."""
        connection = self._sender.connection
        if connection is not None:
            connection.unsubscribe(filters)

    def stop_receiving(self) -> None:
        """Ignore messages from now on, the first step of a shutdown.

        Subscriptions stay: in a persistent session the broker keeps what is not acknowledged.
        """
        self._receiver.stop()

    def stop(self, timeout_s: float) -> None:
        """Send what still waits, say `offline`, disconnect; what isn't done in time is given up and logged."""
        self.stop_receiving()
        self._stopping.set()
        deadline = self._clock.mono() + timeout_s
        connection = self._sender.connection
        if connection is not None and self._flush(timeout_s):
            connection.close()
        else:
            # Closed without goodbye, the broker says `offline` for us.
            self._abandoned.set()
        if self._thread.is_alive():
            self._thread.join(max(1.0, deadline - self._clock.mono()))
        self._abandoned.set()
        if self.unconfirmed:
            log.error("stopped; publications that no broker has confirmed: %d", self.unconfirmed)

    def _flush(self, timeout_s: float) -> bool:
        """Wait until everything is confirmed, `offline` last; return whether it is."""
        deadline = self._clock.mono() + timeout_s
        if not self._sender.outbox.wait_until_empty(timeout_s):
            return False
        self._sender.leave()
        return self._sender.outbox.wait_until_empty(deadline - self._clock.mono())

    def _run(self) -> None:
        """Connect, stay connected, and again; the body of the network thread."""
        turn, servers = 0, self._access.servers
        while not self._stopping.is_set():
            pause_s = self._try(servers[turn % len(servers)])
            # A lost broker is looked for where it was; one that did not let us in is left for the next.
            turn += pause_s is None
            self._stopping.wait(self._pauses.after(None, taken_over=False) if pause_s is None else pause_s)
        self._sender.outbox.close()

    def _try(self, server: Server) -> float | None:
        """Connect to one server and stay; return the pause that is due then, seconds, None if it came to nothing."""
        try:
            client = self._access.client(server)
        except DetectorError as fault:
            self._failed_try(server, str(fault))
            return None
        if self._status is not None:
            client.will_set(self._status, "offline", qos=1, retain=True)
        connection = Connection(client, next(NUMBERS), self._receive)
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

    def _receive(self, connection: Connection, publications: Publications) -> None:
        """Take messages; anything at all shows that the link can hear."""
        for _ in range(min(len(publications), 2)):  # those that come at once have a pause between them, of no time
            self._watch.heard(self._clock.mono())
        self._receiver.receive(connection, publications)

    def _let_in(self, connection: Connection) -> bool:
        """Wait for the broker to let us in; return whether it did."""
        deadline = self._clock.mono() + self._settings.connect_timeout
        while not connection.accepted and connection.turn() and not self._abandoned.is_set():
            if self._clock.mono() > deadline:
                connection.end(f"the broker did not answer within {self._settings.connect_timeout:g} s")
        return connection.accepted

    def _live(self, connection: Connection, server: Server) -> float:
        """Be connected until it ends; return the pause that is due then, seconds."""
        began = asked = self._clock.mono()
        session = "the session goes on" if connection.session_present else "a new session"
        log.info("connected to %s as %r, %s", server.url, self._settings.client_id, session)
        self.traffic.connections += 1
        connection.subscribe(self._filters, self._settings.qos)
        self._sender.connection = connection
        try:
            while self._turn(connection) and not self._abandoned.is_set():
                self._sender.settle(connection)
                if not self.subscribed.is_set() and connection.answered:
                    if not connection.refused:
                        self._subscribed()
                    elif self._clock.mono() - asked > ASK_AGAIN * self._settings.reconnect_max:
                        asked = self._clock.mono()
                        connection.subscribe(connection.refused, self._settings.qos)
                self._mend(connection)
                self._sender.send_waiting()
        finally:
            pause_s = self._ended(connection, server, self._clock.mono() - began)
        while self._receiver.waits and not self._abandoned.is_set():  # they need no broker any more
            self._receiver.go_on(connection)
        return pause_s

    def _turn(self, connection: Connection) -> bool:
        """Take in what the network brings, unless what it brought before still waits; return whether the connection stands."""
        if not self._receiver.waits:
            return connection.turn()
        self._receiver.go_on(connection)
        return connection.turn_without_reading()

    def _mend(self, connection: Connection) -> None:
        """See to a link that is up and over which nothing comes, though it used to, or goes."""
        now = self._clock.mono()
        waited_s = self._sender.waited_s(now)
        if waited_s > self._settings.renew_after:
            self.traffic.renewals += 1
            connection.end(f"the broker confirmed nothing that we published for {waited_s:.0f} s")
            return
        remedy = self._watch.remedy(now) if self.subscribed.is_set() else Remedy.NONE
        if remedy is Remedy.NONE:
            return
        self.traffic.renewals += 1
        words = f"nothing came for {self._watch.quiet_s(now):.0f} s, longer than of late"
        if remedy is Remedy.RECONNECT:
            connection.end(words)
        else:
            log.warning("%s: subscribing anew, in case that the broker has forgotten us", words)
            connection.subscribe(self._filters, self._settings.qos)

    def _subscribed(self) -> None:
        """Say that readings come in now, to the broker and to whoever waits for it."""
        self._watch.resumed(self._clock.mono())
        log.info("subscribed to %s", ", ".join(self._filters) or "nothing")
        if not self._stopping.is_set():
            self._sender.say("online")
        self.subscribed.set()

    def _ended(self, connection: Connection, server: Server, lived_s: float) -> float:
        """Take note of a lost connection; return the pause that is due."""
        self.subscribed.clear()
        self._sender.ended(connection)
        if self._stopping.is_set():
            log.info("disconnected from %s", server.url)
            return 0.0
        pause_s = self._pauses.after(lived_s, taken_over=connection.taken_over)
        self.traffic.takeovers += connection.taken_over
        self.ended_because = connection.ended_because
        log.warning("lost %s after %.1f s: %s; back in %.1f s", server.url, lived_s, connection.ended_because, pause_s)
        if self._pauses.short_lives % 10 == SHORT_LIVES:
            log.error(
                "%d short connections in a row: is another client using the client_id %r? Each daemon needs its own",
                self._pauses.short_lives,
                self._settings.client_id,
            )
        return pause_s

    def _failed_try(self, server: Server, reason: str) -> None:
        """Take note of a server that could not be reached or did not let us in."""
        self.ended_because = reason
        if self._stopping.is_set():
            return
        log.warning("cannot connect to %s: %s; trying again", server.url, reason)

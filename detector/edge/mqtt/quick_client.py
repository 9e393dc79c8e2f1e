"""paho's client with the way of a publication made short: everything here that reaches into paho, and nothing else does.

In: bytes from the socket, many packets at a time. Out: publications, a list at a time; acknowledgements, many in one write.
What is published at QoS 1 or acknowledged is written by the thread that says so, unless something waits before it: to wake
the network thread takes a change of threads, and that of the interpreter's lock as long as a batch is worked on.
All other packets, and whatever is not well-formed, go the way that paho would have taken them. Where paho is not as we know
it (`fits`), its public ways are taken for everything; so it is over websockets, whose reads paho sizes by the packet. Over TLS
only one thread may use a socket, and it writes everything.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import MessageType, MQTTErrorCode

from detector.edge.mqtt.packets import MALFORMED, Publications, take_publications

READ: Final = 2**18
"""Most bytes of one read."""

AT_ONCE: Final = (MessageType.PUBLISH, MessageType.PUBACK)
"""What other threads send than the network's."""

INTERNALS: Final = (
    "_in_packet", "_last_bytes_received", "_last_msg_out", "_loop_rc_handle", "_msgtime_mutex", "_out_packet", "_packet_queue",
    "_packet_read", "_packet_write", "_protocol", "_sock", "_sock_close", "_sock_recv", "_sockpairW",
)  # fmt: skip
"""What we use of paho that is not public."""


def fits(client: Client) -> bool:
    """Tell whether paho is as this file knows it."""
    return all(hasattr(client, name) for name in INTERNALS) and "command" in client._in_packet


class QuickClient(Client):
    """Reads as much as there is and takes the publications out of it; paho reads the rest from what is left."""

    on_publications: Callable[[Publications], None] | None = None
    """Called with what a read brought, in order; without it, and for QoS 2, `on_message` is called as ever."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Make a client as paho does."""
        self._writing = threading.RLock()
        """Held by who writes to the socket, or closes it: another one may be opened under its number at once."""
        super().__init__(*arguments, **options)
        self._waiting, self._at = b"", 0
        self._quick = fits(self)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Take in what one read of the socket brings."""
        if not self._quick or self.on_publications is None:
            return super().loop_read(max_packets)
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        try:
            read = super()._sock_recv(READ)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            read = b""
        if not read:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        self._waiting, self._at = self._waiting[self._at :] + read, 0
        outcome = self._take_waiting()
        return self._loop_rc_handle(outcome) if outcome > 0 else MQTTErrorCode.MQTT_ERR_SUCCESS

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Acknowledge publications of QoS 1, all in one write."""
        if not self._quick:
            for mid in mids:
                self.ack(mid, 1)
        elif mids:
            packet = b"".join(struct.pack("!BBH", MessageType.PUBACK, 2, mid) for mid in mids)
            self._packet_queue(MessageType.PUBACK, packet, mids[-1], 1)

    def hang_up(self) -> None:
        """Close the socket without a word, if it is still open."""
        connection = self.socket()
        if connection is not None:
            with self._writing:
                connection.close()

    def _packet_queue(
        self, command: int, packet: bytes | bytearray, mid: int, qos: int, info: Any = None
    ) -> MQTTErrorCode:
        """Write a packet at once where that can be done, or let it wait for the network thread."""
        if qos and command & 0xF0 in AT_ONCE and self._write_at_once(command, packet, mid, qos, info):
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super()._packet_queue(command, packet, mid, qos, info)

    def _write_at_once(self, command: int, packet: bytes | bytearray, mid: int, qos: int, info: Any) -> bool:
        """Write a packet as far as the socket takes it, the rest waits before all others; return whether anything was written."""
        with self._writing:
            connection: object = self._sock
            if not self._quick or type(connection) is not socket.socket or self._out_packet:
                return False
            try:
                written = connection.send(packet)
            except OSError:  # the network thread finds out what it is
                return False
            if written < len(packet):
                left = len(packet) - written
                self._out_packet.appendleft(
                    {"command": command, "mid": mid, "qos": qos, "pos": written, "to_process": left, "packet": packet, "info": info}
                )  # fmt: skip
                self._wake()
        with self._msgtime_mutex:
            self._last_msg_out = time.monotonic()
        return True

    def _wake(self) -> None:
        """Have the network thread look at what waits."""
        if self._sockpairW is not None:
            with suppress(BlockingIOError):
                self._sockpairW.send(b"0")

    def _packet_write(self) -> MQTTErrorCode:
        """Write what waits; nobody writes in between."""
        with self._writing:
            return super()._packet_write()

    def _sock_close(self) -> None:
        """Close the socket; nobody writes to it meanwhile."""
        with self._writing:
            super()._sock_close()

    def _take_waiting(self) -> MQTTErrorCode:
        """Take in every packet that has come in full; let paho have those that are not publications."""
        outcome = MQTTErrorCode.MQTT_ERR_SUCCESS
        while self._left and self._sock is not None and outcome == MQTTErrorCode.MQTT_ERR_SUCCESS:
            if not self._in_packet["command"]:
                stretch = take_publications(self._waiting, self._at, properties=self._protocol == MQTTv5)
                self._at = stretch.end
                if stretch.publications and self.on_publications is not None:
                    self.on_publications(stretch.publications)
                if stretch.size == MALFORMED:
                    return MQTTErrorCode.MQTT_ERR_PROTOCOL
                missing = stretch.size is None or stretch.size > self._left
                if missing and self._left < READ:  # what is longer than a read, paho puts together
                    break
            outcome = self._packet_read()
        return outcome

    def _sock_recv(self, size: int) -> bytes:
        """Return what paho asks for out of what has been read."""
        if not self._quick or self.on_publications is None:
            return super()._sock_recv(size)
        if not self._left:
            raise BlockingIOError
        taken = self._waiting[self._at : self._at + size]
        self._at += len(taken)
        return taken

    @property
    def _left(self) -> int:
        """Return how many bytes were read and not taken in yet."""
        return len(self._waiting) - self._at

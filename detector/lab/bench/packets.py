"""Prebuilt MQTT PUBLISH packets: rounds of one message a device, in which only the moment and the identifier are written anew.

In: how many devices, quality of service and protocol. Out: bytes for a socket, as fast as memory is copied. All packets of a
stream are of one length, so that a round is a matrix of bytes, a row a packet.
"""

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from detector.domain import MICROSECONDS

Bytes = NDArray[np.uint8]

CHANNELS: Final = ("temperature", "pressure", "vibration")
TOPIC: Final = "bench/{device}/telemetry"
DEVICE: Final = "d{number:07d}"

PAYLOAD: Final = (
    b'{"ts":0000000000000000,"temperature":00.000,"pressure":00.000,"vibration":00.000,"site":"hall-07-line-0003"}'
)
"""108 bytes: three numbers, and the moment in microseconds since 1970; digits are put in the place of zeros."""

MOMENT_AT: Final = PAYLOAD.index(b"0")
MOMENT_DIGITS: Final = 16
VALUES_AT: Final = tuple(PAYLOAD.index(name.encode() + b'":') + len(name) + 2 for name in CHANNELS)

SWING: Final = 3.0
NOISE: Final = 0.3
"""How far a device's values wander within one pass through its rounds, and how far they jitter, in their unit."""

ROUNDS: Final = 64
POOL_BYTES: Final = 256_000_000
"""Rounds that are kept, unless they would take more memory than this; then they come again."""

IDENTIFIERS: Final = 65_535
"""Packet identifiers of MQTT: 1 to this."""

Stamp = Callable[[], int]
"""The event time of the next packets, microseconds; each later than the one before."""


def by_cadence(start_us: int, cadence_s: float) -> Stamp:
    """Return stamps in which every round is one cadence later: a fleet in fast motion, the same at any speed."""
    step, at = round(cadence_s * MICROSECONDS), start_us

    def stamp() -> int:
        nonlocal at
        at += step
        return at

    return stamp


def by_clock(now_us: Callable[[], int]) -> Stamp:
    """Return stamps of the wall clock: a fleet that is as fast as it is sent."""
    last = 0

    def stamp() -> int:
        nonlocal last
        last = max(last + 1, now_us())
        return last

    return stamp


class Packets:
    """An endless stream of packets, device after device, round after round; the same for the same arguments."""

    def __init__(self, devices: int, qos: Literal[0, 1], protocol: Literal[4, 5], stamp: Stamp) -> None:
        """Build the rounds; `protocol` 4 is MQTT 3.1.1."""
        self._stamp, self._qos = stamp, qos
        head, self._identifier_at = _frame(qos, protocol)
        body = np.frombuffer(head + PAYLOAD, np.uint8)
        self.size = len(body)
        """Bytes of every packet."""
        rounds = max(2, min(ROUNDS, POOL_BYTES // (devices * self.size)))
        self._rounds = np.tile(body, (rounds, devices, 1))
        self._moment_at = len(head) + MOMENT_AT
        name_at = (head + PAYLOAD).index(DEVICE.format(number=0).encode()) + 1
        _write_digits(self._rounds[:, :, name_at : name_at + 7], np.arange(devices)[None, :])
        for at, values in zip(VALUES_AT, _walks(rounds, devices), strict=True):
            _write_digits(self._rounds[:, :, len(head) + at : len(head) + at + 2], values // 1000)
            _write_digits(self._rounds[:, :, len(head) + at + 3 : len(head) + at + 6], values % 1000)
        self._round = self._place = self._identifier = 0
        self._moment = b""

    def take(self, most: int) -> memoryview:
        """Return the next packets, at least one, at most `most`; their bytes stay until all rounds have been sent.

        A round ends a batch, and has one moment.
        """
        devices = self._rounds.shape[1]
        if self._place == 0:
            self._moment = b"%016d" % self._stamp()
        until = min(devices, self._place + most)
        block = self._rounds[self._round, self._place : until]
        block[:, self._moment_at : self._moment_at + MOMENT_DIGITS] = np.frombuffer(self._moment, np.uint8)
        if self._qos:
            self._number(block)
        self._place = until % devices
        if self._place == 0:
            self._round = (self._round + 1) % len(self._rounds)
        return block.data.cast("B")

    def _number(self, block: Bytes) -> None:
        """Give packets their identifiers."""
        identifiers = (self._identifier + np.arange(len(block))) % IDENTIFIERS + 1
        self._identifier = (self._identifier + len(block)) % IDENTIFIERS
        block[:, self._identifier_at] = identifiers >> 8
        block[:, self._identifier_at + 1] = identifiers & 0xFF


def _frame(qos: int, protocol: int) -> tuple[bytes, int]:
    """Return what comes before the payload, and where the identifier stands in it. Source: MQTT 5.0 and 3.1.1, section 3.3."""
    topic = TOPIC.format(device=DEVICE.format(number=0)).encode()
    name = len(topic).to_bytes(2, "big") + topic
    identifier = b"\0\0" if qos else b""
    properties = b"\0" if protocol == 5 else b""
    length = len(name) + len(identifier) + len(properties) + len(PAYLOAD)
    fixed = bytes([0x30 | qos << 1, length & 0x7F | 0x80, length >> 7])
    return fixed + name + identifier + properties, len(fixed) + len(name)


def _walks(rounds: int, devices: int) -> list[NDArray[np.int64]]:
    """Return the values of each channel (rounds, devices) in thousandths: a swing of the device's own, and noise.

    The last round leads over to the first, so that nothing jumps when they come again.
    """
    draw = np.random.default_rng(1)
    turn = 2.0 * np.pi * np.arange(rounds)[:, None] / rounds
    walks = []
    for _ in CHANNELS:
        level, phase = draw.uniform(30.0, 70.0, devices), draw.uniform(0.0, 2.0 * np.pi, devices)
        values = level + SWING * np.sin(turn + phase) + NOISE * draw.standard_normal((rounds, devices))
        walks.append(np.rint(1000.0 * np.clip(values, 10.0, 99.999)).astype(np.int64))
    return walks


def _write_digits(places: Bytes, numbers: NDArray[np.int64]) -> None:
    """Write numbers (..., ) as digits into places (..., width), with zeros in front."""
    rest = np.broadcast_to(numbers, places.shape[:-1]).copy()
    for place in range(places.shape[-1] - 1, -1, -1):
        places[..., place] = ord("0") + rest % 10
        rest //= 10

"""What the load generator sends: well-formed publications, in order for each device, the same each time."""

import json

import pytest

from detector.lab.bench.packets import CHANNELS, IDENTIFIERS, Packets, by_cadence, by_clock


def stream(qos: int = 0, protocol: int = 5, devices: int = 3) -> Packets:
    """Return a stream with a second between rounds."""
    return Packets(devices, qos, protocol, by_cadence(1_700_000_000_000_000, 1.0))  # type: ignore[arg-type]


def parsed(words: memoryview, size: int, header: int) -> list[tuple[str, dict[str, object]]]:
    """Return topic and document of each packet; `header` is what stands between them."""
    found = []
    for begin in range(0, len(words), size):
        packet = bytes(words[begin : begin + size])
        assert packet[1] & 0x7F | packet[2] << 7 == size - 3
        length = int.from_bytes(packet[3:5], "big")
        found.append((packet[5 : 5 + length].decode(), json.loads(packet[5 + length + header :])))
    return found


@pytest.mark.parametrize(("qos", "protocol", "header"), [(0, 4, 0), (0, 5, 1), (1, 4, 2), (1, 5, 3)])
def test_packets_are_publications(qos: int, protocol: int, header: int) -> None:
    """Each packet has its device's topic, and 108 bytes of JSON with a moment and three numbers."""
    packets = stream(qos, protocol)
    words = packets.take(3)
    assert words[0] == 0x30 | qos << 1
    for number, (topic, document) in enumerate(parsed(words, packets.size, header)):
        assert topic == f"bench/d{number:07d}/telemetry"
        assert document["ts"] == 1_700_000_001_000_000
        assert all(isinstance(document[channel], float) for channel in CHANNELS)
    assert bytes(words[packets.size - 108 : packets.size]).startswith(b'{"ts":')


def test_moments_of_a_device_grow() -> None:
    """Each round is a cadence later than the one before, however it is cut, and also once the rounds come again."""
    packets, moments = stream(devices=3), []
    for most in [2, 5, 1] * 200:
        moments += [document["ts"] for _, document in parsed(packets.take(most), packets.size, 1)]
    rounds = [moments[place : place + 3] for place in range(0, len(moments) - 2, 3)]
    assert rounds == [[1_700_000_000_000_000 + 1_000_000 * number] * 3 for number in range(1, len(rounds) + 1)]


def test_wall_clock_never_stands_still() -> None:
    """Two rounds within a microsecond have moments of their own."""
    stamp = by_clock(lambda: 5)
    assert [stamp(), stamp(), stamp()] == [5, 6, 7]


def test_identifiers_are_never_zero() -> None:
    """Identifiers count from 1 to 65,535 and begin again."""
    packets = stream(qos=1, devices=1000)
    found = list[int]()
    for _ in range(70):
        words = bytes(packets.take(1000))
        at = 5 + len("bench/d0000000/telemetry")
        found += [int.from_bytes(words[k + at : k + at + 2], "big") for k in range(0, len(words), packets.size)]
    assert found == [place % IDENTIFIERS + 1 for place in range(len(found))]

"""Payloads made to cost more than they are: what is looked at of them has an end."""

import tracemalloc

import pytest

from detector.domain import EventTime, Reading, Rejected
from detector.settings import SensorSettings
from detector.stream.decode import Decoder
from detector.stream.json_payload import MAX_VALUES
from detector.stream.source import Decoded

NOW = EventTime(1_700_000_000_000_000)
MEGABYTE = 10**6


def decode(payload: bytes, max_channels: int = 64) -> Decoded:
    """Decode a payload of which every number is a channel."""
    entry = SensorSettings.model_validate({"name": "all", "topics": ["{device}"]})
    return Decoder([entry], 2**20, max_channels).decode("d", payload, NOW)


def memory_of(payload: bytes) -> int:
    """Return the most bytes that decoding had at one time."""
    tracemalloc.start()
    try:
        decode(payload)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_key_above_many_values_does_not_take_their_product_in_memory() -> None:
    """A key of 20 kB above 20,000 values is 60 kB of payload, and takes megabytes at most, not the 400 of every path in full."""
    assert memory_of(b'{"' + b"k" * 20_000 + b'":[' + b"0," * 20_000 + b"0]}") < 5 * MEGABYTE


def test_a_long_key_above_many_levels_is_not_held_at_each() -> None:
    """A key of 900 kB above 30 levels is not held at each: what is beside the parsed payload (12 MB) stays small."""
    assert memory_of(b'{"' + b"k" * 900_000 + b'":' + b"[" * 30 + b"1" + b"]" * 30 + b"}") < 20 * MEGABYTE


def test_a_wide_payload_is_left_where_the_channels_end() -> None:
    """Of a list of 200,000 numbers no more is looked at than there may be channels."""
    assert memory_of(b"[" + b"0," * 200_000 + b"0]") < 10 * MEGABYTE


@pytest.mark.parametrize("empty", [b"{}", b"[]", b'""', b"null", b"true"])
def test_looking_for_numbers_has_an_end(empty: bytes) -> None:
    """Numbers are looked for among so many values, and what comes behind them is rejected as too large."""
    few, many = MAX_VALUES // 3, MAX_VALUES
    assert isinstance(decode(b"[" + (empty + b",") * few + b"7]")[0], Reading)
    (one,) = decode(b"[" + (empty + b",") * many + b"7]")
    assert isinstance(one, Rejected)
    assert one.reason == "too_large"


def test_a_path_that_was_cut_is_no_name() -> None:
    """A path longer than a name may be is rejected, however it goes on."""
    decoded = decode(b'{"' + b"k" * 256 + b'":1,"' + b"l" * 257 + b'":1,"' + b"m" * 256 + b'":[1]}')
    assert [one.channel if isinstance(one, Reading) else one.reason.value for one in decoded] == [
        "k" * 256,
        "bad_name",
        "bad_name",
    ]

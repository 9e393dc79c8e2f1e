"""Law: decoding never raises and is never empty, whatever topic and payload are; every reading is finite."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import EventTime, Reading
from detector.settings import SensorSettings
from detector.stream.decode import Decoder
from detector.stream.names import is_good_name

ENTRIES = (
    {"name": "a", "topics": ["a/{device}"], "timestamp": {"field": "t", "format": "unix"}, "channels": {"x": {}, "y": {"field": "y.0.z"}}},
    {"name": "b", "topics": ["b/{device}"], "timestamp": {"field": "t", "format": "iso8601"}},
    {"name": "c", "topics": ["c/{device}/{channel}"], "format": "value"},
    {"name": "d", "topics": ["d/{device}/{channel}/#"]},
    {"name": "e", "topics": ["e/{device}"], "format": "value", "channels": {"x": {}}},
    {"name": "f", "topics": ["f/{device}/{channel}"], "channels": {"x": {"field": "y"}}},
)  # fmt: skip
DECODER = Decoder([SensorSettings.model_validate(entry) for entry in ENTRIES], max_payload=2000, max_channels=5)
NOW = EventTime(1_700_000_000_000_000)

TOPICS = st.sampled_from(
    ["a/1", "b/1", "c/1/x", "d/1/x", "d/1/x/y", "e/1", "f/1/x", "f/1/y", "$SYS/x", "a/", "c//"]
) | st.text(max_size=20).map("b/{}".format)

NUMBERS = st.integers() | st.floats() | st.integers(10**300, 10**320) | st.just(1_700_000_000)
KEYS = st.sampled_from(["t", "x", "y", "y.0", "value", "0", "z"]) | st.text(max_size=5)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.just("2023-11-14T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(KEYS, inner, max_size=7),
    max_leaves=30,
)
PAYLOADS = (
    st.binary(max_size=60)
    | DOCUMENTS.map(lambda document: json.dumps(document).encode())
    | st.from_regex(rb"\s*[-+0-9.eEnaif]{1,12}\s*", fullmatch=True)
    | st.sampled_from(
        [b"[" * 1900, b'{"a":' * 300 + b"1" + b"}" * 300, b"1" * 1999, b"1e999", b'{"x":1e999,"t":1}', b" " * 2001]
    )
)


@given(topic=TOPICS, payload=PAYLOADS)
def test_decode_never_raises(topic: str, payload: bytes) -> None:
    """Decoding gives at least one reading or rejection, finite and well named, for any bytes on any topic."""
    decoded = DECODER.decode(topic, payload, NOW)
    assert decoded
    for one in decoded:
        if isinstance(one, Reading):
            assert isinstance(one.value, float)
            assert math.isfinite(one.value)
            assert is_good_name(one.device)
            assert is_good_name(one.channel)
        else:
            assert len(one.detail) <= 200
            assert one.detail.isprintable()


@given(topic=TOPICS, payload=PAYLOADS)
def test_decode_is_a_function(topic: str, payload: bytes) -> None:
    """Decoding the same message again gives the same, though routes are remembered."""
    assert DECODER.decode(topic, payload, NOW) == DECODER.decode(topic, payload, NOW)

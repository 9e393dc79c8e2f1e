"""Law: what is read straight into columns is what decoding would have given, and the rest is left to it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import Reading
from detector.settings import SensorSettings
from detector.stream.decode import Decoder
from detector.stream.plain import PlainDecoder
from tests.laws.test_decode_never_raises import DECODER, NOW, PAYLOADS, TOPICS

PLAIN = PlainDecoder(DECODER, 2000, 5, 100)

NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
STAMPS = (
    st.just(1_700_000_000.25) | st.just("2023-11-14T00:00:00Z") | st.integers(1_699_999_000, 1_700_000_000) | NUMBERS
)
OBJECTS = st.fixed_dictionaries(
    {"t": STAMPS, "x": NUMBERS},
    optional={"y": NUMBERS | st.fixed_dictionaries({"0": NUMBERS | st.none()}), "y.0": NUMBERS, "value": NUMBERS, "z": st.booleans()},
).map(lambda document: json.dumps(document).encode())  # fmt: skip


@given(topic=TOPICS, payload=OBJECTS | NUMBERS.map(lambda number: str(number).encode()) | PAYLOADS)
def test_plain_messages_give_the_same_readings(topic: str, payload: bytes) -> None:
    """A message that is taken as plain gives the very readings that decoding gives, in their order, and no rejection."""
    columns = PLAIN.columns()
    if PLAIN.take(topic, payload, NOW, columns):
        assert tuple(columns.readings()) == DECODER.decode(topic, payload, NOW)
    else:
        assert len(columns) == 0


def test_usual_messages_are_plain() -> None:
    """Configured channels, any channels and single numbers are taken as plain."""
    columns = PLAIN.columns()
    assert PLAIN.take("b/1", b'{"t":"2023-11-14T00:00:00Z","x":1.5,"n":2,"on":true}', NOW, columns)
    assert PLAIN.take("c/1/x", b"21.5", NOW, columns)
    assert PLAIN.take("f/1/x", b'{"value":0.5}', NOW, columns) is False  # the configuration asks for "y"
    assert PLAIN.take("f/1/x", b'{"y":-1}', NOW, columns)
    got = [(device, channel, value) for device, channel, _, value, _ in columns.readings()]
    assert got == [("1", "x", 1.5), ("1", "n", 2.0), ("1", "x", 21.5), ("1", "x", -1.0)]


def test_names_that_never_come_again_are_let_go() -> None:
    """However many topics there are, no more of their names and plans are kept than a few times those that are needed."""
    decoder = PlainDecoder(DECODER, 2000, 5, 0)
    columns, kept = decoder.columns(), set[int]()
    for number in range(150_000):
        if number % 1000 == 0:
            columns = decoder.columns()
        assert decoder.take(f"c/{number}/x", b"1", NOW, columns)
        kept.add(len(columns.names))
    assert 60_000 < max(kept) < 70_000


def test_a_reading_is_the_same_as_a_column() -> None:
    """Columns give back the readings that went into them."""
    columns = PLAIN.columns()
    assert PLAIN.take("c/1/x", b"3", NOW, columns)
    assert columns.readings()[0] == Reading("1", "x", NOW, 3.0, 2)


def test_a_topic_too_long_to_be_remembered_is_not_plain() -> None:
    """Nobody fills the memory with plans for topics of 64 kB each: of such a message nothing is kept, neither plan nor route."""
    sensors = SensorSettings.model_validate({"name": "l", "topics": ["{site}/{device}/{channel}"], "format": "value"})
    decoder = Decoder([sensors], 2000, 5)
    plain, topic = PlainDecoder(decoder, 2000, 5, 100), "/".join(["s" * 256, "d" * 256, "c"])
    assert isinstance(decoder.decode(topic, b"1", NOW)[0], Reading)
    assert not plain.take(topic, b"1", NOW, plain.columns())
    assert plain.take(topic[1:], b"1", NOW, plain.columns()) is False
    assert plain.take(topic[4:], b"1", NOW, plain.columns())

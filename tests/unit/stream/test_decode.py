"""Payloads in, readings and rejections out."""

import orjson
import pytest

from detector.domain import EventTime, Reading, Rejected
from detector.settings import PayloadFormat, SensorSettings
from detector.stream.decode import FORMATS, Decoder
from detector.stream.timestamp import parse_iso8601

_now = parse_iso8601("2026-11-22T00:00:00Z")
assert not isinstance(_now, Rejected)
NOW = _now
AT = EventTime(NOW - 14 * 3_600_000_000)

PUMPS: dict[str, object] = {
    "name": "pumps",
    "topics": ["plant/{site}/{device}"],
    "timestamp": {"field": "ts", "format": "iso8601"},
    "channels": {"temperature": {}, "vibration": {"field": "vib.rms"}},
}
AUTO: dict[str, object] = {"name": "auto", "topics": ["auto/{device}"]}
VALUES: dict[str, object] = {"name": "values", "topics": ["values/{device}/{channel}"], "format": "value"}
NAMED: dict[str, object] = {"name": "named", "topics": ["named/{device}/{channel}"]}


def decode(
    entry: dict[str, object], topic: str, payload: bytes, max_channels: int = 64
) -> tuple[Reading | Rejected, ...]:
    """Decode one message with a single entry."""
    return Decoder([SensorSettings.model_validate(entry)], 2**20, max_channels).decode(topic, payload, NOW)


def values(decoded: tuple[Reading | Rejected, ...]) -> dict[str, float | str]:
    """Return channel to value, and reason to detail."""
    return {
        one.channel if isinstance(one, Reading) else one.reason.value: one.value
        if isinstance(one, Reading)
        else one.detail
        for one in decoded
    }


def reasons(decoded: tuple[Reading | Rejected, ...]) -> list[str]:
    """Return the reasons of the rejections, in order."""
    return [one.reason.value for one in decoded if isinstance(one, Rejected)]


def test_configured_channels_are_found_by_their_fields() -> None:
    """Configured channels are found by their fields, at the time that the payload states."""
    payload = b'{"ts": "2026-11-21T10:00:00Z", "temperature": 21.5, "vib": {"rms": 3}, "more": 1}'
    assert decode(PUMPS, "plant/north/p1", payload) == (
        Reading("p1", "temperature", AT, 21.5, 0),
        Reading("p1", "vibration", AT, 3.0, 0),
    )


def test_an_absent_channel_is_a_partial_update() -> None:
    """A payload with only some of the channels gives those."""
    decoded = decode(PUMPS, "plant/n/p1", b'{"ts": "2026-11-21T10:00:00Z", "temperature": 1}')
    assert values(decoded) == {"temperature": 1.0}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"ts": "2026-11-21T10:00:00Z", "other": 1}', "missing_field"),
        (b'{"temperature": 1}', "missing_timestamp"),
        (b'{"ts": null, "temperature": 1}', "bad_timestamp"),
        (b'{"ts": true, "temperature": 1}', "bad_timestamp"),
        (b'{"ts": "1970-01-01T00:00:00Z", "temperature": 1}', "implausible_timestamp"),
        (b'{"ts": "2100-01-01T00:00:00Z", "temperature": 1}', "implausible_timestamp"),
        (b"5", "malformed"),
        (b"", "malformed"),
        (b"\x00\x01", "malformed"),
        (b'{"temperature": NaN}', "malformed"),
        (b'{"temperature": 1e400, "x": NaN}', "malformed"),
        (b'{"temperature": 21', "malformed"),
        (b'{"a": "\xff"}', "not_utf8"),
        (b"[" * 3000 + b"]" * 3000, "too_deep"),
        (b'{"temperature": 1e400, "x": ' + b"[" * 900_000, "too_deep"),
        (b" " * (2**20 + 1), "too_large"),
    ],
)
def test_a_payload_that_cannot_be_read_is_rejected_once(payload: bytes, reason: str) -> None:
    """A payload that cannot be read as a whole is rejected once, with its reason."""
    assert reasons(decode(PUMPS, "plant/n/p1", payload)) == [reason]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"null", "null"),
        (b"true", "not_a_number"),
        (b'"21.5"', "not_a_number"),
        (b'"N/A"', "not_a_number"),
        (b"[1]", "not_a_number"),
        (b"{}", "not_a_number"),
        (b"1e400", "not_finite"),
        (b"-1e400", "not_finite"),
        (b"9" * 400, "not_finite"),
        (b"9" * 5000, "not_finite"),
    ],
)
def test_one_bad_value_does_not_take_the_others_with_it(value: bytes, reason: str) -> None:
    """A value that is no finite number is rejected, and the other channels are still read."""
    payload = b'{"ts": "2026-11-21T10:00:00Z", "vib": {"rms": 2}, "temperature": ' + value + b"}"
    decoded = decode(PUMPS, "plant/n/p1", payload)
    assert reasons(decoded) == [reason]
    assert values(decoded)["vibration"] == 2.0


def test_a_wide_integer_is_rounded_to_the_nearest_float() -> None:
    """An integer beyond 2**53 becomes the nearest float."""
    assert values(decode(AUTO, "auto/p", b'{"a": 9007199254740993}')) == {"a": 9007199254740992.0}


@pytest.mark.parametrize(
    ("field", "document"),
    [
        ("a.b.c", {"a": {"b": {"c": 7}}}),
        ("a.b.c", {"a.b.c": 7, "a": {"b": {"c": 1}}}),
        ("a.b.c", {"a.b": {"c": 7}}),
        ("a.b.c", {"a": {"b.c": 7}}),
        ("a.0.b", {"a": [{"b": 7}]}),
        ("1", [5, 7]),
        ("a.b.c", {"a": {"x": 1}, "a.b": {"c": 7}}),
    ],
)
def test_a_path_leads_through_objects_lists_and_dotted_keys(field: str, document: object) -> None:
    """A path leads through objects and lists, and keys that contain dots are tried as they stand."""
    entry: dict[str, object] = {"name": "e", "topics": ["t/{device}"], "channels": {"c": {"field": field}}}
    assert values(decode(entry, "t/d", orjson.dumps(document))) == {"c": 7.0}


def test_auto_takes_every_number_but_the_timestamp() -> None:
    """With channels: auto every number is a channel named by its path; words, booleans and the timestamp are not."""
    entry = AUTO | {"timestamp": {"field": "t.s", "format": "unix"}}
    payload = b'{"t": {"s": 1795255200}, "a": 1, "b": {"c": [2.5, {"d": -3}]}, "on": true, "n": null, "s": "4"}'
    decoded = decode(entry, "auto/p", payload)
    assert values(decoded) == {"a": 1.0, "b.c.0": 2.5, "b.c.1.d": -3.0}
    assert {one.at for one in decoded if isinstance(one, Reading)} == {AT}


@pytest.mark.parametrize("payload", [b"{}", b"[]", b'{"a": "x", "b": true, "c": null}'])
def test_auto_without_any_number_is_rejected(payload: bytes) -> None:
    """A payload without any number is rejected where every number is asked for."""
    assert reasons(decode(AUTO, "auto/p", payload)) == ["no_values"]


def test_auto_stops_at_the_most_channels_and_says_so_once() -> None:
    """More numbers than the limit give one rejection, after the limit's readings."""
    decoded = decode(AUTO, "auto/p", orjson.dumps({str(n): n for n in range(10)}), max_channels=4)
    assert values(decoded[:4]) == {"0": 0.0, "1": 1.0, "2": 2.0, "3": 3.0}
    assert reasons(decoded) == ["too_many_channels"]


def test_auto_gives_up_where_a_payload_gets_too_deep() -> None:
    """Numbers deeper than the limit are not looked for."""
    assert reasons(decode(AUTO, "auto/p", b'{"a":' * 40 + b"1" + b"}" * 40)) == ["too_deep"]


@pytest.mark.parametrize("key", ["", "a\nb", "x" * 300])
def test_auto_trusts_no_bad_channel_name(key: str) -> None:
    """A key that is no good name gives no channel."""
    assert reasons(decode(AUTO, "auto/p", orjson.dumps({key: 1}))) == ["bad_name"]


@pytest.mark.parametrize(("payload", "value"), [(b"21.5", 21.5), (b" 1e3\n", 1000.0), (b"-.5", -0.5), (b"+7.", 7.0)])
def test_a_value_payload_is_one_number(payload: bytes, value: float) -> None:
    """With format: value the payload is one number, at its arrival, the channel from the topic."""
    assert decode(VALUES, "values/m/power", payload) == (Reading("m", "power", NOW, value, 0),)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "no_values"),
        (b"  ", "no_values"),
        (b"ON", "not_a_number"),
        (b"21,5", "not_a_number"),
        (b"1_000", "not_a_number"),
        (b"0x10", "not_a_number"),
        ("٣".encode(), "not_a_number"),
        (b"1" * 5000, "not_a_number"),
        (b"null", "null"),
        (b"nan", "not_finite"),
        (b"-inf", "not_finite"),
        (b"Infinity", "not_finite"),
        (b"1e400", "not_finite"),
        (b"\xff\xfe", "not_utf8"),
    ],
)
def test_a_value_payload_that_is_no_number_is_rejected(payload: bytes, reason: str) -> None:
    """A value payload that is no finite number is rejected with its reason."""
    assert reasons(decode(VALUES, "values/m/power", payload)) == [reason]


def test_a_value_without_a_channel_in_its_topic_is_the_only_one_configured() -> None:
    """Without {channel} in the topic, a value is the only configured channel."""
    entry: dict[str, object] = {"name": "t", "topics": ["t/{device}"], "format": "value", "channels": {"level": {}}}
    assert values(decode(entry, "t/tank", b"3")) == {"level": 3.0}


def test_a_topics_word_may_stand_for_a_configured_channel() -> None:
    """A configured channel's field is the word that stands for it in the topic; other words are not watched."""
    entry = VALUES | {"channels": {"power": {"field": "P"}}}
    assert values(decode(entry, "values/m/P", b"3")) == {"power": 3.0}
    assert reasons(decode(entry, "values/m/power", b"3")) == ["unknown_topic"]


def test_json_under_a_channels_topic_is_a_number_or_an_object_around_it() -> None:
    """With {channel} in the topic a JSON payload is a bare number, or an object with the number as `value`."""
    assert decode(NAMED, "named/d/flow", b"2.5") == (Reading("d", "flow", NOW, 2.5, 0),)
    assert values(decode(NAMED, "named/d/flow", b'{"value": 1, "min": 0}')) == {"flow": 1.0, "flow.min": 0.0}
    configured = NAMED | {"channels": {"flow": {}, "heat": {"field": "v"}}}
    assert values(decode(configured, "named/d/flow", b'{"value": 1, "min": 0}')) == {"flow": 1.0}
    assert values(decode(configured, "named/d/heat", b'{"v": 2}')) == {"heat": 2.0}
    assert reasons(decode(configured, "named/d/other", b"1")) == ["unknown_topic"]
    assert reasons(decode(configured, "named/d/other", b"{}")) == ["unknown_topic"]
    assert reasons(decode(NAMED, "named/d/flow", b"null")) == ["null"]


def test_a_bare_number_has_no_timestamp_field() -> None:
    """A bare number is rejected where a timestamp field is configured."""
    entry = NAMED | {"timestamp": {"field": "ts"}}
    assert reasons(decode(entry, "named/d/flow", b"1")) == ["missing_timestamp"]


@pytest.mark.parametrize("device", ["", "a\x07b", "x" * 257, "a\u2028b"])
def test_a_device_name_from_a_topic_is_not_trusted(device: str) -> None:
    """Empty, endless and unprintable names in a topic are rejected."""
    assert reasons(decode(AUTO, f"auto/{device}", b'{"a": 1}')) == ["bad_name"]


def test_the_first_entry_that_matches_topic_and_device_takes_a_message() -> None:
    """A message belongs to the first entry with a pattern for its topic and a glob for its device."""
    entries = [AUTO | {"name": "pumps", "devices": "pump-*"}, AUTO, AUTO | {"name": "rest", "topics": ["x/{device}"]}]
    decoder = Decoder([SensorSettings.model_validate(entry) for entry in entries], 100, 64)
    entry_of = {
        topic: one.entry
        for topic in ("auto/pump-1", "auto/tank", "x/tank")
        for one in decoder.decode(topic, b'{"a": 1}', NOW)
        if isinstance(one, Reading)
    }
    assert entry_of == {"auto/pump-1": 0, "auto/tank": 1, "x/tank": 2}
    assert reasons(decoder.decode("y/tank", b"1", NOW)) == ["unknown_topic"]
    assert decoder.filters == ("auto/+", "x/+")


def test_every_format_has_its_reader() -> None:
    """Every payload format of the settings has a function that reads it."""
    assert set(FORMATS) == set(PayloadFormat)

"""Commands over MQTT: what is understood, and that everything else is refused with a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.edge.command import MAX_PAYLOAD, TOPICS, Act, BadCommandError, Command, read_payload

ID = "0123456789abcdef"


@pytest.mark.parametrize(
    ("topic", "payload", "command"),
    [
        ("ack", "", Command(Act.ACK, "mqtt", device="p1")),
        ("ack", "ack", Command(Act.ACK, "mqtt", device="p1")),
        ("ack", f'{{"alert": "{ID}"}}', Command(Act.ACK, "mqtt", ID, "p1")),
        ("feedback", "false_alarm", Command(Act.FALSE, "mqtt", device="p1")),
        ("feedback", " confirmed\n", Command(Act.CONFIRM, "mqtt", device="p1")),
        ("feedback", '{"verdict": "false"}', Command(Act.FALSE, "mqtt", device="p1")),
        ("feedback", f'{{"verdict": "undo", "alert": "{ID}"}}', Command(Act.UNDO, "mqtt", ID, "p1")),
        ("feedback", '{"verdict": "false", "preview": true}', Command(Act.FALSE, "mqtt", device="p1", preview=True)),
        ("maintenance", "2h", Command(Act.MAINTENANCE, "mqtt", device="p1", for_s=7200.0)),
        ("maintenance", '{"for": "30d"}', Command(Act.MAINTENANCE, "mqtt", device="p1", for_s=30 * 86_400.0)),
        ("maintenance", "off", Command(Act.MAINTENANCE, "mqtt", device="p1")),
    ],
)
def test_what_is_understood(topic: str, payload: str, command: Command) -> None:
    """A word for buttons, or an object for everything else."""
    assert read_payload("p1", topic, payload.encode()) == command


@pytest.mark.parametrize(
    ("topic", "payload", "words"),
    [
        ("ack", b"false", "expected a JSON object"),
        ("ack", b'{"alert": 5}', "expected the id of an alert"),
        ("ack", b'{"alert": "0123456789ABCDEF"}', "expected the id of an alert"),
        ("ack", b'{"preview": true}', "expected nothing more, got 'preview'"),
        ("feedback", b"", "expected a JSON object"),
        ("feedback", b"[]", "expected a JSON object"),
        ("feedback", b'{"verdict": "wrong"}', "expected a verdict among"),
        ("feedback", b'{"verdict": ["false"]}', "expected a verdict among"),
        ("feedback", b'{"verdict": "false", "preveiw": true}', "expected nothing more, got 'preveiw'"),
        ("feedback", b'{"verdict": "false", "preview": "yes"}', "expected true or false"),
        ("feedback", b"\xff", "expected UTF-8"),
        ("feedback", b"[" * MAX_PAYLOAD, "expected a JSON object"),
        ("feedback", b" " * (MAX_PAYLOAD + 1), "expected at most"),
        ("maintenance", b"31d", "expected a duration"),
        ("maintenance", b"", "expected a duration"),
        ("maintenance", b"-2h", "expected a duration"),
        ("maintenance", b'{"for": 2}', "expected a duration"),
        ("maintenance", b'{"for": "2h", "until": "x"}', "expected nothing more"),
    ],
)
def test_what_is_refused(topic: str, payload: bytes, words: str) -> None:
    """With what was expected."""
    with pytest.raises(BadCommandError, match=words):
        read_payload("p1", topic, payload)


@given(st.sampled_from(TOPICS), st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_payload_does_harm(topic: str, payload: bytes) -> None:
    """Any bytes are a command or a fault in one short printable line."""
    try:
        words = read_payload("p1", topic, payload).act.value
    except BadCommandError as fault:
        words = str(fault)
    assert len(words) < 200
    assert words.isprintable()

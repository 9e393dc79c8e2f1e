"""What people ask of the daemon about alerts and devices: read from an MQTT payload or an HTTP path, checked in every part.

In: words from outside. Out: a `Command`, or a sentence that says what was expected. Nothing is done here.
"""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from detector.domain import FeedbackKind
from detector.settings.quantities import parse_duration
from detector.stream.names import shown

MAX_PAYLOAD: Final = 1024
"""Bytes; what is longer is no command."""

LONGEST_MAINTENANCE_S: Final = 30 * 86_400.0
"""Nobody is spared alerts for longer by one command."""

ID: Final = re.compile(r"[0-9a-f]{16}")


class Act(StrEnum):
    """What may be asked."""

    ACK = "ack"
    FALSE = "false"
    CONFIRM = "confirm"
    UNDO = "undo"
    MAINTENANCE = "maintenance"


KIND_OF: Final = {
    Act.FALSE: FeedbackKind.FALSE,
    Act.CONFIRM: FeedbackKind.CONFIRMED,
    Act.UNDO: FeedbackKind.UNDONE,
}
"""What is said of an alert by each act that says something of one."""

VERDICTS: Final = {
    "false": Act.FALSE,
    "false_alarm": Act.FALSE,
    "confirm": Act.CONFIRM,
    "confirmed": Act.CONFIRM,
    "undo": Act.UNDO,
}
"""Words for `verdict` in feedback over MQTT."""

TOPICS: Final = ("ack", "feedback", "maintenance")
"""Last levels of the topics that commands come by."""

PLAIN: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "ack": {"": {}, "ack": {}},
    "feedback": {word: {"verdict": word} for word in VERDICTS},
}
"""Payloads that are a word, such as a button sends, and what they stand for."""


class BadCommandError(Exception):
    """What is wrong with a command, in a sentence."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that somebody asks."""

    act: Act
    by: str
    """Through what it came."""
    alert: str | None = None
    """Id of the alert; None for the last one of the device."""
    device: str | None = None
    """A level of a topic; None where the alert says which."""
    preview: bool = False
    """Only say what it would do."""
    for_s: float = 0.0
    """How long a maintenance takes; 0 ends it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a command."""

    ok: bool
    text: str
    """A sentence or two, for people."""
    alert: str | None = None
    """Id of the alert it was about."""
    known: bool = True
    """Whether there is such an alert."""


def read_payload(device: str, topic: str, payload: bytes) -> Command:
    """Return the command that came for a device, by the last level of its topic.

    Raises: BadCommandError.
    """
    words = _object(topic, payload)
    if topic == "maintenance":
        return Command(Act.MAINTENANCE, "mqtt", device=device, for_s=_maintenance_s(words))
    act = Act.ACK if topic == "ack" else _act(words)
    alert, preview = words.pop("alert", None), words.pop("preview", False) if topic == "feedback" else False
    _no_more(words)
    if not isinstance(preview, bool):
        raise BadCommandError(f"expected true or false as preview, got {_shown(preview)}")
    return Command(act, "mqtt", _id(alert), device, preview)


def reply_json(reply: Reply) -> bytes:
    """Return what became of a command as JSON."""
    return json.dumps({"ok": reply.ok, "alert": reply.alert, "text": reply.text}, ensure_ascii=False).encode()


def _object(topic: str, payload: bytes) -> dict[str, Any]:
    """Return what a payload says, as the object that it is or stands for."""
    if len(payload) > MAX_PAYLOAD:
        raise BadCommandError(f"expected at most {MAX_PAYLOAD} bytes")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise BadCommandError("expected UTF-8") from None
    if text in PLAIN.get(topic, {}):
        return dict(PLAIN[topic][text])
    if topic == "maintenance" and not text.startswith("{"):
        return {"for": text}
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, dict):
        raise BadCommandError(f"expected a JSON object, got {_shown(text)}")
    return words


def _act(words: dict[str, Any]) -> Act:
    """Take out what is said of the alert."""
    verdict = words.pop("verdict", None)
    if not isinstance(verdict, str) or verdict not in VERDICTS:
        raise BadCommandError(f"expected a verdict among {', '.join(VERDICTS)}, got {_shown(verdict)}")
    return VERDICTS[verdict]


def _maintenance_s(words: dict[str, Any]) -> float:
    """Return how long a maintenance is to take."""
    duration = words.pop("for", None)
    _no_more(words)
    if duration == "off":
        return 0.0
    try:
        seconds = parse_duration(duration) if isinstance(duration, str) else 0.0
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= LONGEST_MAINTENANCE_S:
        raise BadCommandError(f"expected a duration such as 2h, at most 30d, or off; got {_shown(duration)}")
    return seconds


def _id(alert: object) -> str | None:
    """Return an alert's id."""
    if alert is None or (isinstance(alert, str) and ID.fullmatch(alert)):
        return alert
    raise BadCommandError(f"expected the id of an alert, 16 digits of 0-9a-f, got {_shown(alert)}")


def _no_more(words: dict[str, Any]) -> None:
    """Refuse what nobody asked for: a slip in a name must not turn a preview into a deed."""
    if words:
        raise BadCommandError(f"expected nothing more, got {_shown(next(iter(words)))}")


def _shown(value: object) -> str:
    """Return something from outside for a sentence."""
    return repr(shown(str(value))[:60])

"""What is played: messages that give the recording's readings back, each when it is due."""

import math
import threading
from pathlib import Path

import pytest

from detector.clock import MonoTime, WallTime
from detector.domain import MICROSECONDS, EventTime, Reading
from detector.edge.recording import Row, read_recordings, read_rows
from detector.errors import RecordingError
from detector.lab.play import Message, Player, messages, parse_speed
from detector.settings.sensors import SensorSettings
from detector.stream.decode import Decoder

SENSORS = [
    SensorSettings.model_validate(
        {"name": "fleet", "topics": ["fleet/{device}"], "timestamp": {"field": "timestamp", "format": "iso8601"}}
    )
]
MAX_PAYLOAD = 2**20


def second(at: float) -> EventTime:
    """Return an event time so many seconds after an arbitrary start."""
    return EventTime(1_000_000_000 * MICROSECONDS + round(at * MICROSECONDS))


class Script:
    """A publisher and a clock in one: time passes only while the player waits."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.passed_s = 0.0
        self.published: list[tuple[float, str]] = []
        self.flushed = False

    def wall(self) -> WallTime:
        """Return the scripted time."""
        return WallTime(self.passed_s)

    def mono(self) -> MonoTime:
        """Return the scripted time."""
        return MonoTime(self.passed_s)

    def publish(self, topic: str, payload: bytes) -> None:
        """Note when what was published."""
        self.published.append((self.passed_s, f"{topic} {payload.decode()}"))

    def flush(self) -> None:
        """Note that the end was waited for."""
        self.flushed = True


class ScriptedStop(threading.Event):
    """A stop that lets the script's time pass instead of waiting."""

    def __init__(self, script: Script) -> None:
        """Move this script's time."""
        super().__init__()
        self._script = script

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass at once."""
        self._script.passed_s += timeout or 0.0
        return self.is_set()


def test_messages_decode_to_the_readings_of_the_recordings(tmp_path: Path) -> None:
    """What a daemon decodes from the messages is what a replay reads, bit for bit and in the same order."""
    rows = "".join(f"{1_000_000_000 + n / 3:.6f},{n / 7!r},{-n / 11!r}\n" for n in range(50))
    (tmp_path / "pump.csv").write_text(f"timestamp,flow,heat\n{rows}1000000001,1e-320,\n1000000001,0.1,7\n")
    long = "".join(f"{1_000_000_000 + n // 4},fan,{'abc'[n % 3]},{n * 0.1!r}\n" for n in range(60))
    (tmp_path / "z.csv").write_text(f"timestamp,device,channel,value\n{long}")
    decoder = Decoder(SENSORS, MAX_PAYLOAD, 64)
    arrived = second(1e6)
    played = messages(read_rows([tmp_path], SENSORS), "fleet/{device}")
    heard = [reading for one in played for reading in decoder.decode(one.topic, one.payload, arrived)]
    assert heard == list(read_recordings([tmp_path], SENSORS))


def test_row_is_one_message() -> None:
    """The readings of one device at one moment are one message; a channel's second reading begins another."""
    flow, heat = (Reading("pump", channel, second(0), 1.5, 0) for channel in ("flow", "heat"))
    played = list(messages([Row(second(0), 0, (flow, heat)), Row(second(2), 0, (flow,))], "site/{device}/x"))
    assert played == [
        Message(second(0), "site/pump/x", b'{"timestamp":"2001-09-09T01:46:40Z","flow":1.5,"heat":1.5}'),
        Message(second(2), "site/pump/x", b'{"timestamp":"2001-09-09T01:46:40Z","flow":1.5}'),
    ]


@pytest.mark.parametrize(("device", "channel"), [("a/b", "x"), ("a+", "x"), ("#", "x"), ("pump", "timestamp")])
def test_name_that_cannot_be_played_is_an_error(device: str, channel: str) -> None:
    """A device that is no level of a topic, and a channel called timestamp, are errors."""
    row = Row(second(0), 0, (Reading(device, channel, second(0), 1.0, 0),))
    with pytest.raises(RecordingError, match="expected"):
        list(messages([row], "fleet/{device}"))


def play(speed: float, *ats: float) -> Script:
    """Play messages that are due at these seconds."""
    script = Script()
    waiting = [Message(second(at), str(number), b"") for number, at in enumerate(ats)]
    player = Player(script, script, ScriptedStop(script))
    player.play(waiting, speed)
    assert player.played == len(ats)
    return script


def test_speed_sets_the_pace() -> None:
    """Ten times the speed of life is a tenth of the time between messages; those of one moment come together."""
    assert [at for at, _ in play(10.0, 0, 5, 5, 25).published] == pytest.approx([0.0, 0.5, 0.5, 2.5])


def test_full_speed_does_not_wait() -> None:
    """At full speed every message goes at once, and the end is waited for."""
    script = play(math.inf, 0, 5, 1e9)
    assert [at for at, _ in script.published] == [0.0, 0.0, 0.0]
    assert script.flushed


def test_stop_ends_playing_in_good_order() -> None:
    """A stop ends playing before the next message, and what was published is still waited for."""
    script = Script()
    stop = ScriptedStop(script)
    player = Player(script, script, stop)

    def waiting() -> list[Message]:
        stop.set()
        return [Message(second(0), "a", b"")]

    player.play(waiting(), 1.0)
    assert player.played == 0
    assert script.flushed


@pytest.mark.parametrize(
    ("text", "speed"), [("1", 1.0), ("0.5", 0.5), ("60x", 60.0), ("max", math.inf), ("0", math.inf)]
)
def test_speed_is_a_factor_or_max(text: str, speed: float) -> None:
    """A speed is a number above zero, or max."""
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["-1", "fast", "nan", "inf", ""])
def test_speed_that_is_none_is_refused(text: str) -> None:
    """What is neither a number above zero nor max is no speed."""
    with pytest.raises(ValueError, match=r"expected|convert"):
        parse_speed(text)

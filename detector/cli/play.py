"""`detector play`: recordings back onto MQTT, for a daemon that is to live through them.

In: recordings and a broker. Out: one JSON message for each device and moment, `{"timestamp": ..., "<channel>": ...}`.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from detector.cli.stopping import stop_on_signals
from detector.clock import SystemClock
from detector.edge.config_file import load_settings
from detector.edge.recording import find_recordings, read_rows
from detector.edge.secret_file import resolve_path
from detector.errors import ConfigError
from detector.lab.link import Publisher
from detector.lab.play import Message, Player, messages, parse_speed
from detector.settings import MqttSettings
from detector.settings.sensors import SensorSettings
from detector.stream.timestamp import format_event_time

SHOW_EVERY = 64
"""Messages between two renewals of the progress line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector play`."""
    add = parser.add_argument
    add("input", type=Path, nargs="+", metavar="PATH", help="recordings (.csv, .csv.gz), or folders of them")
    add("--server", metavar="URL", help="mqtt://, mqtts://, ws:// or wss:// (default mqtt://localhost:1883)")
    add(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="N",
        help="so many times as fast as it was; max: as fast as it goes",
    )
    add("--config", type=Path, metavar="CONFIG", help="take server, user and TLS from a configuration")
    add("--topic", type=_topic, default="fleet/{device}", help="where to publish (default fleet/{device})")
    add("--qos", type=int, choices=(0, 1), default=1)
    add("--username")
    add("--password-file", type=Path, metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """Play until the recordings end or somebody stops us."""
    everything = [SensorSettings(name="recording")]
    found = messages(read_rows(find_recordings(arguments.input), everything), arguments.topic)
    stop = threading.Event()
    begun = time.monotonic()
    with stop_on_signals(stop), Publisher(mqtt_settings(arguments), f"detector-play-{os.getpid()}") as publisher:
        player = Player(publisher, SystemClock(), stop)
        player.play(_watched(player, found), arguments.speed)
    print(f"played {player.played:,} messages in {time.monotonic() - begun:.1f} s", file=sys.stderr)
    return 0


def mqtt_settings(arguments: argparse.Namespace) -> MqttSettings:
    """Return how to reach the broker: by the configuration, if one is named, and by the arguments before that.

    Raises: ConfigError.
    """
    mqtt = MqttSettings()
    if arguments.config is not None:
        mqtt = load_settings(arguments.config, os.environ).mqtt
        if mqtt.password_file is not None:
            mqtt = mqtt.model_copy(update={"password_file": resolve_path(mqtt.password_file, arguments.config.parent)})
    given = {"username": arguments.username, "password_file": arguments.password_file, "qos": arguments.qos}
    given["servers"] = None if arguments.server is None else [arguments.server]
    changes = {key: value for key, value in given.items() if value is not None}
    try:
        return MqttSettings.model_validate(mqtt.model_dump() | changes)
    except ValueError as fault:
        raise ConfigError(
            [f"--server: expected a URL such as mqtt://localhost:1883, got {arguments.server!r}"]
        ) from fault


def _watched(player: Player, waiting: Iterable[Message]) -> Iterator[Message]:
    """Yield the messages, with a line on the terminal about how far they are; silent in a pipe."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        line = progress.add_task("reading", total=None)
        for number, message in enumerate(waiting):
            yield message
            if number % SHOW_EVERY == 0:
                text = f"{format_event_time(message.arrived)[:16]}  {player.played:,} messages"
                progress.update(line, description=text)


def _speed(text: str) -> float:
    """Read a speed, for argparse."""
    try:
        return parse_speed(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"expected a speed such as 1, 60 or max, got {text!r}") from fault


def _topic(text: str) -> str:
    """Read a topic, for argparse."""
    if "{device}" not in text or set(text.replace("{device}", "")) & set("{}+#"):
        raise argparse.ArgumentTypeError(f"expected a topic with {{device}} and no wildcard, got {text!r}")
    return text

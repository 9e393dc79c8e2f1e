"""`detector record`: MQTT to a recording, by a configuration, until Ctrl-C or for a while; or a daemon's journal to one.

In: a configuration, or a journal. Out: a recording in the long form, `timestamp,device,channel,value`, in order of arrival.
"""

import argparse
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.cli.stopping import stop_on_signals
from detector.clock import SystemClock
from detector.edge.config_file import load_settings, require_topics
from detector.edge.inbox import Inbox
from detector.edge.journal import journal_path, read_recorded
from detector.edge.ledger import Ledger
from detector.edge.mqtt import MqttLink
from detector.edge.recording import RecordingFile
from detector.edge.secret_file import read_secret
from detector.errors import ConfigError, LinkError
from detector.lab.record import Recorder, copy_readings
from detector.settings import MqttSettings, Settings
from detector.settings.quantities import parse_duration
from detector.stream.decode import Decoder

GOODBYE_S = 2.0
"""Longest wait for the broker when we leave."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector record`."""
    add = parser.add_argument
    add("config", nargs="?", type=Path, metavar="CONFIG", help="configuration file (YAML)")
    add("--from-journal", type=Path, metavar="DIR", help="instead: what a daemon's state directory, or journal, holds")
    add("--out", type=_recording, required=True, metavar="FILE", help="the recording to write, .csv or .csv.gz")
    add("--duration", type=_duration, metavar="30s", help="stop after so much time (default: at Ctrl-C)")
    add("--force", action="store_true", help="overwrite the file if it exists")


def run(arguments: argparse.Namespace) -> int:
    """Record until the time is over or somebody stops us; a journal to its end."""
    if (arguments.config is None) == (arguments.from_journal is None):
        got = "neither" if arguments.config is None else "both"
        raise ConfigError([f"detector record: expected CONFIG or --from-journal, got {got}"])
    if arguments.out.exists() and not arguments.force:
        raise ConfigError(
            [f"{arguments.out}: expected a new file, got one that exists; choose another name, or add --force"]
        )
    return _from_mqtt(arguments) if arguments.from_journal is None else _from_journal(arguments)


def _from_journal(arguments: argparse.Namespace) -> int:
    """Record what a journal holds."""
    if arguments.duration is not None:
        raise ConfigError(["--duration: expected CONFIG, got --from-journal, which ends by itself; leave it out"])
    recorded = read_recorded(journal_path(arguments.from_journal))
    with RecordingFile(arguments.out) as file:
        readings = copy_readings((reading for reading, _ in recorded), file)
    print(f"recorded {readings:,} readings in {arguments.out}", file=sys.stderr)
    return 0


def _from_mqtt(arguments: argparse.Namespace) -> int:
    """Record what a broker sends."""
    settings = load_settings(arguments.config, os.environ)
    require_topics(str(arguments.config), settings)
    decoder = Decoder(settings.sensors, settings.mqtt.inbox.max_payload, settings.engine.max_channels)
    base = None if settings.alerts.mqtt is None else settings.alerts.mqtt.base_topic
    inbox, ledger, stop = Inbox(settings.mqtt.inbox), Ledger(), threading.Event()
    with (
        stop_on_signals(stop),
        _link(settings, arguments.config, decoder, inbox, ledger) as link,
        RecordingFile(arguments.out) as file,
    ):
        recorder = Recorder(decoder, file, base)
        recorder.run(inbox, link.acknowledge, SystemClock(), stop, arguments.duration)
    _tell_end(recorder, arguments.out, sum(ledger.snapshot().dropped.values()))
    return 0


@contextmanager
def _link(settings: Settings, config: Path, decoder: Decoder, inbox: Inbox, ledger: Ledger) -> Iterator[MqttLink]:
    """Keep a link up for the block, once the broker has granted the subscriptions.

    Raises: LinkError when it does not within the connect timeout.
    """
    mqtt = _as_recorder(settings.mqtt)

    def password() -> str | None:
        """Read the password of the moment."""
        file = mqtt.password_file
        return None if file is None else read_secret(file, config.parent, os.environ).text

    link = MqttLink(mqtt, decoder.filters, None, inbox, ledger, password)
    link.start()
    try:
        if not link.subscribed.wait(mqtt.connect_timeout * len(mqtt.servers)):
            reason = link.ended_because or "no answer in time"
            raise LinkError(
                f"{', '.join(mqtt.servers)}: expected a broker that lets us listen, got: {reason}; see mqtt.servers"
            )
        yield link
    finally:
        link.stop(GOODBYE_S)


def _as_recorder(mqtt: MqttSettings) -> MqttSettings:
    """Return the settings under another client id, so that we do not throw out the daemon, and without a session to keep."""
    own = {"client_id": f"{mqtt.client_id}-record-{os.getpid()}", "persistent_session": False}
    return mqtt.model_copy(update=own)


def _tell_end(recorder: Recorder, path: Path, dropped: int) -> None:
    """Say on stderr what was recorded and what was not."""
    for reason, count in sorted(recorder.rejected.items()):
        print(f"detector: {count} rejected ({reason}), first {recorder.first_rejected[reason]}", file=sys.stderr)
    if dropped:
        print(f"detector: {dropped} messages dropped, the inbox was full; see mqtt.inbox", file=sys.stderr)
    print(f"recorded {recorder.readings:,} readings in {path}", file=sys.stderr)


def _recording(text: str) -> Path:
    """Read the name of a recording, for argparse."""
    if not text.lower().endswith((".csv", ".csv.gz")):
        raise argparse.ArgumentTypeError(f"expected a name that ends with .csv or .csv.gz, got {text!r}")
    return Path(text)


def _duration(text: str) -> float:
    """Read a duration, for argparse."""
    try:
        return parse_duration(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from fault

"""The parts, made from a configuration: files and secrets are looked for beside it.

In: settings, and where they stand. Out: parts that are not started yet, or an error that says what is missing.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from detector.clock import Clock
from detector.daemon.announcer import Announcer
from detector.daemon.discovery import Discovery
from detector.daemon.herald import Herald
from detector.daemon.intake import Intake, Limits
from detector.daemon.redelivery import Redelivery
from detector.domain import AlertEvent
from detector.edge.channel_view import ChannelView
from detector.edge.home_assistant import Discoverable
from detector.edge.inbox import Inbox
from detector.edge.journal import Journal
from detector.edge.ledger import Ledger
from detector.edge.model_file import load_model
from detector.edge.mqtt import MqttLink, commands_filter
from detector.edge.secret_file import read_secret, resolve_path
from detector.edge.sinks import Keyring, MqttSink, Porter, Sinks, Surroundings
from detector.edge.snapshot import Keeper
from detector.engine import Engine
from detector.notices import Desk, Directory, wants
from detector.settings import MqttSettings, Settings
from detector.settings.mqtt import TlsSettings
from detector.stream.topic import TopicPattern

log = logging.getLogger("detector.daemon")

Lasting = Callable[[], Collection[str] | None]
"""Tells the ids of the alerts that are open, where that is known."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a configuration stands: what its relative paths and its secrets are relative to."""

    folder: Path
    environment: Mapping[str, str]


def build_engine(settings: Settings, place: Place) -> Engine:
    """Return an engine with the configured model.

    Raises: ModelError when the model's folder cannot be used.
    """
    folder = resolve_path(settings.model, place.folder)
    model = load_model(folder)
    log.info("model %s: %s cells", folder, model.kind.value)
    if model.remark is not None:
        log.warning("%s", model.remark)
    return Engine(settings, model.network, model.reference)


def build_intake(
    settings: Settings, ledger: Ledger, redelivery: Redelivery, directory: Directory | None = None
) -> Intake:
    """Return the way from messages to readings; it tells the directory where devices are."""
    engine = settings.engine
    limits = Limits(settings.mqtt.inbox.max_payload, engine.max_channels, engine.total_channels)
    return Intake(settings.sensors, limits, ledger, redelivery, directory)


def build_herald(settings: Settings, journal: Journal, clock: Clock) -> Herald:
    """Return what decides who is told what, as it stood at the last commit."""
    return Herald(Desk(settings.alerts, Directory(settings.engine.max_devices)), journal, clock)


def build_journal(settings: Settings, place: Place, clock: Clock) -> Journal:
    """Return the journal in the state directory.

    Raises: JournalError when the directory is another daemon's, or its journal a newer one's.
    """
    return Journal(state_directory(settings, place), settings.state.journal, entries_of(settings), clock)


def build_keeper(settings: Settings, place: Place, clock: Clock) -> Keeper:
    """Return what takes the snapshots, beside the journal."""
    return Keeper(state_directory(settings, place), settings.state.snapshot_every, clock)


def state_directory(settings: Settings, place: Place) -> Path:
    """Return the state directory; a relative one is below systemd's, or else the working directory."""
    given = place.environment.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given) / settings.state.directory


def entries_of(settings: Settings) -> tuple[str, ...]:
    """Return the names of the `sensors` entries: they outlive a reload, their places do not."""
    return tuple(entry.name for entry in settings.sensors)


def surroundings(
    settings: Settings, place: Place, journal: Journal, clock: Clock, directory: Directory, lasting: Lasting
) -> Surroundings:
    """Return what the ways to receivers need to know that their settings do not say."""
    keyring, page = Keyring(place.folder, place.environment), settings.alerts.external_url or ""
    return Surroundings(keyring, clock, journal.kept.lasting_alerts, directory.labels, lasting, page)


def build_sinks(settings: Settings, link: MqttLink, receivers: Sequence[Porter[Any]], directory: Directory) -> Sinks:
    """Return the ways out for alerts: the broker, and the sinks of the configuration's receivers, in its order."""
    mqtt, by_name = settings.alerts.mqtt, {receiver.name: receiver for receiver in settings.alerts.receivers}
    broker = () if mqtt is None else (MqttSink(mqtt.base_topic, link),)

    def wanted(sink: str, event: AlertEvent) -> bool:
        """Return whether a sink is there for an event; the broker's is for all."""
        receiver = by_name.get(sink)
        return receiver is None or wants(receiver, event, directory.labels(event))

    machines = tuple(sink for sink in receivers if not by_name[sink.name].for_people)
    return Sinks((*broker, *machines), tuple(sink for sink in receivers if by_name[sink.name].for_people), wanted)


def build_announcer(settings: Settings, view: ChannelView, link: MqttLink, clock: Clock) -> Announcer | None:
    """Return what publishes the channels' states; None where the configuration wants nothing on MQTT."""
    return None if settings.alerts.mqtt is None else Announcer(settings.alerts.mqtt, view, link, clock)


def discoverable(settings: Settings) -> Discoverable | None:
    """Return what Home Assistant is told of all devices; None where it is told nothing."""
    mqtt, wanted = settings.alerts.mqtt, settings.alerts.home_assistant
    if mqtt is None or wanted is None:
        return None
    return Discoverable(wanted.prefix, mqtt.base_topic, mqtt.commands, settings.alerts.external_url)


def build_discovery(settings: Settings, view: ChannelView, link: MqttLink, clock: Clock) -> Discovery | None:
    """Return what shows devices to Home Assistant; None where the configuration does not want that."""
    what = discoverable(settings)
    return None if what is None else Discovery(what, view, link, lambda: link.births, clock)


def build_link(settings: Settings, place: Place, inbox: Inbox, ledger: Ledger) -> MqttLink:
    """Return a link that is not started yet.

    The password is read anew for every connection. Raises: ConfigError when its file can't be read; LinkError when a TLS file
    can't be used.
    """
    mqtt = settings.mqtt.model_copy(update={"tls": _found(settings.mqtt.tls, place.folder)})
    link = MqttLink(mqtt, filters_of(settings), base_of(settings), inbox, ledger, partial(_password, mqtt, place))
    what = discoverable(settings)
    if what is not None:
        link.listen_for_births(what.birth_topic)
    return link


def base_of(settings: Settings) -> str | None:
    """Return the topic under which we publish everything; None where we publish nothing."""
    return None if settings.alerts.mqtt is None else settings.alerts.mqtt.base_topic


def filters_of(settings: Settings) -> list[str]:
    """Return the MQTT filters to subscribe to, each once."""
    topics = (topic for entry in settings.sensors for topic in entry.topics)
    what = discoverable(settings)
    births = [] if what is None else [what.birth_topic]
    told = settings.alerts.mqtt
    commands = [] if told is None or not told.commands else [commands_filter(told.base_topic)]
    return list(dict.fromkeys([*(TopicPattern.parse(topic).filter for topic in topics), *births, *commands]))


def _found(tls: TlsSettings, config_dir: Path) -> TlsSettings:
    """Return the TLS settings with their files looked for beside the configuration."""
    names = ("ca_file", "cert_file", "key_file")
    files = {name: resolve_path(path, config_dir) for name in names if (path := getattr(tls, name)) is not None}
    return tls.model_copy(update=files)


def _password(mqtt: MqttSettings, place: Place) -> str | None:
    """Read the password, if there is one; say so when others on the machine could read it too."""
    if mqtt.password_file is None:
        return None
    secret = read_secret(mqtt.password_file, place.folder, place.environment)
    if secret.warning is not None:
        log.warning("%s", secret.warning, extra={"kind": "password file"})
    return secret.text

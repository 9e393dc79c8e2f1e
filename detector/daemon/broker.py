"""The link to the broker, made from a configuration: filters, secrets and files found.

In: settings and the configuration's folder. Out: a `MqttLink`, not started.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

from detector.edge.inbox import Inbox
from detector.edge.ledger import Ledger
from detector.edge.mqtt import MqttLink
from detector.edge.secret_file import read_secret, resolve_path
from detector.settings import MqttSettings, SensorSettings, Settings
from detector.settings.mqtt import TlsSettings
from detector.stream.topic import TopicPattern

log = logging.getLogger("detector.mqtt")


def filters_of(sensors: list[SensorSettings]) -> list[str]:
    """Return the MQTT filters to subscribe to, each once."""
    return list(dict.fromkeys(TopicPattern.parse(topic).filter for entry in sensors for topic in entry.topics))


def build_link(settings: Settings, config_dir: Path, environment: Mapping[str, str], inbox: Inbox, ledger: Ledger) -> MqttLink:
    """Return a link that is not started yet.

    Raises: ConfigError when the password file can't be read; LinkError when a TLS file can't be used.
    """
    mqtt = settings.mqtt.model_copy(update={"tls": _found(settings.mqtt.tls, config_dir)})
    base = None if settings.alerts.mqtt is None else settings.alerts.mqtt.base_topic
    return MqttLink(mqtt, filters_of(settings.sensors), base, inbox, ledger, _password(mqtt, config_dir, environment))


def _found(tls: TlsSettings, config_dir: Path) -> TlsSettings:
    """Return the TLS settings with their files looked for beside the configuration."""
    names = ("ca_file", "cert_file", "key_file")
    files = {name: resolve_path(path, config_dir) for name in names if (path := getattr(tls, name)) is not None}
    return tls.model_copy(update=files)


def _password(mqtt: MqttSettings, config_dir: Path, environment: Mapping[str, str]) -> str | None:
    """Read the password, if there is one; say so when others on the machine could read it too."""
    if mqtt.password_file is None:
        return None
    secret = read_secret(mqtt.password_file, config_dir, environment)
    if secret.warning is not None:
        log.warning("%s", secret.warning)
    return secret.text

"""The ways to receivers by their names in the configuration: a further one is a file beside this, and a line here.

In: a receiver's settings. Out: its sink, which is a thread of its own, not begun before there is something to carry.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from detector.clock import SystemClock
from detector.edge.sinks import alertmanager, file
from detector.edge.sinks.alertmanager import Alertmanager
from detector.edge.sinks.apprise import MISSING, Apprise, installed
from detector.edge.sinks.file import AlertFile
from detector.edge.sinks.keyring import Keyring
from detector.edge.sinks.porter import Porter
from detector.edge.sinks.surroundings import Surroundings
from detector.edge.sinks.webhook import Webhook
from detector.errors import ConfigError
from detector.settings.receivers import ReceiverSettings


def _webhook(receiver: ReceiverSettings, around: Surroundings) -> Porter[Any]:
    """Return the sink of a webhook; it takes notices."""
    assert receiver.webhook is not None
    return Porter(receiver.name, Webhook(receiver.webhook, around))


def _alertmanager(receiver: ReceiverSettings, around: Surroundings) -> Porter[Any]:
    """Return the sink of an Alertmanager; it takes events. What lasts from before the start is sent again at once."""
    assert receiver.alertmanager is not None
    way = Alertmanager(receiver.name, receiver.alertmanager, around)
    porter = Porter(receiver.name, way, alertmanager.AT_ONCE)
    if way.firing:
        porter.go()
    return porter


def _apprise(receiver: ReceiverSettings, around: Surroundings) -> Porter[Any]:
    """Return the sink of Apprise URLs; it takes notices."""
    assert receiver.apprise is not None
    return Porter(receiver.name, Apprise(receiver.apprise, around.keyring))


def _file(receiver: ReceiverSettings, around: Surroundings) -> Porter[Any]:
    """Return the sink of a file; it takes events. A relative path is below systemd's directory for logs, or else the working directory."""
    assert receiver.file is not None
    folder = around.keyring.environment.get("LOGS_DIRECTORY", "").split(":")[0]
    return Porter(receiver.name, AlertFile(Path(folder) / receiver.file.path), file.AT_ONCE)


FACTORIES: Final[Mapping[str, Callable[[ReceiverSettings, Surroundings], Porter[Any]]]] = {
    "webhook": _webhook,
    "alertmanager": _alertmanager,
    "apprise": _apprise,
    "file": _file,
}
"""By the words of the configuration."""


def require_libraries(receivers: Sequence[ReceiverSettings]) -> None:
    """Insist on the libraries that receivers need.

    Raises: ConfigError.
    """
    wanting = [receiver for receiver in receivers if receiver.apprise is not None]
    if wanting and not installed():
        raise ConfigError([f"alerts.receivers: {receiver.name}: apprise: {MISSING}" for receiver in wanting])


def faults_of(receivers: Sequence[ReceiverSettings], keyring: Keyring) -> Iterator[str]:
    """Yield what would keep receivers from being told: secrets, certificates and URLs; nothing is sent."""
    around = Surroundings(keyring, SystemClock())
    for receiver in receivers:
        try:
            make_sink(receiver, around)
        except ConfigError as fault:
            yield from fault.faults


def make_sink(receiver: ReceiverSettings, around: Surroundings) -> Porter[Any]:
    """Return the sink of a receiver.

    Raises: ConfigError when a secret cannot be read, a certificate is none, or a library is missing.
    """
    try:
        return FACTORIES[receiver.way](receiver, around)
    except ConfigError as fault:
        where = f"alerts.receivers: {receiver.name}: {receiver.way}"
        raise ConfigError([f"{where}: {one}" for one in fault.faults]) from fault

"""What a configuration lays open that its defaults keep shut: allowed, but to be told.

In: settings. Out: a sentence each, `key: what; what to do`.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from detector.settings.receivers import ReceiverSettings
from detector.settings.root import Settings
from detector.settings.transports import WebhookSettings

UNENCRYPTED = ("mqtt", "ws", "http")
"""Schemes of servers that everybody on the way can listen to."""


def exposures(settings: Settings) -> Iterator[str]:
    """Yield what others could read, feign or ask for, by this configuration."""
    mqtt, open_servers = settings.mqtt, [url for url in settings.mqtt.servers if _is_open(url)]
    if open_servers and mqtt.username is not None:
        yield f"mqtt.servers: user name and password go unencrypted to {open_servers[0]}; use mqtts:// or wss://"
    if mqtt.tls.insecure_skip_verify:
        yield "mqtt.tls.insecure_skip_verify: anybody on the way can feign the broker; name its authority in ca_file"
    listen = settings.metrics.listen
    if not _is_local(urlsplit(f"//{listen}").hostname or ""):
        yield f"metrics.listen: whoever reaches {listen} can read all values, ask for a reload and answer alerts; use 127.0.0.1, or a proxy"
    told = settings.alerts.mqtt
    if told is not None and told.commands:
        yield (
            f"alerts.mqtt.commands: whoever may publish to {told.base_topic}/devices/+/set/+ can answer alerts and keep people from"
            " them; let the broker's access rules say who that is"
        )
    for receiver in settings.alerts.receivers:
        yield from _told_to_all(receiver)


def _told_to_all(receiver: ReceiverSettings) -> Iterator[str]:
    """Yield which secret of a receiver goes unencrypted over a network."""
    way = receiver.webhook or receiver.alertmanager
    if way is None or (way.password_file is None and way.bearer_token_file is None):
        return
    urls = [way.url or ""] if isinstance(way, WebhookSettings) else way.urls
    for url in urls:
        if _is_open(url):
            yield f"alerts.receivers: {receiver.name}: its password or token goes unencrypted to {url}; use https://"


def _is_open(url: str) -> bool:
    """Tell whether a server's traffic can be listened to by others than this machine's."""
    parts = urlsplit(url)
    return parts.scheme in UNENCRYPTED and not _is_local(parts.hostname or "")


def _is_local(host: str) -> bool:
    """Tell whether a host is this machine, as far as its name says."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

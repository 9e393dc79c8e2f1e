"""What a configuration lays open is told, and nothing else."""

from typing import Any

import pytest

from detector.settings import Settings
from detector.settings.exposure import exposures


def keys(**sections: Any) -> list[str]:
    """Return the keys that are told of."""
    settings = Settings.model_validate({"sensors": [{"name": "a"}], **sections})
    return [text.partition(":")[0] for text in exposures(settings)]


def test_the_defaults_lay_nothing_open() -> None:
    """By default the HTTP address is of this machine alone, and TLS is verified."""
    assert keys() == []


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ("mqtt://far", ["mqtt.servers"]),
        ("ws://10.0.0.1", ["mqtt.servers"]),
        ("mqtts://far", []),
        ("wss://far", []),
        ("mqtt://localhost", []),
        ("mqtt://[::1]:1883", []),
        ("mqtt://127.0.0.1", []),
    ],
)
def test_a_password_does_not_leave_the_machine_unencrypted_untold(server: str, told: list[str]) -> None:
    """A user name for a server that is neither encrypted nor on this machine is told."""
    assert keys(mqtt={"servers": [server], "username": "u"}) == told
    assert keys(mqtt={"servers": [server]}) == []


def test_certificates_that_are_not_verified_are_told() -> None:
    """Trust in any certificate is told."""
    assert keys(mqtt={"tls": {"insecure_skip_verify": True}}) == ["mqtt.tls.insecure_skip_verify"]


@pytest.mark.parametrize(
    ("listen", "told"),
    [("0.0.0.0:1", True), ("[::]:1", True), ("host:1", True), ("localhost:1", False), ("[::1]:1", False)],
)
def test_an_address_that_others_reach_is_told(listen: str, told: bool) -> None:
    """An HTTP address that is not of this machine alone is told."""
    assert keys(metrics={"listen": listen}) == ["metrics.listen"] * told


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ({"webhook": {"url": "http://far/x", "bearer_token_file": "t"}}, True),
        ({"webhook": {"url": "http://far/x"}}, False),
        ({"webhook": {"url": "http://127.0.0.1/x", "bearer_token_file": "t"}}, False),
        ({"webhook": {"url": "https://far/x", "bearer_token_file": "t"}}, False),
        ({"alertmanager": {"urls": ["https://a", "http://far"], "username": "u", "password_file": "p"}}, True),
    ],
)
def test_a_receivers_secret_does_not_leave_the_machine_unencrypted_untold(way: dict[str, Any], told: bool) -> None:
    """A password or token that is sent to another machine by http is told."""
    receivers = [{"name": "r", **way}]
    assert keys(alerts={"receivers": receivers}) == (["alerts.receivers"] if told else [])


def test_commands_over_mqtt_are_told() -> None:
    """That whoever may publish below our base topic can keep people from alerts is told; by default nobody can."""
    assert keys(alerts={"mqtt": {"commands": True}}) == ["alerts.mqtt.commands"]
    assert keys(alerts={"mqtt": None}) == []

"""Brokers' URLs, listening addresses and base topics."""

import pytest
from pydantic import ValidationError

from detector.settings import MetricsSettings, MqttAlertSettings, MqttSettings


@pytest.mark.parametrize(
    "server",
    ["mqtt://localhost", "mqtts://broker.example.org:8883", "ws://h:80/mqtt", "wss://[::1]:443/", "mqtt://10.0.0.1:1"],
)
def test_a_server_is_a_url_with_a_known_scheme(server: str) -> None:
    """A server is a URL with a known scheme, and is kept as written."""
    assert MqttSettings(servers=[server]).servers == [server]


@pytest.mark.parametrize(
    "server", ["localhost:1883", "http://h", "mqtt://", "mqtt://h:70000", "mqtt://h:1:2", "mqtt://a b"]
)
def test_a_server_of_another_form_is_refused(server: str) -> None:
    """A server of another form is refused with an example."""
    with pytest.raises(ValidationError, match="expected a server such as mqtt://localhost:1883"):
        MqttSettings(servers=[server])


@pytest.mark.parametrize(
    "server",
    [
        "mqtt://me:hunter2@broker",
        "wss://broker/mqtt?token=hunter2",
        "wss://broker/mqtt#hunter2",
        "mqtt://a b:hunter2@c",
    ],
)
def test_credentials_in_a_url_are_refused_without_repeating_them(server: str) -> None:
    """Credentials in a server's URL, or a query that may hold some, are refused, and the fault's text does not repeat them."""
    with pytest.raises(ValidationError) as caught:
        MqttSettings(servers=[server])
    assert "hunter2" not in str(caught.value.errors()[0]["ctx"]["error"])


@pytest.mark.parametrize("listen", ["9108", "127.0.0.1", "127.0.0.1:99999", "http://h:1", ":9108"])
def test_a_listening_address_has_host_and_port(listen: str) -> None:
    """A listening address has a host and a port that exists."""
    with pytest.raises(ValidationError, match="expected host:port"):
        MetricsSettings(listen=listen)


@pytest.mark.parametrize("topic", ["", "/a", "a/", "a//b", "a/+", "#", "$SYS", "a b", "{a}"])
def test_a_base_topic_is_a_plain_topic(topic: str) -> None:
    """A base topic has no wildcard, no brace, no blank and no empty level."""
    with pytest.raises(ValidationError, match="expected a topic such as detector"):
        MqttAlertSettings(base_topic=topic)
    assert MqttAlertSettings(base_topic="site/detector").base_topic == "site/detector"

"""The link gets through by every transport and protocol, to a real broker."""

from pathlib import Path
from typing import Any

import pytest

from detector.errors import LinkError
from detector.settings.mqtt import TlsSettings
from tests.system.broker import Broker
from tests.system.parties import Station, Witness
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto", "mosquitto_passwd", "openssl")


def _hears(station: Station, broker: Broker) -> None:
    """Assert that a reading published at the broker reaches the station's inbox."""
    with station, Witness(broker.port) as witness:
        station.wait_subscribed()
        witness.publish("plant/pump-1/telemetry", "21.5")
        [message] = station.take(1)
        assert (message.topic, message.payload, message.qos) == ("plant/pump-1/telemetry", b"21.5", 1)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
@pytest.mark.parametrize("scheme", ["mqtt", "ws"])
def test_readings_come_in_without_encryption(broker: Broker, scheme: str, protocol: str) -> None:
    """A reading comes in over TCP and over websockets, by MQTT 5 and by MQTT 3.1.1."""
    port = broker.port if scheme == "mqtt" else broker.websocket_port
    _hears(Station(f"{scheme}://127.0.0.1:{port}", protocol=protocol), broker)


def test_readings_come_in_over_tls(tls_broker: Broker) -> None:
    """A reading comes in over TLS from a server that our authority vouches for."""
    tls = TlsSettings(ca_file=tls_broker.folder / "ca.crt")
    _hears(Station(f"mqtts://localhost:{tls_broker.tls_port}", tls=tls), tls_broker)


def test_an_unknown_authority_is_not_trusted(tls_broker: Broker) -> None:
    """A server whose certificate nobody vouches for is not connected to, and the reason says so."""
    with Station(f"mqtts://localhost:{tls_broker.tls_port}") as station:
        wait_until(lambda: station.link.ended_because, "a first try")
        assert "certificate verify failed" in str(station.link.ended_because)
        assert not station.link.connected


def test_verification_can_be_switched_off_for_a_bench(tls_broker: Broker) -> None:
    """With insecure_skip_verify any certificate will do."""
    tls = TlsSettings(insecure_skip_verify=True)
    _hears(Station(f"mqtts://127.0.0.1:{tls_broker.tls_port}", tls=tls), tls_broker)


def test_a_client_certificate_is_shown(tls_broker: Broker) -> None:
    """A server that asks for a client certificate gets ours."""
    folder = tls_broker.folder
    tls = TlsSettings(ca_file=folder / "ca.crt", cert_file=folder / "client.crt", key_file=folder / "client.key")
    _hears(Station(f"mqtts://localhost:{tls_broker.mutual_port}", tls=tls), tls_broker)


def test_no_client_certificate_no_connection(tls_broker: Broker) -> None:
    """A server that asks for a client certificate refuses us without one; the link stays alive and keeps trying."""
    tls = TlsSettings(ca_file=tls_broker.folder / "ca.crt")
    with Station(f"mqtts://localhost:{tls_broker.mutual_port}", tls=tls) as station:
        wait_until(lambda: station.link.ended_because, "a first try")
        assert not station.link.connected
        assert station.link.alive


def test_an_unreadable_certificate_file_is_a_clear_error(tmp_path: Path) -> None:
    """A missing authority file is named before anything is connected."""
    with pytest.raises(LinkError, match=r"mqtt\.tls: expected readable PEM files.*absent\.crt"):
        Station("mqtts://localhost", tls=TlsSettings(ca_file=tmp_path / "absent.crt"))


def test_the_second_server_is_used_when_the_first_is_down(broker: Broker) -> None:
    """Servers are tried in turn until one lets us in."""
    with Broker() as gone:
        pass
    _hears(Station(gone.url, broker.url), broker)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_password_lets_us_in_and_a_wrong_one_does_not(protocol: str) -> None:
    """With the right password readings come in; with a wrong one the link says so and keeps trying."""
    with Broker(users={"detector": "s3cret"}) as broker:
        named: dict[str, Any] = {"username": "detector", "protocol": protocol}
        with Station(broker.url, password="s3cret", **named) as station:
            station.wait_subscribed()
        with Station(broker.url, password="wrong", **named) as station:
            wait_until(lambda: broker.log.count("not authorised") >= 2, "a second try")
            assert "see mqtt.username and mqtt.password_file" in str(station.link.ended_because)
            assert not station.link.subscribed.wait(0.0)
            assert station.link.alive


# paho leaves the socket of a failed websocket handshake to the garbage collector
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_a_server_of_another_transport_is_left_for_the_next(broker: Broker) -> None:
    """A URL whose scheme doesn't fit its port comes to nothing, in bounded time, and the next server is tried."""
    wrong = f"ws://127.0.0.1:{broker.port}", f"mqtt://127.0.0.1:{broker.websocket_port}"
    _hears(Station(*wrong, broker.url, connect_timeout=0.2), broker)

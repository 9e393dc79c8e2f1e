"""HTTP on a real socket: clients of every kind, and Prometheus' own judgement of the metrics."""

import shutil
import socket
import subprocess
import time

import pytest

from detector.edge.http import MAX_CONNECTIONS
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.parties import Witness
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto")


def test_metrics_come_in_the_form_that_is_asked_for(broker: Broker) -> None:
    """A scrape is plain text, OpenMetrics or compressed, as the client asks."""
    with DaemonProcess(broker.url) as daemon:
        assert daemon.request("/metrics").content_type.startswith("text/plain")
        modern = daemon.request("/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert modern.content_type.startswith("application/openmetrics-text")
        assert modern.text.endswith("# EOF\n")
        assert "detector_ready" in daemon.request("/metrics", **{"Accept-Encoding": "gzip"}).text


def test_a_daemon_says_how_far_a_device_is(broker: Broker) -> None:
    """A device that has just left calibration is a quarter of the way, its channel has a skill, and the page says so."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        stamps = [f'{{"ts": {round(time.time()) - 1000 + number}, "a": {number % 5}}}' for number in range(65)]
        witness.publish("plant/site/p1/telemetry", *stamps)
        scrape = daemon.until("detector_forecast_skill_ratio", 0.01)
        assert scrape.value("detector_readiness_ratio", device="p1") == 0.25
        assert scrape.value("detector_readiness_left_seconds", device="p1") == 7 * 86_400
        assert "learning: 25%, about 7 days left" in daemon.request("/").text


@pytest.mark.needs("promtool")
def test_prometheus_has_nothing_to_object_to(broker: Broker) -> None:
    """`promtool check metrics` accepts every name and every line, with channels and without."""
    promtool = shutil.which("promtool")
    assert promtool is not None
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        witness.publish("meters/m1/power", *(str(number % 5) for number in range(200)))
        daemon.until("detector_observations_scored_total", 200)
        scrape = daemon.request("/metrics").text
        assert "detector_anomaly_score{" in scrape
        verdict = subprocess.run(
            [promtool, "check", "metrics"], input=scrape, capture_output=True, text=True, check=False
        )
        assert (verdict.returncode, verdict.stderr, verdict.stdout) == (0, "", "")


def test_slow_clients_hold_up_neither_scoring_nor_for_long_others(broker: Broker) -> None:
    """More silent connections than there is room for: readings are scored meanwhile, and soon there is room again."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port, "detector/devices/#") as witness:
        daemon.until_ready()
        host, port = daemon.address
        silent = [socket.create_connection((host, port)) for _ in range(2 * MAX_CONNECTIONS)]
        try:
            assert not daemon.has_room()
            witness.publish("meters/m1/power", "1")
            assert witness.hear()[0] == "detector/devices/m1/power/state"
            wait_until(daemon.has_room, "there was room for another connection")
        finally:
            for connection in silent:
                connection.close()


def test_a_request_without_end_is_refused(broker: Broker) -> None:
    """A request whose headers do not end is answered with 431 before they take memory, and others are answered still."""
    with DaemonProcess(broker.url) as daemon, socket.create_connection(daemon.address) as client:
        client.sendall(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 8000) for n in range(9)))
        assert client.recv(1000).startswith(b"HTTP/1.0 431 ")
        assert daemon.request("/-/healthy").status == 200


def test_a_foreign_name_that_leads_here_reads_nothing(broker: Broker) -> None:
    """The daemon on its default address answers to no name but this machine's."""
    with DaemonProcess(broker.url) as daemon:
        assert daemon.request("/metrics", Host="rebound.example").status == 403
        assert daemon.request("/metrics", Host="localhost").status == 200

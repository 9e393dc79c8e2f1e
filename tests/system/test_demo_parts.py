"""The parts of the demo against real brokers: what is published arrives, what was started ends."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import orjson
import pytest

from detector.cli.stopping import stop_on_signals
from detector.errors import DetectorError, LinkError
from detector.lab.broker import MOSQUITTO_PLACES, Broker, child_process, embedded_broker, free_port
from detector.lab.link import Listener, Publisher
from detector.settings import MqttSettings
from tests.system.patience import PATIENCE_S


def alive(pid: int) -> bool:
    """Tell whether a process still exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def simulate(broker: Broker, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run `detector simulate` on a broker."""
    command = [sys.executable, "-m", "detector", "simulate", "--server", broker.url, "--protocol", broker.protocol]
    return subprocess.run([*command, *words], capture_output=True, text=True, check=False)


BROKERS = [
    pytest.param(MOSQUITTO_PLACES, id="mosquitto", marks=pytest.mark.needs("mosquitto")),
    pytest.param((), id="amqtt"),
]


@pytest.mark.parametrize("places", BROKERS)
def test_what_the_plant_publishes_arrives(places: tuple[str, ...], tmp_path: Path) -> None:
    """Every message of `detector simulate` reaches a subscriber, and its faults stand in the truth log."""
    topics: list[str] = []
    truth = tmp_path / "truth.jsonl"
    with embedded_broker(places) as broker:
        settings = MqttSettings(servers=[broker.url], protocol=broker.protocol)
        enough = threading.Event()

        def hear(topic: str, _payload: bytes) -> None:
            topics.append(topic)
            if topic == "end":
                enough.set()

        with Listener(settings, "test-listener", ["plant/#", "end"], hear):
            words = ("--devices", "3", "--rate", "100", "--speed", "1", "--duration", "2s", "--truth", str(truth))
            outcome = simulate(broker, *words)
            with Publisher(settings, "test-end") as publisher:
                publisher.publish("end", b"")
                publisher.flush()
            assert enough.wait(PATIENCE_S)
    assert outcome.returncode == 0, outcome.stderr
    assert f"published {len(topics) - 1} messages" in outcome.stderr
    sites = ("harbour", "north", "quarry")
    assert set(topics) == {"end", *(f"plant/{site}/pump-0{row}/telemetry" for row, site in enumerate(sites, 1))}
    faults = [orjson.loads(line) for line in truth.read_text().splitlines()]
    assert {fault["device"] for fault in faults} <= {"pump-01", "pump-02", "pump-03"}


def test_a_broker_ends_with_its_block() -> None:
    """Nobody listens any more where the broker was."""
    with embedded_broker() as broker:
        settings = MqttSettings(servers=[broker.url], protocol=broker.protocol)
        with Publisher(settings, "test") as publisher:
            publisher.publish("x", b"")
    with pytest.raises(LinkError, match="expected an MQTT broker"), Publisher(settings, "test"):
        pass


def test_a_free_port_is_kept_for_who_was_told_of_it() -> None:
    """A port that was chosen is not chosen again, and a server can listen on it."""
    ports = [free_port() for _ in range(1000)]  # by chance alone some 30 of them would be the same as others
    assert len(set(ports)) == len(ports)
    with socket.create_server(("127.0.0.1", ports[0])):
        pass


def test_a_missing_broker_is_a_clear_error() -> None:
    """`detector simulate` names the server that it could not reach, and exits 1."""
    outcome = simulate(Broker("none", f"mqtt://127.0.0.1:{free_port()}", "5"), "--duration", "1s")
    assert outcome.returncode == 1
    assert "expected an MQTT broker" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_an_unknown_channel_is_bad_usage() -> None:
    """A channel that pumps do not have is refused with exit code 2."""
    outcome = simulate(Broker("none", "mqtt://127.0.0.1:1", "5"), "--channels", "flow,humidity")
    assert outcome.returncode == 2
    assert "humidity" in outcome.stderr


def test_a_url_that_is_none_is_a_clear_error() -> None:
    """Something else than a URL is refused in one line."""
    outcome = simulate(Broker("none", "localhost", "5"))
    assert outcome.returncode == 1
    assert "expected mqtt://" in outcome.stderr


def test_a_child_ends_even_when_it_does_not_want_to(tmp_path: Path) -> None:
    """A child process is gone after its block, also when the block fails."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with pytest.raises(DetectorError), child_process(command, tmp_path / "log") as child:
        raise DetectorError("on purpose")
    assert child.returncode is not None
    assert not alive(child.pid)


def test_a_signal_asks_and_a_second_breaks_off() -> None:
    """The first Ctrl-C sets the event, the second raises; afterwards the handler is the one before."""
    before, stop = signal.getsignal(signal.SIGINT), threading.Event()
    with stop_on_signals(stop):
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before

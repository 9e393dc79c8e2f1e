"""The daemon's life on a real broker: ready, reloaded, stopped, aborted."""

import os
import signal
from pathlib import Path

import pytest

from detector.lab.broker import free_port
from tests.system.broker import Broker
from tests.system.daemon_process import SENSORS, DaemonProcess
from tests.system.parties import Witness
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto")


def test_ready_only_once_subscribed() -> None:
    """Without a broker the daemon is healthy and not ready, and says why; with one it becomes ready, and says `online`."""
    broker = Broker()
    with DaemonProcess(broker.url) as daemon:
        try:
            assert daemon.request("/-/healthy").status == 200
            wait_until(lambda: "not connected" in daemon.request("/-/ready").text, "the reason was told")
            assert daemon.request("/-/ready").status == 503
            assert daemon.scrape().value("detector_mqtt_connected") == 0
            broker.start()
            daemon.until_ready()
            with Witness(broker.port, "detector/status") as witness:
                assert witness.hear()[:2] == ("detector/status", "online")
        finally:
            broker.__exit__()


def test_a_stop_scores_what_waits_and_says_goodbye(broker: Broker) -> None:
    """SIGTERM: what came in is scored, `offline` is published, and the exit code is 0."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port, "detector/#") as witness:
        daemon.until_ready()
        witness.publish("meters/m1/power", *(str(number) for number in range(50)))
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
        heard: list[tuple[str, str]] = []
        while ("detector/status", "offline") not in heard:
            heard.append(witness.hear()[:2])
        assert "stopped" in daemon.log
        assert "Traceback" not in daemon.log


def test_what_a_stopped_daemon_did_not_take_comes_to_the_next_one(broker: Broker) -> None:
    """With a persistent session, what is sent while the daemon is away is scored by the next one."""
    with DaemonProcess(broker.url) as daemon:
        daemon.until_ready()
        daemon.send(signal.SIGINT)
        assert daemon.wait() == 0
    with Witness(broker.port) as witness:
        witness.publish("meters/m1/power", "1", "2", "3")
    with DaemonProcess(broker.url) as daemon:
        daemon.until("detector_observations_scored_total", 3)


def test_a_second_signal_aborts(broker: Broker) -> None:
    """While a stopping daemon waits for a broker that hangs, a second signal ends it at once, with exit code 130."""
    with DaemonProcess(broker.url) as daemon:
        daemon.until_ready()
        assert broker._process is not None
        broker._process.send_signal(signal.SIGSTOP)
        daemon.send(signal.SIGTERM)
        wait_until(lambda: "stopping on SIGTERM" in daemon.log, "the daemon was stopping")
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 130
        assert "aborted by a second signal (SIGTERM)" in daemon.log


def test_a_good_reload_is_applied(broker: Broker) -> None:
    """After SIGHUP new topics are read and old ones are not; what was counted stays; the log names what changed."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        witness.publish("meters/m1/power", "1")
        daemon.until("detector_observations_scored_total", 1)
        daemon.configure(
            "budget: 2 per fleet per day\nengine: {max_devices: 50}", SENSORS.replace("meters/", "counters/")
        )
        daemon.send(signal.SIGHUP)
        daemon.until("detector_config_reloads_total", 1)
        daemon.until_ready()
        witness.publish("counters/m2/power", "1")
        witness.publish("meters/m1/power", "2")
        witness.publish("counters/m2/power", "2")
        scrape = daemon.until("detector_observations_scored_total", 3)
        assert scrape.value("detector_config_last_reload_successful") == 1
        assert scrape.value("detector_mqtt_messages_total") == 3  # the broker no longer sends the old topic
        assert scrape.labels("detector_value", "device") == {"m1", "m2"}
        assert "changed: budget, sensors" in daemon.log
        assert "only a restart applies: engine.max_devices" in daemon.log


def test_a_bad_reload_leaves_the_old_configuration_running(broker: Broker) -> None:
    """A configuration with a fault is refused with its line, in the answer, the log and a metric; a good one mends that."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        daemon.configure("budgte: 1 per device per week")
        answer = daemon.request("/-/reload", "POST")
        assert answer.status == 500
        assert "detector.yaml:4" in answer.text
        assert "budgte" in answer.text
        assert daemon.scrape().value("detector_config_last_reload_successful") == 0
        assert "budgte" in daemon.log
        witness.publish("meters/m1/power", "1")
        daemon.until("detector_observations_scored_total", 1)
        daemon.configure()
        assert daemon.request("/-/reload", "POST").status == 200
        assert daemon.scrape().value("detector_config_last_reload_successful") == 1


def test_a_daemon_that_hangs_is_not_healthy(broker: Broker) -> None:
    """While the scoring thread waits for a disk that does not answer, here a pipe, HTTP says that only a restart will help."""
    with DaemonProcess(broker.url) as daemon:
        daemon.until_ready()
        daemon.config.unlink()
        os.mkfifo(daemon.config)
        writer = os.open(daemon.config, os.O_RDWR)
        try:
            daemon.send(signal.SIGHUP)
            wait_until(lambda: daemon.request("/-/healthy").status == 503, "the hang was seen")
            assert "the scoring thread has not come round" in daemon.request("/-/healthy").text
            assert daemon.scrape().value("detector_worker_alive", worker="scoring") == 0
        finally:
            os.close(writer)
        wait_until(lambda: daemon.request("/-/healthy").status == 200, "the daemon went on")


def test_the_running_daemon_has_no_torch(broker: Broker) -> None:
    """No part of torch is mapped into the running daemon."""
    with DaemonProcess(broker.url) as daemon:
        daemon.until_ready()
        maps = Path(f"/proc/{daemon.process.pid}/maps").read_text(encoding="utf-8")
        assert "numpy" in maps
        assert "torch" not in maps


def test_a_taken_port_is_a_clear_error(broker: Broker) -> None:
    """Where the HTTP address is taken, the daemon ends with exit code 1 and says what to do."""
    with DaemonProcess(broker.url) as first:
        address = first.log.split("listening on ")[1].split()[0]
        with pytest.raises(
            RuntimeError, match=r"metrics\.listen: expected an address of this machine with a free port"
        ):
            DaemonProcess(broker.url, listen=address).__enter__()


def test_a_broken_configuration_is_exit_code_2() -> None:
    """A daemon that is started with a faulty configuration ends at once, with exit code 2 and the fault's place."""
    daemon = DaemonProcess(f"mqtt://127.0.0.1:{free_port()}", more="mqqt: {}")
    with pytest.raises(RuntimeError, match=r"detector\.yaml:4:1: mqqt"):
        daemon.__enter__()
    assert daemon.wait() == 2
    daemon.__exit__()

"""`detector demo` as a user runs it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import orjson
import pytest

from detector.errors import DetectorError
from detector.lab.broker import embedded_broker
from detector.lab.daemon_process import running_daemon, shipped
from detector.lab.demo import Options, run_demo

try:
    shipped("models/base")
except DetectorError:
    pytest.skip("need a trained model: detector train --out models/base", allow_module_level=True)


def test_the_demo_finds_what_it_breaks(tmp_path: Path) -> None:
    """A short demo without a terminal ends with exit code 0 and a summary of which the figures fit together."""
    file = tmp_path / "summary.json"
    command = [sys.executable, "-m", "detector", "demo", "--headless", "--duration", "20s", "--summary", str(file)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    summary = orjson.loads(file.read_bytes())
    assert summary.keys() == {
        "faults_injected", "faults_found", "median_delay_s", "false_alerts", "observations_scored", "devices",
    }  # fmt: skip
    assert summary["devices"] == 12
    assert summary["faults_injected"] == 12
    assert 1 <= summary["faults_found"] <= 12
    assert summary["median_delay_s"] > 0.0
    assert summary["observations_scored"] > 0
    assert f"{summary['faults_found']} of 12 faults found" in outcome.stdout
    assert "\x1b" not in outcome.stdout
    assert outcome.stderr == ""


def test_a_demo_that_is_asked_to_stop_sums_up() -> None:
    """A stop ends the demo early, in good order, with the faults so far."""
    stop = threading.Event()
    stop.set()
    outcome = run_demo(Options(duration_s=600.0, speed=1200.0, devices=2, seed=1), stop, None)
    assert outcome.summary()["faults_injected"] == 0


def test_a_daemon_that_dies_is_noticed(tmp_path: Path) -> None:
    """The end of the daemon is an error that shows its last words."""
    with embedded_broker() as broker, running_daemon(broker, tmp_path) as daemon:
        os.kill(daemon.pid, signal.SIGKILL)
        os.waitid(os.P_PID, daemon.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(DetectorError, match=r"(?s)exit code -9.*listening"):
            daemon.check()


def test_a_daemon_stops_in_good_order(tmp_path: Path) -> None:
    """A daemon that is asked to stop ends with exit code 0."""
    with embedded_broker() as broker, running_daemon(broker, tmp_path) as daemon:
        assert daemon.counters()["detector_mqtt_connected"] == 1
        daemon.stop()

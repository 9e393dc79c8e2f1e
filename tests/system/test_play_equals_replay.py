"""Recordings played over a real broker into `detector run` give the same alerts as `detector replay`, field for field."""

import json
from pathlib import Path

import pytest

from detector.edge.recording import read_recordings
from detector.lab.link import Listener
from detector.settings import MqttSettings
from detector.settings.sensors import SensorSettings
from tests.fleet import noise
from tests.system.broker import Broker
from tests.system.commands import succeed
from tests.system.daemon_process import DaemonProcess
from tests.system.patience import wait_for_count, wait_until

SENSORS = """
sensors:
  - name: fleet
    topics: ["fleet/{device}"]
    timestamp: {field: timestamp, format: iso8601}
"""

UNLIMITED = ("max_queued_messages 0", "max_inflight_messages 1000")
"""Nothing is given up by the broker, however slow the daemon is."""

pytestmark = pytest.mark.needs("mosquitto")


def both_ways(inputs: Path, tmp_path: Path) -> tuple[list[str], list[str]]:
    """Return the alerts of a replay and of the daemon, each as sorted lines of JSON."""
    replayed = tmp_path / "alerts.jsonl"
    count = sum(1 for _ in read_recordings([inputs], [SensorSettings(name="fleet")]))
    with Broker(options=UNLIMITED) as broker, DaemonProcess(broker.url, sensors=SENSORS) as daemon:
        succeed("replay", daemon.config, "--input", inputs, "--alerts", replayed)
        expected = [_sorted(line) for line in replayed.read_bytes().splitlines()]
        heard: list[bytes] = []
        settings = MqttSettings(servers=[broker.url])
        with Listener(settings, "listener", ["detector/alerts/#"], lambda _topic, payload: heard.append(payload)):
            daemon.until_ready()
            succeed("play", inputs, "--server", broker.url, "--speed", "max")
            wait_for_count(
                lambda: daemon.scrape().total("detector_readings_received_total"), count, "readings received", 0.5
            )
            wait_until(lambda: daemon.scrape().value("detector_observations_pending") == 0, "nothing was pending")
            wait_for_count(lambda: len(heard), len(expected), "alerts heard")
            scrape = daemon.scrape()
        assert scrape.total("detector_readings_received_total") == count
        assert scrape.total("detector_readings_dropped_total") == 0
        assert scrape.total("detector_readings_rejected_total") == 0
    return sorted(expected), sorted(map(_sorted, heard))


def _sorted(line: bytes) -> str:
    """Write an event so that equal ones are equal text."""
    return json.dumps(json.loads(line), sort_keys=True)


def test_small_fleet_gives_the_same_alerts(tmp_path: Path) -> None:
    """A fleet with a step, a spike, a stuck sensor, a silence, late and duplicate rows alerts the same both ways."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    for number in range(4):
        values = noise(number, 500)
        if number == 1:
            values[350:] = [value + 30.0 for value in values[350:]]
        if number == 2:
            values[300:420] = [values[300]] * 120
        rows = [f"{1_000_000_000 + 10 * step + number},{value!r},{value / 3!r}" for step, value in enumerate(values)]
        if number == 0:
            rows[200], rows[201], rows[300:310] = rows[201], rows[200], [rows[300]] * 10
        if number == 3:
            del rows[250:400]
        (folder / f"device-{number}.csv").write_text(
            "\n".join(["timestamp,temperature,load", *rows, ""]), encoding="utf-8"
        )
    replayed, lived = both_ways(folder, tmp_path)
    assert replayed
    assert lived == replayed


@pytest.mark.timeout(1800)  # 291,763 readings, twice; every wait within ends when nothing moves any more
def test_real_sites_give_the_same_alerts(shared_recordings: Path, tmp_path: Path) -> None:
    """Both real sites, whole, alert the same both ways, in every field of every event."""
    replayed, lived = both_ways(shared_recordings / "fleet", tmp_path)
    assert replayed
    assert lived == replayed

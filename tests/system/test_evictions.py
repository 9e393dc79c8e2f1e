"""A full table makes room, on a real broker: the false devices of yesterday leave, whoever was refused comes in."""

import json
import signal

import pytest

from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess, Scrape
from tests.system.parties import Witness
from tests.system.patience import wait_until
from tests.system.retained import retained

pytestmark = pytest.mark.needs("mosquitto")

FULL = "engine: {max_devices: 3}\nstate: {snapshot_every: 300ms}"
BEGIN_S = 1_700_000_000
DAY = 1440
"""Minutes, and so many readings of a device that is awake for a day."""


def message(device: str, minute: float) -> tuple[str, str]:
    """Return topic and payload of a reading."""
    return f"plant/a/{device}/telemetry", json.dumps({"ts": BEGIN_S + 60 * minute, "flow": minute % 7})


def publish_minutes(witness: Witness, minutes: range) -> None:
    """Publish the pump's readings of these minutes, in order, and wait until the broker has all."""
    messages = [message("pump", minute) for minute in minutes]
    witness.publish(messages[0][0], *(payload for _, payload in messages))


def devices(scrape: Scrape) -> set[str]:
    """Return the devices that have series of their own."""
    return scrape.labels("detector_device_last_seen_timestamp_seconds", "device")


def test_who_was_not_heard_for_a_day_makes_room(broker: Broker) -> None:
    """Two devices are false; a day later one of them goes with series, alert and retained state, and it is so after `kill -9` too."""
    with DaemonProcess(broker.url, more=FULL) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        for device in ("false-1", "false-2"):
            witness.publish(*message(device, 0.0))
        # or else a day may pass within one turn, and who is gone by its end is not told of
        wait_until(lambda: retained(broker).keys() == {"false-1", "false-2"}, "the false ones to be told of")
        publish_minutes(witness, range(DAY + 40))
        witness.publish(*message("new", DAY + 40))
        scrape = daemon.until("detector_readings_rejected_total", 1)
        assert scrape.value("detector_readings_rejected_total", reason="too_many_devices") == 1
        assert devices(scrape) == {"false-1", "false-2", "pump"}
        publish_minutes(witness, range(DAY + 41, DAY + 101))
        witness.publish(*message("new", DAY + 101))
        scrape = daemon.until("detector_observations_scored_total", DAY + 103)
        assert scrape.value("detector_devices_evicted_total") == 1
        assert devices(scrape) == {"false-2", "pump", "new"}
        assert "let go of 1 devices that were not heard for longest: false-1" in daemon.log
        wait_until(lambda: retained(broker).keys() == {"false-2", "pump", "new"}, "the state to be taken back")
        daemon.send(signal.SIGKILL)
        daemon.wait()
        daemon.restart().until_ready()
        assert devices(daemon.scrape()) == {"false-2", "pump", "new"}

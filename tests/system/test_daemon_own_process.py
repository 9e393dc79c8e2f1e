"""A daemon whose engine has a process to itself does all that another does, and the two end together."""

import os
import re
import signal

import pytest

from detector.edge.process_cost import held_bytes
from detector.edge.snapshot import Shelf, read_snapshot
from tests.system.broker import Broker
from tests.system.daemon_process import SENSORS, DaemonProcess
from tests.system.journalled import READ_EVERY_S, journalled
from tests.system.parties import Witness
from tests.system.patience import wait_for_count, wait_until

pytestmark = pytest.mark.needs("mosquitto")

OWN = "engine: {own_process: true}"


def engine_pid(daemon: DaemonProcess) -> int:
    """Return the engine's process, as the log has it."""
    found = re.findall(r"the engine has process (\d+) to itself", daemon.log)
    assert found, daemon.log
    return int(found[-1])


def test_readings_are_scored_and_counted(broker: Broker) -> None:
    """Every reading is accounted for, the page shows it, and what a reading costs is that of both processes."""
    with DaemonProcess(broker.url, more=OWN) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        witness.publish("meters/m1/power", *(str(number) for number in range(500)))
        daemon.until("detector_observations_scored_total", 500)
        wait_until(lambda: daemon.scrape().value("detector_devices") == 1, "the census came")
        scrape = daemon.scrape()
        assert scrape.balance == 0
        assert scrape.value("detector_step_seconds_count", step="engine") > 0
        both = held_bytes(daemon.process.pid)
        assert held_bytes(engine_pid(daemon)) < 0.9 * both
        assert 0.8 * both < scrape.value("detector_bytes_per_device") < 1.25 * both
        assert "m1" in daemon.request("/").text
        assert engine_pid(daemon) != daemon.process.pid


def test_a_reload_reaches_the_engine(broker: Broker) -> None:
    """A range that a reload brings holds for the next reading."""
    with DaemonProcess(broker.url, more=OWN) as daemon, Witness(broker.port, "detector/alerts/#") as witness:
        daemon.until_ready()
        witness.publish("meters/m1/power", *(str(number % 7) for number in range(100)))
        daemon.until("detector_observations_scored_total", 100)
        daemon.configure(OWN, SENSORS + "    channels: {power: {range: [0, 5]}}\n")
        daemon.send(signal.SIGHUP)
        wait_until(lambda: "configuration reloaded" in daemon.log, "the reload was done")
        witness.publish("meters/m1/power", "6")  # as before, and out of range now
        assert '"kind":"range"' in witness.hear()[1].replace(" ", "")


def test_without_its_engine_the_daemon_ends_and_the_next_one_goes_on(broker: Broker) -> None:
    """Where the system ends the engine's process, the daemon says so and leaves with 1; after a restart nothing is missing."""
    with DaemonProcess(broker.url, more=OWN) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        witness.publish("meters/m1/power", *(str(number) for number in range(100)))
        daemon.until("detector_observations_scored_total", 100)
        os.kill(engine_pid(daemon), signal.SIGKILL)
        witness.publish("meters/m1/power", *(str(number) for number in range(100)))
        assert daemon.wait() == 1
        assert "the engine's process has ended; leaving the restart to the supervisor" in daemon.log
        assert "Traceback" not in daemon.log
        daemon.restart().until_ready()
        witness.publish("meters/m1/power", "1")
        state = daemon.folder / "state"
        wait_for_count(lambda: len(journalled(state)), 201, "readings in the journal", READ_EVERY_S)
        assert journalled(state) == [*range(100), *range(100), 1]


def test_a_stop_leaves_a_snapshot_and_no_process(broker: Broker) -> None:
    """SIGTERM to both, as a service manager sends it: the snapshot holds what was scored, and both are gone."""
    with DaemonProcess(broker.url, more=OWN) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        witness.publish("meters/m1/power", *(str(number) for number in range(100)))
        daemon.until("detector_observations_scored_total", 100)
        pid = engine_pid(daemon)
        os.kill(pid, signal.SIGTERM)
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
        (snapshot,) = Shelf(daemon.folder / "state").newest_first()
        assert int(snapshot.name) >= 100  # ticks have numbers as well
        assert read_snapshot(snapshot).engine.devices == ["m1"]
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

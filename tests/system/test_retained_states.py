"""What the broker retains of channels is what the daemon knows of them, over restarts and removals too."""

import json
import signal

import pytest

from tests.system.broker import Broker
from tests.system.commands import succeed
from tests.system.daemon_process import DaemonProcess
from tests.system.parties import Witness
from tests.system.patience import wait_until
from tests.system.retained import retained

pytestmark = pytest.mark.needs("mosquitto")


def test_states_are_put_right_at_the_next_start(broker: Broker) -> None:
    """An older state than the daemon's is replaced, though no reading comes; that of a device that was pruned is taken back."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        for device in ("stays", "goes"):
            witness.publish(f"meters/{device}/power", "5.0")
        wait_until(lambda: retained(broker) == {"stays": 5.0, "goes": 5.0}, "both states to be retained")
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
        witness.publish("detector/devices/stays/power/state", json.dumps({"value": 1.0}), retain=True)
        succeed("state", "prune", daemon.folder / "state", "--devices", "goes")
        assert retained(broker) == {"stays": 1.0, "goes": 5.0}
        daemon.restart().until_ready()
        wait_until(lambda: retained(broker) == {"stays": 5.0}, "the states to be put right")

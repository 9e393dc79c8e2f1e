"""What a broker retains of channels' states, as whoever comes late is given it."""

import json

from tests.system.broker import Broker
from tests.system.parties import Witness


def retained(broker: Broker) -> dict[str, object]:
    """Return what the broker retains of devices: the value of each, by device."""
    found = dict[str, object]()
    with Witness(broker.port, "detector/#") as witness:
        witness.publish("detector/devices/end", "{}")  # comes after all that was retained
        while True:
            topic, payload, _ = witness.hear()
            if topic == "detector/devices/end":
                return found
            if topic.endswith("/state") and payload:
                found[topic.split("/")[2]] = json.loads(payload)["value"]

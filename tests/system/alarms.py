"""Alerts to order, for system tests: every device whose first reading is out of its range opens one at once.

In: names of devices. Out: payloads that make the daemon alert; who was heard of on the alert topics.
"""

import json
import time
from collections.abc import Iterable, Iterator

from tests.system.parties import Witness

SENSORS = """
sensors:
  - name: pumps
    topics: ["plant/{site}/{device}/telemetry"]
    timestamp: {field: ts, format: unix}
    channels: {flow: {range: [0, 100]}}
"""

ALERTS = "detector/alerts/#"


def alarm(witness: Witness, devices: Iterable[str]) -> None:
    """Publish a first reading out of range for each device, and wait until the broker has them."""
    for device in devices:
        witness.publish(f"plant/a/{device}/telemetry", json.dumps({"ts": int(time.time()), "flow": 999.0}))


def pumps(*numbers: int) -> list[str]:
    """Return names of devices, in order."""
    return [f"pump-{number:04}" for number in numbers]


def heard(witness: Witness) -> Iterator[str]:
    """Yield the device of every alert, as it is heard."""
    while True:
        _, payload, _ = witness.hear()
        yield json.loads(payload)["device"]

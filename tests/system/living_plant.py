"""A simulated plant that lives while a test looks at it: pumps that send ten times a second, with faults that the test begins and ends.

In: a broker's port. Out: real MQTT messages with the time of now, which the sensors that ship with the demo read.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import yaml

from detector.domain import MICROSECONDS, EventTime
from detector.lab.daemon_process import shipped
from detector.lab.faults import SIZES, Fault, FaultKind
from detector.lab.plant import Plant
from detector.lab.simulate import Plan, publish_step
from tests.system.parties import Witness

CADENCE_S: Final = 0.1
FOR_EVER: Final = EventTime(1 << 62)
SILENT_AFTER: Final = "3s"


def sensors() -> str:
    """Return the `sensors` section that ships with the demo, with a limit for silence that a test can wait for."""
    config: dict[str, Any] = yaml.safe_load(shipped("configs/demo.yaml").read_text(encoding="utf-8"))
    config["sensors"][0]["silent_after"] = SILENT_AFTER
    return yaml.safe_dump({"sensors": config["sensors"]}, allow_unicode=True)


class LivingPlant:
    """Sends for as long as the block lasts."""

    def __init__(self, pumps: int, witness: Witness) -> None:
        """Prepare a plant without faults, which sends through the witness's connection."""
        now = EventTime(int(time.time() * MICROSECONDS))
        self._plan = Plan(Plant(1, pumps), now, CADENCE_S, speed=1.0, with_faults=False)
        self._witness = witness
        self._faults: tuple[Fault, ...] = ()
        self._over = threading.Event()

    @property
    def devices(self) -> tuple[str, ...]:
        """Its pumps' names."""
        return self._plan.plant.devices

    def begin(self, kind: FaultKind, device: str, channel: str | None = None) -> None:
        """Break something, from the next reading on."""
        fault = Fault(device, channel, kind, EventTime(0), FOR_EVER, SIZES[kind])
        self._faults = (*self._faults, fault)

    def mend(self) -> None:
        """End every fault."""
        self._faults = ()

    @contextmanager
    def running(self) -> Iterator["LivingPlant"]:
        """Send from a thread."""
        thread = threading.Thread(target=self._live, name="plant")
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def _live(self) -> None:
        """Send a step's readings when they are due; where the machine is slow, as soon as it can."""
        plan, began, before = self._plan, time.monotonic(), None
        for step, clean in enumerate(plan.plant.life(plan.start, CADENCE_S)):
            if self._over.wait(max(0.0, began + step * CADENCE_S - time.monotonic())):
                return
            before, messages = publish_step(plan, step, list(self._faults), clean, clean if before is None else before)
            for message in messages:
                self._witness.send(message.topic, message.payload)

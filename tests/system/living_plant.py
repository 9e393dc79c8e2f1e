"""A simulated plant that lives while a test looks at it: pumps that publish ten times a second, with faults begun and ended by the test.

In: a broker's port. Out: real MQTT messages with the time of now; the configuration that ships with the demo reads them.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import yaml

from detector.domain import MICROSECONDS, EventTime
from detector.lab.daemon_process import shipped
from detector.lab.faults import SIZES, Fault, FaultKind, strike
from detector.lab.plant import Plant
from detector.lab.simulate import Plan, message_of_step
from tests.system.parties import Witness

CADENCE_S: Final = 0.1
FOR_EVER: Final = EventTime(1 << 62)


def sensors() -> str:
    """Return the `sensors` section that ships with the demo."""
    config = yaml.safe_load(shipped("configs/demo.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump({"sensors": config["sensors"]}, allow_unicode=True)

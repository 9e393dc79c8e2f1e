"""What a device and a reading cost, of the whole process. A line a metric.

In: one `Status`, and what the system says of this process. Out: families.
"""

import os
import time
from typing import Final

from detector.edge.metrics.family import Family, gauge
from detector.edge.process_cost import cpu_s, held_bytes
from detector.edge.status import Status


def _bytes_per_device(status: Status) -> float | None:
    """Return the memory of the process, its engine's included, over its devices; None where there is none, or no way to know."""
    devices, held = status.fleet.census.devices, held_bytes(os.getpid())
    return held / devices if devices and held else None


def _cpu_per_reading(status: Status) -> float | None:
    """Return the processor time of the process over its readings; None where there is none."""
    spent_s = time.process_time()
    if status.engine_pid is not None:
        spent_s += cpu_s(status.engine_pid)
    return spent_s / status.counts.scored if status.counts.scored else None


COST: Final[tuple[Family[Status], ...]] = (
    gauge("detector_bytes_per_device", "Memory of the daemon over the devices known; beside few, the process itself weighs most.", _bytes_per_device),
    gauge("detector_cpu_seconds_per_reading", "Processor time of the daemon over the readings that it took in, since its start.", _cpu_per_reading),
)  # fmt: skip

"""What a device and a reading cost, of the whole process. A line a metric.

In: one `Status`, and what the system says of this process. Out: families.
"""

import os
import time
from pathlib import Path
from typing import Final

from detector.edge.metrics.family import Family, gauge
from detector.edge.status import Status

STATM: Final = Path("/proc/self/statm")


def _bytes_per_device(status: Status) -> float | None:
    """Return the memory of the process over its devices; None where there is none, or no way to know."""
    devices, resident = status.fleet.census.devices, _resident_bytes()
    return resident / devices if devices and resident else None


def _cpu_per_reading(status: Status) -> float | None:
    """Return the processor time of the process over its readings; None where there is none."""
    return time.process_time() / status.counts.scored if status.counts.scored else None


def _resident_bytes() -> int | None:
    """Return the memory that this process holds; None where the system does not tell. Source: proc(5), statm."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


COST: Final[tuple[Family[Status], ...]] = (
    gauge("detector_bytes_per_device", "Memory of the process over the devices known; beside few, the process itself weighs most.", _bytes_per_device),
    gauge("detector_cpu_seconds_per_reading", "Processor time of the process over the readings that it took in, since its start.", _cpu_per_reading),
)  # fmt: skip

"""What a device and a reading cost, of the whole process. A line a metric.

In: one `Status`, and what the system says of this process. Out: families.
"""

import os
import time
from pathlib import Path
from typing import Final

from detector.edge.metrics.family import Family, gauge
from detector.edge.status import Status

OURS: Final = "self"


def _bytes_per_device(status: Status) -> float | None:
    """Return the memory of the process over its devices; None where there is none, or no way to know."""
    devices, resident = status.fleet.census.devices, _resident_bytes(OURS)
    if status.engine_pid is not None:
        resident += _resident_bytes(status.engine_pid)
    return resident / devices if devices and resident else None


def _cpu_per_reading(status: Status) -> float | None:
    """Return the processor time of the process over its readings; None where there is none."""
    spent_s = time.process_time()
    if status.engine_pid is not None:
        spent_s += _processor_s(status.engine_pid)
    return spent_s / status.counts.scored if status.counts.scored else None


def _resident_bytes(pid: int | str) -> int:
    """Return the memory that a process holds; 0 where the system does not tell. Source: proc(5), statm."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _processor_s(pid: int) -> float:
    """Return the processor time of a process; 0 where the system does not tell. Source: proc(5), stat, fields 14 and 15."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


COST: Final[tuple[Family[Status], ...]] = (
    gauge("detector_bytes_per_device", "Memory of the daemon over the devices known; beside few, the process itself weighs most.", _bytes_per_device),
    gauge("detector_cpu_seconds_per_reading", "Processor time of the daemon over the readings that it took in, since its start.", _cpu_per_reading),
)  # fmt: skip

"""What a process has used so far, by the kernel's own books: processor time, memory, bytes read. Linux only.

In: a process id. Out: numbers; zeros where there are no such books.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

TICKS_S: Final = 1.0 / os.sysconf("SC_CLK_TCK")
"""Seconds in a tick of /proc."""

PAGE: Final = os.sysconf("SC_PAGE_SIZE")

PARENT, USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM, RESIDENT = 1, 11, 12, 13, 14, 21
"""Places in /proc/PID/stat behind the command's name. Source: proc(5)."""


def cpu_s(pid: int) -> float:
    """Return the processor time of a process, seconds, with that of its children, alive or not."""
    fields = _stat(pid)
    if not fields:
        return 0.0
    own_s = TICKS_S * sum(int(fields[place]) for place in (USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM))
    return own_s + sum(cpu_s(child) for child in children(pid))


def resident_bytes(pid: int) -> int:
    """Return the memory that a process and its children hold."""
    fields = _stat(pid)
    own = PAGE * int(fields[RESIDENT]) if fields else 0
    return own + sum(resident_bytes(child) for child in children(pid))


def peak_bytes(pid: int) -> int:
    """Return the most memory that a process ever held."""
    return 1024 * _named(Path(f"/proc/{pid}/status"), "VmHWM:")


def bytes_read(pid: int) -> int:
    """Return the bytes that a process has read with read(2), from sockets as well; not those of recv(2)."""
    return _named(Path(f"/proc/{pid}/io"), "rchar:")


def available_bytes() -> int:
    """Return the memory that this machine could still give; all that it has, where that is not told."""
    return 1024 * _named(Path("/proc/meminfo"), "MemAvailable:") or os.sysconf("SC_PHYS_PAGES") * PAGE


def children(pid: int) -> list[int]:
    """Return the children of a process that live."""
    alive = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [other for other in alive if (fields := _stat(other)) and int(fields[PARENT]) == pid]


def _stat(pid: int) -> list[str]:
    """Return the fields of a process's status behind its name, which may have blanks in it; none once it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return []


def _named(path: Path, name: str) -> int:
    """Return the number on the line of a name."""
    with suppress(OSError):
        for line in path.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0

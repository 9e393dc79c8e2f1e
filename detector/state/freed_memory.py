"""Keeps the memory that a step frees for the next step.

In: nothing. Out: nothing but speed: no result depends on it.
"""

import numpy as np

KEPT_BYTES = 16 << 20
"""Larger than all that a step of thousands of rows frees in one piece; glibc takes no hint beyond 32 MB."""


def keep_freed_memory() -> None:
    """Let the C library keep what is freed, instead of handing it back to the system and asking for it again.

    A step of a thousand rows frees arrays of about a megabyte; handed back, they cost 1,300 page faults in the next
    step, a fifth of its time (`detector bench`: 10.2 to 8.0 µs a reading). glibc keeps as much as twice the largest
    piece that was ever freed, up to 64 MB; so one is freed here, never touched and thus free of charge. Other C
    libraries do as they do.
    Source: mallopt(3), M_MMAP_THRESHOLD, "dynamic mmap threshold".
    """
    np.empty(KEPT_BYTES, np.uint8)

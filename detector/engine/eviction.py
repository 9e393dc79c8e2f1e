"""Who leaves when there is no room for others: the devices that were not heard for longest.

In: who is known, and how long each has been quiet. Out: which devices go; nothing is changed here.
"""

from typing import Protocol

import numpy as np

from detector.anomaly.silence import SilenceRule
from detector.state.rows import DAY_S, Mask
from detector.stream.align import Alignment

LEAST_S = DAY_S
"""No device leaves that was heard within so much awake stream: pauses of the link are nobody's, and no clock is asked."""

ROOM = 8
"""One part in so many of a table is made free at a time, so that a fleet that was full yesterday loses few of its own."""


def leaving(alignment: Alignment, silence: SilenceRule) -> Mask:
    """Return which devices (D,) leave: as few as make the room, those quiet for longest; none where there is no want of room."""
    devices, channels = alignment.devices, alignment.channels
    goes = np.zeros(len(devices), np.bool_)
    if not alignment.refused:
        return goes
    quiet_s, heard_at = silence.away_s(), silence.block.heard_at[: len(devices)]
    longest_first = np.lexsort((heard_at, -quiet_s))
    of_each = np.bincount(alignment.block.device[: len(channels)], minlength=len(devices))[longest_first]
    ahead = np.arange(len(devices))
    wanted = (ahead < _wanted(devices)) | (np.cumsum(of_each) - of_each < _wanted(channels))
    goes[longest_first] = wanted & (quiet_s[longest_first] > LEAST_S)
    return goes


class Table(Protocol):
    """What has room for so many keys, and no more."""

    capacity: int

    @property
    def room(self) -> int:
        """Return how many further keys there is a slot for."""


def _wanted(table: Table) -> int:
    """Return how many keys have to go for a table to have room again."""
    return max(1, table.capacity // ROOM) - table.room

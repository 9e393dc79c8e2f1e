"""Finds the slots of the channels of a whole batch at once.

In: readings as columns, the slot table. Out: slots. What was looked up once for a number among names is kept beside that number.
"""

import numpy as np
from numpy.typing import NDArray

from detector.readings import Names, Readings
from detector.state.channels import ChannelTable

UNKNOWN = -1


class Places:
    """Slots by the numbers of channels among one set of names; of another set it begins anew."""

    def __init__(self, channels: ChannelTable) -> None:
        """Look slots up in this table, which only grows."""
        self._channels = channels
        self._names: Names | None = None
        self._slots = np.full(16, UNKNOWN, np.intp)

    def find_all(self, readings: Readings) -> NDArray[np.intp]:
        """Return the slot of each reading's channel, `UNKNOWN` where it has none. Shape (B,)."""
        if readings.names is not self._names:
            self._names, self._slots = readings.names, np.full(16, UNKNOWN, np.intp)
        if len(self._slots) < len(readings.names):
            missing = np.full(2 * len(readings.names) - len(self._slots), UNKNOWN, np.intp)
            self._slots = np.concatenate([self._slots, missing])
        channels = readings.channels
        unknown = (self._slots[channels] == UNKNOWN).nonzero()[0]
        for place in unknown.tolist():
            name = readings.names[int(readings.numbers[place])]
            slot = self._channels.find((name.device, name.channel))
            if slot is not None:
                self._slots[channels[place]] = slot
        found: NDArray[np.intp] = self._slots[channels]
        return found

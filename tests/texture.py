"""Channels side by side through the texture organ, as the engine would hand them on.

In: values of several channels. Out: what the organ saw of every row; peers that are all the other channels.
"""

import numpy as np
from numpy.typing import NDArray

from detector.anomaly.texture import Texture
from detector.state.rows import Floats, Mask
from tests.rows import series

CADENCE_S = 300.0


class Everyone:
    """Peers of one batch: every other channel, at its latest number in the order of the rows."""

    def __init__(self, slots: NDArray[np.intp], channels: int) -> None:
        """Compare the rows of `slots` (B,), in stream order, with all of `channels`."""
        self._slots, self._channels = slots, channels
        self.present: Mask = slots[:, None] != np.arange(channels)

    def latest(self, of_rows: Floats, stored: Floats) -> Floats:
        """Return (B, channels): the stored numbers, and those of rows that came before."""
        numbers = np.tile(stored[: self._channels], (len(of_rows), 1))
        for row, slot in enumerate(self._slots):
            numbers[row + 1 :, slot] = of_rows[row]
        return numbers


def strangeness(
    values: NDArray[np.float64], *, gap_s: float = CADENCE_S, in_company: bool = False
) -> tuple[Floats, Floats, Floats]:
    """Return (T, B) each, of channels (T, B) that report together: noise, its log ratio, and spike."""
    subject, channels = Texture(), values.shape[1]
    subject.grow(channels)
    seen: list[tuple[Floats, Floats, Floats]] = []
    for rows in series(values, gap_s=gap_s):
        peers = Everyone(rows.slots, channels) if in_company else None
        view = subject.judge(rows, peers)
        subject.learn(rows, view, view.shift.strangeness)
        seen.append((view.noise.strangeness, view.noise.deviation, view.spike.strangeness))
    noise, deviation, spike = (np.array(column) for column in zip(*seen, strict=True))
    return noise, deviation, spike

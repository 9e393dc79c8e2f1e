"""What the peers say of rows, and what the cohort organ wants back to learn from.

In: nothing. Out: `PeerOpinion`, and `Beside`, the rows that could be compared.
"""

from typing import NamedTuple

import numpy as np

from detector.anomaly.panel import Panel
from detector.anomaly.peer_fit import WIDTH, Projection
from detector.state.rows import Floats, Mask, Slots


class Beside(NamedTuple):
    """The rows that stand beside enough peers, in a unit to be compared in. Shapes: (M,)."""

    rows: Slots
    """Which rows of the batch they are."""
    projection: Projection
    innovation: Floats
    """How far each is from what its peers say, in its unit."""
    told: Floats
    """The same, worth less where the peers stand as never before."""


class PeerOpinion(NamedTuple):
    """What the peers say of each row. Shapes: (B,)."""

    known: Mask
    """The channel has company, knows it for long enough, and belongs to it."""
    awaited: Mask
    """The channel is judged by its peers, or will be once it knows them for long enough."""
    strangeness: Floats
    """On a log axis that starts at 0; 0 where not known."""
    deviation: Floats
    """Mean of the last hours' residuals, in the channel's unit of measure, with its sign."""
    expected: Floats
    """What the peers say this reading should be."""
    panel: Panel
    middle: Floats
    beside: Beside
    mean: Floats
    strange: Floats

    @classmethod
    def of_loners(cls, values: Floats) -> "PeerOpinion":
        """Return the opinion on rows, of these values (B,), of channels that have no group."""
        nothing, no, none = np.zeros(len(values)), np.zeros(len(values), np.bool_), np.empty(0)
        beside = Beside(np.empty(0, np.intp), Projection(none, none, np.empty((0, WIDTH), np.float32)), none, none)
        panel = Panel.of_nobody(len(values))
        return cls(no, no, nothing, nothing, values, panel, nothing, beside, nothing, nothing)

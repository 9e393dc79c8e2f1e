"""What an organ thinks of a batch.

In: nothing. Out: `Opinion`, the one shape in which organs hand their judgement to the decision.
"""

from typing import NamedTuple

from detector.state.rows import Floats, Mask


class Opinion(NamedTuple):
    """How strange an organ finds each row. Shapes: (B,)."""

    strangeness: Floats
    """At least 0, bigger is stranger; 0 where nothing is known."""
    known: Mask
    """False where the organ cannot judge yet."""
    deviation: Floats
    """What is strange, with its sign, for the sentence; the organ says in which unit."""

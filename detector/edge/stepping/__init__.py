"""Where the engine takes its steps: in this process, or in one of its own beside it.

In: batches, in stream order. Out: what became of each, in the same order. `here` steps at once. `beside` has the steps taken on another
core while this one reads, decodes and journals what comes next: `rows` is the memory that both processes share, `copy` what the other one does.
"""

from detector.edge.stepping.beside import Beside
from detector.edge.stepping.here import Here
from detector.edge.stepping.stepper import CENSUS_REST, EngineGoneError, Step, Stepper

__all__ = ["CENSUS_REST", "Beside", "EngineGoneError", "Here", "Step", "Stepper"]

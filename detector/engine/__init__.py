"""The engine: one pure step, and what belongs to it.

`engine` is the step and all that it remembers, `teller` puts its turns into events, `outcome` into a report and what is left to be learnt,
`standing` says how the fleet stands.
"""

from detector.engine.engine import PARTS, Engine
from detector.engine.outcome import Unlearnt
from detector.engine.stages import CALIBRATED, WARM_UP

__all__ = ["CALIBRATED", "PARTS", "WARM_UP", "Engine", "Unlearnt"]

"""The engine: readings in, report and next state out; no I/O, no clock. (Under construction: signatures are binding.)"""

from detector.forecast.network import Network
from detector.report import Batch, Report
from detector.settings import Settings


class Engine:
    """All devices of one process: `step(batch) -> report`."""

    def __init__(self, settings: Settings, network: Network) -> None:
        """Start with no device known."""
        raise NotImplementedError

    def step(self, batch: Batch) -> Report:
        """Move every reading of the batch through align, forecast, score and decide."""
        raise NotImplementedError

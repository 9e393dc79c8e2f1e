"""Law: one reading costs one cell step, whatever came before it."""

from dataclasses import dataclass, replace

from hypothesis import given

from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.domain import Reading, Stage
from detector.engine import Engine
from detector.forecast.cell import Cell, Rows
from tests.fleet import merged, noise, readings, reports, settings, untrained_network
from tests.laws.streams import fleets


@dataclass
class CountingCell:
    """A real cell that counts the rows it is asked to step."""

    cell: Cell
    stepped: int = 0

    @property
    def hidden(self) -> int:
        """Width of the hidden part."""
        return self.cell.hidden

    @property
    def width(self) -> int:
        """Width of the state row."""
        return self.cell.width

    def tensors(self) -> tuple[Rows, ...]:
        """All that was trained."""
        return self.cell.tensors()

    def step(self, inputs: Rows, state: Rows) -> Rows:
        """Step the real cell."""
        self.stepped += len(inputs)
        return self.cell.step(inputs, state)


def _counted(stream: list[Reading]) -> tuple[int, int]:
    """Return (readings in order, cell steps) over a stream."""
    network = untrained_network()
    cell = CountingCell(network.cell)
    subject = Engine(settings(), replace(network, cell=cell), assumed_reference(len(Stream)))
    in_order = sum(
        report.count(Stage.WARMING_UP, Stage.CALIBRATING, Stage.SCORED) for report in reports(subject, stream)
    )
    return in_order, cell.stepped


@given(fleets())
def test_each_reading_in_order_is_stepped_once(stream: list[Reading]) -> None:
    """Cell steps equal readings in order: late, duplicate and refused ones cost none, and nothing is re-read."""
    in_order, stepped = _counted(stream)
    assert stepped == in_order


def test_the_ten_thousandth_reading_costs_what_the_first_did() -> None:
    """Over a long stream of three devices, cell steps equal readings."""
    stream = merged(*(readings(f"device-{seed}", noise(seed, 3334)) for seed in range(3)))
    assert _counted(stream) == (10_002, 10_002)

"""The cost of readings and channels."""

from detector.anomaly.streams import Stream
from detector.anomaly.tails import assumed_reference
from detector.edge.model_file import ModelFile
from detector.forecast.cell import CellKind
from detector.lab.cost import Cost, measure
from tests.fleet import settings, untrained_network


def cost(*, channels: int, steps: int) -> Cost:
    """Measure an untrained model."""
    model = ModelFile(untrained_network(), CellKind.LSTM, assumed_reference(len(Stream)))
    return measure(model, settings(), channels=channels, warm_steps=2, steps=steps)


def test_every_block_is_weighed() -> None:
    """A channel's bytes are those of all blocks, and none of them is empty but the one that only people fill."""
    measured = cost(channels=20, steps=3)
    assert measured.channel_bytes == sum(measured.bytes_of.values())
    assert [name for name, size in measured.bytes_of.items() if not size > 0.0] == ["feedback"]
    assert measured.step_us > 0.0


def test_a_channel_does_not_grow_with_time() -> None:
    """A channel weighs the same after three readings and after thirty."""
    assert cost(channels=5, steps=1).bytes_of == cost(channels=5, steps=28).bytes_of

"""A network's digest tells it from any other."""

from dataclasses import replace

import pytest

from detector.forecast.cell import CellKind
from tests.fleet import untrained_network


@pytest.mark.parametrize("kind", CellKind)
def test_any_changed_weight_changes_the_digest(kind: CellKind) -> None:
    """The same weights have the same digest; one weight of the cell or around it that differs has another."""
    network, inner, outer = (untrained_network(kind) for _ in range(3))
    assert network.digest == inner.digest
    next(iter(vars(inner.cell).values()))[0, 0] += 1.0
    changed = replace(outer, head_bias=outer.head_bias + 1.0)
    assert len({network.digest, inner.digest, changed.digest}) == 3


def test_kinds_of_cells_differ() -> None:
    """An LSTM and a GRU never have one digest."""
    assert untrained_network(CellKind.LSTM).digest != untrained_network(CellKind.GRU).digest

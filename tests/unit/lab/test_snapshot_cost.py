"""What snapshots cost is measured on real ones."""

from pathlib import Path

from detector.edge.model_file import load_model
from detector.edge.snapshot import Shelf, read_snapshot
from detector.lab.snapshot_cost import measure
from tests.conftest import ROOT
from tests.fleet import settings


def test_a_small_fleet_is_measured(tmp_path: Path) -> None:
    """The figures are of a snapshot that lies there and holds every device, and of a step that held them all."""
    cost = measure(load_model(ROOT / "models/base"), settings(), 30, tmp_path)
    (place,) = Shelf(tmp_path).newest_first()
    assert len(read_snapshot(place).engine.devices) == cost.devices == cost.rows == 30
    assert cost.bytes_on_disk == sum(file.stat().st_size for file in place.iterdir())
    assert min(cost.paused_s, cost.took_s, cost.step_s, cost.read_s, cost.restored_s) > 0.0
    assert cost.longest_s >= cost.beside_s > 0.0

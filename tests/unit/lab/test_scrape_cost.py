"""What a scrape costs is measured of scrapes that hold what they should."""

from pathlib import Path

from detector.edge.model_file import load_model
from detector.lab.scrape_cost import measure
from detector.settings import Settings
from tests.system.daemon_process import write_model


def test_a_scrape_of_everything_is_larger_than_one_within_the_bound(tmp_path: Path) -> None:
    """Of 4,000 channels the default `max_series` leaves some out, compression makes less of all, and every figure is there."""
    write_model(tmp_path / "model")
    cost = measure(load_model(tmp_path / "model"), Settings.model_validate({"sensors": [{"name": "bench"}]}), 4000)
    assert cost.whole_bytes > cost.bounded_bytes > 0
    assert min(cost.whole_s, cost.compressed_s, cost.bounded_s, cost.step_s) > 0.0
    assert cost.longest_s >= cost.beside_s

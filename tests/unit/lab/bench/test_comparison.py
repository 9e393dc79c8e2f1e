"""Ratios are medians of what stood side by side; changes and the picture are made of what a run found."""

from dataclasses import asdict

import pytest

from detector.errors import DetectorError
from detector.lab.bench.comparison import Ratio, ratios
from detector.lab.bench.constants import HeadConstants, gather
from detector.lab.bench.flood import Pace
from detector.lab.bench.ingest import Ingest, Route
from detector.lab.bench.latency import Latency
from detector.lab.bench.plot import picture
from detector.lab.bench.results import changes
from detector.lab.bench.soak import Look, Soak


def ingest(
    contender: str,
    rate: float,
    cpu_us: float,
    route: Route = Route.GENERATOR,
    engine_us: float = 0.0,
    journal_bytes: int = 0,
) -> Ingest:
    """Return a measurement of two seconds."""
    spent = {"contender": cpu_us, "generator": 0.1}
    return Ingest(contender, route, 10, 0, round(2 * rate), 2.0, spent, engine_us, 1000, 990, 0, None, journal_bytes)


def test_ratios_are_medians_of_rounds() -> None:
    """Each round is compared with itself; a round that a noisy machine spoilt does not count."""
    measured = [
        *(ingest("mosquitto_sub", rate, 3.0) for rate in (100.0, 200.0, 100.0)),
        *(ingest("detector lms", rate, 6.0) for rate in (40.0, 80.0, 1.0)),
    ]
    assert ratios(measured) == [Ratio("detector lms / mosquitto_sub, via generator", 0.4, 0.5, 0.35)]


def test_drops_are_what_was_sent_and_not_taken() -> None:
    """A message that was sent and not taken was dropped; more taken than sent is no drop."""
    assert ingest("detector lms", 1.0, 1.0).dropped == 10


def test_changes_are_beside_what_is_kept() -> None:
    """Each figure of now stands beside the kept one; where there was none, nothing is compared."""
    old, new = changes({"a": 2.0, "gone": 1.0}, {"a": 3.0, "b": 1.0})
    assert (old.name, old.ratio) == ("a", 1.5)
    assert (new.name, new.kept, new.ratio) == ("b", None, None)


def test_growth_leaves_the_first_quarter_out() -> None:
    """What a daemon takes while it starts is no growth; a steady rise is told by the hour."""
    latency = Latency.of("detector", 0.5, (1.0, 1.0), 0.5, [0.001, None, 0.003])
    assert (latency.probes, latency.lost, latency.p50_ms) == (3, 1, 2.0)
    memory = [0, 500, *(1000 + 10 * minute for minute in range(2, 8))]
    looks = [Look(60.0 * minute, size, 0.0, latency) for minute, size in enumerate(memory)]
    soak = Soak("detector", 1, 1.0, 480.0, 10, 10, 0, looks)
    assert soak.growth_bytes_per_hour == pytest.approx(600.0)


def test_latency_without_alerts_has_no_quantiles() -> None:
    """Where no alert came there is no number."""
    assert Latency.of("detector", 0.5, (1.0, 1.0), 0.5, [None]).p99_ms is None


def test_picture_has_a_bar_for_everybody() -> None:
    """Names are text, whatever is in them."""
    run = {"machine": {"cores": 2, "processor": "<x>"}, "taken_at": "2026-11-25T00:00:00", "version": "1"}
    drawn = picture([{"route": "generator", "contender": "a & b", "messages": 10, "seconds": 2.0}], run)
    assert "a &amp; b" in drawn
    assert "&lt;x&gt;" in drawn
    assert drawn.count("<rect") == 2


def test_constants_need_both_parts() -> None:
    """A run without the parts that constants come of is refused, with the words that bring them."""
    with pytest.raises(DetectorError, match="bench ingest fleet"):
        gather({"figures": {"ingest": {"measured": []}}})


def test_constants_part_a_message_as_the_two_processes_do() -> None:
    """Of one process's time the daemon's share where there are two is around the engine; of a fleet's memory, what is no array, names."""
    measured = [
        asdict(ingest("detector lms", 1.0, 20.0, journal_bytes=990 * 3 * 31)),
        asdict(ingest("detector lms, two processes", 1.0, 25.0, engine_us=15.0, journal_bytes=990 * 3 * 31)),
    ]
    fleet = {"head": "lms", "devices": 1000, "state_bytes": 5000.0, "device_bytes": 5300.0, "reading_us": 7.0}
    found = gather(
        {
            "command": "bench",
            "taken_at": "2026-11-29",
            "machine": {"processor": "a"},
            "figures": {
                "ingest": {"measured": measured},
                "fleet": {
                    "fleets": [{**fleet, "snapshot": {"bytes_on_disk": 6e6}}],
                    "restarts": [{"empty_bytes": 6e7}],
                },
            },
        }
    )
    assert found.journal_bytes == 31.0
    assert found.heads["lms"] == HeadConstants(5000.0, 300.0, 6000.0, 7.0, found.heads["lms"].message_us)
    assert found.heads["lms"].message_us == pytest.approx(8.0)


def test_pace_knows_no_limit_and_a_stop() -> None:
    """Without a rate a chunk is always due; at rate 0 nothing is."""
    pace = Pace()
    pace.set(None)
    assert (pace.due(), pace.wait_s) == (512, 0.0)
    pace.set(0.0)
    assert pace.due() == 0
    assert pace.wait_s > 0.0

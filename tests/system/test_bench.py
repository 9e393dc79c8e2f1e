"""The bench measures what it says, with tiny numbers; how fast anything is, is no business of tests."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from detector.edge.process_cost import children
from tests.system.commands import ROOT, Running, detector, succeed
from tests.system.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.needs("mosquitto", "mosquitto_sub")

MODEL = ROOT / "models/base"


def bench(folder: Path, *words: str) -> dict[str, Any]:
    """Run a short bench; return all that it found."""
    out = folder / "bench.json"
    succeed(
        "bench", *words, "--short", "--model", MODEL, "--folder", folder, "--out", out, "--plot", folder / "bench.svg"
    )
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_everything_sent_is_scored(tmp_path: Path) -> None:
    """Straight from the generator and through mosquitto, every message is scored, and the journal has it unless it is left out."""
    found = bench(tmp_path, "ingest", "--beside", "mosquitto_sub")
    measured = {(one["contender"], one["route"]): one for one in found["figures"]["ingest"]["measured"]}
    names = ["mosquitto_sub", "detector lms", "detector lms, two processes", "detector lms, no journal"]
    assert list(measured) == [*((name, "generator") for name in names), *((name, "mosquitto") for name in names[:3])]
    for one in measured.values():
        assert one["messages"] > 0
        assert one["spoilt"] == 0
        assert one["taken"] == one["sent"] >= 64 * 100 * ("detector" in one["contender"])
    ours, without = (measured[name, "generator"]["journal_bytes"] for name in (names[1], names[3]))
    assert ours > 10 * measured["detector lms", "generator"]["taken"]
    assert without < ours / 4
    assert set(found["headlines"]) == {
        f"{kind}: detector lms{pair}"
        for kind in ("ratio", "by CPU")
        for pair in (
            " / mosquitto_sub, via mosquitto",
            " / mosquitto_sub, via generator",
            ", two processes / mosquitto_sub, via mosquitto",
            ", two processes / mosquitto_sub, via generator",
            " / no journal, via generator",
        )
    }
    assert "detector lms" in (tmp_path / "bench.svg").read_text(encoding="utf-8")


def test_acknowledged_messages_are_scored(tmp_path: Path) -> None:
    """With QoS 1 the generator waits for acknowledgements, and every message is scored once."""
    found = bench(tmp_path, "ingest", "--qos", "1", "--beside", "--routes", "generator")
    for one in found["figures"]["ingest"]["measured"]:
        assert one["taken"] == one["sent"] > 6400
        assert one["spoilt"] == 0


def test_alerts_of_probes_are_heard(tmp_path: Path) -> None:
    """Each share of the top rate is probed; idle and at a tenth of it every probe's alert comes."""
    found = bench(tmp_path, "latency")["figures"]["latency"]
    assert [(one["share"], one["probes"]) for one in found] == [(share, 3) for share in (0, 0.1, 0.5, 0.9)]
    assert [one["lost"] for one in found[:2]] == [0, 0]
    assert all(0.0 < one["p50_ms"] <= one["p99_ms"] <= one["longest_ms"] for one in found[:2])


def test_a_soak_loses_nothing(tmp_path: Path) -> None:
    """All that was sent is scored, the probes aside; each look has memory and a latency."""
    soak = bench(tmp_path, "--soak", "1s")["figures"]["soak"]
    assert soak["sent"] == soak["taken"] > 0
    assert soak["spoilt"] == 0
    assert all(look["resident_bytes"] > 1e7 and look["latency"]["probes"] > 0 for look in soak["looks"])


def test_a_daemon_finds_its_fleet_again(tmp_path: Path) -> None:
    """Fleets are measured in processes of their own; a daemon started over a snapshot knows every device of it."""
    found = bench(tmp_path, "fleet")["figures"]["fleet"]
    assert [one["devices"] for one in found["fleets"]] == [20, 40]
    assert all(one["state_bytes"] > 1000 and one["reading_us"] > 0.0 for one in found["fleets"])
    assert [(one["devices"], one["known"]) for one in found["restarts"]] == [(20, 20), (40, 40)]


def test_figures_are_compared_and_never_fail(tmp_path: Path) -> None:
    """A figure that is far from the one that is kept is shown, and the command still succeeds."""
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({"headlines": {"cost: bytes a channel": 1.0}}), encoding="utf-8")
    done = detector("bench", "cost", "--short", "--model", MODEL, "--against", kept)
    assert done.returncode == 0
    assert "cost: bytes a channel" in done.stdout


def test_plan_says_what_does_not_fit() -> None:
    """A fleet beyond the defaults is told so, with the figures' source; a small one fits."""
    done = detector("plan", "--devices", 100_000, "--channels", 2, "--rate", 0.1)
    assert done.returncode == 0
    assert "max_devices" in done.stdout
    assert "detector bench" in done.stdout
    assert "It fits" in detector("plan", "--devices", 100, "--rate", 0.01).stdout


def test_whoever_was_started_ends_with_the_bench(tmp_path: Path) -> None:
    """A bench that is told to end ends what it has started, though whoever started it has it ignore Ctrl-C, as a shell does in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running = Running("bench", "ingest", "--model", MODEL, "--folder", tmp_path, "--routes", "generator")
    finally:
        signal.signal(signal.SIGINT, before)
    with running:
        wait_until(lambda: children(running.process.pid), "somebody was started")
        started = children(running.process.pid)
        running.process.terminate()
        running.process.communicate(timeout=PATIENCE_S)
    wait_until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in started), "they have ended")

"""`detector record` and `detector play` over a real broker: what is played is what is recorded."""

from pathlib import Path

import pytest

from detector.domain import Reading
from detector.edge.recording import read_recordings
from detector.settings.sensors import SensorSettings
from tests.system.broker import Broker
from tests.system.commands import Running, detector, succeed
from tests.system.parties import Witness
from tests.system.patience import wait_for_count, wait_until

EVERYTHING = [SensorSettings(name="everything")]
CONFIG = """
mqtt: {servers: ['%s'], client_id: daemon, connect_timeout: 2s}
sensors:
  - name: fleet
    topics: ["fleet/{device}"]
    timestamp: {field: timestamp, format: iso8601}
"""

pytestmark = pytest.mark.needs("mosquitto")


def write_config(tmp_path: Path, server: str) -> Path:
    """Write a configuration that listens to what `detector play` publishes."""
    path = tmp_path / "fleet.yaml"
    path.write_text(CONFIG % server, encoding="utf-8")
    return path


def rows(path: Path) -> int:
    """Return how many rows a recording holds by now."""
    return len(list(read_recordings([path], EVERYTHING))) if path.exists() else -1


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz"])
def test_recording_of_what_is_played_is_the_same(broker: Broker, tmp_path: Path, name: str) -> None:
    """Played and recorded readings are the played ones, bit for bit, in order, late and repeated rows included."""
    (tmp_path / "in").mkdir()
    lines = [f"{1_000_000_000 + n / 7:.6f},{n / 3!r},{-n * 1e-30!r}" for n in range(500)]
    lines[100], lines[101], lines[200] = lines[101], lines[100], lines[199]
    for device in ("pump", "fan"):
        (tmp_path / "in" / f"{device}.csv").write_text("\n".join(["timestamp,flow,heat", *lines, ""]), encoding="utf-8")
    out = tmp_path / name
    with Running("record", write_config(tmp_path, broker.url), "--out", out) as recorder:
        wait_until(lambda: rows(out) >= 0, "the recorder had begun")
        said = succeed("play", tmp_path / "in", "--server", broker.url, "--speed", "max")
        assert "played 1,000 messages" in said
        wait_for_count(lambda: rows(out), 2000, "rows recorded")
        code, said = recorder.interrupt()
    assert code == 0
    assert "recorded 2,000 readings" in said
    assert list(read_recordings([out], EVERYTHING)) == list(read_recordings([tmp_path / "in"], EVERYTHING))


def test_recorder_leaves_the_daemon_alone(broker: Broker, tmp_path: Path) -> None:
    """A recorder neither throws out the daemon, whose configuration it uses, nor says that it is the daemon."""
    out = tmp_path / "out.csv"
    with Witness(broker.port, "detector/#", "fleet/#") as witness:
        config = write_config(tmp_path, broker.url)
        with Running("record", config, "--out", out, "--duration", "300s") as recorder:
            wait_until(lambda: rows(out) >= 0, "the recorder had begun")
            witness.publish("fleet/pump", '{"timestamp": "2001-09-09T01:46:40Z", "flow": 1}', "oops")
            wait_until(lambda: rows(out) == 1, "the reading was recorded")
            code, said = recorder.interrupt()
        heard = [witness.hear()[0] for _ in range(2)]
    assert heard == ["fleet/pump", "fleet/pump"]
    assert "as daemon-record-" in broker.log
    assert (code, "1 rejected (malformed), first fleet/pump:" in said) == (0, True)


def test_duration_ends_the_recording(broker: Broker, tmp_path: Path) -> None:
    """With a duration the recorder ends by itself, with exit code 0 and a recording that may be empty."""
    out = tmp_path / "out.csv"
    out.write_text("something older", encoding="utf-8")
    config = write_config(tmp_path, broker.url)
    assert "recorded 0 readings" in succeed("record", config, "--out", out, "--duration", "100ms", "--force")
    assert out.read_text(encoding="utf-8") == "timestamp,device,channel,value\n"


def test_existing_recording_is_not_overwritten(tmp_path: Path) -> None:
    """A file that exists stays as it is, unless it is to be overwritten."""
    out = tmp_path / "out.csv"
    out.write_text("timestamp,device,channel,value\n1,a,b,2\n", encoding="utf-8")
    done = detector("record", write_config(tmp_path, "mqtt://127.0.0.1:1"), "--out", out)
    assert done.returncode == 2
    assert "got one that exists" in done.stderr
    assert [one.value for one in read_recordings([out], EVERYTHING) if isinstance(one, Reading)] == [2.0]


@pytest.mark.parametrize("command", ["record", "play"])
def test_broker_that_is_not_there_is_told(tmp_path: Path, command: str) -> None:
    """Without a broker both end with exit code 1 and the server's name."""
    server = "mqtt://127.0.0.1:1"
    recording = tmp_path / "pump.csv"
    recording.write_text("timestamp,flow\n1,2\n", encoding="utf-8")
    words = {
        "record": (write_config(tmp_path, server), "--out", tmp_path / "out.csv"),
        "play": (recording, "--server", server),
    }[command]
    done = detector(command, *words)
    assert done.returncode == 1
    assert server in done.stderr
    assert not (tmp_path / "out.csv").exists()

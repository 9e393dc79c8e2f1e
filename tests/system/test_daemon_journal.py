"""The daemon's journal on a real broker: nothing acknowledged is lost, no disk stops the scoring."""

import csv
import signal
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from detector.domain import Reading
from detector.edge.recording import read_recordings
from detector.settings import MqttSettings
from detector.settings.sensors import SensorSettings
from tests.system.broker import Broker
from tests.system.commands import detector, succeed
from tests.system.daemon_process import DaemonProcess
from tests.system.disk import SmallDisk
from tests.system.journalled import READ_EVERY_S, journalled
from tests.system.parties import Station, Witness
from tests.system.patience import wait_for_count, wait_until

pytestmark = pytest.mark.needs("mosquitto")

TOPIC = "meters/m1/power"
CLIENT_ID = MqttSettings().client_id


def numbers(count: int, begin: int = 0) -> list[str]:
    """Return payloads that tell each other apart."""
    return [str(number) for number in range(begin, begin + count)]


def publish_aside(broker: Broker, values: Iterable[int]) -> Thread:
    """Publish values from a thread, as fast as it goes."""

    def publish() -> None:
        with Witness(broker.port) as witness:
            witness.publish(TOPIC, *(str(value) for value in values))

    thread = Thread(target=publish)
    thread.start()
    return thread


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
@pytest.mark.parametrize("killed_at", [1, 400])
def test_a_kill_loses_nothing_that_was_acknowledged(protocol: str, killed_at: int) -> None:
    """After `kill -9` in a stream of QoS 1, every message is in the journal or comes again from the broker."""
    count = 2000
    with Broker(options=["max_queued_messages 10000"]) as broker:
        process = DaemonProcess(broker.url)
        text = process.config.read_text(encoding="utf-8")
        process.config.write_text(text.replace("mqtt: {", f"mqtt: {{protocol: '{protocol}', "), encoding="utf-8")
        with process as daemon:
            daemon.until_ready()
            publisher = publish_aside(broker, range(count))
            daemon.until("detector_observations_scored_total", killed_at)
            daemon.send(signal.SIGKILL)
            daemon.wait()
            publisher.join()
            kept = [int(value) for value in journalled(daemon.folder / "state")]
        settings: dict[str, Any] = {"client_id": CLIENT_ID, "protocol": protocol, "session_expiry": 60.0}
        with Station(broker.url, filters=["meters/+/+"], **settings) as station:
            missing = set(range(count)) - set(kept)
            while missing:
                taken = station.take(1)
                station.acknowledge(taken)
                missing -= {int(message.payload) for message in taken}
    assert kept == list(range(len(kept)))


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_kills_take_nothing_in_twice(protocol: str) -> None:
    """Equal payloads without a time of their own, and three `kill -9` among them: each is scored by one process, and once."""
    count = 3000
    with Broker(options=["max_queued_messages 10000"]) as broker, DaemonProcess(broker.url) as daemon:
        daemon.edit("mqtt: {", f"mqtt: {{protocol: '{protocol}', ")
        daemon.restart().until_ready()
        publisher = publish_aside(broker, [5] * count)
        for scored in (1, 300, 600):
            daemon.until("detector_observations_scored_total", scored)
            daemon.send(signal.SIGKILL)
            daemon.wait()
            daemon.restart()
        publisher.join()
        state = daemon.folder / "state"
        wait_for_count(lambda: len(journalled(state)), count, "messages in the journal", READ_EVERY_S)
        assert len(journalled(state)) == count
        assert daemon.scrape().balance == 0


def test_the_journal_is_a_recording(broker: Broker, tmp_path: Path) -> None:
    """`record` and `replay` take a journal while the daemon writes it, and after; both give what was published, in order."""
    out, scores = tmp_path / "out.csv", tmp_path / "scores.csv"
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        witness.publish("plant/a/p1/telemetry", *(f'{{"ts": {1_700_000_000 + n}, "flow": {n}}}' for n in range(200)))
        daemon.until("detector_observations_scored_total", 200)
        state = daemon.folder / "state"
        wait_until(lambda: len(journalled(state)) == 200, "everything was committed")
        assert "recorded 200 readings" in succeed("record", "--from-journal", state, "--out", out)
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
        succeed("replay", daemon.config, "--from-journal", state / "journal.db", "--scores", scores)
        succeed("replay", daemon.config, "--input", out, "--scores", tmp_path / "again.csv")
    recorded = list(read_recordings([out], [SensorSettings(name="everything")]))
    assert [one.value for one in recorded if isinstance(one, Reading)] == list(range(200))
    with scores.open(encoding="utf-8") as file:
        assert [float(row["value"]) for row in csv.DictReader(file)] == list(range(200))
    assert scores.read_bytes() == (tmp_path / "again.csv").read_bytes()


def test_a_restart_goes_on_with_the_journal(broker: Broker) -> None:
    """What two daemons took in one after the other is in one journal, in order."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        for begin in (0, 10):
            if begin:
                daemon.__enter__()
            daemon.until_ready()
            witness.publish(TOPIC, *numbers(10, begin))
            daemon.until("detector_observations_scored_total", 10)
            daemon.send(signal.SIGTERM)
            assert daemon.wait() == 0
            (daemon.folder / "log").unlink()
        assert journalled(daemon.folder / "state") == list(range(20))


def test_a_full_disk_stops_nothing(broker: Broker, disk: SmallDisk) -> None:
    """Scoring goes on and the trouble is told everywhere; once there is room the journal has everything, by itself."""
    with (
        DaemonProcess(broker.url, more=f"state: {{directory: '{disk.folder}'}}") as daemon,
        Witness(broker.port) as witness,
    ):
        daemon.until_ready()
        disk.fill()
        begin = 0
        while daemon.scrape().value("detector_journal_up") == 1:  # the log's own pages may have room for a few more
            witness.publish(TOPIC, *numbers(500, begin))
            begin += 500
            daemon.until("detector_observations_scored_total", begin)
        answer = daemon.request("/-/ready")
        assert (answer.status, "scoring without the journal" in answer.text) == (200, True)
        assert str(disk.folder) in answer.text
        assert "scoring goes on" in daemon.log
        disk.empty()
        witness.publish(TOPIC, *numbers(10, begin))
        wait_until(lambda: daemon.scrape().value("detector_journal_up") == 1, "the journal was written again")
        assert daemon.request("/-/ready").text == "detector is ready\n"
        assert daemon.scrape().value("detector_journal_readings_lost_total") == 0
        assert journalled(disk.folder) == list(range(begin + 10))
        assert "can be written again" in daemon.log


def test_a_daemon_starts_on_a_read_only_disk(broker: Broker, disk: SmallDisk) -> None:
    """It scores, says what is amiss, and has everything in the journal once the disk can be written."""
    disk.remount("ro")
    more = f"state: {{directory: '{disk.folder / 'state'}'}}"
    with DaemonProcess(broker.url, more=more) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        assert "Read-only file system" in daemon.request("/-/ready").text
        witness.publish(TOPIC, *numbers(10))
        daemon.until("detector_observations_scored_total", 10)
        disk.remount("rw")
        witness.publish(TOPIC, *numbers(10, 10))
        wait_until(lambda: daemon.scrape().value("detector_journal_up") == 1, "the journal was written")
        assert journalled(disk.folder / "state") == list(range(20))


def test_a_journal_on_a_read_only_disk_can_be_read(tmp_path: Path, disk: SmallDisk) -> None:
    """A journal that was left in order is recorded from a disk on which nothing can be written."""
    with Broker() as broker:
        with (
            DaemonProcess(broker.url, more=f"state: {{directory: '{disk.folder}'}}") as daemon,
            Witness(broker.port) as witness,
        ):
            daemon.until_ready()
            witness.publish(TOPIC, *numbers(10))
            daemon.until("detector_observations_scored_total", 10)
            daemon.send(signal.SIGTERM)
            assert daemon.wait() == 0
        disk.remount("ro")
        assert "recorded 10 readings" in succeed("record", "--from-journal", disk.folder, "--out", tmp_path / "out.csv")


def test_a_damaged_journal_is_no_reason_not_to_start(broker: Broker) -> None:
    """The daemon sets a damaged journal aside, says so, and begins a new one."""
    process = DaemonProcess(broker.url)
    journal = process.folder / "state" / "journal.db"
    journal.parent.mkdir()
    journal.write_bytes(b"oops" * 1000)
    with process as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        witness.publish(TOPIC, "5")
        wait_until(lambda: journalled(journal) == [5.0], "the new journal was written")
        assert "set aside as journal-damaged-" in daemon.log
        assert daemon.scrape().value("detector_journal_failures_total") == 1


def test_a_second_daemon_does_not_touch_the_first_ones_journal(broker: Broker) -> None:
    """With the state directory of a running daemon another one ends at once, and says what to do."""
    with DaemonProcess(broker.url) as first:
        more = f"state: {{directory: '{first.folder / 'state'}'}}"
        with pytest.raises(RuntimeError, match=r"give each its own state\.directory"):
            DaemonProcess(broker.url, more=more).__enter__()


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("record", "--out", "{}/out.csv"), 2, "expected CONFIG or --from-journal, got neither"),
        (("record", "--from-journal", "{}", "--out", "{}/out.csv"), 1, "expected a journal, found none"),
        (("record", "--from-journal", "{}", "--duration", "1s", "--out", "{}/out.csv"), 2, "which ends by itself"),
    ],
)
def test_recording_from_no_journal_is_told(tmp_path: Path, words: tuple[str, ...], code: int, expected: str) -> None:
    """Without a journal nothing is written, and the fault is one sentence."""
    done = detector(*(word.format(tmp_path) for word in words))
    assert (done.returncode, expected in done.stderr) == (code, True), done.stderr
    assert not (tmp_path / "out.csv").exists()

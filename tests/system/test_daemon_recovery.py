"""After `kill -9` at any moment the daemon goes on, on a real broker, as if nothing had happened."""

import json
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from detector.domain import MICROSECONDS, Reading
from detector.edge.alert_topics import alert_json
from detector.edge.config_file import load_settings
from detector.edge.journal import Arrival, journal_path
from detector.edge.journal.arrivals import read
from detector.edge.journal.database import open_to_read
from detector.edge.metrics.series import SKILL
from detector.edge.model_file import load_model
from detector.edge.snapshot import Shelf, Snapshot, read_snapshot
from detector.edge.snapshot.manifest import FORMAT
from detector.engine import Engine
from detector.lab.link import Listener
from detector.report import Batch
from detector.settings import MqttSettings
from detector.stream.batch import Batcher
from tests.fleet import noise
from tests.laws.remembering import everything
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.journalled import READ_EVERY_S
from tests.system.parties import Witness
from tests.system.patience import wait_for_count, wait_until

pytestmark = pytest.mark.needs("mosquitto")

OFTEN = "state: {snapshot_every: 300ms}"
TWO_PROCESSES = f"{OFTEN}\nengine: {{own_process: true}}"
BEGIN_S = 1_700_000_000
STEPS, DEVICES = 300, 4


def payloads() -> Iterator[tuple[str, str]]:
    """Yield topics and payloads of some devices of one group: one leaves its level, one is stuck, one is silent for long."""
    values = [noise(seed, STEPS) for seed in range(DEVICES)]
    values[1][200:] = [value + 30.0 for value in values[1][200:]]
    values[2][100:220] = [values[2][100]] * 120
    for step in range(STEPS):
        for device in range(DEVICES):
            if device != 3 or not 150 <= step < 250:
                reading = {"ts": BEGIN_S + 300 * step + device, "flow": values[device][step]}
                yield f"plant/a/p{device}/telemetry", json.dumps(reading)


def arrivals(state: Path) -> list[Arrival]:
    """Return all that a state directory's journal holds."""
    db = open_to_read(journal_path(state))
    try:
        return list(read(db, 0))
    finally:
        db.close()


def batches(batcher: Batcher, state: Path) -> Iterator[Batch]:
    """Yield what the journal holds, one by one."""
    for _, device, channel, _, at, value, _ in arrivals(state):
        if device is None or channel is None or value is None:
            yield batcher.idle_again([at])
        else:
            yield from batcher.cut([Reading(device, channel, at, value, 0)])


def uninterrupted(daemon: DaemonProcess) -> tuple[dict[str, Any], set[str]]:
    """Return what an engine remembers and tells that took all of the journal in without ever being stopped."""
    settings, model = load_settings(daemon.config, {}), load_model(daemon.folder / "model")
    engine, batcher = Engine(settings, model.network, model.reference), Batcher(settings.engine.max_batch)
    told = [event for batch in batches(batcher, daemon.folder / "state") for event in engine.step(batch).events]
    return remembered(engine, batcher), {json.dumps(alert_json(event), sort_keys=True) for event in told}


def remembered(engine: Engine, batcher: Batcher) -> dict[str, Any]:
    """Return all that an engine and a batcher remember, by path."""
    return everything([engine, batcher])


def last_snapshot(daemon: DaemonProcess) -> Snapshot:
    """Return the newest snapshot of a daemon."""
    return read_snapshot(Shelf(daemon.folder / "state").newest_first()[0])


def restored(daemon: DaemonProcess) -> dict[str, Any]:
    """Return what an engine remembers that goes on from the daemon's last snapshot."""
    settings, model = load_settings(daemon.config, {}), load_model(daemon.folder / "model")
    engine, snapshot = Engine(settings, model.network, model.reference), last_snapshot(daemon)
    assert engine.restore(snapshot.engine) == ()
    return remembered(engine, Batcher(settings.engine.max_batch, snapshot.clock))


def restart(daemon: DaemonProcess) -> None:
    """Start a daemon again that has ended; its log begins anew."""
    (daemon.folder / "log").unlink()
    daemon.__enter__()


def stop(daemon: DaemonProcess) -> None:
    """Let a daemon finish in good order."""
    daemon.send(signal.SIGTERM)
    assert daemon.wait() == 0


@contextmanager
def fed(broker: Broker, count: int) -> Iterator[tuple[DaemonProcess, Witness]]:
    """Run a daemon that has scored the first `count` payloads, and a witness."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        for topic, payload in list(payloads())[:count]:
            witness.publish(topic, payload)
        daemon.until("detector_observations_scored_total", count)
        yield daemon, witness


def publish_aside(broker: Broker) -> Thread:
    """Publish all payloads from a thread."""

    def publish() -> None:
        with Witness(broker.port) as witness:
            for topic, payload in payloads():
                witness.publish(topic, payload)

    thread = Thread(target=publish)
    thread.start()
    return thread


@pytest.mark.parametrize(("seed", "more"), [(1, OFTEN), (2, OFTEN), (3, OFTEN), (4, TWO_PROCESSES), (5, TWO_PROCESSES)])
def test_killed_at_any_moment_it_goes_on_as_if_nothing_had_happened(seed: int, more: str) -> None:
    """After kills at seeded moments no reading is missing, and state and alerts are those of a run without any, bit for bit."""
    chance, heard = random.Random(seed), set[str]()
    with Broker(options=["max_queued_messages 10000"]) as broker, DaemonProcess(broker.url, more=more) as daemon:
        settings = MqttSettings(servers=[broker.url])

        def hear(_topic: str, payload: bytes) -> None:
            heard.add(json.dumps(json.loads(payload), sort_keys=True))

        with Listener(settings, "listener", ["detector/alerts/#"], hear):
            daemon.until_ready()
            publisher = publish_aside(broker)
            published = {(topic.split("/")[2], json.loads(payload)["ts"]) for topic, payload in payloads()}
            state = daemon.folder / "state"
            for _ in range(4):
                until_scored(daemon, chance.randint(1, 150), len(published))
                daemon.send(signal.SIGKILL)
                daemon.wait()
                restart(daemon)
            wait_for_count(lambda: len(taken_in(state)), len(published), "readings in the journal", READ_EVERY_S)
            publisher.join()
            _, told = uninterrupted(daemon)
            wait_until(lambda: heard >= told, "every alert so far was heard")
            stop(daemon)
            straight, told = uninterrupted(daemon)
            wait_until(lambda: heard >= told, "every alert was heard")
        assert taken_in(state) == published
        assert restored(daemon) == straight
        assert heard == told


def until_scored(daemon: DaemonProcess, count: int, published: int) -> None:
    """Wait until a daemon has scored so many readings, or there are no more."""

    def scored() -> float:
        if len(taken_in(daemon.folder / "state")) == published:
            return count
        return daemon.scrape().total("detector_observations_scored_total")

    wait_for_count(scored, count, "readings were scored", READ_EVERY_S)


def taken_in(state: Path) -> set[tuple[str | None, float]]:
    """Return devices and event times (s) of the readings that a journal holds."""
    return {(one.device, one.at / MICROSECONDS) for one in arrivals(state) if one.device is not None}


def test_a_restart_in_good_order_reads_nothing_of_the_journal(broker: Broker) -> None:
    """The last snapshot holds all there is; after it the fleet stands as before, retained states and page included."""
    with fed(broker, 400) as (daemon, _witness):
        wait_until(lambda: daemon.scrape().value("detector_devices") == DEVICES, "the census was taken")
        before = daemon.scrape()
        stop(daemon)
        restart(daemon)
        daemon.until_ready()
        wait_until(lambda: daemon.scrape().value("detector_devices") == DEVICES, "the census was taken again")
        after = daemon.scrape()
        assert "recovered" not in daemon.log
        # the skill is as of the last census, up to a second before
        shown = [key for key in before.samples if dict(key[1]).get("channel") and key[0] != SKILL.name]
        assert len(shown) > DEVICES
        assert {key: after.samples[key] for key in shown} == {key: before.samples[key] for key in shown}
        assert after.value("detector_observations_scored_total") == 0
        assert after.balance == 0


@pytest.mark.parametrize("spoilt", ["company.safetensors", "manifest.json"])
def test_a_damaged_snapshot_is_refused_and_the_one_before_it_is_as_good(broker: Broker, spoilt: str) -> None:
    """The refusal names the file and what was done; the one before and the journal since bring back the same."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        stream = list(payloads())
        for begin in (0, 200):
            if begin:
                restart(daemon)
            daemon.until_ready()
            for topic, payload in stream[begin : begin + 200]:
                witness.publish(topic, payload)
            daemon.until("detector_observations_scored_total", 200)
            stop(daemon)
        newest, older = Shelf(daemon.folder / "state").newest_first()
        file = newest / spoilt
        file.write_bytes(file.read_bytes()[:-1])
        restart(daemon)
        daemon.until_ready()
        stop(daemon)
        assert "snapshot refused: " in daemon.log
        assert spoilt in daemon.log
        assert newest.with_name(newest.name + ".refused").is_dir()
        assert older.is_dir()
        assert restored(daemon) == uninterrupted(daemon)[0]


def test_without_any_snapshot_the_journal_alone_brings_it_back(broker: Broker) -> None:
    """With all snapshots gone or foreign the daemon begins anew with what the journal has, and says so."""
    with fed(broker, 200) as (daemon, _witness):
        stop(daemon)
        manifest = Shelf(daemon.folder / "state").newest_first()[0] / "manifest.json"
        manifest.write_bytes(manifest.read_bytes().replace(f'"format": {FORMAT}'.encode(), b'"format": 99'))
        restart(daemon)
        daemon.until_ready()
        stop(daemon)
        assert f"expected snapshot format {FORMAT}, got 99" in daemon.log
        assert "recovered 200 arrivals" in daemon.log
        assert restored(daemon) == uninterrupted(daemon)[0]


def test_a_changed_model_keeps_what_does_not_depend_on_it(broker: Broker) -> None:
    """With another network the daemon says that its memories are let go, and keeps the habits."""
    with fed(broker, 200) as (daemon, witness):
        stop(daemon)
        before = last_snapshot(daemon)
        shutil.rmtree(daemon.folder / "model")
        shutil.copytree(Path(__file__).parent.parent.parent / "models/base", daemon.folder / "model")
        restart(daemon)
        daemon.until_ready()
        witness.publish("plant/b/other/telemetry", json.dumps({"ts": BEGIN_S + 20_000, "flow": 1.0}))
        daemon.until("detector_observations_scored_total", 1)
        stop(daemon)
        after = last_snapshot(daemon)
        assert "forecast.state" in daemon.log or "forecast (of another form)" in daemon.log
        assert "head" in daemon.log
    scales = [one.engine.blocks["scale"].arrays["location"][:DEVICES].tolist() for one in (before, after)]
    assert scales[0] == scales[1]

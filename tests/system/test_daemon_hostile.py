"""A publisher that sends anything at all: every reading is accounted for at every scrape, and others notice nothing."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from detector.domain import RejectReason
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess, Scrape
from tests.system.parties import Witness

pytestmark = pytest.mark.needs("mosquitto")

SENSORS = """
sensors:
  - name: pumps
    topics: ["plant/{site}/{device}/telemetry"]
    timestamp: {field: ts, format: unix}
    channels: {a: {}}
  - name: meters
    topics: ["meters/{device}/{channel}"]
    format: value
"""
LIMITS = "engine: {max_devices: 20, max_channels: 8}\nlog: {repeats_per_minute: 2}"


class Watch:
    """Scrapes over and over, in a thread of its own."""

    def __init__(self, daemon: DaemonProcess) -> None:
        """Start with nothing seen."""
        self.scrapes: list[Scrape] = []
        self._daemon = daemon
        self._enough = threading.Event()

    def look(self) -> None:
        """Scrape until it is enough."""
        while not self._enough.wait(0.02):
            self.scrapes.append(self._daemon.scrape())

    def end(self) -> None:
        """Let the last scrape be the last."""
        self._enough.set()


@contextmanager
def watching(daemon: DaemonProcess) -> Iterator[Watch]:
    """Scrape while something happens."""
    watch = Watch(daemon)
    thread = threading.Thread(target=watch.look)
    thread.start()
    try:
        yield watch
    finally:
        watch.end()
        thread.join()


def garbage(now: float) -> Iterator[tuple[str, str | bytes]]:
    """Yield payloads that no sensor should send, on topics that are subscribed to."""
    topic = "plant/site/bad/telemetry"
    texts = (
        "",
        "{",
        "null",
        "[]",
        '"x"',
        "{}",
        '{"ts": "soon", "a": 1}',
        '{"a": 1}',
        "[" * 5000,
        '{"ts": NaN, "a": 1}',
    )
    yield from ((topic, text) for text in texts)
    values = ("null", "NaN", "1e999", '"21.5"', '"N/A"', "true", '{"b": {"c": []}}', "[1, 2]")
    yield from ((topic, f'{{"ts": {now}, "a": {value}}}') for value in values)
    yield from ((topic, f'{{"ts": {ts}, "a": 1}}') for ts in (0, 4_102_444_800, -1, 1e300, now * 1000, now * 1e9))
    yield from ((topic, bytes((seed * 7 + place * 31) % 256 for place in range(seed))) for seed in range(0, 256, 5))
    yield from (("plant/site/twice/telemetry", f'{{"ts": {now}, "a": 1}}') for _ in range(20))
    yield from (("plant/site/back/telemetry", f'{{"ts": {now - step}, "a": 1}}') for step in range(20))
    yield from ((f"meters/device-{number}/power", "1.0") for number in range(60))
    yield from ((f"meters/device-0/channel-{number}", "1.0") for number in range(30))
    yield from ((f"meters/{name}/power", "nan") for name in ('a"b', "<b>", "Ω", " "))
    yield "meters/large/power", b"1" * 10_000_000


def test_garbage_is_counted_and_hurts_nobody(broker: Broker) -> None:
    """Under garbage of every kind the counts balance at every scrape, the log stays short, and a good device is scored."""
    now = float(round(time.time()))
    with DaemonProcess(broker.url, LIMITS, SENSORS) as daemon, Witness(broker.port) as witness:
        daemon.until_ready()
        witness.publish("plant/site/good/telemetry", json.dumps({"ts": now - 1000, "a": 20.0}))
        daemon.until("detector_observations_scored_total", 1)
        witness.publish("meters/kept/power", "5.0", retain=True)
        with watching(daemon) as watch:
            for step, (topic, payload) in enumerate(garbage(now)):
                witness.publish(topic, payload)
                witness.publish("plant/site/good/telemetry", json.dumps({"ts": now - 999 + step, "a": 20.0 + step % 3}))
            messages = 2 * (step + 1) + 2
            daemon.until("detector_mqtt_messages_total", messages)
            final = daemon.until("detector_device_last_seen_timestamp_seconds", 1)
            while final.value("detector_observations_pending"):
                final = daemon.scrape()
        assert len(watch.scrapes) > 3
        assert [scrape.balance for scrape in (*watch.scrapes, final)] == [0.0] * (len(watch.scrapes) + 1)
        received = [scrape.total("detector_readings_received_total") for scrape in watch.scrapes]
        assert received == sorted(received)
        rejected = {reason: final.value("detector_readings_rejected_total", reason=reason) for reason in RejectReason}
        expected = ("TOO_LARGE", "MALFORMED", "TOO_DEEP", "NULL", "NOT_A_NUMBER", "BAD_TIMESTAMP", "MISSING_TIMESTAMP")
        for name in (*expected, "TOO_MANY_DEVICES", "TOO_MANY_CHANNELS", "IMPLAUSIBLE_TIMESTAMP"):
            assert rejected[RejectReason[name]] > 0, name
        assert final.value("detector_readings_duplicate_total") == 19
        assert final.value("detector_devices") <= 20
        assert final.value("detector_value", device="good", channel="a") == 20.0 + step % 3
        assert final.value("detector_anomaly_score", device="good", channel="a") < 1.0
        assert len(daemon.log.splitlines()) < 100
        assert "Traceback" not in daemon.log


def test_a_retained_value_without_a_time_is_refused(broker: Broker) -> None:
    """What the broker retained before we came is rejected as stale where it has no timestamp, and taken where it has one."""
    with Witness(broker.port) as witness:
        witness.publish("meters/m1/power", "5.0", retain=True)
        witness.publish("plant/site/p1/telemetry", json.dumps({"ts": time.time(), "a": 1.0}), retain=True)
    with DaemonProcess(broker.url) as daemon:
        scrape = daemon.until("detector_observations_scored_total", 1)
        assert scrape.labels("detector_value", "device") == {"p1"}
        scrape = daemon.until("detector_mqtt_messages_total", 2)
        assert scrape.balance == 0
        daemon.until("detector_readings_rejected_total", 1)
        assert daemon.scrape().value("detector_readings_rejected_total", reason="stale_retained") == 1


def test_a_name_that_is_no_text_does_not_cost_the_connection(broker: Broker) -> None:
    """A channel called by what is no character is rejected: on a topic of ours the broker would hang up, time and again."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port, "detector/devices/#") as witness:
        daemon.until_ready()
        witness.publish("plant/site/p1/telemetry", json.dumps({"ts": time.time(), "\uffff": 1.0, "good": 2.0}))
        assert witness.hear()[0] == "detector/devices/p1/good/state"
        assert daemon.scrape().value("detector_readings_rejected_total", reason="bad_name") == 1
        assert "lost" not in daemon.log

"""People are told what they need to know, and no more: from real devices that fall silent to a real webhook."""

import json
import signal
import time
from collections.abc import Iterable
from typing import Any

import pytest

from tests.system.alarms import SENSORS, alarm, pumps
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.parties import Witness
from tests.system.patience import wait_until
from tests.system.receiving import Receiver, answer, hang

pytestmark = pytest.mark.needs("mosquitto")

FLEET = """
sensors:
  - name: pumps
    topics: ["plant/{gateway}/{device}/telemetry"]
    timestamp: {field: ts, format: unix}
    silent_after: 90s
    channels: {flow: {range: [0, 100]}}
engine: {max_devices: 5000}
"""


def receivers(url: str, more: str = "wait: 1s, keep_firing_for: 1s") -> str:
    """Return a configuration with one webhook."""
    return f"alerts: {{receivers: [{{name: people, {more}, webhook: {{url: '{url}'}}}}]}}"


def said(receiver: Receiver) -> list[dict[str, Any]]:
    """Return the bodies that came, each once, however often it was sent."""
    bodies = {came.headers["Idempotency-Key"]: came.said for came in receiver.came}
    return list(bodies.values())


def speak(witness: Witness, devices: Iterable[tuple[str, str]], at: float) -> None:
    """Let devices, each behind its gateway, send a reading."""
    payload = json.dumps({"ts": at, "flow": 50.0})
    for gateway, device in devices:
        witness.publish(f"plant/{gateway}/{device}/telemetry", payload)


def test_a_dead_gateway_with_a_thousand_devices_is_one_message() -> None:
    """A thousand of 2,500 devices fall silent behind one gateway: one message says so, and one that it is over."""
    dead = [("G-3", f"pump-{number:04}") for number in range(1000)]
    others = [("G-1", f"valve-{number:04}") for number in range(1500)]
    options = ["max_queued_messages 100000", "max_inflight_messages 0"]
    with (
        Receiver() as people,
        Broker(options=options) as roomy,
        Witness(roomy.port) as witness,
        DaemonProcess(roomy.url, more=receivers(people.url), sensors=FLEET) as daemon,
    ):
        daemon.until_ready()
        now = round(time.time()) - 900.0
        sent = 0
        for step in range(3):
            speak(witness, [*dead, *others], now + 30.0 * step)
            sent += 2500
        for step in range(3, 10):
            speak(witness, others, now + 30.0 * step)
            sent += 1500
        daemon.until("detector_readings_received_total", sent)
        daemon.until("detector_alerts_total", 1000)
        (told,) = (came.said for came in people.until(1))
        assert told["commonAnnotations"]["summary"].startswith("all 1000 devices of pumps, gateway G-3 silent: ")
        assert told["truncatedAlerts"] == 900
        for step in range(10, 13):
            speak(witness, [*dead, *others], now + 30.0 * step)
        bodies = [came.said["status"] for came in people.until(2)]
        assert bodies == ["firing", "resolved"]
        daemon.until("detector_notifications_total", 2002)  # machines hear of each device
        assert len(people.came) == 2


def test_notices_survive_a_kill_and_a_receiver_that_hangs(broker: Broker) -> None:
    """Alerts found while the webhook hangs, and a kill: the next process tells them, known by the same key; scoring never waited."""
    with (
        Receiver() as people,
        Witness(broker.port) as witness,
        DaemonProcess(broker.url, more=receivers(people.url), sensors=SENSORS) as daemon,
    ):
        people.always(hang)
        daemon.until_ready()
        alarm(witness, pumps(1))
        first = people.until(1)[0]
        alarm(witness, pumps(*range(2, 40)))
        daemon.until("detector_alerts_total", 39)
        daemon.send(signal.SIGKILL)
        daemon.wait()
        people.always(answer(200))
        daemon.restart().until_ready()
        again = people.until(2)[1]
        assert again.headers["Idempotency-Key"] == first.headers["Idempotency-Key"]
        assert again.said == first.said
        wait_until(lambda: daemon.scrape().total("detector_notifications_pending") == 0, "every answer")
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0


def test_a_reload_takes_what_is_owed_along(broker: Broker) -> None:
    """A receiver that moves to another address is told there what it was not told at the old one; one that is new hears of what comes."""
    with (
        Receiver() as old,
        Receiver() as new,
        Witness(broker.port) as witness,
        DaemonProcess(broker.url, more=receivers(old.url), sensors=SENSORS) as daemon,
    ):
        old.always(answer(500))
        daemon.until_ready()
        alarm(witness, pumps(1))
        key = old.until(1)[0].headers["Idempotency-Key"]
        daemon.edit(old.url, new.url)
        daemon.send(signal.SIGHUP)
        assert new.until(1)[0].headers["Idempotency-Key"] == key

"""Receivers that hang, fail and refuse for a while: each is told all of it once it is well. `MINUTES=10` makes it ten minutes."""

import json
import os
import time
from collections import Counter

import pytest

from detector.lab.broker import free_port
from tests.system.alarms import SENSORS, alarm, pumps
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess, Scrape
from tests.system.parties import Witness
from tests.system.patience import wait_for_count
from tests.system.receiving import Came, Receiver, answer, hang

pytestmark = pytest.mark.needs("mosquitto")

MINUTES = float(os.environ.get("MINUTES", "0.05"))
STEADY = 500
"""Readings by which it is seen how soon they are judged."""


def judged_in_ms(daemon: DaemonProcess, plant: Witness, begin: int) -> float:
    """Send readings one behind the other; return the mean time from arrival to verdict, milliseconds."""
    before = daemon.scrape()
    for number in range(STEADY):
        plant.publish("plant/a/steady/telemetry", json.dumps({"ts": begin + number, "flow": 50.0 + number % 3}))
    after = daemon.until(
        "detector_observations_scored_total", before.total("detector_observations_scored_total") + STEADY
    )

    def grown(name: str) -> float:
        return after.total(f"detector_reading_to_verdict_seconds_{name}") - before.total(
            f"detector_reading_to_verdict_seconds_{name}"
        )

    return 1e3 * grown("sum") / grown("count")


def devices(came: list[Came]) -> Counter[str]:
    """Return how often each device was told of."""
    return Counter(one["labels"]["device"] for request in came for one in request.said["alerts"])


def given_up(scrape: Scrape) -> float:
    """Return how many notices were given up."""
    return scrape.total("detector_notifications_failed_total")


def test_who_was_in_trouble_is_told_all_of_it_once(broker: Broker) -> None:
    """Whether it hung, answered 500 or was not there: every alert arrives, once after it is well, none is given up, and scoring went on."""
    port = free_port()
    with Receiver() as well, Receiver().always(hang) as hanging, Receiver().always(answer(500)) as failing:
        listed = ", ".join(
            f"{{name: {name}, wait: 10ms, by: [device], webhook: {{url: '{url}', timeout: 2s}}}}"
            for name, url in (
                ("well", well.url),
                ("hanging", hanging.url),
                ("failing", failing.url),
                ("away", f"http://127.0.0.1:{port}"),
            )
        )
        with (
            DaemonProcess(broker.url, f"alerts: {{receivers: [{listed}]}}", SENSORS) as daemon,
            Witness(broker.port) as plant,
        ):
            daemon.until_ready()
            now = int(time.time()) - 20 * STEADY
            alone_ms = judged_in_ms(daemon, plant, now)
            until, told = time.monotonic() + 60.0 * MINUTES, 0
            while told < 3 or time.monotonic() < until:
                alarm(plant, pumps(told))
                told += 1
                wait_for_count(lambda: len(devices(list(well.came))), told, "alerts that who is well was told of")
                time.sleep(min(1.0, 10.0 * MINUTES))
            beside_ms = judged_in_ms(daemon, plant, now + 10 * STEADY)
            tried = len(failing.came)
            hanging.always(answer(200))
            failing.always(answer(200))
            mended = time.monotonic()
            with Receiver(port=port) as away:
                troubled = (hanging, failing, away)

                def accepted(receiver: Receiver) -> list[Came]:
                    return [came for came in receiver.came if came.at > mended]

                wait_for_count(lambda: min(len(devices(accepted(one))) for one in troubled), told, "alerts told to all")
                daemon.until("detector_notifications_total", daemon.scrape().total("detector_notifications_total"))
                found = [devices(accepted(receiver)) for receiver in troubled]
            assert given_up(daemon.scrape()) == 0
    assert found == [Counter(dict.fromkeys(pumps(*range(told)), 1))] * 3
    print(
        f"{MINUTES:g} minutes of trouble: {told} alerts, each told once to each of three, after {tried} tries in vain at one;"
        f" a reading was judged in {alone_ms:.1f} ms before and {beside_ms:.1f} ms during it"
    )

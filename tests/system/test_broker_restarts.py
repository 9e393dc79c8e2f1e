"""A broker that is restarted again and again: every reading that it took is scored once. `ROUNDS=10` makes ten of the three."""

import json
import os
import time

import pytest

from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.journalled import journalled
from tests.system.parties import Witness
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto")

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SHARE = 200
"""Readings a round."""

BACK_S = 5.0
"""Promised: from the broker's return to ours. Told, not asserted: a slow machine fails no test."""


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_every_reading_the_broker_took_is_scored_once(end: str) -> None:
    """In a persistent session, readings sent while the daemon is connected, and while it is still on its way back, are scored once."""
    # A broker that is killed loses what it has not saved: what is not delivered yet must be on its disk.
    options = ["max_queued_messages 100000", "max_inflight_messages 0", "autosave_on_changes true"]
    begin, scored, slowest_s = int(time.time()) - 100_000, 0, 0.0
    with Broker(options=options) as broker, DaemonProcess(broker.url) as daemon:
        daemon.until_ready()
        for _ in range(ROUNDS):
            with Witness(broker.port) as witness:
                for number in range(scored, scored + SHARE):
                    witness.publish("plant/a/p1/telemetry", json.dumps({"ts": begin + number, "flow": number % 7}))
                if end == "kill":
                    daemon.until("detector_observations_scored_total", scored + SHARE)
            scored += SHARE
            getattr(broker, end)()
            wait_until(lambda: daemon.scrape().value("detector_mqtt_connected") == 0, "the loss to be noticed")
            broker.start()
            began = time.monotonic()
            daemon.until_ready()
            slowest_s = max(slowest_s, time.monotonic() - began)
        scrape = daemon.until("detector_observations_scored_total", scored)
        assert scrape.total("detector_observations_scored_total") == scored
        assert scrape.balance == 0
        wait_until(lambda: len(journalled(daemon.folder / "state")) >= scored, "all to be in the journal")
        assert journalled(daemon.folder / "state") == [number % 7 for number in range(scored)]
    print(
        f"{end}: {ROUNDS} rounds, {scored} readings, each once; back within {slowest_s:.1f} s of {BACK_S:.0f} s at the most"
    )

"""No alert is lost, and none is told twice: through kills, links that swallow, refusals, reloads and full disks."""

import os
import signal
import time
from itertools import islice

import pytest

from tests.system.alarms import ALERTS, SENSORS, alarm, heard, pumps
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.disk import SmallDisk
from tests.system.parties import Witness
from tests.system.patience import wait_until
from tests.system.proxy import Proxy, Way

pytestmark = pytest.mark.needs("mosquitto")

FULL_S = float(os.environ.get("FULL_S", "0"))


def settled(daemon: DaemonProcess) -> bool:
    """Return whether every alert that the daemon handed out has arrived."""
    return daemon.scrape().total("detector_notifications_pending") == 0


def test_alerts_that_never_left_are_told_after_a_kill(broker: Broker) -> None:
    """Found while nothing left the daemon, and then killed: the next process tells them, in order and each once."""
    with (
        Proxy(broker.port).running() as proxy,
        Witness(broker.port, ALERTS) as witness,
        DaemonProcess(proxy.url, sensors=SENSORS) as daemon,
    ):
        daemon.until_ready()
        alarm(witness, pumps(0))
        wait_until(lambda: daemon.scrape().total("detector_notifications_total") == 1, "the first alert")
        wait_until(lambda: settled(daemon), "its confirmation")
        proxy.swallow = {Way.UP}
        alarm(witness, pumps(1, 2, 3))
        daemon.until("detector_alerts_total", 4)
        daemon.send(signal.SIGKILL)
        daemon.wait()
        proxy.swallow = set()
        daemon.restart().until_ready()
        daemon.until("detector_readings_duplicate_total", 3)  # the broker had no acknowledgement of these
        alarm(witness, pumps(4))
        assert list(islice(heard(witness), 5)) == pumps(0, 1, 2, 3, 4)
        assert daemon.scrape().total("detector_alerts_total") == 5  # as if nothing had happened
        assert "pump-0001" in daemon.request("/").text


def test_an_alert_that_the_broker_refuses_is_told_once_it_is_allowed() -> None:
    """What the access rules forbid is kept through refusals and a restart, and delivered when the rules allow it."""
    users, rules = {"mute": "m", "speaker": "s"}, "user mute\ntopic read plant/#\nuser speaker\ntopic readwrite #\n"
    with Broker(users=users, rules=rules) as broker, DaemonProcess(broker.url, sensors=SENSORS) as daemon:
        (daemon.folder / "password").write_text("m")
        (daemon.folder / "password").chmod(0o600)
        daemon.edit("mqtt: {", "mqtt: {username: mute, password_file: password, ")
        daemon.restart().until_ready()
        with Witness(broker.port, ALERTS, username="speaker", password="s") as witness:
            alarm(witness, pumps(1))
            wait_until(lambda: "did not take an alert, trying again: not published on" in daemon.log, "the refusal")
            assert not settled(daemon)
            (daemon.folder / "password").write_text("s")
            daemon.edit("username: mute", "username: speaker")
            daemon.restart()
            assert list(islice(heard(witness), 1)) == pumps(1)
            wait_until(lambda: settled(daemon), "the confirmation")


def test_a_reload_to_another_broker_takes_the_alerts_along(broker: Broker) -> None:
    """Alerts that the old broker never confirmed are told to the new one."""
    with (
        Broker() as other,
        Proxy(broker.port).running() as proxy,
        Witness(broker.port) as plant,
        Witness(other.port, ALERTS) as witness,
        DaemonProcess(proxy.url, sensors=SENSORS) as daemon,
    ):
        daemon.until_ready()
        proxy.swallow = {Way.UP}
        alarm(plant, pumps(1, 2))
        daemon.until("detector_alerts_total", 2)
        daemon.edit(proxy.url, other.url)
        daemon.send(signal.SIGHUP)
        assert list(islice(heard(witness), 2)) == pumps(1, 2)
        wait_until(lambda: settled(daemon), "the confirmation")


def test_a_full_disk_loses_no_alert(broker: Broker, disk: SmallDisk) -> None:
    """Alerts found while the disk is full are told at once; when there is room again they are on it, and never told twice.

    `FULL_S=60` keeps it full for a minute.
    """
    with (
        DaemonProcess(broker.url, more=f"state: {{directory: '{disk.folder}'}}", sensors=SENSORS) as daemon,
        Witness(broker.port, ALERTS) as witness,
    ):
        daemon.until_ready()
        disk.fill()
        found, alerts = 0, heard(witness)
        while daemon.scrape().value("detector_journal_up") == 1:  # the log's own pages may have room for a few more
            alarm(witness, pumps(found))
            assert next(alerts) == pumps(found)[0]
            found += 1
        alarm(witness, pumps(*range(found, found + 20)))
        assert list(islice(alerts, 20)) == pumps(*range(found, found + 20))
        until, more = time.monotonic() + FULL_S, found + 20
        while time.monotonic() < until:
            alarm(witness, pumps(more))
            assert next(alerts) == pumps(more)[0]
            more += 1
            time.sleep(1.0)
        disk.empty()
        wait_until(lambda: daemon.scrape().value("detector_journal_up") == 1, "the journal was written again")
        wait_until(lambda: settled(daemon), "the confirmations")
        assert daemon.scrape().value("detector_journal_alerts_lost_total") == 0
        print(f"full for {FULL_S:g} s: {more} alerts, each told once, none lost")
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
        daemon.restart().until_ready()
        alarm(witness, ["last"])
        assert next(alerts) == "last"
        page = daemon.request("/").text
        assert all(pump in page for pump in pumps(*range(found, found + 20)))

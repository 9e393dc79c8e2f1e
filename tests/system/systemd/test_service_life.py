"""The service under a real systemd: started, hung, killed, reloaded, stopped. Our installer, our units, our sample for the broker."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.system.patience import wait_until
from tests.system.systemd.installed import CONFIG, Installed, hear

pytestmark = pytest.mark.needs("mosquitto", "mosquitto_pub", "systemd-analyze")

LEARNT = [20.0 + step % 7 for step in range(100)]
"""Enough readings for a channel to be scored."""


def test_a_start_returns_when_the_daemon_is_ready(service: Installed) -> None:
    """When `systemctl start` returns, subscriptions are granted, and what is sent from then on is scored."""
    service.start()
    assert service.get("/-/ready") == "detector is ready\n\n"
    assert service.show("StatusText") == "subscribed and scoring"
    service.publish("pump-1", [20.0])
    service.until_scored(1)


def test_a_start_waits_for_a_broker_that_is_away(service: Installed) -> None:
    """Without a broker the unit is still starting, and serves the reason over HTTP; it is active once the broker is there."""
    service.machine.succeed("systemctl", "stop", "mosquitto")
    service.machine.succeed("systemctl", "start", "--no-block", "detector")
    wait_until(lambda: "not connected to a broker" in service.get("/-/ready"), "the reason was told")
    assert service.show("ActiveState") == "activating"
    service.machine.succeed("systemctl", "start", "mosquitto")
    wait_until(lambda: service.show("ActiveState") == "active", "the unit was active")


def test_a_refused_configuration_is_not_tried_again(service: Installed) -> None:
    """A start with a faulty configuration fails with the fault's place in the journal, and systemd leaves it at one try."""
    service.configure("budget:", "budgte:")
    assert service.machine.run("systemctl", "start", "detector").returncode != 0
    assert re.search(rf"{CONFIG}:\d+:1: budgte", service.journal)
    assert (service.show("ActiveState"), service.show("ExecMainStatus"), service.show("NRestarts")) == (
        "failed",
        "2",
        "0",
    )


def test_a_hang_is_ended_by_the_watchdog(service: Installed) -> None:
    """A daemon whose scoring thread waits for ever is killed, its stack is in the journal, and it is back with what it had learnt."""
    override = "[Service]\nWatchdogSec=5\n"
    service.machine.write("/etc/systemd/system/detector.service.d/impatient.conf", override)
    service.machine.succeed("systemctl", "daemon-reload")
    service.start()
    service.publish("pump-1", LEARNT)
    service.until_scored(len(LEARNT))
    before = service.pid
    with _hanging(service):
        service.until_up_again(before)
    said = service.journal
    assert "Watchdog timeout" in said
    assert "Fatal Python error: Aborted" in said
    assert re.search(r"config_file\.py\S*, line \d+ in load_settings", said)
    assert re.search(r"daemon\.py\S*, line \d+ in _reload_now", said)
    assert int(service.show("NRestarts")) >= 1
    assert service.scrape().value("detector_devices_learning") == 0


def test_a_killed_daemon_is_back_with_what_it_had_learnt(service: Installed) -> None:
    """After `kill -9` the unit is active again, and goes on scoring the channel at once instead of learning it anew."""
    service.start()
    service.publish("pump-1", LEARNT)
    service.until_scored(len(LEARNT))
    before = service.pid
    service.machine.succeed("kill", "-9", before)
    service.until_up_again(before)
    assert service.show("NRestarts") == "1"
    recovered = service.scrape()
    assert (recovered.value("detector_devices"), recovered.value("detector_devices_learning")) == (1, 0)
    service.publish("pump-1", [20.0], first=len(LEARNT))
    scored = service.until_scored(1)
    assert scored.value("detector_anomaly_score", device="pump-1", channel="temperature") >= 0


def test_a_bad_reload_fails_and_changes_nothing(service: Installed) -> None:
    """With a faulty configuration `systemctl reload` fails, and the same process goes on with the old one; with a good one it succeeds."""
    service.start()
    before = service.pid
    service.configure("budget:", "budgte:")
    assert service.machine.run("systemctl", "reload", "detector").returncode != 0
    wait_until(lambda: service.scrape().value("detector_config_reloads_total") == 1, "the daemon saw the reload")
    assert service.scrape().value("detector_config_last_reload_successful") == 0
    assert re.search(rf"configuration refused, .*{CONFIG}:\d+:1: budgte", service.journal)
    assert (service.show("ActiveState"), service.pid) == ("active", before)
    service.publish("pump-1", [20.0])
    service.until_scored(1)
    service.configure("1 per device per week", "2 per device per week")
    service.machine.succeed("systemctl", "reload", "detector")
    wait_until(lambda: service.scrape().value("detector_config_reloads_total") == 2, "the daemon saw the reload")
    assert service.scrape().value("detector_config_last_reload_successful") == 1
    assert (service.show("ActiveState"), service.pid, service.show("NRestarts")) == ("active", before, "0")


def test_a_stop_writes_a_snapshot(service: Installed) -> None:
    """`systemctl stop` ends the daemon cleanly: the next start has the snapshot of that moment, and the journal nothing to add."""
    service.start()
    service.publish("pump-1", LEARNT)
    service.until_scored(len(LEARNT))
    service.machine.succeed("systemctl", "stop", "detector")
    assert (service.show("Result"), service.show("ExecMainStatus")) == ("success", "0")
    assert hear(service.machine, "detector/status") == "offline"
    service.start()
    assert re.search(r"snapshot \d+, \d+ s old: 1 devices, 1 channels", service.journal)
    assert not re.search(r"recovered [1-9]\d* arrivals", service.journal)
    assert service.scrape().value("detector_devices_learning") == 0


@contextmanager
def _hanging(service: Installed) -> Iterator[None]:
    """Have the daemon read its configuration anew from a disk that never answers: a pipe that is open for writing, and stays empty.

    The pipe is out of the way again by the time that the daemon hangs: the next one reads a file.
    """
    pipe = service.machine.path(CONFIG).with_name("pipe")
    os.mkfifo(pipe, 0o644)
    pipe.rename(service.machine.path(CONFIG))
    service.machine.succeed("kill", "-HUP", service.pid)
    writers: list[int] = []

    def has_a_reader() -> bool:
        with suppress(OSError):
            writers.append(os.open(service.machine.path(CONFIG), os.O_WRONLY | os.O_NONBLOCK))
        return bool(writers)

    wait_until(has_a_reader, "the daemon read the pipe")
    service.configure()
    try:
        yield
    finally:
        os.close(writers[0])

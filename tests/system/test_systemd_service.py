"""The service under a real systemd: started, hung, killed, reloaded, stopped. Our installer, our units, our sample for the broker."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import pytest

from tests.system.installed import (
    CONFIG,
    PASSWORD_FILE,
    PASSWORDS,
    Installed,
    set_up_broker,
    start_afresh,
    status,
)
from tests.system.machine import Machine, why_not
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs(
    "mosquitto", "mosquitto_pub", "mosquitto_passwd", "nsenter", "setpriv", "systemd", "unshare"
)

LIMITS = ("memory.max", "memory.limit_in_bytes", "pids.max")
"""Files of a cgroup that hold its limits, by the new and the old interface."""

LEARNT = [20.0 + step % 7 for step in range(100)]
"""Enough readings for a channel to be scored."""


@pytest.fixture(scope="module")
def booted() -> Iterator[Machine | str]:
    """Boot a machine with our service and a broker; or say why there is none."""
    reason = why_not()
    if reason is not None:
        yield reason
        return
    with Machine() as machine:
        set_up_broker(machine)
        yield machine


@pytest.fixture
def machine(booted: Machine | str, skip_loudly: Callable[[str], NoReturn]) -> Machine:
    """Return the machine as after the installation."""
    if isinstance(booted, str):
        skip_loudly(booted)
    start_afresh(booted)
    return booted


@pytest.fixture
def service(machine: Machine) -> Installed:
    """Return the service, configured and not started."""
    installed = Installed(machine)
    installed.configure()
    return installed


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
    assert _hear(service.machine, "detector/status") == "offline"
    service.start()
    assert re.search(r"snapshot \d+, \d+ s old: 1 devices, 1 channels", service.journal)
    assert not re.search(r"recovered [1-9]\d* arrivals", service.journal)
    assert service.scrape().value("detector_devices_learning") == 0


def test_the_password_comes_as_a_credential(service: Installed) -> None:
    """The broker lets the daemon in by a file that only root can read; a wrong password is told, and the right one mends it."""
    service.machine.write(PASSWORD_FILE, "a wrong one\n", mode=0o600)
    service.machine.succeed("systemctl", "start", "--no-block", "detector")
    wait_until(lambda: "Not authorized" in service.journal, "the refusal was told")
    assert service.show("ActiveState") == "activating"
    service.machine.write(PASSWORD_FILE, PASSWORDS["detector"] + "\n", mode=0o600)
    service.machine.succeed("systemctl", "restart", "detector")
    assert service.get("/-/ready") == "detector is ready\n\n"
    process = service.machine.path(f"/proc/{service.pid}")
    for place in ("environ", "cmdline"):
        assert PASSWORDS["detector"].encode() not in (process / place).read_bytes()
    assert PASSWORDS["detector"] not in service.journal


def test_the_daemon_is_nobody_in_particular(service: Installed) -> None:
    """It runs as a user that exists for it alone, without capabilities or a way to new ones, and its state is its own."""
    service.start()
    kernel = status(service.machine, service.pid)
    user = int(kernel["Uid"].split()[0])
    assert 61184 <= user <= 65519  # systemd's range for dynamic users
    assert str(user) not in service.machine.path("/etc/passwd").read_text(encoding="utf-8")
    assert {int(kernel[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (kernel["NoNewPrivs"], kernel["Seccomp"]) == ("1", "2")
    state = service.machine.path("/var/lib/private/detector").stat()
    assert (state.st_uid, state.st_mode & 0o777) == (user, 0o700)


def test_the_limits_are_the_kernels(service: Installed) -> None:
    """What the unit says of memory and tasks is what the daemon's cgroup has."""
    service.start()
    assert service.show("MemoryMax") == str(2**30)
    files = service.machine.path("/sys/fs/cgroup").glob("**/detector.service/*")
    limits = {file.name: file.read_text(encoding="ascii").strip() for file in files if file.name in LIMITS}
    assert sorted(limits.values()) == [str(2**30), "64"]


def test_two_plants_live_side_by_side(machine: Machine) -> None:
    """Two instances have a configuration, a password, a port and a state each; one that stops leaves the other alone."""
    plants = {
        site: Installed(machine, f"detector@{site}", f"/etc/detector/{site}.yaml", port)
        for site, port in (("north", 9201), ("south", 9202))
    }
    for site, plant in plants.items():
        own = f"mqtt:\n  client_id: detector-{site}\n"
        own = f"metrics: {{listen: '127.0.0.1:{plant.port}'}}\nalerts: {{mqtt: {{base_topic: detector/{site}}}}}\n{own}"
        plant.configure("mqtt:\n", own)
        text = machine.path(plant.config).read_text(encoding="utf-8").replace("plant/{site}/", f"plant/{site}/")
        machine.write(plant.config, text)
        machine.write(f"/etc/detector/{site}.mqtt_password", PASSWORDS["detector"], mode=0o600)
        plant.start()
        plant.publish(f"pump-of-{site}", [20.0], site=site)
    for site, plant in plants.items():
        assert plant.until_scored(1).labels("detector_value", "device") == {f"pump-of-{site}"}
        assert machine.path(f"/var/lib/private/detector-{site}/state").is_dir()
    machine.succeed("systemctl", "stop", "detector@north")
    assert plants["south"].get("/-/ready") == "detector is ready\n\n"


def test_the_rules_of_the_broker_hold(service: Installed) -> None:
    """By the shipped rules who looks hears alerts and states and cannot publish, and nobody but the plant sends readings."""
    service.start()
    assert _hear(service.machine, "detector/status") == "online"
    forbidden = [
        "-u",
        "viewer",
        "-P",
        PASSWORDS["viewer"],
        "-V",
        "mqttv5",
        "-q",
        "1",
        "-t",
        "plant/north/pump-1/telemetry",
        "-m",
        "{}",
    ]
    assert "Not authorized" in service.machine.run("mosquitto_pub", *forbidden).stderr
    service.publish("pump-1", [20.0])
    assert service.until_scored(1).value("detector_mqtt_messages_total") == 1
    assert "not authori" not in service.journal.lower()


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


def _hear(machine: Machine, topic: str) -> str:
    """Return the retained message of a topic, as somebody who looks."""
    return machine.succeed("mosquitto_sub", "-u", "viewer", "-P", PASSWORDS["viewer"], "-C", "1", "-t", topic)

"""The service under a real systemd: what it may, what it knows, what is its own."""

import pytest

from tests.system.patience import wait_until
from tests.system.systemd.installed import PASSWORD_FILE, PASSWORDS, Installed, hear, set_up_broker, status
from tests.system.systemd.machine import Machine

pytestmark = pytest.mark.needs("mosquitto", "mosquitto_pub", "systemd-analyze")

LIMITS = ("memory.max", "memory.limit_in_bytes", "pids.max")
"""Files of a cgroup that hold its limits, by the new and the old interface."""


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


def test_what_root_prunes_is_still_the_daemons(service: Installed) -> None:
    """After `detector state prune` by root, the daemon reads and writes its state: the device that stayed is known, the other is not."""
    service.start()
    service.publish("pump-1", [20.0])
    service.publish("pump-2", [20.0])
    service.until_scored(2)
    service.machine.succeed("systemctl", "stop", "detector")
    service.machine.succeed("detector", "state", "prune", "/var/lib/detector/state", "--devices", "pump-2")
    service.start()
    assert service.scrape().labels("detector_device_last_seen_timestamp_seconds", "device") == {"pump-1"}
    assert service.get("/-/ready") == "detector is ready\n\n"
    assert "Permission denied" not in service.journal


def test_the_limits_are_the_kernels(service: Installed) -> None:
    """What the unit says of memory and tasks is what the daemon's cgroup has."""
    service.start()
    assert service.show("MemoryMax") == str(2**30)
    groups, own = service.machine.path("/sys/fs/cgroup"), service.show("ControlGroup").lstrip("/")
    files = [hierarchy / own / name for hierarchy in (groups, *groups.iterdir()) for name in LIMITS]
    limits = {file.name: file.read_text(encoding="ascii").strip() for file in files if file.exists()}
    assert sorted(limits.values()) == [str(2**30), "64"]


def test_two_plants_live_side_by_side(machine: Machine) -> None:
    """Two instances have a configuration, a password, a port and a state each; one that stops leaves the other alone."""
    set_up_broker(machine)
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
    assert hear(service.machine, "detector/status") == "online"
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

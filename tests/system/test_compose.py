"""The composition: read by the schema of such files, closed to other machines, its passwords tried at a real broker."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from detector.lab.broker import free_port
from tests.system.broker import SEARCH_PATH
from tests.system.commands import detector
from tests.system.parties import Witness
from tests.system.patience import wait_until

FOLDER = Path(__file__).parents[2] / "deploy" / "compose"
COMPOSITION = FOLDER / "compose.yaml"


def composition() -> dict[str, Any]:
    """Return the composition, its anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSITION.read_text(encoding="utf-8"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Return what runs for good."""
    return {name: service for name, service in composition()["services"].items() if "profiles" not in service}


def against_schema(path: Path) -> "subprocess.CompletedProcess[str]":
    """Check a file against the schema of compositions."""
    checker = str(Path(sys.executable).with_name("check-jsonschema"))
    command: list[str | Path] = [checker, "--builtin-schema", "vendor.compose-spec", path]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_composition_follows_the_schema(tmp_path: Path) -> None:
    """The checker of schemas finds nothing, and would find a misspelt key."""
    verdict = against_schema(COMPOSITION)
    assert verdict.returncode == 0, verdict.stdout
    misspelt = tmp_path / "compose.yaml"
    misspelt.write_text(COMPOSITION.read_text(encoding="utf-8").replace("healthcheck:", "healthchek:", 1))
    assert "healthchek" in against_schema(misspelt).stdout


@pytest.mark.parametrize("name", services())
def test_a_service_is_confined(name: str) -> None:
    """It cannot write its own files, has no capabilities, a limit of memory, and comes again after a crash."""
    service = services()[name]
    assert (service["read_only"], service["cap_drop"], service["restart"]) == (True, ["ALL"], "unless-stopped")
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in service
    assert "build" in service or re.search(r":v?\d", service["image"]), "expected an image with a version"
    assert name == "detector" or "healthcheck" in service


def test_nothing_listens_beyond_this_machine() -> None:
    """Every port is bound to loopback; the broker's is the one that a variable can open."""
    ports = [port for service in services().values() for port in service["ports"]]
    assert len(ports) == 5
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == ["${BROKER_ADDRESS:-127.0.0.1}:1883:1883"]


def test_what_is_mounted_is_there() -> None:
    """Every file and folder of ours that a container gets exists; passwords are made first."""
    missing = [source for source in _mounted() if not (FOLDER / source).exists() and not source.startswith("./secrets")]
    assert missing == []


def test_the_configuration_is_accepted() -> None:
    """The command `detector check` warns of the network within the composition and the password that is not here, and of nothing else."""
    done = detector("check", FOLDER / "detector.yaml")
    assert done.returncode == 0, done.stderr
    warned = re.findall(r"^warning: ([\w.]+):", done.stderr, re.MULTILINE)
    assert sorted(warned) == ["metrics.listen", "mqtt.password_file", "mqtt.servers"]


@pytest.mark.needs("promtool")
def test_prometheus_accepts_its_configuration() -> None:
    """The command `promtool check config` accepts it; it is the one of deploy/prometheus with other addresses."""
    ours = FOLDER / "prometheus.yml"
    done = subprocess.run(["promtool", "check", "config", ours], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    plain = FOLDER.parent / "prometheus" / "prometheus.yml"
    with_our_names = re.sub(r"127\.0\.0\.1:(9093|9108)", lambda at: f"{NAMES[at[1]]}:{at[1]}", plain.read_text())
    assert yaml.safe_load(with_our_names) == yaml.safe_load(ours.read_text())


@pytest.mark.needs("mosquitto", "mosquitto_passwd")
def test_the_passwords_open_the_broker(tmp_path: Path) -> None:
    """Who is given a password by the script gets in with it under the shipped rules, a second run keeps it, and a wrong one is refused."""
    if os.geteuid() != 0:
        pytest.skip("need root, to give each secret to its reader")
    runs: list[dict[str, str]] = []
    for _ in range(2):
        subprocess.run([FOLDER / "secrets.sh", tmp_path], check=True, env={**os.environ, "PATH": SEARCH_PATH})
        runs.append({path.name: path.read_text().strip() for path in tmp_path.glob("*_password")})
    words = runs[0]
    assert words == runs[1]
    owners = {path.name: (path.stat().st_uid, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    assert owners["passwords"] == (1883, 0o400)
    assert owners["mqtt_password"] == (10001, 0o400)
    assert owners["grafana_password"] == (472, 0o400)
    assert len(set(words.values())) == 4
    with _broker(tmp_path) as port:
        who_looks = {"username": "viewer", "password": words["viewer_password"]}
        with (
            Witness(port, "detector/#", **who_looks) as viewer,
            Witness(port, username="detector", password=words["mqtt_password"]) as daemon,
        ):
            daemon.publish("detector/status", "online")
            assert viewer.hear()[:2] == ("detector/status", "online")
        refused = ["mosquitto_sub", "-p", str(port), "-u", "detector", "-P", "guessed", "-t", "detector/#", "-C", "1"]
        assert subprocess.run(refused, capture_output=True, check=False).returncode == 5


NAMES = {"9093": "alertmanager", "9108": "detector"}


def _mounted() -> Iterator[str]:
    """Yield what of this machine is mounted into containers."""
    for service in composition()["services"].values():
        for volume in service.get("volumes", []):
            source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            if source.startswith("."):
                yield source


@contextmanager
def _broker(folder: Path) -> Iterator[int]:
    """Run a broker on the composition's configuration, with a free port and its files in a folder; yield the port."""
    port = free_port()
    shutil.copy(FOLDER.parent / "mosquitto" / "acl", folder)
    text = "".join(
        path.read_text() for path in (FOLDER / "mosquitto.conf", FOLDER.parent / "mosquitto" / "mosquitto.conf")
    )
    text = text.replace("/etc/mosquitto/conf.d", str(folder / "none")).replace("/etc/mosquitto", str(folder))
    text = text.replace("/mosquitto/data/", f"{folder}/").replace("listener 1883", f"listener {port} 127.0.0.1")
    (folder / "none").mkdir()
    (folder / "mosquitto.conf").write_text(f"user root\n{text}")
    with (folder / "log").open("wb") as log:
        mosquitto = shutil.which("mosquitto", path=SEARCH_PATH) or "mosquitto"
        process = subprocess.Popen([mosquitto, "-c", folder / "mosquitto.conf"], stdout=log, stderr=log)
    try:
        wait_until(lambda: "running" in (folder / "log").read_text() or process.poll() is not None, "the broker ran")
        assert process.poll() is None, (folder / "log").read_text()
        yield port
    finally:
        process.kill()
        process.wait()

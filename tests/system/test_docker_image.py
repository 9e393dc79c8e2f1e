"""The image of the daemon: linted always; built and run where podman and the base image can be had."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector.lab.broker import free_port
from tests.system.broker import Broker
from tests.system.parties import Witness
from tests.system.patience import wait_until
from tests.system.podman import (
    DOCKERFILE,
    IMAGE,
    WITHOUT_SYSTEMD,
    Container,
    base_image,
    build,
    inspect,
    podman,
    why_no_image,
)

LARGEST_BYTES = 160 * 2**20
"""What we may add to the base image: the packages, above all numpy."""


@pytest.fixture(scope="module")
def built() -> Iterator[str | None]:
    """Build the image; or say why not."""
    reason = why_no_image()
    if reason is None:
        build()
    yield reason
    if reason is None:
        podman("image", "rm", "--force", IMAGE)


@pytest.fixture
def image(built: str | None) -> str:
    """Return the name of the image, freshly built."""
    if built is not None:
        pytest.skip(built)
    return IMAGE


@pytest.fixture
def container(image: str, broker: Broker) -> Iterator[tuple[Container, int]]:
    """Run a container beside a broker; return it and the port of its HTTP."""
    port = free_port()
    text = f"mqtt: {{servers: ['{broker.url}']}}\nmodel: models/base\nmetrics: {{listen: '0.0.0.0:{port}'}}\n"
    text += "sensors:\n  - {name: meters, topics: ['meters/{device}/{channel}'], format: value}\n"
    with Container(text) as running:
        yield running, port


def test_the_dockerfile_is_sound() -> None:
    """The checker of Dockerfiles finds nothing to say."""
    hadolint = Path(sys.executable).with_name("hadolint")
    verdict = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout


def test_the_image_is_light(image: str) -> None:
    """It adds little to its base: no torch, no pip, nothing but what the daemon imports."""
    base = inspect(base_image())
    assert _size(inspect(image)) - _size(base) < LARGEST_BYTES
    found = podman("run", "--rm", *WITHOUT_SYSTEMD, "--entrypoint=python3", image, "-c", "import torch")
    assert "No module named 'torch'" in found.stderr


@pytest.mark.needs("mosquitto")
def test_the_container_lives(container: tuple[Container, int], broker: Broker) -> None:
    """As nobody in particular and with a file system that cannot be written, it scores, says that it is healthy, and stops cleanly."""
    running, port = container
    check = _health_check(port)
    wait_until(lambda: running.run(*check).returncode == 0, "the container was healthy")
    assert running.run("id", "-u").stdout.strip() == "10001"
    assert running.run("touch", "/opt/detector/anything").returncode != 0
    with Witness(broker.port, "detector/#") as witness:
        wait_until(lambda: "ready" in running.log(), "the daemon was ready")
        witness.publish("meters/m1/power", "1")
        heard: list[tuple[str, str]] = []
        while not any(topic == "detector/devices/m1/power/state" for topic, _ in heard):
            heard.append(witness.hear()[:2])
        assert running.stop() == 0
    assert "stopped" in running.log()
    assert any((running.folder / "state").rglob("*"))


@pytest.mark.needs("mosquitto")
def test_the_health_check_can_fail(container: tuple[Container, int]) -> None:
    """The image's own health check fails where nobody answers."""
    running, _ = container
    assert running.run(*_health_check(free_port())).returncode != 0


def _health_check(port: int) -> list[str]:
    """Return the image's health check, with another port."""
    check: Any = inspect(IMAGE)["Healthcheck"]
    kind, *command = check["Test"]
    assert kind == "CMD"
    return [str(word).replace(":9108/", f":{port}/") for word in command]


def _size(image: "dict[str, object]") -> int:
    """Return an image's size in bytes."""
    return int(str(image["Size"]))

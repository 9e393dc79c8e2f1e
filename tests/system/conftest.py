"""Fixtures for system tests: real brokers, and a machine with a real systemd. A test that uses a broker is marked `needs("mosquitto")`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.broker import Broker
from tests.system.disk import SmallDisk
from tests.system.systemd.installed import start_afresh
from tests.system.systemd.machine import Machine, why_not


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A plain broker, open to everybody."""
    with Broker() as running:
        yield running


@pytest.fixture(scope="module")
def tls_broker() -> Iterator[Broker]:
    """A broker that also listens with TLS, with and without client certificates."""
    with Broker(tls=True) as running:
        yield running


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk of the test's own; without the right to mount one the test is skipped."""
    with SmallDisk(tmp_path / "disk") as mounted:
        yield mounted


@pytest.fixture(scope="session")
def booted() -> Iterator[Machine | str]:
    """Boot a machine, which then serves all tests; or say why there is none."""
    reason = why_not()
    if reason is not None:
        yield reason
        return
    with Machine() as machine:
        yield machine


@pytest.fixture
def machine(booted: Machine | str) -> Machine:
    """Return the machine as after the installation."""
    if isinstance(booted, str):
        pytest.skip(booted)
    start_afresh(booted)
    return booted

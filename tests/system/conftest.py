"""Fixtures for system tests: real brokers, and a machine with a real systemd. A test that uses a broker is marked `needs("mosquitto")`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

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
def disk(tmp_path: Path, skip_loudly: Callable[[str], NoReturn]) -> Iterator[SmallDisk]:
    """A small disk of the test's own; without the right to mount one the test is skipped."""
    with ExitStack() as stack:
        try:
            mounted = stack.enter_context(SmallDisk(tmp_path / "disk"))
        except PermissionError as fault:
            skip_loudly(f"need the right to mount a disk: {fault}")
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
def machine(booted: Machine | str, skip_loudly: Callable[[str], NoReturn]) -> Machine:
    """Return the machine as after the installation."""
    if isinstance(booted, str):
        skip_loudly(booted)
    start_afresh(booted)
    return booted

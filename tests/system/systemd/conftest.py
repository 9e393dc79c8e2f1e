"""One machine for all tests of the service, and as new for each of them."""

from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from tests.system.systemd.installed import Installed, set_up_broker, start_afresh
from tests.system.systemd.machine import Machine, why_not


@pytest.fixture(scope="package")
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

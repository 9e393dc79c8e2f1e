"""The service on its machine, with a broker that asks for passwords."""

import pytest

from tests.system.systemd.installed import Installed, set_up_broker
from tests.system.systemd.machine import Machine


@pytest.fixture
def service(machine: Machine) -> Installed:
    """Return the service, configured and not started."""
    set_up_broker(machine)
    installed = Installed(machine)
    installed.configure()
    return installed

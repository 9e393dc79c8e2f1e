"""Fixtures for system tests: real brokers. Without mosquitto these tests are skipped, by name and with the reason."""

from collections.abc import Iterator

import pytest

from tests.system.broker import MOSQUITTO, Broker


@pytest.fixture(scope="session")
def _mosquitto(request: pytest.FixtureRequest) -> None:
    """Skip what needs a broker where there is none."""
    if MOSQUITTO is None:
        pytest.skip(f"{request.node.name}: mosquitto is not installed; `apt-get install mosquitto` provides it")


@pytest.fixture
def broker(_mosquitto: None) -> Iterator[Broker]:
    """A plain broker, open to everybody."""
    with Broker() as running:
        yield running


@pytest.fixture(scope="module")
def tls_broker(_mosquitto: None) -> Iterator[Broker]:
    """A broker that also listens with TLS, with and without client certificates."""
    with Broker(tls=True) as running:
        yield running

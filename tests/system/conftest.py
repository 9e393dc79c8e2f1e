"""Fixtures for system tests: real brokers. A test that uses one is marked `needs("mosquitto")`."""

from collections.abc import Iterator

import pytest

from tests.system.broker import Broker


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

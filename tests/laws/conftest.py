"""Fixtures for laws."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def quiet_log() -> Iterator[None]:
    """Leave the lines of rejections out: there is one for each."""
    logger = logging.getLogger("detector.intake")
    logger.disabled = True
    yield
    logger.disabled = False

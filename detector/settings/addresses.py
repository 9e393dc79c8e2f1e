"""Addresses as people write them: a broker's URL, `host:port` to listen on, a base topic.

In: text. Out: the same text, once it is sure to be usable. Faults are `ValueError`s that say `expected ..., got ...`.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

from detector.settings.quantities import editor_pattern, shown

HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^/:@\s\[\]]+)"
SERVER_PATTERN = rf"^(?:mqtts?|wss?)://{HOST}(?::([0-9]{{1,5}}))?(?:/[^\s?#]*)?$"
LISTEN_PATTERN = rf"^{HOST}:([0-9]{{1,5}})$"
BASE_TOPIC_PATTERN = r"^[^+#$/\s{}][^+#/\s{}]*(?:/[^+#/\s{}]+)*$"


def _matches(pattern: str, text: str) -> bool:
    """Tell whether the text has the form and a port, if any, that exists."""
    match = re.fullmatch(pattern, text)
    return match is not None and all(int(port) < 2**16 for port in match.groups() if port)


def _server(text: str) -> str:
    """Check a broker's URL; credentials in it, as name or as query, are refused, because URLs end up in logs."""
    if not _matches(SERVER_PATTERN, text):
        expected = "expected a server such as mqtt://localhost:1883 (or mqtts://, ws://, wss://)"
        if "@" in text:
            raise ValueError(f"{expected}, got one with credentials; write them as username and password_file")
        if "?" in text or "#" in text:
            raise ValueError(f"{expected}, got one with a query; leave out what begins with ? or #")
        raise ValueError(f"{expected}, got {shown(text)}")
    return text


def _listen(text: str) -> str:
    """Check an address to listen on."""
    if not _matches(LISTEN_PATTERN, text):
        raise ValueError(f"expected host:port such as 127.0.0.1:9108, got {shown(text)}")
    return text


def _base_topic(text: str) -> str:
    """Check a topic under which we publish: no wildcards, no braces, no empty level."""
    if not _matches(BASE_TOPIC_PATTERN, text):
        raise ValueError(
            f"expected a topic such as detector or site/detector, no wildcard, no slash at an end, got {shown(text)}"
        )
    return text


ServerUrl = Annotated[str, AfterValidator(_server), editor_pattern(SERVER_PATTERN)]
"""A broker: `mqtt://`, `mqtts://`, `ws://` or `wss://`."""

ListenAddress = Annotated[str, AfterValidator(_listen), editor_pattern(LISTEN_PATTERN)]
"""`host:port`."""

BaseTopic = Annotated[str, AfterValidator(_base_topic), editor_pattern(BASE_TOPIC_PATTERN)]
"""The first level or levels of what we publish."""

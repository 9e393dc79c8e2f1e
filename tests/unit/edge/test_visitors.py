"""Whom an address lets ask."""

import pytest

from detector.edge.visitors import Visitors, visitors_of

LOCAL, OPEN, NAMED = (
    Visitors("127.0.0.1", local=True),
    Visitors("0.0.0.0", local=False),
    Visitors("Sensors.lan", local=True),
)


def get(visitors: Visitors, host: str | None) -> str | None:
    """Return why a GET for a host is refused."""
    return visitors.refusal({"REQUEST_METHOD": "GET"} | ({} if host is None else {"HTTP_HOST": host}))


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:9108", "127.0.0.1:9108", "[::1]:9108", "127.1.2.3", "LOCALHOST", None]
)
def test_this_machine_is_asked_by_its_addresses(host: str | None) -> None:
    """Addresses, localhost, and clients that name no host are let in."""
    assert get(LOCAL, host) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:9108", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::1", "127.0.0.1,evil.example"],
)  # fmt: skip
def test_this_machine_is_asked_by_no_other_name(host: str) -> None:
    """Any other name is refused at a local address, and so is what is no name at all."""
    assert get(LOCAL, host) is not None


def test_the_configured_name_is_ours() -> None:
    """The name in metrics.listen is let in, in any case of its letters."""
    assert get(NAMED, "sensors.LAN:9108") is None


def test_an_open_address_is_read_by_any_name() -> None:
    """Where other machines may ask, they may do so by any name: a container has one that we don't know."""
    assert get(OPEN, "detector:9108") is None


@pytest.mark.parametrize(
    ("origin", "host", "let_in"),
    [
        ("http://127.0.0.1:9108", "127.0.0.1:9108", True),
        ("http://localhost:9108", "127.0.0.1:9108", False),
        ("http://localhost:8000", "localhost:9108", False),
        ("http://detector:9108", "detector:9108", False),
        ("null", "127.0.0.1:9108", False),
    ],
)
def test_a_page_changes_something_at_its_own_address_alone(origin: str, host: str, let_in: bool) -> None:
    """A browser's POST is let in when it comes from the very address that it goes to, and that is no name of a stranger's."""
    environ = {"REQUEST_METHOD": "POST", "HTTP_HOST": host, "HTTP_ORIGIN": origin}
    assert (OPEN.refusal(environ) is None) == let_in


@pytest.mark.parametrize(
    ("bound", "local"), [("127.0.0.1", True), ("127.0.1.1", True), ("::1", True), ("0.0.0.0", False), ("::", False)]
)
def test_what_is_local_is_seen_at_the_address(bound: str, local: bool) -> None:
    """An address is local when only this machine reaches it."""
    assert visitors_of("host", bound).local == local

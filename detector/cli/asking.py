"""A request to a running daemon, for subcommands that act through it.

In: its configuration, a method and a path. Out: what it answered, or None where nobody listens there.
"""

import urllib.error
import urllib.request
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from detector.errors import DetectorError
from detector.settings import Settings

WAIT_S: Final = 30.0
"""Longer than the daemon lets us wait."""


class Said(NamedTuple):
    """What a daemon answered."""

    status: int
    text: str

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return self.status < 300


def address_of(settings: Settings, given: str | None) -> str:
    """Return the address of the daemon of a configuration, or the one given.

    Raises: DetectorError where it is not to be known.
    """
    if given is not None:
        if urlsplit(given).scheme not in ("http", "https"):
            raise DetectorError(f"--url: expected an address such as http://127.0.0.1:9108, got {given!r}")
        return given.rstrip("/")
    host, _, port = settings.metrics.listen.rpartition(":")
    if int(port) == 0:
        raise DetectorError("metrics.listen: the daemon takes a free port, which its log names; say it with --url")
    return f"http://{_reachable(host)}:{port}"


def ask(method: str, url: str) -> Said | None:
    """Ask; None where nobody listens.

    Raises: DetectorError where what comes is no answer.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # what is asked is the machine's own daemon
    request = urllib.request.Request(url, method=method)
    try:
        with opener.open(request, timeout=WAIT_S) as answer:
            return Said(answer.status, answer.read().decode("utf-8", "replace").strip())
    except urllib.error.HTTPError as fault:
        with fault:
            return Said(fault.code, fault.read().decode("utf-8", "replace").strip())
    except urllib.error.URLError as fault:
        if isinstance(fault.reason, ConnectionRefusedError):
            return None
        raise DetectorError(f"{url}: expected a daemon that answers, got: {fault.reason}") from fault
    except OSError as fault:
        raise DetectorError(f"{url}: expected a daemon that answers, got: {fault}") from fault


def _reachable(host: str) -> str:
    """Return a host to connect to for one that is listened on: any address means this machine."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return f"[{address}]" if address.version == 6 else str(address)

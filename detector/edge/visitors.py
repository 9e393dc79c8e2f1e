"""Who may ask over HTTP: keeps out what a browser is made to ask by a page that is not ours.

In: the address that is listened on, a request's headers. Out: why the request is refused, or None. A page anywhere can
have its own name lead to 127.0.0.1 (DNS rebinding) and then read us as its own site; the name it asks by gives it away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Visitors:
    """What an address says of those who ask there."""

    host: str
    """As configured, without brackets."""
    local: bool
    """Whether only this machine can reach it; else it may have any name, and it is not kept from those who read."""

    def refusal(self, environ: Mapping[str, Any]) -> str | None:
        """Say why a request is refused: asked by a name that is not ours or, to change something, from another's page."""
        asked_for = environ.get("HTTP_HOST")
        if asked_for is not None and self.local and not self._is_ours(asked_for):
            return "asked for by a name that is not of this machine; use localhost, or name it in metrics.listen"
        origin = environ.get("HTTP_ORIGIN")
        if environ["REQUEST_METHOD"] == "POST" and origin is not None:
            origin = origin.partition("://")[2]
            if origin != asked_for or not self._is_ours(origin):
                return "sent by another site's page"
        return None

    def _is_ours(self, address: str) -> bool:
        """Tell whether a `host:port` is no name that somebody else could have made lead here."""
        try:
            name = urlsplit(f"//{address}").hostname or ""
        except ValueError:
            return False
        return name in ("localhost", self.host.lower()) or _is_address(name)


def visitors_of(host: str, bound: str) -> Visitors:
    """Return what is to be expected at a configured host, which was bound as this address."""
    return Visitors(host, _is_address(bound) and ip_address(bound).is_loopback)


def _is_address(name: str) -> bool:
    """Tell whether a name is an IP address: nobody makes those lead elsewhere."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

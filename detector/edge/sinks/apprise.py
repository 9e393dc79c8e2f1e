"""The way to mail, chat and phones: notices through Apprise, an optional library that is loaded only where a receiver wants it.

In: notices, and a file with Apprise URLs, one a line. Out: messages, and answers. A receiver has a notice when every URL took it;
one that is tried again goes only to those that did not. URLs are secrets: what Apprise says of a failure is told without their parts.
"""

import importlib.util
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from detector.domain import Severity
from detector.edge.sinks.http_post import CONNECT_S
from detector.edge.sinks.keyring import Keyring
from detector.edge.sinks.porter import Carried
from detector.edge.sinks.sink import Answer
from detector.errors import ConfigError
from detector.notice import Notice, NoticeKey, NoticeState
from detector.settings.transports import AppriseSettings

log = logging.getLogger("detector.sinks")

MISSING: Final = "expected the library Apprise, found none; install it: pip install 'detector[apprise]'"

COLOURS: Final = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}
"""Apprise's word for each severity; what is over is a `success`."""

HALF_TOLD: Final = 1000
"""Notices of which we remember which URLs took them, at most."""

TELLING: Final = ("WARNING", "ERROR", "CRITICAL")
"""Levels of what is told of a failure."""

SHORTEST_SECRET: Final = 4
"""Parts of a URL that are shorter are words such as `com`, and are not looked for in what is told."""


def installed() -> bool:
    """Return whether the library is there."""
    return importlib.util.find_spec("apprise") is not None


class Apprise:
    """Sends notices to every URL of a file, which is read again when it has changed."""

    def __init__(self, settings: AppriseSettings, keyring: Keyring) -> None:
        """Load the library, and make sure that it understands every URL; nothing is sent.

        Raises: ConfigError.
        """
        if not installed():
            raise ConfigError([MISSING])
        self._settings, self._keyring = settings, keyring
        self._text = ""
        self._places: list[_Place] = []
        self._taken = OrderedDict[NoticeKey, set[str]]()
        self._turn_to(self._read())

    def carry(self, items: Sequence[Notice]) -> Carried:
        """Send notices, one after the other."""
        try:
            self._turn_to(self._read())
        except ConfigError as fault:
            return Carried([Answer(notice.key, str(fault)) for notice in items])
        return Carried([self._send(notice) for notice in items])

    def abort(self) -> None:
        """Do nothing: the library keeps its connections to itself, and gives up by its own time limits."""

    def _send(self, notice: Notice) -> Answer:
        """Send a notice to every URL that has not taken it."""
        taken = self._taken.setdefault(notice.key, set())
        faults = list[str]()
        for place in self._places:
            if place.url in taken:
                continue
            fault = place.send(notice)
            if fault is None:
                taken.add(place.url)
            else:
                faults.append(fault)
        if not faults:
            del self._taken[notice.key]
            return Answer(notice.key)
        while len(self._taken) > HALF_TOLD:
            self._taken.popitem(last=False)
        return Answer(notice.key, "; ".join(faults))

    def _read(self) -> str:
        """Return the text of the file.

        Raises: ConfigError.
        """
        return self._keyring.read(self._settings.urls_file)

    def _turn_to(self, text: str) -> None:
        """Send to the URLs of a text from now on.

        Raises: ConfigError when one of them is none that Apprise understands; those before stay.
        """
        if text == self._text:
            return
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
        wanted = [(number, line) for number, line in lines if line and not line.startswith("#")]
        where = self._settings.urls_file
        if not wanted:
            raise ConfigError([f"{where}: expected Apprise URLs, one a line, got none"])
        self._places = [_Place(url, f"{where}:{number}", self._settings.timeout) for number, url in wanted]
        self._text = text


class _Place:
    """One URL."""

    def __init__(self, url: str, where: str, timeout_s: float) -> None:
        """Understand a URL.

        Raises: ConfigError.
        """
        _keep_out_of_the_log()
        import apprise

        # Without a time limit of its own the library starts no threads, which would hold up the end of the process.
        service = apprise.Apprise.instantiate(url, asset=apprise.AppriseAsset(service_timeout=0))
        if service is None:
            raise ConfigError([f"{where}: expected an Apprise URL, such as mailto:// or ntfy://, got something else"])
        if "cto=" not in url:
            service.socket_connect_timeout = min(CONNECT_S, timeout_s)
        if "rto=" not in url:
            service.socket_read_timeout = timeout_s
        self.url = url
        self._where, self._scheme, self._timeout_s = where, url.split(":", 1)[0], timeout_s
        self._one = apprise.Apprise(service)
        self._trying: threading.Thread | None = None

    def send(self, notice: Notice) -> str | None:
        """Send a notice; return why it was not taken, or None when it was.

        A server that trickles escapes the library's time limits: it is tried in a thread of its own, and left behind. While
        one is left behind no other is tried, so there is never more than one.
        """
        who = f"{self._scheme} ({self._where})"
        if self._trying is not None and self._trying.is_alive():
            return f"{who} has not answered an earlier notice yet"
        said: list[str | None] = []
        self._trying = threading.Thread(
            target=lambda: said.append(self._try(notice)), name=f"apprise {self._scheme}", daemon=True
        )
        self._trying.start()
        self._trying.join(self._timeout_s + min(CONNECT_S, self._timeout_s))
        if not said:
            return f"{who}: no answer within {self._timeout_s:g} s"
        return None if said[0] is None else f"{who} did not take it{said[0]}"

    def _try(self, notice: Notice) -> str | None:
        """Send a notice; return what Apprise says of its failure, or None."""
        over = notice.state is NoticeState.RESOLVED
        colour = "success" if over else COLOURS[notice.severity]
        try:
            with self._one.notify(
                title=notice.title, body=notice.text, notify_type=colour, body_format="text"
            ) as result:
                told = " ".join(entry.message for entry in result.logs() if entry.level in TELLING)
        except Exception as fault:
            log.debug("apprise failed", exc_info=fault)
            return f": {self._without_secrets(repr(fault))}"
        if result:
            return None
        return f": {self._without_secrets(' '.join(told.split()))}" if told else ""

    def _without_secrets(self, text: str) -> str:
        """Return a text without any part of the URL behind its scheme."""
        parts = re.split(r"[/:@?&=,;#]+", self.url.split(":", 1)[1])
        for part in sorted((part for part in parts if len(part) >= SHORTEST_SECRET), key=len, reverse=True):
            text = text.replace(part, "***")
        return text


def _keep_out_of_the_log() -> None:
    """Let what the library and its HTTP client say go nowhere by itself: it repeats parts of URLs."""
    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).propagate = False

"""Answers a scrape: everything as of one status, in the format that the client asks for.

In: a function that returns the daemon's `Status`. Out: a WSGI application for `/metrics`.
"""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder

from detector.edge.metrics import of_daemon, series
from detector.edge.metrics.family import collect
from detector.edge.metrics.measured import Measured
from detector.edge.metrics.of_cost import COST
from detector.edge.metrics.of_fleet import FLEET
from detector.edge.status import Status
from detector.settings import MetricsSettings

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

OF_DAEMON: Final = (
    *of_daemon.READINGS, *of_daemon.DAEMON, *of_daemon.LINK, *of_daemon.SINKS, *of_daemon.PEOPLE,
    *of_daemon.JOURNAL, *of_daemon.SNAPSHOTS, *COST,
)  # fmt: skip
END: Final = b"# EOF\n"
"""Last line of OpenMetrics, and of no other format."""
GZIP: Final = 31
"""What zlib calls the format."""
GZIP_LEVEL: Final = 1
"""The text is so repetitive that higher levels cost time for nothing."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """All that the library writes, as of one status."""

    registry: CollectorRegistry
    status: Status

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield from self.registry.collect()
        yield from collect(OF_DAEMON, self.status)
        yield from collect(FLEET, self.status.fleet)


class Exposition(Measured):
    """What `/metrics` answers, and the histograms that the worker feeds."""

    def __init__(self, settings: MetricsSettings, status: Callable[[], Status]) -> None:
        """Start at zero; `status` is called once a scrape, from the scraping thread."""
        super().__init__()
        self.settings = settings
        self._status = status

    def application(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a scrape; speaks OpenMetrics and gzip to those who ask for it."""
        with self.scrape_seconds.time():
            encode, content_type = choose_encoder(environ.get("HTTP_ACCEPT", ""))
            status = self._status()
            head = encode(_Moment(self.registry, status))
            pieces = [head.removesuffix(END), *_encoded(series.write(status.fleet, self.settings))]
            if head.endswith(END):
                pieces.append(END)
            headers = [("Content-Type", content_type)]
            if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
                pieces = _compressed(pieces)
                headers.append(("Content-Encoding", "gzip"))
            headers.append(("Content-Length", str(sum(map(len, pieces)))))
        start_response("200 OK", headers)
        return pieces


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """Yield pieces as bytes; between two of them, let the scoring go on."""
    for piece in pieces:
        yield piece.encode("utf-8", "replace")
        time.sleep(0)


def _compressed(pieces: Iterable[bytes]) -> list[bytes]:
    """Return pieces as gzip has them."""
    gzip = zlib.compressobj(GZIP_LEVEL, wbits=GZIP)
    return [*(gzip.compress(piece) for piece in pieces), gzip.flush()]

"""Measures ingest to score: how many messages a contender takes all the way in a second, straight from the generator or through mosquitto.

In: a contender, a stream. Out: messages, seconds, and the processor time of every process that had a part in it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from detector.edge.journal.database import NAME
from detector.edge.process_cost import children, cpu_s
from detector.lab.bench.contenders import Contender, Subject
from detector.lab.bench.load import Load, Stream, load, wait_for
from detector.lab.bench.pilot import BROKER_CONFIG, Pilot
from detector.lab.broker import embedded_broker

RUN_UP_S: Final = 2.0
"""The flood is on for so long before anything is measured."""

STILL_S: Final = 10.0
"""Where something was lost, nothing more comes when nothing came for so long."""


CONNECTED_S: Final = 0.5
"""Whoever does not say that it is subscribed is so long before this."""


class Route(StrEnum):
    """How the packets come to the contender."""

    GENERATOR = "generator"
    """The generator is the broker."""
    MOSQUITTO = "mosquitto"
    """The generator publishes to a mosquitto, to which the contender is subscribed."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """What a contender made of a flood."""

    contender: str
    route: Route
    devices: int
    qos: int
    messages: int
    """Taken all the way while it was measured."""
    seconds: float
    cpu_us: dict[str, float]
    """Microseconds of one core a message, by who spent them: the contender, `generator` and, if there is one, `broker`."""
    engine_us: float
    """Of the contender's: what the process spent that its engine has to itself; 0 where it has none."""
    sent: int
    """Messages in all, from the first of the warm-up to the last."""
    taken: int
    """Those of them that were taken all the way, the rest of the queue included."""
    spoilt: int
    """Readings that arrived and were not taken in."""
    alerts: int | None
    """Alert events that were published, where that is known."""
    journal_bytes: int
    """Size of the journal at the end; 0 for those that have none."""

    @property
    def rate(self) -> float:
        """Return messages a second."""
        return self.messages / self.seconds

    @property
    def dropped(self) -> int:
        """Return the messages that were lost on the way; what mosquitto_sub took of QoS 1 is known to some in a thousand."""
        return max(0, self.sent - self.taken)


@dataclass(frozen=True, slots=True)
class Course:
    """A contender on its route, ready for packets."""

    load: Load
    subject: Subject
    processes: dict[str, int]
    """Process ids by what they are called."""
    before: float
    """What the contender counts with nothing taken."""
    url: str
    """Where the packets are had."""

    def taken(self) -> int:
        """Return how many messages the contender has taken all the way."""
        return round(self.subject.taken() - self.before)


@contextmanager
def course(
    contender: Contender, route: Route, stream: Stream, folder: Path | None = None, more: str = ""
) -> Iterator[Course]:
    """Start generator, broker and contender, and connect them; a mosquitto's configuration has `more` lines.

    Raises: DetectorError when one does not come up.
    """
    with TemporaryDirectory(prefix="detector-bench-", dir=folder) as place:
        if route is Route.GENERATOR:
            with load(stream) as source, contender.running(source.url, stream, Path(place)) as subject:
                source.await_taken()
                pids = {"contender": subject.pid, "generator": source.pid}
                yield Course(source, subject, pids, subject.taken(), source.url)
            return
        with (
            embedded_broker(more=BROKER_CONFIG + more) as broker,
            contender.running(broker.url, stream, Path(place)) as subject,
            load(stream, broker) as source,
        ):
            source.await_taken()
            time.sleep(CONNECTED_S)  # mosquitto_sub and mqtt-exporter do not say when they are subscribed
            pids = {"contender": subject.pid, "generator": source.pid, "broker": broker.pid}
            yield Course(source, subject, pids, subject.taken(), broker.url)


def measure(contender: Contender, route: Route, stream: Stream, seconds: float, folder: Path | None = None) -> Ingest:
    """Flood a contender until it is in its stride, measure it for so many seconds, and count what was lost.

    Raises: DetectorError when anything does not come up, or does not move.
    """
    with course(contender, route, stream, folder) as way:
        with flooded(way, route, stream):
            time.sleep(RUN_UP_S)
            before, spent, engine_s, began = way.taken(), _spent(way), _engine_s(way), time.monotonic()
            time.sleep(seconds)
            after, took = way.taken(), time.monotonic() - began
            used = {name: cpu - spent[name] for name, cpu in _spent(way).items()}
            engine_s = _engine_s(way) - engine_s
        taken = drained(way)
        sent = way.load.sent()
        return Ingest(
            contender=contender.name,
            route=route,
            devices=stream.devices,
            qos=stream.qos,
            messages=after - before,
            seconds=took,
            cpu_us={name: 1e6 * cpu / max(1, after - before) for name, cpu in used.items()},
            engine_us=1e6 * engine_s / max(1, after - before),
            sent=sent.sent,
            taken=taken,
            spoilt=way.subject.spoilt(),
            alerts=sent.alerts if route is Route.GENERATOR and way.subject.daemon is not None else None,
            journal_bytes=_journal_bytes(way.subject),
        )


@contextmanager
def flooded(way: Course, route: Route, stream: Stream) -> Iterator[None]:
    """Give the contender as much as it takes, once it is in its stride; nothing more at the end.

    Over a generator TCP holds the packets back. A mosquitto does not, and has a pilot.
    """
    if route is Route.MOSQUITTO:
        with Pilot(way.url, way.load, stream.qos) as pilot:
            way.subject.settle(stream.devices)
            wait_for(pilot.level.is_set, "more was sent than is taken", lambda: float(way.load.sent().sent))
            yield
    else:
        way.load.go(None)
        way.subject.settle(stream.devices)
        yield
    way.load.go(0.0)


def _spent(way: Course) -> dict[str, float]:
    """Return the processor time of every process so far."""
    return {name: cpu_s(pid) for name, pid in way.processes.items()}


def _engine_s(way: Course) -> float:
    """Return the processor time so far of the process that a daemon's engine has to itself; a snapshot's copy is not alive for long."""
    return sum(map(cpu_s, children(way.subject.pid)))


def _journal_bytes(subject: Subject) -> int:
    """Return the size of a daemon's journal, with what is not yet in its place."""
    if subject.state is None:
        return 0
    return sum(file.stat().st_size for file in subject.state.glob(f"{NAME}*"))


def drained(way: Course, besides: float = 0.0) -> int:
    """Wait until nothing more comes; return all that was taken. `besides` is what it took, in messages, that the load did not send."""
    last, still_since = -1, time.monotonic()

    def still() -> bool:
        nonlocal last, still_since
        now = way.taken()
        if now != last:
            last, still_since = now, time.monotonic()
        return now >= way.load.sent().sent + besides or time.monotonic() - still_since > STILL_S

    wait_for(still, "the queue was empty", lambda: float(last))
    return last

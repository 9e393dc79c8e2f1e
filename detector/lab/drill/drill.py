"""The exercise: feed, kill, compare, start again; at the end nothing may be missing, invented or remembered otherwise.

In: recordings, how often to kill, a seed. Out: an `Outcome`.
"""

import json
import math
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from detector.clock import SystemClock
from detector.domain import EventTime, Reading
from detector.edge.alert_topics import alert_json
from detector.edge.config_file import load_settings
from detector.edge.journal import Arrival
from detector.edge.model_file import load_model
from detector.edge.recording import Row, find_recordings, read_recordings, read_rows
from detector.lab.broker import embedded_broker
from detector.lab.drill.twin import Twin
from detector.lab.drill.victim import Victim
from detector.lab.link import Listener, Publisher
from detector.lab.play import Player, messages
from detector.settings import MqttSettings, SensorSettings

LATEST_S: Final = 0.2
"""A kill falls within so much after the arrival that it was drawn for: before, in and after a commit, or in a snapshot."""

AHEAD: Final = 100
"""Readings that are published beyond the one at which the daemon is killed: what is under way and in the broker's queue then."""

Known = tuple[str, str, EventTime]
"""What tells a reading from another: device, channel, event time."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One kill, and what it came to."""

    journalled: int
    """Arrivals on disk then."""
    snapshot: int
    """The arrival after which the newest snapshot was taken; 0 for none."""
    same: bool
    """Whether snapshot and journal bring back what an undisturbed engine remembers, to the last bit."""
    ready_s: float
    """From the next start until ready."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the exercise came to."""

    blows: list[Blow]
    published: int
    lost: int
    """Readings that are in no journal."""
    redelivered: int
    """Readings that the broker had to send again."""
    alerts: int
    """Events that an undisturbed replay of the recording tells."""
    missing: int
    """Of them, never told."""
    invented: int
    """Events told that it does not tell."""
    repeated: int
    """Events told more than once, with the same id."""

    @property
    def flawless(self) -> bool:
        """Whether nothing is missing, invented or remembered otherwise."""
        return not (self.lost or self.missing or self.invented) and all(blow.same for blow in self.blows)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do."""

    inputs: Sequence[Path]
    model: Path
    kills: int
    seed: int
    snapshot_every: str
    own_process: bool = False
    """Whether the daemon's engine has a process to itself, which the kills leave to itself."""


def run_drill(plan: Plan, tell: Callable[[Blow], None]) -> Outcome:
    """Do it; `tell` is called after each kill.

    Raises: DetectorError when broker or daemon do not come up, or stop taking readings in.
    """
    inputs = find_recordings(plan.inputs)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="detector-drill-")))
        broker = stack.enter_context(embedded_broker())
        victim = Victim(folder, broker, plan.model, plan.snapshot_every, own_process=plan.own_process)
        settings, model = load_settings(victim.config, {}), load_model(plan.model)
        recorded = [one for one in read_recordings(inputs, settings.sensors) if isinstance(one, Reading)]
        heard: list[str] = []
        link = MqttSettings.model_validate({"servers": [broker.url], "protocol": broker.protocol})
        stack.enter_context(
            Listener(link, "drill-ear", ["detector/alerts/#"], lambda _topic, payload: heard.append(_sorted(payload)))
        )
        with victim.alive():
            pass  # its session exists from now on: the broker keeps what is published while it is dead
        gate = _Gate()
        feeder = _feed(stack, link, inputs, gate)
        exercise = _Exercise(
            victim, lambda: Twin(settings, model), lambda: Twin.from_disk(settings, model, victim.state)
        )
        blows = exercise.strike(plan, len(recorded), gate, tell)
        gate.open_to(math.inf)
        wanted = {(one.device, one.channel, one.at) for one in recorded}
        exercise.finish(wanted)
        feeder.join()
        straight = Twin(settings, model)
        straight.take_readings(recorded)
    told = {json.dumps(alert_json(event), sort_keys=True) for event in straight.events}
    return Outcome(
        blows=blows,
        published=len(recorded),
        lost=len(wanted - exercise.known),
        redelivered=exercise.again,
        alerts=len(told),
        missing=len(told - set(heard)),
        invented=len(set(heard) - told),
        repeated=len(heard) - len(set(heard)),
    )


class _Gate:
    """Lets so many readings of a recording through: without it a daemon that comes back would have taken all in at once."""

    def __init__(self) -> None:
        """Let none through."""
        self._open_to = 0.0
        self._changed = threading.Condition()

    def open_to(self, readings: float) -> None:
        """Let this many through in all."""
        with self._changed:
            self._open_to = readings
            self._changed.notify_all()

    def through(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield rows as far as the gate is open; wait there."""
        through = 0
        for row in rows:
            through += len(row.readings)
            with self._changed:
                self._changed.wait_for(lambda: through <= self._open_to)  # noqa: B023 - asked while it waits alone
            yield row


class _Exercise:
    """A victim, and the twin that nobody disturbs and that takes in the same journal."""

    def __init__(self, victim: Victim, fresh: Callable[[], Twin], from_disk: Callable[[], Twin]) -> None:
        """Start before the first reading."""
        self.known: set[Known] = set()
        """Readings found in the journal."""
        self.again = 0
        self._victim, self._twin, self._from_disk = victim, fresh(), from_disk

    def strike(self, plan: Plan, readings: int, gate: _Gate, tell: Callable[[Blow], None]) -> list[Blow]:
        """Kill as often as planned, at arrivals drawn over all of the recording."""
        chance = random.Random(plan.seed)
        moments = sorted(chance.sample(range(1, readings), plan.kills))
        blows: list[Blow] = []
        pending: tuple[int, int, bool] | None = None
        for moment in [*moments, None]:
            with self._victim.alive() as life:
                if pending is not None:
                    blows.append(Blow(*pending, life.ready_s))
                    tell(blows[-1])
                if moment is None:
                    return blows
                gate.open_to(moment + AHEAD)
                self._victim.await_arrival(moment, life)
                time.sleep(chance.uniform(0.0, LATEST_S))
                life.kill()
            pending = self._compare()
        return blows

    def finish(self, wanted: set[Known]) -> None:
        """Let the daemon take in the rest, and stop it in good order."""
        with self._victim.alive() as life:
            while not wanted <= self.known:
                before = len(self.known)
                self._victim.await_arrival(self._twin.seq + 1, life)
                self._catch_up()
                if len(self.known) == before:
                    time.sleep(LATEST_S)
            life.daemon.await_settled()
            time.sleep(LATEST_S)
            life.daemon.stop()

    def _compare(self) -> tuple[int, int, bool]:
        """Return what is on disk after a kill, and whether it brings back what the twin remembers."""
        self._catch_up()
        other = self._from_disk()
        snapshot = other.seq
        other.take(self._victim.journalled(snapshot))
        return self._twin.seq, snapshot, other.digest() == self._twin.digest()

    def _catch_up(self) -> None:
        """Let the twin take in what the journal has beyond it."""
        arrivals = self._victim.journalled(self._twin.seq)
        self._note(arrivals)
        self._twin.take(arrivals)

    def _note(self, arrivals: Sequence[Arrival]) -> None:
        """Note which readings are on disk, and which of them came again."""
        for one in arrivals:
            if one.device is not None and one.channel is not None:
                known = (one.device, one.channel, one.at)
                self.again += known in self.known
                self.known.add(known)


def _feed(stack: ExitStack, link: MqttSettings, inputs: Sequence[Path], gate: _Gate) -> threading.Thread:
    """Publish the recordings from a thread, as fast as the broker takes them and as far as the gate is open."""
    publisher = stack.enter_context(Publisher(link, "drill-mouth"))
    rows = messages(gate.through(read_rows(inputs, [SensorSettings(name="recording")])), "fleet/{device}")
    player = Player(publisher, SystemClock(), threading.Event())
    feeder = threading.Thread(target=player.play, args=(rows, math.inf), name="drill-feeder", daemon=True)
    feeder.start()
    return feeder


def _sorted(payload: bytes) -> str:
    """Write an event so that equal ones are equal text."""
    return json.dumps(json.loads(payload), sort_keys=True)

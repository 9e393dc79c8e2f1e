"""The contenders: the detector with one model or another, and the simple rivals behind the same alert layer.

In: a contender's name, model and budget. Out: something that takes batches and says which alerts opened.
An untrained reservoir is a model like any other: its folder stands beside those of trained ones.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from detector.domain import AlertEvent, Reading, Stage, Transition, Verdict
from detector.edge.model_file import WEIGHTS, load_model
from detector.engine import PARTS, Engine
from detector.forecast.network import Network
from detector.lab.evaluate.hotelling import Hotelling
from detector.lab.evaluate.predictors import LinearContinuation, Predictor, RecentMean, UsualOfTheHour
from detector.lab.evaluate.rivals import Oddity, Rival, Said, gaussian_rarity, no_rarity, random_rarity
from detector.lab.tally import Opened
from detector.report import Batch
from detector.settings import Budget, HeadKind, Settings
from detector.settings.sensors import ALONE
from detector.state.rows import Mask

MOST_DEVICES = 1_000_000
"""A limit is of no use where the devices are those of a recording, however many copies of it run side by side."""


NETWORK = "network"
"""The part of the detector that is taken out by expecting no change."""


class Method(StrEnum):
    """What makes the residuals."""

    DETECTOR = "detector"
    LAST_VALUE = "last-value"
    RLS_AR = "rls-ar"
    EWMA = "ewma"
    DAY_SEASONAL = "day-seasonal"
    T2_Q = "t2-q"
    RUN_LENGTH = "run-length"
    RANDOM = "random"


RIVALS = tuple(method for method in Method if method is not Method.DETECTOR)


class Contender(NamedTuple):
    """One row of the results."""

    method: Method
    model: Path
    """Folder of the trained network; last value borrows its reference tails, the other rivals use none of it."""
    budget: Budget
    without: str | None = None
    """A part that is taken out of the detector, to see what it is worth."""
    alone: bool = False
    """Whether every device stands alone, compared with no other."""

    @property
    def name(self) -> str:
        """Return what the tables call it."""
        if self.without is not None:
            return f"without {self.without}"
        name = f"detector ({self.model.name})" if self.method is Method.DETECTOR else self.method.value
        return f"{name}, alone" if self.alone else name

    def as_json(self) -> dict[str, str]:
        """Return it for a results file, with the hash of the weights."""
        digest = sha256((self.model / WEIGHTS).read_bytes()).hexdigest()
        return {"name": self.name, "method": self.method.value, "model": self.model.as_posix(), "sha256": digest}


class Subject(Protocol):
    """What is measured."""

    def step(self, batch: Batch) -> Said:
        """Take a batch; return what is said of it."""
        ...


class _Detector:
    """The engine, as far as the measurement goes."""

    def __init__(self, engine: Engine) -> None:
        """Wrap an engine that knows no device."""
        self._engine = engine
        self._open: dict[str, tuple[str, str | None]] = {}

    def step(self, batch: Batch) -> Said:
        """Take a batch; return what is said of it."""
        report = self._engine.step(batch)
        self._note(report.events)
        scores = np.where(report.stage == Stage.SCORED, report.score, 0.0)
        return Said(opened_of(report.events), scores, self._is_open(report.readings))

    def _note(self, events: Iterable[AlertEvent]) -> None:
        """Keep the device and channel of each episode that is open, by its id."""
        for event in events:
            if event.verdict is Verdict.TRANSPORT:
                continue
            if event.event is Transition.CLOSED:
                self._open.pop(event.id, None)
            else:
                self._open[event.id] = event.device, event.channel

    def _is_open(self, readings: Sequence[Reading]) -> Mask:
        """Return the readings in whose channel, or in whose device as a whole, an episode is open."""
        where = set(self._open.values())
        return np.array(
            [bool(where) and not where.isdisjoint(((one.device, one.channel), (one.device, None))) for one in readings],
            np.bool_,
        )


_RIVALS: Mapping[Method, Callable[[], tuple[Predictor, Oddity]]] = {
    Method.RLS_AR: lambda: (LinearContinuation(), gaussian_rarity),
    Method.EWMA: lambda: (RecentMean(), gaussian_rarity),
    Method.DAY_SEASONAL: lambda: (UsualOfTheHour(), gaussian_rarity),
    Method.T2_Q: lambda: (RecentMean(), Hotelling().rarity),
    Method.RUN_LENGTH: lambda: (RecentMean(), no_rarity),
    Method.RANDOM: lambda: (RecentMean(), random_rarity),
}
"""What makes the rivals that stand behind the alert layer alone."""


def opened_of(events: Iterable[AlertEvent]) -> list[Opened]:
    """Return the alerts that opened among these events."""
    return [
        Opened(event.at, event.device, event.channel, event.verdict, event.kind, event.severity, event.summary)
        for event in events
        if event.event is Transition.OPENED
    ]


def settings_for(contender: Contender, entries: Sequence[str] = ("corpus",)) -> Settings:
    """Return what a contender is measured with: the defaults, its budget, and an entry for each part."""
    group = {"group": ALONE} if contender.alone else {}
    sensors = [{"name": entry, **group} for entry in entries]
    engine = {"max_devices": MOST_DEVICES}
    return Settings.model_validate({"sensors": sensors, "budget": contender.budget, "engine": engine})


def build(contender: Contender, entries: Sequence[str] = ("corpus",)) -> Subject:
    """Return a contender that knows no device; devices of one entry are together, apart from those of the others.

    Raises: ModelError when its model cannot be read.
    """
    settings = settings_for(contender, entries)
    rival = _RIVALS.get(contender.method)
    if rival is not None:
        return Rival(settings, *rival())
    model = load_model(contender.model)
    blank = Network.blank(model.network.features)
    if contender.method is Method.LAST_VALUE:
        plain = settings.engine.model_copy(update={"head": HeadKind.NONE})
        return _Detector(Engine(settings.model_copy(update={"engine": plain}), blank, model.reference))
    without = [part for part in PARTS if part == contender.without]
    network = blank if contender.without == NETWORK else model.network
    return _Detector(Engine(settings, network, model.reference, without))

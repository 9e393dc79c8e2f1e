"""The contenders: the detector with one model or another, and the simple rivals behind the same alert layer.

In: a contender's name, model and budget. Out: something that takes batches and says which alerts opened.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from detector.domain import AlertEvent, Stage, Transition
from detector.edge.model_file import WEIGHTS, load_model
from detector.engine import Engine
from detector.forecast.network import Network
from detector.lab.evaluate.rivals import Rival, Said, gaussian_rarity, no_rarity
from detector.lab.tally import Opened
from detector.report import Batch
from detector.settings import Budget, HeadKind, Settings

MOST_DEVICES = 1_000_000
"""A limit is of no use where the devices are those of a recording, however many copies of it run side by side."""


class Method(StrEnum):
    """What makes the residuals."""

    DETECTOR = "detector"
    LAST_VALUE = "last-value"
    EWMA = "ewma"
    RUN_LENGTH = "run-length"


RIVALS = tuple(method for method in Method if method is not Method.DETECTOR)


class Contender(NamedTuple):
    """One row of the results."""

    method: Method
    model: Path
    """Folder of the trained network; last value borrows its reference tails, EWMA and run length use none of it."""
    budget: Budget

    @property
    def name(self) -> str:
        """Return what the tables call it."""
        return f"detector ({self.model.name})" if self.method is Method.DETECTOR else self.method.value

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

    def step(self, batch: Batch) -> Said:
        """Take a batch; return what is said of it."""
        report = self._engine.step(batch)
        return Said(opened_of(report.events), np.where(report.stage == Stage.SCORED, report.score, 0.0))


def opened_of(events: Iterable[AlertEvent]) -> list[Opened]:
    """Return the alerts that opened among these events."""
    return [
        Opened(event.at, event.device, event.channel, event.verdict, event.kind, event.severity, event.summary)
        for event in events
        if event.event is Transition.OPENED
    ]


def settings_for(budget: Budget, entries: Sequence[str] = ("corpus",)) -> Settings:
    """Return the one configuration that everything is measured with: the defaults, a budget, and an entry for each part."""
    sensors = [{"name": entry} for entry in entries]
    return Settings.model_validate({"sensors": sensors, "budget": budget, "engine": {"max_devices": MOST_DEVICES}})


def build(contender: Contender, entries: Sequence[str] = ("corpus",)) -> Subject:
    """Return a contender that knows no device; devices of one entry are together, apart from those of the others.

    Raises: ModelError when its model cannot be read.
    """
    settings = settings_for(contender.budget, entries)
    if contender.method is Method.EWMA:
        return Rival(settings, gaussian_rarity)
    if contender.method is Method.RUN_LENGTH:
        return Rival(settings, no_rarity)
    model = load_model(contender.model)
    if contender.method is Method.LAST_VALUE:
        plain = settings.engine.model_copy(update={"head": HeadKind.NONE})
        blank = Network.blank(model.network.features)
        return _Detector(Engine(settings.model_copy(update={"engine": plain}), blank, model.reference))
    return _Detector(Engine(settings, model.network, model.reference))

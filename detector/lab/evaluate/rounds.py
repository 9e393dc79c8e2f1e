"""Replays a site, once clean and once for each round of faults.

In: a plan. Out: the alerts that opened. No round has a fault in the first part of the stream, so that part is replayed
once, and every round goes on from what was learnt there; a law holds that this equals a replay of the whole.
"""

import pickle
from pathlib import Path
from typing import NamedTuple

from detector.domain import Reading
from detector.lab.evaluate.contenders import Contender, build, settings_for
from detector.lab.evaluate.corpora import Site, read_site
from detector.lab.evaluate.fault import Fault, Injected
from detector.lab.evaluate.injection import draw_faults, earliest_start, inject
from detector.lab.tally import Opened
from detector.stream.batch import Batcher


class Plan(NamedTuple):
    """What is measured where; everything a worker needs."""

    contender: Contender
    folder: Path
    channel: str | None
    """None: the first."""
    kinds: tuple[Injected, ...]
    seed: int


class Begun(NamedTuple):
    """A replay up to the first possible fault."""

    plan: Plan
    state: bytes
    """The contender and its batcher, pickled; it never leaves this program's own processes."""
    opened: tuple[Opened, ...]


def begin(plan: Plan) -> Begun:
    """Replay the part in which no round has a fault."""
    site = read_site(plan.folder, plan.channel)
    subject, batcher = build(plan.contender), Batcher(settings_for(plan.contender.budget).engine.max_batch)
    opened = [alert for batch in batcher.cut(site.readings[: _split(site)]) for alert in subject.step(batch).opened]
    return Begun(plan, pickle.dumps((subject, batcher)), tuple(opened))


def finish(begun: Begun, turn: int | None) -> tuple[Opened, ...]:
    """Replay the rest, with the faults of round `turn`, or clean; return the alerts of the whole stream."""
    site = read_site(begun.plan.folder, begun.plan.channel)
    subject, batcher = pickle.loads(begun.state)
    rest = _spoilt(begun.plan, site, turn)[_split(site) :]
    opened = [alert for batch in batcher.cut(rest) for alert in subject.step(batch).opened]
    return (*begun.opened, *opened)


def faults_of(plan: Plan, turn: int) -> tuple[Fault, ...]:
    """Return the faults of a round: the same for every contender."""
    site = read_site(plan.folder, plan.channel)
    return draw_faults(plan.seed, turn, site.streams, site.channel, plan.kinds)


def _spoilt(plan: Plan, site: Site, turn: int | None) -> list[Reading]:
    """Return the site's readings, with the faults of a round in them if there is one."""
    faults = () if turn is None else faults_of(plan, turn)
    return inject(site.readings, site.streams, faults)


def _split(site: Site) -> int:
    """Return the place of the first reading that any round may spoil."""
    first = earliest_start(site.streams)
    return next(place for place, reading in enumerate(site.readings) if reading.at >= first)

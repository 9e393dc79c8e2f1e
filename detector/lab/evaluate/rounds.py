"""Replays a site: clean and with the faults of each round, all of them side by side in one engine.

In: a plan. Out: the alerts that opened, for the clean copy and for each round. A budget of the whole fleet would be
shared by the copies: there each one has an engine of its own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from detector.lab.evaluate.contenders import Contender, build, settings_for
from detector.lab.evaluate.corpora import Site, read_site
from detector.lab.evaluate.fault import Fault, Injected
from detector.lab.evaluate.injection import changes_of, draw_faults
from detector.lab.evaluate.side_by_side import Changes, copied, own_name, told_apart
from detector.lab.evaluate.workers import Advance
from detector.lab.tally import Opened
from detector.settings.quantities import BudgetScope
from detector.stream.batch import Batcher


class Plan(NamedTuple):
    """What is measured where; everything a worker needs."""

    contender: Contender
    folder: Path
    channel: str | None
    """None: the first."""
    kinds: tuple[Injected, ...]
    rounds: int
    seed: int


def replay(plan: Plan, advance: Advance) -> list[list[Opened]]:
    """Return the alerts of the clean site and then of each round.

    Raises: RecordingError, ModelError.
    """
    site = read_site(plan.folder, plan.channel)
    faults = [(), *(faults_of(plan, turn) for turn in range(plan.rounds))]
    copies = [changes_of(site.readings, site.streams, of_round) for of_round in faults]
    shares = [[one] for one in copies] if plan.contender.budget.scope is BudgetScope.FLEET else [copies]
    return [
        alerts
        for together in shares
        for alerts in replay_copies(plan.contender, site, together, lambda part: advance(part / len(shares)))
    ]


def replay_copies(contender: Contender, site: Site, copies: Sequence[Changes], advance: Advance) -> list[list[Opened]]:
    """Return the alerts of copies of a site that run side by side."""
    subject = build(contender, [own_name(entry, "every device") for entry in range(len(copies))])
    # a step takes as many rows as in service, so as many fewer moments as there are copies
    batcher = Batcher(max(settings_for(contender).engine.max_batch // len(copies), 1))
    opened: list[Opened] = []
    for batch in copied(batcher.cut(site.readings), copies):
        opened += subject.step(batch).opened
        advance(len(batch.readings) / (len(site.readings) * len(copies)))
    return told_apart(opened, len(copies))


def faults_of(plan: Plan, turn: int) -> tuple[Fault, ...]:
    """Return the faults of a round: the same for every contender."""
    site = read_site(plan.folder, plan.channel)
    return draw_faults(plan.seed, turn, site.streams, site.channel, plan.kinds)

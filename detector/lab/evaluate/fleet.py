"""Measures contenders on the sites of a fleet: alerts on clean streams, and recall of injected faults.

In: sites, contenders, kinds, rounds and a seed. Out: a measurement for each site and contender, in that order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.lab.evaluate.contenders import Contender
from detector.lab.evaluate.corpora import read_site
from detector.lab.evaluate.fault import Fault, Injected
from detector.lab.evaluate.figures import Rate, Recall, clean_rates, delay_s, first_alert, recalls
from detector.lab.evaluate.rounds import Plan, faults_of, replay
from detector.lab.evaluate.workers import Advance, each
from detector.lab.tally import Opened


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be measured."""

    sites: tuple[Path, ...]
    contenders: tuple[Contender, ...]
    channel: str | None
    kinds: tuple[Injected, ...]
    rounds: int
    seed: int

    @property
    def plans(self) -> list[Plan]:
        """Return a plan for each site and contender."""
        return [
            Plan(contender, site, self.channel, self.kinds, self.rounds, self.seed)
            for site in self.sites
            for contender in self.contenders
        ]


Round = tuple[tuple[Fault, ...], tuple[Opened, ...]]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one contender did on one site."""

    site: str
    channel: str
    devices: int
    contender: Contender
    whole: Rate
    """On the clean stream."""
    second_half: Rate
    recalls: tuple[Recall, ...]
    """One for each kind, in the campaign's order."""
    rounds: tuple[Round, ...]


def measure(campaign: Campaign, workers: int, advance: Advance) -> list[Measurement]:
    """Replay every plan of the campaign; `advance` counts them. The result does not depend on `workers`.

    Raises: RecordingError, ModelError.
    """
    return each(_measure, [(plan,) for plan in campaign.plans], workers, advance)


def _measure(plan: Plan, advance: Advance) -> Measurement:
    """Replay a plan; return its figures."""
    clean, *of_rounds = replay(plan, advance)
    site = read_site(plan.folder, plan.channel)
    rounds = tuple((faults_of(plan, turn), tuple(alerts)) for turn, alerts in enumerate(of_rounds))
    whole, second_half = clean_rates(site.streams, clean, plan.contender.budget)
    return Measurement(
        site=site.name,
        channel=site.channel,
        devices=len(site.streams),
        contender=plan.contender,
        whole=whole,
        second_half=second_half,
        recalls=recalls(plan.kinds, rounds, clean),
        rounds=rounds,
    )


def measurement_json(measurement: Measurement) -> dict[str, Any]:
    """Return a measurement for a results file, down to each fault."""
    return {
        "site": measurement.site,
        "channel": measurement.channel,
        "devices": measurement.devices,
        "contender": measurement.contender.name,
        "clean": {"whole": _rate_json(measurement.whole), "second_half": _rate_json(measurement.second_half)},
        "kinds": {recall.kind.value: _recall_json(recall) for recall in measurement.recalls},
        "rounds": [[_fault_json(fault, alerts) for fault in faults] for faults, alerts in measurement.rounds],
    }


def _rate_json(rate: Rate) -> dict[str, Any]:
    """Return the alerts on a clean stream."""
    return {
        "device_weeks": rate.device_weeks,
        "alerts": dict(rate.kinds),
        "budgeted": rate.budgeted,
        "per_device_week": rate.per_device_week,
        "budget_ratio": rate.budget_ratio,
    }


def _recall_json(recall: Recall) -> dict[str, Any]:
    """Return the recall of a kind."""
    return {
        "faults": recall.faults,
        "found": recall.found,
        "by_chance": recall.by_chance,
        "recall": recall.ratio,
        "interval_95": recall.interval,
        "median_delay_s": recall.median_delay_s,
    }


def _fault_json(fault: Fault, alerts: Sequence[Opened]) -> dict[str, Any]:
    """Return a fault, and the alert that told of it."""
    alert = first_alert(fault, alerts)
    told = None if alert is None else {"kind": str(alert.kind), "delay_s": delay_s(fault, alert)}
    return {**fault.as_json(), "alert": told}

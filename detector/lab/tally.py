"""What was broken against what was told: which faults were found, how late, and which alerts were for nothing.

In: the faults, and the alerts that opened. Out: a finding for each fault, the false alerts, the summary. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final, NamedTuple

from detector.domain import MICROSECONDS, EventTime
from detector.lab.faults import Fault

GRACE_S: Final = 900.0
"""A fault still counts as found so long after its end (event time): its end is often the louder half."""

UNBUDGETED: Final = frozenset({"range", "silent", "outage"})
"""Kinds that the budget of alerts does not govern: limits the operator wrote, and the link."""


class Opened(NamedTuple):
    """An alert at the moment it opened, as far as the comparison goes."""

    at: EventTime
    device: str
    channel: str | None
    verdict: str
    kind: str
    severity: str
    summary: str

    @property
    def budgeted(self) -> bool:
        """Tell whether the budget governs alerts of this kind."""
        return self.verdict != "transport" and self.kind not in UNBUDGETED


class Finding(NamedTuple):
    """A fault, and the first alert that told of it; None: it was not found, or not yet."""

    fault: Fault
    alert: Opened | None

    @property
    def delay_s(self) -> float | None:
        """Return the event seconds from the fault's start to the alert."""
        return None if self.alert is None else (self.alert.at - self.fault.start) / MICROSECONDS


@dataclass(frozen=True, slots=True)
class Tally:
    """The comparison."""

    findings: tuple[Finding, ...]
    """One for each fault, in the faults' order."""
    false_alerts: tuple[Opened, ...]
    """Budgeted alerts that belong to no fault, in order."""

    @property
    def found(self) -> int:
        """Return how many faults were found."""
        return sum(finding.alert is not None for finding in self.findings)

    @property
    def median_delay_s(self) -> float | None:
        """Return the median delay of the faults found, event seconds; None when none was."""
        delays = [delay for finding in self.findings if (delay := finding.delay_s) is not None]
        return median(delays) if delays else None

    def summary(self) -> dict[str, Any]:
        """Return the figures as they go into a summary file."""
        return {
            "faults_injected": len(self.findings),
            "faults_found": self.found,
            "median_delay_s": self.median_delay_s,
            "false_alerts": len(self.false_alerts),
        }


def belongs(alert: Opened, fault: Fault, grace_s: float = GRACE_S) -> bool:
    """Tell whether an alert tells of a fault: the same device, the same channel unless either means all, in time."""
    same_channel = alert.channel == fault.channel or None in (alert.channel, fault.channel)
    return (
        alert.device == fault.device and same_channel and fault.start <= alert.at <= fault.end + grace_s * MICROSECONDS
    )


def tally(faults: Iterable[Fault], alerts: Sequence[Opened], grace_s: float = GRACE_S) -> Tally:
    """Match alerts with faults; an alert may tell of one fault only where faults do not overlap on a device."""
    faults = tuple(faults)
    in_order = sorted(alerts, key=lambda alert: alert.at)
    findings = tuple(
        Finding(fault, next((alert for alert in in_order if belongs(alert, fault, grace_s)), None)) for fault in faults
    )
    false_alerts = (
        alert for alert in in_order if alert.budgeted and not any(belongs(alert, fault, grace_s) for fault in faults)
    )
    return Tally(findings, tuple(false_alerts))

"""The figures of a measurement: recall for each kind of fault with its uncertainty, delays, alerts on clean streams.

In: faults and the alerts that opened. Out: figures, ready for a table and for JSON. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from detector.domain import MICROSECONDS, EventTime
from detector.lab.evaluate.fault import Fault, Injected
from detector.lab.evaluate.intervals import Interval, over_streams, wilson
from detector.lab.evaluate.streams import Stream
from detector.lab.tally import GRACE_S, Opened
from detector.settings import Budget
from detector.settings.quantities import BudgetScope

WEEK_S = 604_800.0


@dataclass(frozen=True, slots=True)
class Recall:
    """How many faults of one kind were found, and how fast."""

    kind: Injected
    faults: int
    found: int
    by_chance: int
    """Faults in whose time the same device opened an alert on the clean stream as well."""
    delays_s: tuple[float, ...]
    """Of those found, event seconds."""

    @property
    def ratio(self) -> float | None:
        """Return the share that was found; None where there was none to find."""
        return self.found / self.faults if self.faults else None

    @property
    def median_delay_s(self) -> float | None:
        """Return the median delay; None when none was found."""
        return median(self.delays_s) if self.delays_s else None

    @property
    def interval(self) -> Interval:
        """Return the 95 % interval of the recall."""
        return wilson(self.found, self.faults)


@dataclass(frozen=True, slots=True)
class Rate:
    """The alerts that opened on a clean stream, or on a part of it."""

    device_weeks: float
    kinds: Mapping[str, int]
    budgeted: int
    """Alerts that the budget governs: not the limits that an operator wrote, not the link."""
    allowed: float
    """Alerts that the budget allows in this time."""
    interval: Interval | None
    """95 % of `per_device_week`, had other devices been recorded."""

    @property
    def per_device_week(self) -> float:
        """Return the budgeted alerts of a device in a week."""
        return self.budgeted / self.device_weeks

    @property
    def budget_ratio(self) -> float:
        """Return the share of the budget that was used; 1.0 is all of it."""
        return self.budgeted / self.allowed


def first_alert(fault: Fault, alerts: Iterable[Opened]) -> Opened | None:
    """Return the device's first alert from the fault's start to 15 minutes after its end, if there is one.

    A drift must be told before it ends: its end is a jump.
    """
    until = fault.end if fault.kind is Injected.DRIFT else fault.end + GRACE_S * MICROSECONDS
    within = (alert for alert in alerts if alert.device == fault.device and fault.start <= alert.at <= until)
    return min(within, key=lambda alert: alert.at, default=None)


def delay_s(fault: Fault, alert: Opened) -> float:
    """Return the event seconds from a fault's start to an alert."""
    return (alert.at - fault.start) / MICROSECONDS


def recalls(
    kinds: Sequence[Injected],
    rounds: Sequence[tuple[Sequence[Fault], Sequence[Opened]]],
    clean: Sequence[Opened],
) -> tuple[Recall, ...]:
    """Return the recall of each kind over rounds of (faults, alerts), with the alerts of the clean replay beside them."""
    struck = [(fault, first_alert(fault, alerts)) for faults, alerts in rounds for fault in faults]
    return tuple(_recall(kind, [one for one in struck if one[0].kind is kind], clean) for kind in kinds)


def _recall(kind: Injected, struck: Sequence[tuple[Fault, Opened | None]], clean: Sequence[Opened]) -> Recall:
    """Return the recall of one kind from its faults and what told of them."""
    delays = tuple(delay_s(fault, alert) for fault, alert in struck if alert is not None)
    by_chance = sum(first_alert(fault, clean) is not None for fault, _ in struck)
    return Recall(kind, len(struck), len(delays), by_chance, delays)


def clean_rates(streams: Mapping[str, Stream], alerts: Sequence[Opened], budget: Budget) -> tuple[Rate, Rate]:
    """Return the alerts of a clean replay over the whole stream, and over its second half."""
    begin = min(int(stream.at_us[0]) for stream in streams.values())
    end = max(int(stream.at_us[-1]) for stream in streams.values())
    return _rate(streams, alerts, budget, begin), _rate(streams, alerts, budget, (begin + end) // 2)


def _rate(streams: Mapping[str, Stream], alerts: Sequence[Opened], budget: Budget, since_us: int) -> Rate:
    """Return the alerts from a moment on."""
    spans_s = {
        device: max(int(stream.at_us[-1]) - max(int(stream.at_us[0]), since_us), 0) / MICROSECONDS
        for device, stream in streams.items()
    }
    device_s = sum(spans_s.values())
    scope_s = device_s if budget.scope is BudgetScope.DEVICE else max(spans_s.values())
    counted = [alert for alert in alerts if alert.at >= EventTime(since_us)]
    kinds = dict(sorted(Counter(str(alert.kind) for alert in counted).items()))
    budgeted = Counter(alert.device for alert in counted if alert.budgeted)
    return Rate(
        device_weeks=device_s / WEEK_S,
        kinds=kinds,
        budgeted=budgeted.total(),
        allowed=budget.rate * scope_s,
        interval=over_streams([budgeted[device] for device in spans_s], [one / WEEK_S for one in spans_s.values()]),
    )

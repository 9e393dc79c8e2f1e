"""What feedback does, in sentences: before it is done, and after.

In: an alert, what would have been. Out: English for a person on the night shift.
"""

from typing import Final

from detector.anomaly.feedback import IN_FORCE_S, MOST, raises
from detector.anomaly.heights import SOURCES
from detector.anomaly.hindsight import Hindsight, is_spared
from detector.domain import DAY_S, AlertEvent, Kind

DAYS: Final = round(IN_FORCE_S / DAY_S)
"""Days for which feedback holds, and of which alerts are looked back on."""

JUDGED_BY: Final = {
    "own": "its own past",
    "peers": "its peers",
    "coupling": "its days and siblings",
    "noise": "its restlessness",
    "spike": "single jumps",
    "shift": "jumps that stay",
    "stuck": "unchanged values",
    "clipped": "running into a limit",
}
"""How each source is called."""

UNMOVED: Final = {
    Kind.RANGE: "limits are what the configuration says (`range`)",
    Kind.SILENT: "how long a device may be silent is learnt from its pauses, or configured (`silent_after`)",
    Kind.OUTAGE: "an outage is counted, not learnt",
}
"""Why no feedback moves these kinds."""


def false_words(event: AlertEvent, seen: Hindsight) -> str:
    """Say what a false alarm does, and what it would have done."""
    factors = raises(event.heights)
    raised = [
        f"for {JUDGED_BY[source]} to {factor:.2f} times"
        for source, factor in zip(SOURCES, factors, strict=True)
        if factor > 1.0
    ]
    name, held = event.subject, f"{DAYS} days, less and less from day {DAYS // 2} on"
    told = f"the {seen.told} alerts" if seen.told != 1 else "the one alert"
    words = (
        f"False alarm: raises the threshold of {name} {', '.join(raised)} what was learnt, for {held}."
        f" It would have removed {seen.spared} of {told} of {name} in the last {DAYS} days and {_missed(seen)}."
    )
    if not is_spared(event.heights, factors):
        words += f" This one would have come all the same: what is {MOST:.0f} times as strange as the threshold is always told."
    return words


def confirmed_words(event: AlertEvent) -> str:
    """Say what it does that an alert was right."""
    return (
        f"Confirmed: this alert of {event.subject} no longer makes the next one less likely,"
        " and uses nothing of the budget."
    )


def undone_words(event: AlertEvent) -> str:
    """Say what it does that feedback is taken back."""
    return f"Taken back: what was said of this alert of {event.subject} no longer counts; thresholds are as they were learnt."


def unmoved_words(event: AlertEvent) -> str:
    """Say that feedback is noted, and why it changes nothing."""
    why = UNMOVED.get(event.kind, "this alert is of an older version, which did not keep how strong it was")
    return f"Noted, and it changes no threshold: {why}."


def _missed(seen: Hindsight) -> str:
    """Say how many of those removed had been confirmed."""
    return f"{seen.missed} that you CONFIRMED" if seen.missed else "none that you confirmed"

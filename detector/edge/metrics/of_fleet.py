"""What the daemon says of the fleet as a whole: devices, episodes, alerts, budget. A line a metric.

In: one `Fleet`. Out: families.
"""

from typing import Final

from detector.domain import Severity, Verdict
from detector.edge.channel_view import Fleet
from detector.edge.metrics.family import Family, Samples, counter, gauge


def _open(fleet: Fleet) -> Samples:
    """Return the open episodes by verdict."""
    return {(verdict.value,): sum(event.verdict is verdict for event in fleet.open) for verdict in Verdict}


def _opened(fleet: Fleet) -> Samples:
    """Return the alerts so far; every verdict and severity is there, so that a rate has a beginning."""
    return {(v.value, s.value): fleet.opened.get((v, s), 0) for v in Verdict for s in Severity}


FLEET: Final[tuple[Family[Fleet], ...]] = (
    gauge("detector_devices", "Devices known.", lambda fleet: fleet.census.devices),
    counter("detector_devices_evicted_total", "Devices let go for want of room.", lambda fleet: fleet.evicted),
    gauge("detector_channels", "Channels known.", lambda fleet: fleet.census.channels),
    gauge("detector_devices_learning", "Devices with a channel that has no score yet.", lambda fleet: fleet.census.learning),
    gauge("detector_episodes_open", "Episodes open now.", _open, "verdict"),
    counter("detector_alerts_total", "Alerts opened.", _opened, "verdict", "severity"),
    gauge("detector_alert_budget_used_ratio", "Alerts of the last budget period over those allowed; above 1 it is overrun.", lambda fleet: fleet.census.budget_used),
)  # fmt: skip

"""How the fleet stands: open episodes, who is learning, how much of the budget is used, how far each device is.

In: the stages of an engine. Out: a `Census`, for metrics and for people; not part of any step.
"""

import numpy as np

from detector.anomaly.decide import Decider
from detector.anomaly.organs import KINDS
from detector.anomaly.readiness import of_devices, readiness
from detector.anomaly.silence import SilenceRule
from detector.anomaly.telling import VERDICTS
from detector.domain import Verdict
from detector.engine.stages import CALIBRATED
from detector.forecast.forecaster import Forecaster
from detector.report import Census, InForce, Standing
from detector.stream.align import Alignment


def census_of(alignment: Alignment, forecaster: Forecaster, decider: Decider, silence: SilenceRule) -> Census:
    """Return how the fleet stands."""
    channels, devices = len(alignment.channels), len(alignment.devices)
    episodes = decider.episodes.block
    kinds = episodes.kind[:channels][episodes.open[:channels]]
    opened = dict.fromkeys(Verdict, 0)
    for code, count in zip(*np.unique(kinds, return_counts=True), strict=True):
        opened[VERDICTS[KINDS[code]]] += int(count)
    opened[Verdict.TRANSPORT] += silence.open
    seen = forecaster.scale.count[:channels]
    learning = np.unique(alignment.block.device[:channels][seen < CALIBRATED])
    used = decider.thresholds.used_ratio(devices)
    standing = _standing_of(alignment, forecaster, decider)
    return Census(devices, channels, len(learning), opened, used, standing, _feedback_of(alignment, decider))


def _feedback_of(alignment: Alignment, decider: Decider) -> tuple[InForce, ...]:
    """Return what people said of alerts, as far as it counts."""
    said = [(alignment.channels.key_of(slot), one) for slot, one in decider.thresholds.said.in_force()]
    return tuple(one._replace(device=device, channel=channel) for (device, channel), one in said)


def _standing_of(alignment: Alignment, forecaster: Forecaster, decider: Decider) -> Standing:
    """Return how far each device has learnt, and how well each channel is forecast."""
    names, devices = alignment.channels.keys(), tuple(alignment.devices)
    scale, device = forecaster.scale, alignment.block.device[: len(names)]
    seen, cadence_s = scale.count[: len(names)], scale.cadence_s[: len(names)]
    quarters = decider.thresholds.peaks.block.quarters[: len(names)].max(axis=1, initial=0).astype(np.float64)
    ready = of_devices(readiness(seen.astype(np.float64), CALIBRATED, cadence_s, quarters), device, len(devices))
    skill = forecaster.skill.ratio()
    return Standing(devices, ready.share, ready.left_s, names, skill.ratio, skill.known & (seen >= CALIBRATED))

"""What people said of alerts, as far as an engine remembered it.

In: what an engine remembered. Out: a line for each that was in force. What a snapshot has no room for was never said.
"""

from collections.abc import Iterator

from detector.anomaly.feedback import Said
from detector.anomaly.organs import ORGANS
from detector.report import InForce
from detector.state.frozen import Frozen
from detector.stream.timestamp import format_event_time


def in_force(frozen: Frozen) -> list[InForce]:
    """Return what was said of alerts, in the order in which it was."""
    said, found = Said(ORGANS), frozen.blocks.get("feedback")
    if found is None or not all(said.block.fits(name, array) for name, array in found.arrays.items()):
        return []
    said.block.adopt(found.arrays)
    pairs = [(frozen.channels[slot], one) for slot, one in said.in_force()]
    return [one._replace(device=device, channel=channel) for (device, channel), one in pairs]


def lines(frozen: Frozen) -> Iterator[str]:
    """Yield a line for each."""
    for one in in_force(frozen):
        raised = ", ".join(f"{source} {factor:.2f} times" for source, factor in one.raised)
        yield (
            f"{one.alert} {one.device} {one.channel}: {one.kind.value}{', thresholds raised: ' if raised else ''}{raised},"
            f" until {format_event_time(one.until)}"
        )

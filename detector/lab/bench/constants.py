"""The few figures that `detector plan` reckons with: kept in `measured.json` beside this file, with the command that measured them.

In: a run of the bench with the parts `ingest` and `fleet`. Out: the constants; and read again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from detector.errors import DetectorError
from detector.lab.bench.contenders import OWN_PROCESS
from detector.lab.bench.packets import CHANNELS

PLACE: Final = Path(__file__).with_name("measured.json")


@dataclass(frozen=True, slots=True)
class HeadConstants:
    """What a channel costs with one kind of head."""

    row_bytes: float
    """Arrays, a channel; room for further ones takes no memory until they come."""
    object_bytes: float
    """All else in memory, a channel: names and places."""
    snapshot_bytes: float
    """On disk, a channel."""
    reading_us: float
    """Microseconds of one core a reading, within the engine."""
    message_us: float
    """The same a message, all that is around the engine: socket, decoding, journal, metrics."""


@dataclass(frozen=True, slots=True)
class Constants:
    """What was measured, where, and how."""

    source: str
    taken_at: str
    processor: str
    empty_bytes: float
    """Memory of a daemon that knows nobody."""
    journal_bytes: float
    """On disk, a reading."""
    heads: Mapping[str, HeadConstants]


def gather(run: Mapping[str, Any]) -> Constants:
    """Return the constants of a run.

    Raises: DetectorError when it lacks a part.
    """
    try:
        measured, figures = run["figures"]["ingest"]["measured"], run["figures"]["fleet"]
        ours = [one for one in measured if one["journal_bytes"] and one["contender"].startswith("detector ")]
        journal = [
            one["journal_bytes"] / (one["taken"] * len(CHANNELS))
            for one in ours
            if "no journal" not in one["contender"]
        ]
        whole = [fleet for fleet in figures["fleets"] if fleet["snapshot"] is not None]
        heads = {fleet["head"]: fleet for fleet in sorted(whole, key=lambda fleet: int(fleet["devices"]))}
        return Constants(
            source=f"detector {run['command']}",
            taken_at=run["taken_at"],
            processor=run["machine"]["processor"],
            empty_bytes=median(one["empty_bytes"] for one in figures["restarts"]),
            journal_bytes=median(journal),
            heads={head: _of_head(fleet, _around_us(ours, head)) for head, fleet in heads.items()},
        )
    except (KeyError, ValueError) as fault:
        raise DetectorError(f"constants come of `detector bench ingest fleet`, and here is missing: {fault}") from fault


def _around_us(ours: list[Mapping[str, Any]], head: str) -> float:
    """Return the microseconds of a message around the engine: of one process's time, the share that is the daemon's where the engine has its own.

    The rest of them would not do: in a flood batches are larger, and a reading costs less, than in the fleets' part.
    """
    whole = median(float(one["cpu_us"]["contender"]) for one in ours if one["contender"] == f"detector {head}")
    parted = [one for one in ours if one["contender"] == f"detector {head}{OWN_PROCESS}"]
    shares = [float(one["engine_us"]) / float(one["cpu_us"]["contender"]) for one in parted]
    return whole * (1.0 - median(shares))


def _of_head(fleet: Mapping[str, Any], message_us: float) -> HeadConstants:
    """Return what the largest fleet of a head says of which a snapshot was measured."""
    devices, row_bytes = fleet["devices"], fleet["state_bytes"]
    return HeadConstants(
        row_bytes=row_bytes,
        object_bytes=fleet["device_bytes"] - row_bytes,
        snapshot_bytes=fleet["snapshot"]["bytes_on_disk"] / devices,
        reading_us=fleet["reading_us"],
        message_us=message_us,
    )


def write(constants: Constants, path: Path = PLACE) -> None:
    """Write constants."""
    path.write_text(json.dumps(asdict(constants), indent=1) + "\n", encoding="utf-8")


def read(path: Path = PLACE) -> Constants:
    """Read constants.

    Raises: DetectorError when the file is not what `write` wrote.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        heads = {head: HeadConstants(**values) for head, values in told.pop("heads").items()}
        return Constants(**told, heads=heads)
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise DetectorError(f"{path}: expected measured constants, got: {fault}; install detector anew") from fault

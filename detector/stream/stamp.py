"""The event times of many documents at once.

In: documents, and when they came. Out: times, and which of them are there and plausible: those that `timestamp` finds one by one.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.domain import Rejected
from detector.settings import TimestampFormat, TimestampSettings
from detector.stream.timestamp import AHEAD, EARLIEST, UNITS, parse_timestamp

LARGEST: Final = 2**62
HUGE: Final = 1e200
"""Far beyond any time, and far enough from where a product overflows."""

Ints: TypeAlias = NDArray[np.int64]


class Stamp:
    """The event times of many objects."""

    def __init__(self, timestamp: TimestampSettings | None) -> None:
        """Look for them as configured; the arrival where they are not."""
        self._timestamp = timestamp
        self._field = None if timestamp is None else itemgetter(timestamp.field)

    def read(self, documents: Sequence[dict[str, Any]], arrived_us: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Return event times (B,), and which of them are there and plausible (B,)."""
        if self._timestamp is None or self._field is None:
            return arrived_us, np.ones(len(documents), np.bool_)
        try:
            stamps = list(map(self._field, documents))
        except KeyError:
            stamps = [document.get(self._timestamp.field) for document in documents]
        at_us = _times(stamps, self._timestamp.format)
        return at_us, (at_us >= EARLIEST) & (at_us <= arrived_us + AHEAD)


def _times(stamps: Sequence[Any], format: TimestampFormat) -> Ints:  # noqa: A002 - the word of the configuration
    """Return the times that stamps say, 0 where one is none: as `parse_timestamp` has it, and at once where all are of one kind."""
    kinds = set(map(type, stamps))
    if format is not TimestampFormat.ISO8601:
        scale, divisor = UNITS[format]
        if kinds == {int} and max(stamps) < LARGEST // scale and min(stamps) >= 0:
            return np.array(stamps, np.int64) * scale // divisor
        if kinds == {float}:
            product = np.array(stamps, np.float64).clip(-HUGE, HUGE) * scale / divisor
            return np.rint(np.where(np.abs(product) < LARGEST, product, 0.0)).astype(np.int64)
    parsed = [parse_timestamp(stamp, format) for stamp in stamps]
    return np.array([0 if isinstance(at, Rejected) or not 0 < at < LARGEST else at for at in parsed], np.int64)

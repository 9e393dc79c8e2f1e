"""Quantities as people write them: `30s`, `1GiB`, `1 per device per week`.

In: text (or a plain number). Out: seconds, bytes, a `Budget`. Faults are `ValueError`s whose text
says `expected ..., got ...`; the configuration reader puts the place before it.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
"""Seconds in each unit a duration may be written in."""

BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
"""Bytes in each unit a size may be written in (IEC 80000-13 prefixes)."""

PERIODS = {"hour": 3600.0, "day": 86400.0, "week": 604800.0, "month": 30 * 86400.0}
"""Seconds in each period a budget may be stated for; a month is 30 days."""

DURATION_PATTERN = r"^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$"
SIZE_PATTERN = r"^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|TiB)$"
BUDGET_PATTERN = r"^(\d+(?:\.\d+)?) per (device|fleet) per (hour|day|week|month)$"


def parse_duration(text: object) -> float:
    """Turn `30s`, `5m`, `2h`, `7d` into seconds.

    Raises: ValueError when the text is not a positive number with a unit.
    """
    match = re.match(DURATION_PATTERN, text) if isinstance(text, str) else None
    if match is None or float(match[1]) == 0.0:
        raise ValueError(f"expected a duration such as 30s, 5m, 2h or 7d, got {text!r}")
    return float(match[1]) * SECONDS[match[2]]


def parse_size(text: object) -> int:
    """Turn `64KiB`, `1GiB` into bytes.

    Raises: ValueError when the text is not a number with a unit.
    """
    match = re.match(SIZE_PATTERN, text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"expected a size such as 64KiB, 100MiB or 1GiB, got {text!r}")
    return int(float(match[1]) * BYTES[match[2]])


class BudgetScope(Enum):
    """Over what a budget is counted."""

    DEVICE = "device"
    FLEET = "fleet"


@dataclass(frozen=True, slots=True)
class Budget:
    """How many alerts the operator will put up with.

    `alerts` in each `period_s` seconds, for each device or for the whole fleet.
    """

    alerts: float
    scope: BudgetScope
    period_s: float

    @property
    def rate(self) -> float:
        """Alerts a second that the budget allows within its scope."""
        return self.alerts / self.period_s

    @classmethod
    def parse(cls, text: object) -> "Budget":
        """Read `1 per device per week`.

        Raises: ValueError when the text has another form or allows no alert at all.
        """
        if isinstance(text, Budget):
            return text
        match = re.match(BUDGET_PATTERN, text) if isinstance(text, str) else None
        if match is None or float(match[1]) == 0.0:
            raise ValueError(
                f"expected a budget such as '1 per device per week' or '3 per fleet per day', got {text!r}"
            )
        return cls(float(match[1]), BudgetScope(match[2]), PERIODS[match[3]])

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read a budget through `parse`."""
        return core_schema.no_info_plain_validator_function(cls.parse)

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe a budget to editors as the text a person writes."""
        return {"type": "string", "pattern": BUDGET_PATTERN, "examples": ["1 per device per week"]}


Duration = Annotated[
    float,
    BeforeValidator(lambda text: text if isinstance(text, float) else parse_duration(text)),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["30s", "5m", "2h", "7d"]}),
]
"""A duration in seconds, written `30s 5m 2h 7d`."""

Size = Annotated[
    int,
    BeforeValidator(lambda text: text if isinstance(text, int) else parse_size(text)),
    WithJsonSchema({"type": "string", "pattern": SIZE_PATTERN, "examples": ["64KiB", "1GiB"]}),
]
"""A size in bytes, written `64KiB 1GiB`."""

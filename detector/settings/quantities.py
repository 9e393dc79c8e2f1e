"""Quantities as people write them: `30s`, `1GiB`, `1 per device per week`.

In: text. Out: seconds, bytes, a `Budget`; and back again, for the effective configuration. Faults are
`ValueError`s whose text says `expected ..., got ...`; the configuration reader puts the place before it.
"""

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
"""Seconds in each unit a duration may be written in."""

BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
"""Bytes in each unit a size may be written in (IEC 80000-13 prefixes)."""

PERIODS = {"hour": 3600.0, "day": 86400.0, "week": 604800.0, "month": 30 * 86400.0}
"""Seconds in each period a budget may be stated for; a month is 30 days."""

DURATION_PATTERN = r"^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)$"
SIZE_PATTERN = r"^([0-9]+(?:\.[0-9]+)?)(B|KiB|MiB|GiB|TiB)$"
BUDGET_PATTERN = r"^([0-9]+(?:\.[0-9]+)?) per (device|fleet) per (hour|day|week|month)$"

SHOWN_CHARACTERS = 60
"""How much of an offending value a fault repeats."""


def shown(value: object) -> str:
    """Return a value as it would stand in a file, shortened, for the `got ...` of a fault."""
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def _amount(pattern: str, text: object) -> tuple[float, tuple[str, ...]] | None:
    """Return the number in front and the words behind it; None unless it is positive and finite."""
    match = re.fullmatch(pattern, text) if isinstance(text, str) else None
    if match is None or not 0.0 < float(match[1]) < math.inf:
        return None
    return float(match[1]), match.groups()[1:]


def _bare_number(value: object) -> bool:
    """Tell whether somebody forgot the unit."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(number: float) -> str:
    """Write a number without an exponent, such that reading it gives the same float."""
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def parse_duration(text: object) -> float:
    """Turn `30s`, `5m`, `2h`, `7d` into seconds.

    Raises: ValueError when the text is not a positive number with a unit.
    """
    amount = _amount(DURATION_PATTERN, text)
    if amount is None or not math.isfinite(amount[0] * SECONDS[amount[1][0]]):
        hint = f"; add a unit: {text}s for seconds" if _bare_number(text) else ""
        raise ValueError(f"expected a duration such as 30s, 5m, 2h or 7d, got {shown(text)}{hint}")
    return amount[0] * SECONDS[amount[1][0]]


def format_duration(seconds: float) -> str:
    """Write seconds in the largest unit that gives a whole number; `parse_duration` reads it back exactly."""
    for unit in ("d", "h", "m", "s", "ms"):
        count = seconds / SECONDS[unit]
        if count >= 1.0 and count.is_integer() and count * SECONDS[unit] == seconds:
            return f"{_plain(count)}{unit}"
    return f"{_plain(seconds)}s"


def parse_size(text: object) -> int:
    """Turn `64KiB`, `1GiB` into bytes.

    Raises: ValueError when the text is not a number with a unit, or is less than a byte.
    """
    amount = _amount(SIZE_PATTERN, text)
    size = amount[0] * BYTES[amount[1][0]] if amount else 0.0
    if not 1.0 <= size < math.inf:
        hint = f"; add a unit: {text}B for bytes" if _bare_number(text) else ""
        raise ValueError(f"expected a size such as 64KiB, 100MiB or 1GiB, got {shown(text)}{hint}")
    return int(size)


def format_size(size: int) -> str:
    """Write bytes in the largest unit that gives a whole number."""
    unit = next(unit for unit in reversed(BYTES) if size % BYTES[unit] == 0)
    return f"{size // BYTES[unit]}{unit}"


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

    def __str__(self) -> str:
        """Return the text that `parse` reads back."""
        period = next(word for word, seconds in PERIODS.items() if seconds == self.period_s)
        return f"{_plain(self.alerts)} per {self.scope.value} per {period}"

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
        amount = _amount(BUDGET_PATTERN, text)
        if amount is None:
            raise ValueError(
                f"expected a budget such as '1 per device per week' or '3 per fleet per day', got {shown(text)}"
            )
        scope, period = amount[1]
        return cls(amount[0], BudgetScope(scope), PERIODS[period])

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read a budget through `parse` and write it through `str`."""
        written = core_schema.plain_serializer_function_ser_schema(str, when_used="json")
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe a budget to editors as the text a person writes."""
        return {"type": "string", "pattern": rf"{BUDGET_PATTERN}|\$\{{", "examples": ["1 per device per week"]}


def _duration(value: object, info: ValidationInfo) -> float:
    """Read a duration; code may give seconds, a file (which reaches pydantic as JSON) may not."""
    return value if isinstance(value, float) and info.mode == "python" else parse_duration(value)


def _size(value: object, info: ValidationInfo) -> int:
    """Read a size; code may give bytes, a file may not."""
    return value if isinstance(value, int) and info.mode == "python" else parse_size(value)


def _words_or_duration(*words: str) -> BeforeValidator:
    """Leave these words alone and read anything else as a duration."""

    def read(value: object, info: ValidationInfo) -> object:
        """Read a word or a duration."""
        if value in words:
            return value
        try:
            return _duration(value, info)
        except ValueError as fault:
            raise ValueError(str(fault).replace("expected", f"expected {', '.join(words)} or", 1)) from None

    return BeforeValidator(read)


def _written(value: str | float) -> str:
    """Write a duration, or the word that stands for one."""
    return value if isinstance(value, str) else format_duration(value)


def editor_pattern(pattern: str, *examples: str) -> WithJsonSchema:
    """Describe a text to editors by its form; a variable of the environment may stand in it."""
    schema: dict[str, Any] = {"type": "string", "pattern": rf"{pattern}|\$\{{"}
    return WithJsonSchema(schema | ({"examples": list(examples)} if examples else {}))


Duration = Annotated[
    float,
    BeforeValidator(_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    editor_pattern(DURATION_PATTERN, "30s", "5m", "2h", "7d"),
]
"""A duration in seconds, written `30s 5m 2h 7d`."""

Size = Annotated[
    int,
    BeforeValidator(_size),
    PlainSerializer(format_size, return_type=str, when_used="json"),
    editor_pattern(SIZE_PATTERN, "64KiB", "1GiB"),
]
"""A size in bytes, written `64KiB 1GiB`."""

AutoOrDuration = Annotated[
    Literal["auto"] | float,
    _words_or_duration("auto"),
    PlainSerializer(_written, return_type=str, when_used="json"),
    editor_pattern(f"^auto$|{DURATION_PATTERN}", "auto", "30s", "5m"),
]
"""A duration in seconds, or `auto`: learnt."""

SilentAfter = Annotated[
    Literal["auto", "never"] | float,
    _words_or_duration("auto", "never"),
    PlainSerializer(_written, return_type=str, when_used="json"),
    editor_pattern(f"^(auto|never)$|{DURATION_PATTERN}", "auto", "never", "10m"),
]
"""A duration in seconds, `auto`: learnt, or `never`."""

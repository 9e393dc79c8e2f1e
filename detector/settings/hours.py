"""Hours of the week as people write them: `22:00-06:00`, `mon-fri 22:00-06:00`, `sat,sun 00:00-24:00`; and time zones.

In: text. Out: `Hours`, which know whether a moment is within them; a zone's name that this machine knows.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from detector.settings.quantities import shown

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = "(?:mon|tue|wed|thu|fri|sat|sun)"
_TIME: Final = r"([01][0-9]|2[0-4]):([0-5][0-9])"
HOURS_PATTERN: Final = rf"^(?:({_DAY}(?:[-,]{_DAY})*) )?{_TIME}-{_TIME}$"

MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of some days of the week, in local time; one that ends before it begins ends on the next day."""

    text: str
    days: frozenset[int]
    """On which it begins, Monday is 0."""
    begin: int
    """Minutes since midnight."""
    end: int

    def hold(self, now: float, zone: tzinfo) -> bool:
        """Return whether a moment, Unix time, is within these hours."""
        local = datetime.fromtimestamp(now, zone)
        minute, today = local.hour * 60 + local.minute, local.weekday()
        if self.begin < self.end:
            return today in self.days and self.begin <= minute < self.end
        yesterday = (today - 1) % 7
        return (today in self.days and minute >= self.begin) or (yesterday in self.days and minute < self.end)

    @classmethod
    def parse(cls, text: object) -> "Hours":
        """Read `mon-fri 22:00-06:00`.

        Raises: ValueError when the text has another form.
        """
        if isinstance(text, Hours):
            return text
        match = re.fullmatch(HOURS_PATTERN, text) if isinstance(text, str) else None
        begin, end = (_minutes(match[2], match[3]), _minutes(match[4], match[5])) if match else (0, 0)
        if match is None or begin in (end, MINUTES) or end > MINUTES:
            raise ValueError(f"expected hours such as 22:00-06:00 or 'sat,sun 00:00-24:00', got {shown(text)}")
        return cls(match[0], _days(match[1]), begin, end)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read hours through `parse` and write them as they were."""
        written = core_schema.plain_serializer_function_ser_schema(lambda hours: hours.text, when_used="json")
        return core_schema.no_info_plain_validator_function(cls.parse, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe hours to editors as the text a person writes."""
        return {"type": "string", "pattern": rf"{HOURS_PATTERN}|\$\{{", "examples": ["mon-fri 22:00-06:00"]}


def zone_of(name: str | None) -> tzinfo:
    """Return a time zone by its name; UTC without one."""
    return UTC if name is None else ZoneInfo(name)


def _zone_name(name: str) -> str:
    """Return the name of a time zone that this machine knows.

    Raises: ValueError.
    """
    try:
        zone_of(name)
    except (OSError, ValueError, KeyError) as fault:
        raise ValueError(
            f"expected a time zone that this machine knows, such as Europe/Berlin, got {shown(name)}; on Debian they come with tzdata"
        ) from fault
    return name


TimeZone = Annotated[str, AfterValidator(_zone_name)]
"""Name of a time zone of the IANA database."""


def _minutes(hours: str, minutes: str) -> int:
    """Return the minutes since midnight."""
    return int(hours) * 60 + int(minutes)


def _days(text: str | None) -> frozenset[int]:
    """Return the days of `mon-fri` or `sat,sun`; every day where none are named."""
    days = set[int]()
    for part in (text or "mon-sun").split(","):
        first, last = (DAYS.index(day) for day in (part.split("-")[0], part.split("-")[-1]))
        days.update((first + ahead) % 7 for ahead in range((last - first) % 7 + 1))
    return frozenset(days)


def in_zone(moment: datetime, zone: tzinfo) -> float:
    """Return a date and time as Unix time; one without a zone is local."""
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()

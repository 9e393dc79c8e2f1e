"""A desk and an evening in front of it: alerts that open and close, time that goes on, and what people are told.

In: minutes and seconds, alerts by the name of their device. Out: notices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from json import dumps, loads
from typing import Any

from detector.domain import MICROSECONDS, AlertEvent, EventTime, Kind, Severity, Transition, Verdict
from detector.notice import Notice
from detector.notices import Desk, Directory, Row
from detector.settings.outputs import AlertSettings

START = 1_700_000_000.0
"""Tuesday, 14 November 2023, 22:13:20 UTC."""

MINUTE, HOUR = 60.0, 3600.0


def settings(*receivers: Mapping[str, Any], **more: Any) -> AlertSettings:
    """Return settings with receivers that are people; without any, one with nothing but defaults."""
    told = [{"name": f"r{n}", "webhook": {"url": "http://x"}, **given} for n, given in enumerate(receivers or ({},))]
    return AlertSettings.model_validate({"receivers": told, **more})


class Evening:
    """One desk, and what happens before it."""

    def __init__(self, *receivers: Mapping[str, Any], **more: Any) -> None:
        """Start with nothing heard."""
        self.now = START
        self.settings = settings(*receivers, **more)
        self.desk = Desk(self.settings, Directory(10_000))
        self.told: list[Notice] = []
        self._open: dict[tuple[str, str | None, Verdict], AlertEvent] = {}
        self._waiting: list[AlertEvent] = []
        self._number = 0

    def open(
        self,
        device: str = "pump-1",
        channel: str | None = "flow",
        verdict: Verdict = Verdict.PROCESS,
        severity: Severity = Severity.WARNING,
        kind: Kind = Kind.RESIDUAL,
    ) -> str:
        """Let an alert open; return its id."""
        self._number += 1
        event = AlertEvent(
            f"{device}-{self._number}", Transition.OPENED, self.at, self.at, device, channel, verdict, kind, severity, 1.5, 30.0, 20.0, 19.0, 21.0, "l/s",
            f"{device} {channel} is 30 l/s, expected 19 to 21 l/s.",
        )  # fmt: skip
        self._hear(event)
        return event.id

    def worsen(self, device: str = "pump-1", channel: str | None = "flow", verdict: Verdict = Verdict.PROCESS) -> None:
        """Let an alert become critical."""
        event = self._open[device, channel, verdict]
        self._hear(replace(event, event=Transition.UPDATED, at=self.at, severity=Severity.CRITICAL))

    def close(self, device: str = "pump-1", channel: str | None = "flow", verdict: Verdict = Verdict.PROCESS) -> None:
        """Let an alert close."""
        event = self._open[device, channel, verdict]
        self._hear(
            replace(event, event=Transition.CLOSED, at=self.at, summary=f"{device} {channel} is back to normal.")
        )

    def is_open(self, device: str = "pump-1", channel: str | None = "flow", verdict: Verdict = Verdict.PROCESS) -> bool:
        """Return whether an alert is open."""
        return (device, channel, verdict) in self._open

    def pass_by(self, seconds: float, step: float = 5.0) -> list[Notice]:
        """Let time go on, a look every few seconds; return what was told meanwhile."""
        before, end = len(self.told), self.now + seconds
        self.turn()
        while self.now < end:
            self.now = min(self.now + step, end)
            self.turn()
        return self.told[before:]

    def turn(self) -> None:
        """Look once."""
        waiting, self._waiting = self._waiting, []
        self.told += self.desk.turn(self.now, waiting)

    def restart(self, rows: Sequence[Row]) -> None:
        """Go on with another desk that has nothing but these rows, as JSON gives them back."""
        self.desk = Desk(self.settings, Directory(10_000))
        self.desk.restore([Row(table, key, value) for table, key, value in loads(dumps(rows))])

    @property
    def at(self) -> EventTime:
        """The time, as events have it."""
        return EventTime(int(self.now * MICROSECONDS))

    def _hear(self, event: AlertEvent) -> None:
        """Let the desk hear of an event at its next turn."""
        place = (event.device, event.channel, event.verdict)
        if event.event is Transition.CLOSED:
            del self._open[place]
        else:
            self._open[place] = event
        self._waiting.append(event)


class Disk:
    """The rows of a desk, written down change by change."""

    def __init__(self) -> None:
        """Have nothing."""
        self._rows: dict[str, Row] = {}

    def write(self, desk: Desk) -> None:
        """Write down what changed; what is plain JSON alone is taken."""
        for row in desk.changes():
            place = dumps([row.table, row.key])
            self._rows.pop(place, None)
            if row.value is not None:
                self._rows[place] = Row(*loads(dumps(row)))

    @property
    def rows(self) -> list[Row]:
        """All rows, in an order that is not that of their writing."""
        return [self._rows[place] for place in sorted(self._rows)]


def reasons(notices: Sequence[Notice]) -> list[str]:
    """Return why each was told."""
    return [notice.reason.value for notice in notices]

"""The desk: hears every alert event, and decides who is told what, when, and what is better said together or not at all.

In: alert events in order, the time, acknowledgements and maintenance. Out: notices; rows that bring it back exactly.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from detector.domain import AlertEvent, Transition
from detector.notice import Notice, NoticeReason
from detector.notices.agenda import Agenda
from detector.notices.directory import Directory
from detector.notices.hushed import Hushed
from detector.notices.judgement import Judge
from detector.notices.kept import Row
from detector.notices.listener import Listener
from detector.notices.memory import Memory
from detector.notices.mute import Mute
from detector.notices.records import Alert
from detector.notices.words import unwatched
from detector.notices.writer import Writer
from detector.settings.outputs import AlertSettings

SET_BACK_S: Final = 60.0
"""A clock that goes back by less needs no care: messages are late by no more than that."""

SWEEP_S: Final = 600.0
"""Time between two looks for what can be forgotten."""


class Desk:
    """Decides for all receivers that are people; reads no clock, not thread-safe, the scoring thread owns it."""

    def __init__(self, settings: AlertSettings, directory: Directory) -> None:
        """Start with nothing heard."""
        self.directory = directory
        self.suppressed = Counter[Hushed](dict.fromkeys(Hushed, 0))
        """What people were not told, by why."""
        self.asked = False
        """Somebody has asked for something since this was last set back: it is to be on disk soon."""
        self._memory = Memory()
        self._agenda = Agenda(self._memory)
        self._sweep_at = 0.0
        self._now = 0.0
        """Of the last turn; 0 before the first."""
        self.configure(settings)

    def configure(self, settings: AlertSettings) -> None:
        """Go by another configuration; a receiver that is gone hears no more of its troubles."""
        self._settings = settings
        self._people = {receiver.name: receiver for receiver in settings.receivers if receiver.for_people}
        self._memory.receivers = tuple(self._people)
        self._mute = Mute(settings, self._memory.windows)
        self._writer = Writer(self._memory, self.directory, self._mute)
        self._agenda.waits = {receiver.name: receiver.wait for receiver in self._people.values()}
        self._listener = Listener(self._memory, self._agenda, self._mute, self._people, self.directory, self.suppressed)
        for place in [place for place in self._memory.members if place.receiver not in self._people]:
            self._memory.remove(place)
        for name in [name for name in self._memory.asleep if name not in self._people]:
            del self._memory.asleep[name]
        self._agenda.look_at_all()

    def turn(self, now: float, events: Iterable[AlertEvent] = ()) -> list[Notice]:
        """Take in events in the order in which they were found; return what people are to be told, at Unix time `now`."""
        self._check_clock(now)
        for event in events:
            self._listener.hear(event, now)
        self._look_at_hours(now)
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_S
            self._memory.sweep(now)
            self._agenda.sweep()
        notices = [self._look(name, now) for name in self._agenda.due(now)]
        return [notice for notice in notices if notice is not None]

    def compare(self, now: float, lasting: Sequence[AlertEvent]) -> list[Notice]:
        """Go by what lasts in fact, told by its last events: hear what is not known, and end what nobody watches any more."""
        known, there = {alert.event.id for alert in self.open_alerts()}, {event.id for event in lasting}
        gone = [alert.event for alert in self.open_alerts() if alert.event.id not in there]
        ends = [replace(event, event=Transition.CLOSED, summary=unwatched(event)) for event in gone]
        return self.turn(now, [*ends, *(event for event in lasting if event.id not in known)])

    def acknowledge(self, alert_id: str, by: str) -> bool:
        """Note that somebody has seen an alert: it is not repeated until it clears; False: no such alert is open."""
        alert = self._lasting(alert_id)
        return alert is not None and self._note_seen(alert, by)

    def unacknowledge(self, alert_id: str) -> bool:
        """Take an acknowledgement back; False: there was none."""
        alert = self._lasting(alert_id)
        return alert is not None and alert.acknowledged is not None and self._note_seen(alert, None)

    def acknowledged_by(self, alert_id: str) -> str | None:
        """Return who acknowledged an alert; None where nobody did, or no such alert is open."""
        alert = self._lasting(alert_id)
        return None if alert is None else alert.acknowledged

    def maintain(self, devices: str, until: float) -> None:
        """Tell nothing of the devices of a glob until a moment, Unix time; what lasts beyond it is told then."""
        self._memory.windows[devices] = until
        self.asked = True
        self._agenda.look_at_all()

    def end_maintenance(self, devices: str, now: float) -> bool:
        """End what `maintain` began for this very glob; False: there was nothing to end."""
        if self._memory.windows.pop(devices, 0.0) <= now:
            return False
        self.asked = True
        self._agenda.look_at_all()
        return True

    def open_alerts(self) -> list[Alert]:
        """Return all alerts that last, with their labels and whoever acknowledged them, the oldest first."""
        lasting = [alert for alert in self._memory.alerts.values() if alert.event.event is not Transition.CLOSED]
        return sorted(lasting, key=lambda alert: (alert.event.onset, alert.event.id))

    def maintenance(self) -> dict[str, float]:
        """Return until when the devices of which globs are under maintenance by command, or were of late; for any thread."""
        return dict(self._memory.windows.data)

    def changes(self) -> Iterator[Row]:
        """Yield every row that changed since this was last asked."""
        yield from self._memory.changes()
        yield from self.directory.table.changes()

    def rows(self) -> Iterator[Row]:
        """Yield every row."""
        yield from self._memory.rows()
        yield from self.directory.table.rows()

    def restore(self, rows: Sequence[Row]) -> None:
        """Take back all that was written down; for a desk that has heard nothing yet."""
        self._memory.restore(rows)
        self.directory.restore(rows)
        self._agenda.restore()
        self.configure(self._settings)

    def _check_clock(self, now: float) -> None:
        """Move with a clock that was set back: what seems to lie in the future would keep people from being told for as long."""
        latest = self._now if self._now else self._memory.latest
        if latest - now > SET_BACK_S:
            self._memory.set_back(latest - now)
            self._agenda.look_at_all()
            self._sweep_at = now
        self._now = now

    def _look_at_hours(self, now: float) -> None:
        """See who falls asleep and who wakes up; what gathered while somebody slept is told as one."""
        for name, receiver in self._people.items():
            asleep = self._mute.asleep(receiver, now)
            if asleep and name not in self._memory.asleep:
                self._memory.asleep[name] = True
            elif not asleep and name in self._memory.asleep:
                del self._memory.asleep[name]
                self._agenda.gather(receiver, now)
                self._agenda.look_at_all()

    def _look(self, name: str, now: float) -> Notice | None:
        """Look at one trouble; return what is to be told of it now."""
        receiver = self._people[self._memory.threads[name].receiver]
        judgement = Judge(self._memory, self._mute, receiver).judge(name, now)
        self.suppressed[Hushed.ACKNOWLEDGED] += judgement.hushed
        if judgement.reason is None:
            self._agenda.put(name, judgement.due)
            return None
        self._agenda.put(name, now)  # there may be more to it
        notice = self._writer.write(name, judgement, now)
        if judgement.reason is NoticeReason.RESOLVED:
            self._agenda.end(name)
        return notice

    def _lasting(self, alert_id: str) -> Alert | None:
        """Return an alert that lasts; None where there is none of that id."""
        alert = self._memory.alerts.get(alert_id)
        return None if alert is None or alert.event.event is Transition.CLOSED else alert

    def _note_seen(self, alert: Alert, by: str | None) -> bool:
        """Note who has seen an alert, for the disk and for the next look."""
        self._memory.hear(alert._replace(acknowledged=by))
        self.asked = True
        self._agenda.look_at_all()
        return True

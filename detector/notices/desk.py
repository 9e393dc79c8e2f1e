"""The desk: hears every alert event, and decides who is told what, when, and what is better said together or not at all.

In: alert events in order, the time, acknowledgements and maintenance. Out: notices; rows that bring it back exactly.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from detector.domain import AlertEvent, Transition
from detector.notice import Notice, NoticeReason
from detector.notices.directory import Directory
from detector.notices.hushed import Hushed
from detector.notices.judgement import Judge, Judgement
from detector.notices.kept import Row
from detector.notices.memory import Memory
from detector.notices.mute import Mute
from detector.notices.pace import OFTEN
from detector.notices.records import UNTOLD, Alert, Member, Place, Thread
from detector.notices.route import CRITICAL, addressed, grave_enough, together
from detector.notices.words import unwatched
from detector.notices.writer import Writer
from detector.settings.outputs import AlertSettings
from detector.settings.receivers import ReceiverSettings

SWEEP_S: Final = 600.0
"""Time between two looks for what can be forgotten."""

DIGEST: Final = "digest"
"""What the alerts of a night have in common."""


class Desk:
    """Decides for all receivers that are people; reads no clock, not thread-safe, the scoring thread owns it."""

    def __init__(self, settings: AlertSettings, directory: Directory) -> None:
        """Start with nothing heard."""
        self.directory = directory
        self.suppressed = Counter[Hushed](dict.fromkeys(Hushed, 0))
        """What people were not told, by why."""
        self._memory = Memory()
        self._due: dict[str, float] = {}
        """When to look at each trouble."""
        self._gathering: dict[tuple[str, str], str] = {}
        """The latest trouble of what alerts have in common, by receiver and that."""
        self._sweep_at = 0.0
        self.configure(settings)

    def configure(self, settings: AlertSettings) -> None:
        """Go by another configuration; a receiver that is gone hears no more of its troubles."""
        self._settings = settings
        self._people = {receiver.name: receiver for receiver in settings.receivers if receiver.for_people}
        self._memory.receivers = tuple(self._people)
        self._mute = Mute(settings, self._memory.windows)
        self._writer = Writer(self._memory, self.directory, self._mute)
        for place in [place for place in self._memory.members if place.receiver not in self._people]:
            self._memory.remove(place)
        for name in [name for name in self._memory.asleep if name not in self._people]:
            del self._memory.asleep[name]
        self._look_at_all()

    def turn(self, now: float, events: Iterable[AlertEvent] = ()) -> list[Notice]:
        """Take in events in the order in which they were found; return what people are to be told, at Unix time `now`."""
        for event in events:
            self._hear(event, now)
        self._look_at_hours(now)
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_S
            self._memory.sweep(now)
        notices = [self._look(name, now) for name in sorted(name for name, due in self._due.items() if due <= now)]
        return [notice for notice in notices if notice is not None]

    def compare(self, now: float, lasting: Sequence[AlertEvent]) -> list[Notice]:
        """Go by what lasts in fact, told by its last events: hear what is not known, and end what nobody watches any more."""
        known, there = {alert.event.id for alert in self.open_alerts()}, {event.id for event in lasting}
        gone = [alert.event for alert in self.open_alerts() if alert.event.id not in there]
        ends = [replace(event, event=Transition.CLOSED, summary=unwatched(event)) for event in gone]
        return self.turn(now, [*ends, *(event for event in lasting if event.id not in known)])

    def acknowledge(self, alert_id: str, by: str, now: float) -> bool:
        """Note that somebody has seen an alert, or all of a trouble: it is not repeated until it clears; False: no such alert is open."""
        return self._acknowledge(alert_id, by)

    def unacknowledge(self, alert_id: str, now: float) -> bool:
        """Take an acknowledgement back; False: there was none."""
        return self._acknowledge(alert_id, None)

    def maintain(self, devices: str, until: float, now: float) -> None:
        """Tell nothing of the devices of a glob until a moment, Unix time; what lasts beyond it is told then."""
        self._memory.windows[devices] = until
        self._look_at_all()

    def end_maintenance(self, devices: str, now: float) -> bool:
        """End what `maintain` began for this very glob; False: there was nothing to end."""
        if self._memory.windows.pop(devices, 0.0) <= now:
            return False
        self._look_at_all()
        return True

    def open_alerts(self) -> list[Alert]:
        """Return all alerts that last, with their labels and whoever acknowledged them, the oldest first."""
        return [alert for alert in self._memory.alerts.values() if alert.event.event is not Transition.CLOSED]

    def maintenance(self) -> dict[str, float]:
        """Return until when the devices of which globs are under maintenance by command."""
        return dict(self._memory.windows)

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
        for table, key, value in rows:
            if table == self.directory.table.name:
                self.directory.table.restore(key, value)
        for name, thread in sorted(self._memory.threads.items(), key=lambda found: found[1].joined):
            self._gathering[thread.receiver, thread.together] = name
        self.configure(self._settings)

    def _hear(self, event: AlertEvent, now: float) -> None:
        """Take in one event."""
        known = self._memory.alerts.get(event.id)
        if event.event is Transition.CLOSED:
            if known is not None:
                self._memory.hear(known._replace(event=event))
                for name in self._people:
                    self._close(Place(name, event.device, event.channel), event.id, now)
                self._memory.let_go(event.id)
            return
        labels = self.directory.labels(event) if known is None else known.labels
        alert = Alert(event, labels, None if known is None else known.acknowledged)
        self._memory.hear(alert)
        for receiver in self._people.values():
            if not addressed(receiver, event, labels):
                continue
            if grave_enough(receiver, event):
                self._open(receiver, alert, now)
            elif known is None:
                self.suppressed[Hushed.SEVERITY] += 1

    def _open(self, receiver: ReceiverSettings, alert: Alert, now: float) -> None:
        """Take in that an alert lasts, at a place that may be new, may have been quiet, or is known."""
        event = alert.event
        place = Place(receiver.name, event.device, event.channel)
        member = self._memory.members.get(place)
        if member is None:
            member = Member(self._join(receiver, alert, now), now, UNTOLD, None, (event.id,))
            self._came(place, now)
        elif not member.is_open:
            member = member._replace(closed=None, ids=(event.id,))
            self._came(place, now)
            self.suppressed[Hushed.FLAPPING] += 1
        elif event.id not in member.ids:
            member = member._replace(ids=(*member.ids, event.id))
        self._memory.put(place, member)
        self._wake(receiver, place, member, now)

    def _wake(self, receiver: ReceiverSettings, place: Place, member: Member, now: float) -> None:
        """Look at a trouble as soon as what became of a place in it may be told: not at every one of thousands that join."""
        thread, rank = self._memory.threads[member.thread], self._memory.rank(member)
        if thread.is_told:
            restless = len(self._memory.history(place, now).opened) >= OFTEN
            due = now if rank > thread.told or restless else thread.told_at + receiver.group_interval
        else:
            due = now if rank >= CRITICAL else thread.began + receiver.wait
        self._due[member.thread] = min(due, self._due.get(member.thread, due))

    def _came(self, place: Place, now: float) -> None:
        """Note that something opened at a place."""
        history = self._memory.history(place, now)
        self._memory.histories[place] = history._replace(opened=(*history.opened, now))

    def _close(self, place: Place, alert_id: str, now: float) -> None:
        """Take in that an alert is over; what nobody was told of is not worth a word any more."""
        member = self._memory.members.get(place)
        if member is None or not member.is_open or alert_id not in member.ids:
            return
        left = tuple(id_ for id_ in member.ids if id_ != alert_id)
        if left:
            self._memory.put(place, member._replace(ids=left))
        elif member.is_told:
            self._memory.put(place, member._replace(closed=now))
            if not self._memory.lasts(member.thread):
                self._due[member.thread] = now
        else:
            self.suppressed[self._why_untold(place, member, now)] += 1
            self._memory.remove(place)

    def _why_untold(self, place: Place, member: Member, now: float) -> Hushed:
        """Return why nobody was told of what is over now."""
        if self._mute.maintained(place.device, now):
            return Hushed.MAINTENANCE
        if self._memory.is_acknowledged(member):
            return Hushed.ACKNOWLEDGED
        if place.receiver in self._memory.asleep:
            return Hushed.QUIET
        history = self._memory.history(place, now)
        return Hushed.TOO_SHORT if history.allows(self._memory.rank(member)) else Hushed.FLAPPING

    def _join(self, receiver: ReceiverSettings, alert: Alert, now: float) -> str:
        """Return the trouble that a new alert belongs to: one that still gathers, or a new one."""
        common = together(receiver, alert.event, alert.labels)
        name = self._gathering.get((receiver.name, common), "")
        thread = self._memory.threads.get(name)
        if thread is not None and thread.together == common and now - thread.joined <= receiver.group_interval:
            self._memory.threads[name] = thread._replace(joined=now)
            return name
        return self._begin(receiver.name, common, now, now, alert.event.id)

    def _begin(self, receiver: str, common: str, began: float, joined: float, first: str) -> str:
        """Begin a trouble; its name is derived, so that it is the same when all is done again after a crash."""
        name = sha256("\n".join((receiver, common, first, repr(joined))).encode()).hexdigest()[:16]
        self._memory.threads[name] = Thread(receiver, common, began, joined)
        self._gathering[receiver, common] = name
        self._due[name] = began + self._people[receiver].wait
        return name

    def _look_at_hours(self, now: float) -> None:
        """See who falls asleep and who wakes up; what gathered while somebody slept is told as one."""
        for name, receiver in self._people.items():
            asleep = self._mute.asleep(receiver, now)
            if asleep and name not in self._memory.asleep:
                self._memory.asleep[name] = True
            elif not asleep and name in self._memory.asleep:
                del self._memory.asleep[name]
                self._gather(receiver, now)
                self._look_at_all()

    def _gather(self, receiver: ReceiverSettings, now: float) -> None:
        """Make one trouble of all that would be told at once, now that a receiver is awake."""
        waiting = [
            name
            for name, thread in sorted(self._memory.threads.items(), key=lambda found: (found[1].began, found[0]))
            if thread.receiver == receiver.name and not thread.is_told and thread.began + receiver.wait <= now
        ]
        for name in waiting[1:]:
            for place, member in self._memory.places(name):
                self._memory.put(place, member._replace(thread=waiting[0]))
            del self._memory.threads[name]
        if len(waiting) > 1:
            self._memory.threads[waiting[0]] = self._memory.threads[waiting[0]]._replace(together=DIGEST)

    def _look(self, name: str, now: float) -> Notice | None:
        """Look at one trouble; return what is to be told of it now."""
        thread = self._memory.threads.get(name)
        if thread is None:
            del self._due[name]
            return None
        judgement = Judge(self._memory, self._mute, self._people[thread.receiver]).judge(name, now)
        self.suppressed[Hushed.ACKNOWLEDGED] += judgement.hushed
        if judgement.reason is None:
            self._due[name] = judgement.due
            return None
        self._due[name] = now  # there may be more to it
        return self._tell(name, judgement, now)

    def _tell(self, name: str, judgement: Judgement, now: float) -> Notice:
        """Write a notice, and note what people know now."""
        notice = self._writer.write(name, judgement, now)
        if judgement.reason is NoticeReason.RESOLVED:
            self._end(name)
        return notice

    def _end(self, name: str) -> None:
        """Let a trouble go that was told as resolved; what in it nobody knows of is a trouble of its own."""
        thread = self._memory.threads[name]
        left = [(place, member) for place, member in self._memory.places(name) if not member.is_told]
        if left:
            began = min(member.since for _, member in left)
            new = self._begin(thread.receiver, thread.together, began, thread.joined, name)
            for place, member in left:
                self._memory.put(place, member._replace(thread=new))
        for place, _ in self._memory.places(name):
            self._memory.remove(place)
        self._memory.threads.pop(name, None)

    def _acknowledge(self, alert_id: str, by: str | None) -> bool:
        """Note who has seen an alert, or all alerts of a trouble."""
        thread = self._memory.places(alert_id)
        ids = [id_ for _, member in thread if member.is_open for id_ in member.ids] or [alert_id]
        found = False
        for id_ in ids:
            alert = self._memory.alerts.get(id_)
            if alert is None or alert.event.event is Transition.CLOSED or (by is None and alert.acknowledged is None):
                continue
            self._memory.alerts[id_] = alert._replace(acknowledged=by)
            found = True
        if found:
            self._look_at_all()
        return found

    def _look_at_all(self) -> None:
        """Look at every trouble at the next turn."""
        self._due = dict.fromkeys(self._memory.threads, 0.0)

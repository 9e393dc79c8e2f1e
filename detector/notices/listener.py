"""Takes in alert events: which receivers they are for, at which places something lasts, and since when.

In: events, in the order in which they were found. Out: changes in the desk's memory, and when to look at which trouble.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from detector.domain import AlertEvent, Transition
from detector.notices.agenda import Agenda
from detector.notices.directory import Directory
from detector.notices.hushed import Hushed
from detector.notices.memory import Memory
from detector.notices.mute import Mute
from detector.notices.pace import OFTEN
from detector.notices.records import UNTOLD, Alert, Member, Place
from detector.notices.route import CRITICAL, addressed, grave_enough
from detector.settings.receivers import ReceiverSettings


@dataclass(frozen=True, slots=True)
class Listener:
    """Listens for all receivers of one configuration."""

    memory: Memory
    agenda: Agenda
    mute: Mute
    people: Mapping[str, ReceiverSettings]
    directory: Directory
    suppressed: Counter[Hushed]

    def hear(self, event: AlertEvent, now: float) -> None:
        """Take in one event."""
        known = self.memory.alerts.get(event.id)
        if event.event is not Transition.CLOSED:
            self._lasts(event, known, now)
        elif known is not None:
            self.memory.hear(known._replace(event=event))
            for name in self.people:
                self._close(Place(name, event.device, event.channel), event.id, now)
            self.memory.let_go(event.id)

    def _lasts(self, event: AlertEvent, known: Alert | None, now: float) -> None:
        """Take in that an alert lasts."""
        labels = self.directory.labels(event) if known is None else known.labels
        alert = Alert(event, labels, None if known is None else known.acknowledged)
        self.memory.hear(alert)
        for receiver in self.people.values():
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
        member = self.memory.members.get(place)
        if member is None:
            member = Member(self.agenda.join(receiver, alert, now), now, UNTOLD, None, (event.id,))
            self._came(place, now)
        elif not member.is_open:
            member = member._replace(closed=None, ids=(event.id,))
            self._came(place, now)
            self.suppressed[Hushed.FLAPPING] += 1
        elif event.id not in member.ids:
            member = member._replace(ids=(*member.ids, event.id))
        self.memory.put(place, member)
        self._wake(receiver, place, member, now)

    def _wake(self, receiver: ReceiverSettings, place: Place, member: Member, now: float) -> None:
        """Look at a trouble as soon as what became of a place in it may be told: not at every one of thousands that join."""
        thread, rank = self.memory.threads[member.thread], self.memory.rank(member)
        restless = len(self.memory.history(place, now).opened) >= OFTEN
        if rank >= CRITICAL or (member.is_told and (rank > member.told or restless)):
            at = now
        else:
            at = thread.told_at + receiver.group_interval if thread.is_told else thread.began + receiver.wait
        self.agenda.wake(member.thread, at)

    def _came(self, place: Place, now: float) -> None:
        """Note that something opened at a place."""
        history = self.memory.history(place, now)
        self.memory.histories[place] = history._replace(opened=(*history.opened, now))

    def _close(self, place: Place, alert_id: str, now: float) -> None:
        """Take in that an alert is over; what nobody was told of is not worth a word any more."""
        member = self.memory.members.get(place)
        if member is None or not member.is_open or alert_id not in member.ids:
            return
        left = tuple(id_ for id_ in member.ids if id_ != alert_id)
        if left:
            self.memory.put(place, member._replace(ids=left))
        elif member.is_told:
            self.memory.put(place, member._replace(closed=now))
            if not self.memory.lasts(member.thread):
                self.agenda.wake(member.thread, now)
        else:
            self.suppressed[self._why_untold(place, member, now)] += 1
            self.memory.remove(place)

    def _why_untold(self, place: Place, member: Member, now: float) -> Hushed:
        """Return why nobody was told of what is over now."""
        if self.mute.maintained(place.device, now):
            return Hushed.MAINTENANCE
        if self.memory.is_acknowledged(member):
            return Hushed.ACKNOWLEDGED
        if place.receiver in self.memory.asleep:
            return Hushed.QUIET
        history = self.memory.history(place, now)
        return Hushed.TOO_SHORT if history.allows(self.memory.rank(member)) else Hushed.FLAPPING

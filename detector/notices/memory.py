"""All that the desk remembers, as tables of values that can be written down row by row and read back.

In: changes. Out: the tables; who is part of which trouble. Nothing here decides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from detector.domain import AlertEvent, Transition
from detector.notices.kept import Kept, Row
from detector.notices.pace import History, history_of
from detector.notices.records import Alert, Member, Place, Thread, member_of, place_of, thread_of


class Memory:
    """Alerts, the places they are at, troubles, the last hour of every place, maintenance and who is asleep."""

    def __init__(self) -> None:
        """Remember nothing."""
        self.receivers: tuple[str, ...] = ()
        """Names of those who are told."""
        self.alerts = Kept[str, Alert]("alert", str, Alert.of, Alert.plain)
        self.members = Kept[Place, Member]("member", place_of, member_of, list)
        self.threads = Kept[str, Thread]("thread", str, thread_of, list)
        self.histories = Kept[Place, History]("history", place_of, history_of, list)
        self.windows = Kept[str, float]("maintenance", str, float, float)
        """Until when a command has put the devices of a glob under maintenance."""
        self.asleep = Kept[str, bool]("asleep", str, bool, bool)
        """Receivers that are in their quiet hours."""
        self._places: defaultdict[str, dict[Place, None]] = defaultdict(dict)
        self._lasting = Counter[str]()
        """Places of each trouble that people know of and that are not quiet."""

    def put(self, place: Place, member: Member) -> None:
        """Make a place part of a trouble, or change what is known of it."""
        before = self.members.get(place)
        if before is not None:
            self._lasting[before.thread] -= before.is_told and before.is_open
            if before.thread != member.thread:
                self._leave(place, before.thread)
        self.members[place] = member
        self._lasting[member.thread] += member.is_told and member.is_open
        self._places[member.thread][place] = None
        if before is not None:
            self._forget(before.ids)

    def remove(self, place: Place) -> None:
        """Let a place go; with the last one its trouble goes as well."""
        member = self.members.pop(place)
        self._lasting[member.thread] -= member.is_told and member.is_open
        self._leave(place, member.thread)
        if not self._places.get(member.thread) and member.thread in self.threads:
            del self.threads[member.thread]
        self._forget(member.ids)

    def hear(self, alert: Alert) -> None:
        """Remember the last event of an alert."""
        self.alerts[alert.event.id] = alert

    def let_go(self, alert_id: str) -> None:
        """Forget an alert that is over, unless it is still spoken of."""
        self._forget((alert_id,))

    def lasts(self, thread: str) -> bool:
        """Return whether anything goes on that people know of."""
        return self._lasting[thread] > 0

    def places(self, thread: str) -> list[tuple[Place, Member]]:
        """Return who is part of a trouble, in the order in which they came."""
        return [(place, self.members[place]) for place in self._places.get(thread, ())]

    def history(self, place: Place, now: float) -> History:
        """Return the last hour of a place."""
        return self.histories.get(place, History()).until(now)

    def event(self, member: Member) -> AlertEvent:
        """Return the gravest alert of a place."""
        return max((self.alerts[id_].event for id_ in member.ids), key=lambda event: event.severity.rank)

    def rank(self, member: Member) -> int:
        """Return the gravest severity of a place."""
        return self.event(member).severity.rank

    def is_acknowledged(self, member: Member) -> bool:
        """Return whether somebody has seen all that lasts at a place."""
        return all(self.alerts[id_].acknowledged is not None for id_ in member.ids)

    def sweep(self, now: float) -> None:
        """Forget what was more than an hour ago, and maintenance that has ended."""
        for place in [place for place, history in self.histories.items() if not any(history.until(now))]:
            del self.histories[place]
        for devices in [devices for devices, until in self.windows.items() if until <= now]:
            del self.windows[devices]

    @property
    def latest(self) -> float:
        """When something last came to a trouble, or was told of one; 0 where there is none."""
        return max((max(thread.joined, thread.told_at) for thread in self.threads.values()), default=0.0)

    def set_back(self, seconds: float) -> None:
        """Let everything have been so much earlier: the clock was wrong by that."""
        for name, thread in list(self.threads.items()):
            self.threads[name] = thread.earlier(seconds)
        for place, member in list(self.members.items()):
            self.members[place] = member.earlier(seconds)
        for place, history in list(self.histories.items()):
            self.histories[place] = history.earlier(seconds)
        for devices, until in list(self.windows.items()):
            self.windows[devices] = until - seconds

    def changes(self) -> Iterator[Row]:
        """Yield every row that changed since this was last asked."""
        for table in self._tables().values():
            yield from table.changes()

    def rows(self) -> Iterator[Row]:
        """Yield every row."""
        for table in self._tables().values():
            yield from table.rows()

    def restore(self, rows: Iterable[Row]) -> None:
        """Take back what was written down."""
        tables = self._tables()
        for name, key, value in rows:
            if name in tables:
                tables[name].restore(key, value)
        for place, member in self.members.items():
            self._places[member.thread][place] = None
            self._lasting[member.thread] += member.is_told and member.is_open

    def _tables(self) -> dict[str, Kept]:  # type: ignore[type-arg]
        """Return all tables by name."""
        tables = (self.alerts, self.members, self.threads, self.histories, self.windows, self.asleep)
        return {table.name: table for table in tables}

    def _leave(self, place: Place, thread: str) -> None:
        """Take a place out of a trouble."""
        self._places[thread].pop(place, None)
        if not self._places[thread]:
            del self._places[thread]
            del self._lasting[thread]

    def _forget(self, ids: Iterable[str]) -> None:
        """Forget alerts that are over and that no place speaks of."""
        for id_ in ids:
            alert = self.alerts.get(id_)
            if alert is not None and alert.event.event is Transition.CLOSED and not self._is_spoken_of(alert.event):
                del self.alerts[id_]

    def _is_spoken_of(self, event: AlertEvent) -> bool:
        """Return whether a place has this alert in it."""
        return any(
            event.id in member.ids
            for name in self.receivers
            if (member := self.members.get(Place(name, event.device, event.channel))) is not None
        )

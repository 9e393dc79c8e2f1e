"""Whether people are to be told of a trouble now, of what in it, and if not, when to look again.

In: a trouble as it stands, the time. Out: a judgement; nothing is changed here.
"""

from dataclasses import dataclass, field
from math import inf

from detector.domain import HOUR_S
from detector.notice import NoticeReason
from detector.notices.memory import Memory
from detector.notices.mute import LOOK_AGAIN_S, Mute
from detector.notices.pace import CALM_S, OFTEN
from detector.notices.records import UNTOLD, Member, Place, Thread
from detector.notices.route import CRITICAL
from detector.settings.receivers import ReceiverSettings


@dataclass(slots=True)
class Judgement:
    """What is to be done about a trouble."""

    standing: int
    """Gravest severity, as a rank, that people know of and that lasts; UNTOLD where there is none."""
    reason: NoticeReason | None = None
    """Why to tell now; None: there is nothing to be told now."""
    due: float = inf
    """When to look again, unless something happens before."""
    news: dict[Place, int] = field(default_factory=dict)
    """Places that people hear of for the first time, and how grave they are."""
    graver: dict[Place, int] = field(default_factory=dict)
    """Places that are graver than all that people know of and that lasts."""
    restless: dict[Place, int] = field(default_factory=dict)
    """Places that come and go, of which people do not know that yet."""
    hushed: bool = False
    """It would be repeated, had it not been acknowledged."""

    def look(self, at: float) -> None:
        """Look again at a moment, or before."""
        self.due = min(self.due, at)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges the troubles of one receiver."""

    memory: Memory
    mute: Mute
    receiver: ReceiverSettings

    def judge(self, name: str, now: float) -> Judgement:
        """Return what is to be done about a trouble."""
        thread, members = self.memory.threads[name], self.memory.places(name)
        standing = max((member.told for _, member in members if member.is_open), default=UNTOLD)
        found = Judgement(standing=standing)
        for place, member in members:
            if member.is_open:
                self._sort(thread, place, member, now, found)
        self._bad_news(thread, now, found)
        told = [(place, member) for place, member in members if member.is_told]
        if found.reason is None and told:
            if any(member.is_open for _, member in told):
                self._repeat(thread, told, now, found)
            else:
                self._good_news(thread, told, now, found)
        return found

    def _sort(self, thread: Thread, place: Place, member: Member, now: float, found: Judgement) -> None:
        """Find out what there is to tell of one place that is not quiet."""
        rank, history = self.memory.rank(member), self.memory.history(place, now)
        if self.mute.maintained(place.device, now):
            found.look(now + LOOK_AGAIN_S)
        elif self._asleep and rank < CRITICAL:
            pass  # whoever wakes the receiver looks again
        elif not member.is_told:
            ready = member.since + (self.receiver.minimum_duration or 0.0)
            if self.memory.is_acknowledged(member):
                return
            if now < ready:
                found.look(ready)
            elif history.allows(rank):
                found.news[place] = rank
            else:
                found.look(history.told[0].at + HOUR_S)
        elif rank > found.standing:
            if rank > history.rank:
                found.graver[place] = rank
            else:
                found.look(history.told[0].at + HOUR_S)
        elif not thread.flapping and len(history.opened) >= OFTEN and history.allows(-1):
            found.restless[place] = rank

    def _bad_news(self, thread: Thread, now: float, found: Judgement) -> None:
        """Find out whether there is bad news to be told now: what is grave does not wait for others."""
        if not (found.news or found.graver or found.restless):
            return
        gravest = max(found.news.values(), default=-1)
        urgent = gravest >= CRITICAL and gravest > found.standing
        at = thread.told_at + self.receiver.group_interval if thread.is_told else thread.began + self.receiver.wait
        if found.graver or found.restless or urgent or now >= at:
            found.reason = NoticeReason.GREW if thread.is_told else NoticeReason.OPENED
        else:
            found.look(at)

    def _repeat(self, thread: Thread, told: list[tuple[Place, Member]], now: float, found: Judgement) -> None:
        """Find out whether to tell again what goes on."""
        at = thread.told_at + self.receiver.repeat_every
        if now < at:
            found.look(at)
            return
        lasting = [(place, member) for place, member in told if member.is_open]
        heard = [(p, m) for p, m in lasting if not self.mute.maintained(p.device, now)]
        if not heard:
            found.look(now + LOOK_AGAIN_S)
        elif all(self.memory.is_acknowledged(member) for _, member in heard):
            found.hushed = True
            found.look(now + self.receiver.repeat_every)
        elif not self._asleep or any(self.memory.rank(member) >= CRITICAL for _, member in heard):
            found.reason = NoticeReason.REPEATED

    def _good_news(self, thread: Thread, told: list[tuple[Place, Member]], now: float, found: Judgement) -> None:
        """Find out whether to tell that it is over."""
        if self._asleep and thread.told < CRITICAL:
            return
        if any(self.mute.maintained(place.device, now) for place, _ in told):
            found.look(now + LOOK_AGAIN_S)
            return
        calm = CALM_S if thread.flapping else self.receiver.keep_firing_for
        at = max(member.closed or 0.0 for _, member in told) + calm
        at = max(at, *(self.memory.history(place, now).good_news_at for place, _ in told))
        if now < at:
            found.look(at)
        else:
            found.reason = NoticeReason.RESOLVED

    @property
    def _asleep(self) -> bool:
        """Whether the receiver is in quiet hours."""
        return self.receiver.name in self.memory.asleep

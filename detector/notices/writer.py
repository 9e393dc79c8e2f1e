"""Writes a notice, and enters in the desk's memory what people know from then on.

In: a trouble and what was judged of it. Out: a `Notice`; changes in the memory.
"""

from typing import Final

from detector.notice import Notice, NoticeReason, NoticeState
from detector.notices.directory import ENTRY, OWN, Directory
from detector.notices.judgement import Judgement
from detector.notices.memory import Memory
from detector.notices.mute import Mute
from detector.notices.pace import Telling
from detector.notices.records import UNTOLD, Member, Place, Thread
from detector.notices.words import Story, gravest_first, text, title

LISTED: Final = 100
"""Most alerts that a notice has with it."""


class Writer:
    """Writes for all receivers."""

    def __init__(self, memory: Memory, directory: Directory, mute: Mute) -> None:
        """Write into this memory."""
        self._memory, self._directory, self._mute = memory, directory, mute

    def write(self, name: str, judgement: Judgement, now: float) -> Notice:
        """Return the next notice of a trouble."""
        reason = judgement.reason
        assert reason is not None
        times = self._times(name, judgement, now)
        self._enter(name, judgement, now)
        thread = self._memory.threads[name]
        over = reason is NoticeReason.RESOLVED
        told = [(p, m) for p, m in self._memory.places(name) if m.is_told and (over or m.is_open)]
        thread = self._count(name, thread, told, now, flapping=times > 0)
        events = gravest_first([self._memory.event(member) for _, member in told])
        labels = self._shared(told)
        where = {key: labels[key] for key in labels if key not in OWN}
        kin = self._directory.size(where) if len(events) > 1 else 1
        story = Story(reason, now, events, labels, kin, len(judgement.news), times, self._mute.zone)
        return Notice(
            thread=name,
            number=thread.number,
            receiver=thread.receiver,
            state=NoticeState.RESOLVED if over else NoticeState.FIRING,
            reason=reason,
            at=now,
            onset=story.onset,
            severity=events[0].severity,
            verdict=events[0].verdict,
            title=title(story),
            text=text(story),
            labels=tuple(labels.items()),
            alerts=tuple(events[:LISTED]),
            count=len(events),
        )

    def _times(self, name: str, judgement: Judgement, now: float) -> int:
        """Return how often it came within the hour, where people are to hear that it comes and goes; else 0."""
        if self._memory.threads[name].flapping or judgement.reason is NoticeReason.RESOLVED:
            return 0
        concerned = [self._memory.history(place, now) for place in (*judgement.news, *judgement.restless)]
        return max((len(history.opened) for history in concerned if history.comes_and_goes), default=0)

    def _enter(self, name: str, judgement: Judgement, now: float) -> None:
        """Enter what people hear of each place."""
        over = judgement.reason is NoticeReason.RESOLVED
        for place, rank in {**judgement.restless, **judgement.graver, **judgement.news}.items():
            history = self._memory.history(place, now)
            graver = place in judgement.graver or (bool(history.told) and not history.allows(UNTOLD))
            telling = Telling(now, rank, counts=not graver)
            self._memory.histories[place] = history._replace(told=(*history.told, telling))
            member = self._memory.members[place]
            self._memory.put(place, member._replace(told=max(member.told, rank)))
        for place, member in self._memory.places(name) if over else ():
            if member.is_told:
                history = self._memory.history(place, now)
                self._memory.histories[place] = history._replace(
                    told=(*history.told, Telling(now, UNTOLD, counts=True))
                )

    def _count(
        self, name: str, thread: Thread, told: list[tuple[Place, Member]], now: float, *, flapping: bool
    ) -> Thread:
        """Number the notice."""
        thread = thread._replace(
            number=thread.number + 1,
            told_at=now,
            told=max(thread.told, *(member.told for _, member in told)),
            flapping=thread.flapping or flapping,
        )
        self._memory.threads[name] = thread
        return thread

    def _shared(self, told: list[tuple[Place, Member]]) -> dict[str, str]:
        """Return the labels that all have in common."""
        first, *rest = [dict(self._memory.alerts[self._id(member)].labels) for _, member in told]
        shared = {key: value for key, value in first.items() if all(other.get(key) == value for other in rest)}
        return {key: shared[key] for key in sorted(shared, key=lambda key: (key in OWN or key == ENTRY, key))}

    def _id(self, member: Member) -> str:
        """Return the alert that stands for a place."""
        return self._memory.event(member).id

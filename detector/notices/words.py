"""The title and the text of a notice: plain sentences, for somebody who reads them on a phone.

In: alerts and what they have in common. Out: English: what, where, since when, expected against seen, how sure, what it looks like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from detector.anomaly.episode import CRITICAL_FROM, WARNING_FROM
from detector.anomaly.sentence import duration_in_words, number
from detector.domain import MICROSECONDS, AlertEvent, EventTime, Kind, Verdict
from detector.notice import NoticeReason
from detector.notices.directory import ENTRY, OWN

NAMED: Final = 3
"""Most names in a sentence."""

LOOKS_LIKE: Final = {
    Verdict.PROCESS: "It looks like the plant itself, not like its sensor.",
    Verdict.SENSOR: "It looks like a fault of the sensor, not of the plant.",
    Verdict.TRANSPORT: "It looks like power, the network or a gateway; nothing is known of the plant meanwhile.",
}


@dataclass(frozen=True, slots=True)
class Story:
    """What a notice is about."""

    reason: NoticeReason
    at: float
    events: Sequence[AlertEvent]
    """The last event of each place in it, the gravest first."""
    labels: dict[str, str]
    """What all of them share."""
    kin: int
    """Devices with these labels, in it or not."""
    joined: int
    """Places that people had not heard of."""
    times: int
    """Times that it came within the last hour; 0 where that is not worth a word."""
    zone: tzinfo

    @property
    def onset(self) -> EventTime:
        """When the first of it began."""
        return min(event.onset for event in self.events)


def title(story: Story) -> str:
    """Return a few words for the first line of a message."""
    quiet = " silent" if _are_silent(story) and story.reason is not NoticeReason.RESOLVED else ""
    subject = story.events[0].subject if len(story.events) == 1 else f"{_counted(story)}{_where(story)}{quiet}"
    severity = story.events[0].severity.value
    if story.times:
        return f"{subject}: comes and goes ({severity})"
    return {
        NoticeReason.OPENED: f"{subject}: {severity}",
        NoticeReason.GREW: f"{subject}: now {severity}" if not story.joined else f"{subject}: {severity}",
        NoticeReason.REPEATED: f"{subject}: still {severity}",
        NoticeReason.RESOLVED: f"{subject}: resolved",
    }[story.reason]


def text(story: Story) -> str:
    """Return all that is to be said."""
    told = _alone(story) if len(story.events) == 1 else _together(story)
    return " ".join(sentence for sentence in told if sentence)


def _alone(story: Story) -> list[str]:
    """Return the sentences about one place."""
    event = story.events[0]
    if story.reason is NoticeReason.RESOLVED:
        return [event.summary, f"It began at {_clock(event.onset, story)}."]
    return [
        _restless(event.subject, story),
        f"Still so after {_lasted(story)}:" if story.reason is NoticeReason.REPEATED else "",
        event.summary,
        f"Since {_clock(event.onset, story)}{_place(story)}.",
        _surely(event),
        LOOKS_LIKE[event.verdict],
    ]


def _together(story: Story) -> list[str]:
    """Return the sentences about several places."""
    names = list(dict.fromkeys(event.subject for event in story.events))
    listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    subject = f"{_counted(story)}{_where(story)}"
    since = _clock(story.onset, story)
    if story.reason is NoticeReason.RESOLVED:
        return [
            _sentence(f"{subject}: back to normal after {_lasted(story)}: {listed}."),
            f"It began at {since}.",
        ]
    quiet = _are_silent(story)
    what = "have been silent" if quiet else "have been strange"
    gravest, verdicts = story.events[0], {event.verdict for event in story.events}
    return [
        _restless("They", story, verb="keep"),
        _joined(story),
        _sentence(f"{subject} {what} since {since}: {listed}."),
        "" if quiet else f"The gravest: {gravest.summary}",
        LOOKS_LIKE[gravest.verdict] if len(verdicts) == 1 else "",
    ]


def _joined(story: Story) -> str:
    """Return how many have come to it since the last notice."""
    if story.reason is not NoticeReason.GREW or not story.joined:
        return ""
    return f"{story.joined} more {'has' if story.joined == 1 else 'have'} joined."


def _are_silent(story: Story) -> bool:
    """Return whether all of it is devices that say nothing."""
    return len(story.events) > 1 and all(event.kind is Kind.SILENT for event in story.events)


def _sentence(words: str) -> str:
    """Return words with a capital letter in front."""
    return words[0].upper() + words[1:]


def _counted(story: Story) -> str:
    """Return `412 of 430 devices`, or `5 channels`."""
    devices = {event.device for event in story.events}
    if all(event.channel is None for event in story.events):
        if any(event.kind is Kind.OUTAGE for event in story.events):
            return f"{len(story.events)} troubles on the way here"
        if story.kin == len(devices):
            return f"all {len(devices)} devices"
        return f"{len(devices)} of {story.kin} devices" if story.kin > len(devices) else f"{len(devices)} devices"
    return (
        f"{len(story.events)} alerts on {len(devices)} devices" if len(devices) > 1 else f"{len(story.events)} alerts"
    )


def _where(story: Story) -> str:
    """Return ` of pumps, gateway G-3`: what all of it shares."""
    device, entry = story.labels.get("device"), story.labels.get(ENTRY)
    parts = [*([device] if device else [entry] if entry else []), *([_shared(story)] if _shared(story) else [])]
    return f" of {', '.join(parts)}" if parts else ""


def _place(story: Story) -> str:
    """Return `, at site a, line 3`: what the topic says of where a device is."""
    shared = _shared(story)
    return f", at {shared}" if shared else ""


def _shared(story: Story) -> str:
    """Return `site a, line 3`: the labels of the topic."""
    return ", ".join(f"{name} {value}" for name, value in story.labels.items() if name not in (*OWN, ENTRY))


def _restless(subject: str, story: Story, verb: str = "keeps") -> str:
    """Return that it comes and goes, and that there will be no more messages about that."""
    if not story.times:
        return ""
    return (
        f"{subject} {verb} coming and going, {story.times} times in the last hour;"
        " nothing more is said of it until it has been calm for an hour."
    )


def _surely(event: AlertEvent) -> str:
    """Return how sure it is."""
    if event.score is None:
        return ""
    degrees = ((WARNING_FROM, "just over"), (CRITICAL_FROM, "well over"))
    degree = next((words for below, words in degrees if event.score < below), "far over")
    return f"It is {degree} what counts as usual here (score {number(event.score)}, threshold 1)."


def _lasted(story: Story) -> str:
    """Return how long it has lasted."""
    return duration_in_words(max(0.0, story.at - story.onset / MICROSECONDS))


def _clock(moment: EventTime, story: Story) -> str:
    """Return `14:02 UTC`, with the day where it is not today's."""
    local = datetime.fromtimestamp(moment / MICROSECONDS, story.zone)
    today = datetime.fromtimestamp(story.at, story.zone).date()
    return f"{local:%H:%M %Z}" if local.date() == today else f"{local:%a %d %b %H:%M %Z}"


def unwatched(event: AlertEvent) -> str:
    """Return how an alert ends of which nothing is known any more."""
    return f"{event.subject} is no longer watched, and nothing more is known of this alert."


def gravest_first(events: Sequence[AlertEvent]) -> list[AlertEvent]:
    """Return events in order of severity, and of onset within one."""
    return sorted(events, key=lambda event: (-event.severity.rank, event.onset, event.device, event.channel or ""))

"""Does what people ask about alerts: what they say of one goes into the journal and the engine, the rest to the desk.

In: commands, on the main thread, between two turns. Out: a sentence for each; alerts as people look at them. What would become of
alerts is shown from those of the last thirty days, and nothing is done by a preview.
"""

import glob
import logging
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from typing import Final

from detector.anomaly.feedback import IN_FORCE_S, PER_CHANNEL
from detector.anomaly.hindsight import Hindsight, Past, hindsight
from detector.clock import Clock, WallTime
from detector.daemon.feedback_words import DAYS, confirmed_words, false_words, undone_words, unmoved_words
from detector.daemon.worker import Worker
from detector.domain import AlertEvent, Feedback, FeedbackKind
from detector.edge.alert_topics import topic_level
from detector.edge.command import KIND_OF, Act, BadCommandError, Command, Reply, read_payload
from detector.edge.journal import Case, Which
from detector.edge.stepping import EngineGoneError
from detector.stream.names import shown

log = logging.getLogger("detector.commands")

LISTED: Final = 500
"""Most alerts that are listed, and that are looked back on of one channel."""

DISK_FAILS: Final = " The disk fails: this is held in memory, and a crash would lose it."


class Clerk:
    """Does commands for one worker; for the main thread."""

    def __init__(self, worker: Worker, clock: Clock) -> None:
        """Serve a worker, its desk included."""
        self.given: Counter[FeedbackKind] = Counter()
        """How often each was said since the start."""
        self._worker, self._clock = worker, clock

    def do(self, command: Command) -> Reply:
        """Do one command, or say why not."""
        if command.act is Act.MAINTENANCE:
            return self._maintain(command)
        case = self._case(command)
        if case is None:
            return Reply(ok=False, text=_unknown(command), alert=command.alert, known=False)
        if command.device is not None and topic_level(case.last.device) != command.device:
            return Reply(ok=False, text=f"expected an alert of {command.device}, got one of {case.last.device}")
        reply = self._acknowledge(case, command) if command.act is Act.ACK else self._say(case, command)
        return replace(reply, alert=case.last.id)

    def obey(self, device: str, topic: str, payload: bytes) -> Reply:
        """Do what came over MQTT for a device, or say what is wrong with it; a fault of ours in that ends nothing.

        Raises: EngineGoneError.
        """
        try:
            reply = self.do(read_payload(device, topic, payload))
        except BadCommandError as fault:
            reply = Reply(ok=False, text=f"{topic}: {fault}")
        except EngineGoneError:
            raise
        except Exception:
            log.exception("a command failed by a fault in the detector itself, please report it")
            reply = Reply(ok=False, text="failed by a fault in the detector itself, see its log")
        log.info("%s over MQTT for %s: %s", topic, shown(device), reply.text, extra={"kind": "command"})
        return reply

    def cases(self) -> list[Case]:
        """Return the newest `LISTED` alerts of the last thirty days, newest first."""
        found, lasting = self._worker.journal.kept.cases(Which(self._since, LISTED)), self._worker.view.lasting()
        return [self._as_seen(case, lasting) for case in found]

    def still_open(self) -> list[Case]:
        """Return the newest `LISTED` alerts that are open, however old, newest first."""
        newest = sorted(self._worker.view.fleet().open, key=lambda event: event.at, reverse=True)[:LISTED]
        lasting = {event.id for event in newest}
        which = Which(WallTime(0.0), len(lasting), ids=tuple(lasting))
        found = {case.last.id: case for case in self._worker.journal.kept.cases(which)}
        return [self._as_seen(found.get(event.id) or self._unwritten([event]), lasting) for event in newest]

    def case(self, alert: str) -> Case | None:
        """Return one alert, however old; None for one that is not known."""
        case = self._worker.journal.kept.case(alert)
        if case is None:
            events = [event for event in self._events() if event.id == alert]
            case = self._unwritten(events) if events else None
        return None if case is None else self._as_seen(case, self._worker.view.lasting())

    def _unwritten(self, events: Sequence[AlertEvent]) -> Case:
        """Return an alert that is not on disk, by what is known of its events."""
        return Case(events[-1], events[0].at, self._clock.wall(), None)

    def known(self, alert: str) -> list[Case]:
        """Return one alert, however old; none at all where it is not known."""
        case = self.case(alert)
        return [] if case is None else [case]

    @property
    def _since(self) -> WallTime:
        """When the last thirty days began."""
        return WallTime(self._clock.wall() - IN_FORCE_S)

    def _as_seen(self, case: Case, lasting: Container[str]) -> Case:
        """Return an alert with whoever acknowledged it, and whether it is still watched."""
        by = self._worker.herald.desk.acknowledged_by(case.last.id)
        return case._replace(acknowledged=by, unwatched=case.is_open and case.last.id not in lasting)

    def _case(self, command: Command) -> Case | None:
        """Return the alert that a command is about: the one it names, or else the last of its device."""
        if command.alert is not None:
            return self.case(command.alert)
        fleet = self._worker.view.fleet()
        still_open, of_late = (
            [event for event in events if topic_level(event.device) == command.device]
            for events in (fleet.open, fleet.recent)
        )
        last = max(still_open or of_late, key=lambda event: event.at, default=None)
        return None if last is None else self.case(last.id)

    def _events(self) -> Iterator[AlertEvent]:
        """Yield the last events, and those of what is open."""
        fleet = self._worker.view.fleet()
        yield from fleet.recent
        yield from fleet.open

    def _say(self, case: Case, command: Command) -> Reply:
        """Say of an alert what the command says, or what that would do."""
        kind, engine = KIND_OF[command.act], self._worker.stepper
        event = replace(case.last, heights=engine.heights_of(case.last))
        feedback = Feedback(event.id, kind, event.device, event.channel, case.opened, event.heights)
        if kind is (case.said or FeedbackKind.UNDONE):
            return Reply(ok=True, text=f"{event.subject}: {_already(kind)}; nothing changes.")
        if kind is not FeedbackKind.UNDONE and not engine.may_hear(feedback):
            return Reply(ok=False, text=f"{event.subject}: {_no_room()}")
        words = self._words(feedback, event)
        if command.preview:
            return Reply(ok=True, text=words)
        self._worker.journal.append_feedback(feedback, command.by)
        engine.hear(feedback)
        self.given[kind] += 1
        self._tell_desk(event, command)
        return Reply(ok=True, text=words + self._settle())

    def _tell_desk(self, event: AlertEvent, command: Command) -> None:
        """Let the desk know that somebody has judged an alert, so that nobody is reminded of it; or that they have not."""
        desk = self._worker.herald.desk
        if command.act is Act.UNDO:
            desk.unacknowledge(event.id)
        else:
            desk.acknowledge(event.id, command.by)

    def _settle(self) -> str:
        """Bring what was done to the disk before anybody hears of it; return what is to be said where that fails."""
        self._worker.herald.hear()
        self._worker.settle(wait=True)
        return "" if self._worker.journal.status().trouble is None else DISK_FAILS

    def _words(self, feedback: Feedback, event: AlertEvent) -> str:
        """Return what feedback does, as sentences."""
        if feedback.kind is FeedbackKind.UNDONE:
            return undone_words(event)
        if not event.heights:
            return unmoved_words(event)
        if feedback.kind is FeedbackKind.CONFIRMED:
            return confirmed_words(event)
        return false_words(event, self._hindsight(event))

    def _hindsight(self, event: AlertEvent) -> Hindsight:
        """Return what a false alarm would have made of its channel's alerts of the last thirty days, itself among them."""
        of_channel = self._worker.journal.kept.cases(Which(self._since, LISTED, (event.device, event.channel)))
        past = [
            Past(self._worker.stepper.heights_of(case.last), case.said is FeedbackKind.CONFIRMED) for case in of_channel
        ]
        return hindsight(event.heights, past)

    def _acknowledge(self, case: Case, command: Command) -> Reply:
        """Have nobody reminded of an alert until it is over."""
        event = case.last
        if not self._worker.herald.desk.acknowledge(event.id, command.by):
            return Reply(ok=False, text=f"{event.subject}: this alert is over, there is nothing to acknowledge")
        done = f"{event.subject}: acknowledged; nobody is reminded of it until it is over or gets worse."
        return Reply(ok=True, text=done + self._settle())

    def _maintain(self, command: Command) -> Reply:
        """Begin or end the maintenance of a device."""
        desk, device, now = self._worker.herald.desk, self._device(command.device or ""), self._clock.wall()
        pattern = glob.escape(device)  # the name, letter by letter
        if command.for_s:
            desk.maintain(pattern, now + command.for_s)
            text = f"{device}: under maintenance for {command.for_s / 3600:.3g} h; people are not told of its alerts."
        elif desk.end_maintenance(pattern, now):
            text = f"{device}: maintenance has ended; people are told of its alerts again."
        else:
            return Reply(ok=False, text=f"{device}: was not under maintenance by command")
        return Reply(ok=True, text=text + self._settle())

    def _device(self, level: str) -> str:
        """Return the device that has this level in our topics; the level itself where none is known."""
        devices = self._worker.view.fleet().last_seen
        return level if level in devices else next((name for name in devices if topic_level(name) == level), level)


def _unknown(command: Command) -> str:
    """Say that there is no such alert."""
    if command.alert is None:
        return f"no alert of {command.device} is known"
    return f"no alert {command.alert} is known; it may be older than state.journal.keep_alerts, see /alerts for those there are"


def _already(kind: FeedbackKind) -> str:
    """Say that this was said already."""
    said = {FeedbackKind.FALSE: "called a false alarm", FeedbackKind.CONFIRMED: "confirmed"}
    return f"this alert is {said[kind]} already" if kind in said else "nothing was said of this alert"


def _no_room() -> str:
    """Say that there is no room, and what to do instead."""
    return (
        f"{PER_CHANNEL} alerts of this channel were answered within the last {DAYS} days; undo one of them, or say in"
        " the configuration what is normal (min_deviation, direction, range)"
    )

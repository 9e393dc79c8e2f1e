"""The scoring loop: one turn takes what waits, judges it, commits readings and alerts, and only then tells, learns, and acknowledges what the disk has.

In: the inbox. Out: readings and alerts in the journal, verdicts in the view, counts in the ledger, offers to the sinks. Runs on the main thread, and
nothing else steps the engine.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detector.clock import Clock, MonoTime
from detector.daemon.announcer import Announcer
from detector.daemon.discovery import Discovery
from detector.daemon.herald import Herald
from detector.daemon.intake import Intake
from detector.daemon.receipts import Receipts
from detector.daemon.tempo import WORTH_A_STEP, Tempo
from detector.domain import MICROSECONDS, DropReason, Feedback
from detector.edge.channel_view import ChannelView, Touched
from detector.edge.inbox import Inbox
from detector.edge.journal import Journal
from detector.edge.ledger import Ledger
from detector.edge.metrics import Exposition
from detector.edge.mqtt import MqttLink
from detector.edge.parcel import Parcel
from detector.edge.sinks import Courier
from detector.edge.snapshot import Around, Keeper
from detector.edge.stepping import CENSUS_REST, Here, Stepper
from detector.engine import Engine
from detector.report import Batch, Report
from detector.state.rows import Floats
from detector.stream.batch import Batcher

log = logging.getLogger("detector.worker")

WAIT_S: Final = 0.2
"""Longest wait for a message in one turn: how late signals and requests may be seen."""

ANSWER_S: Final = 0.02
"""The same while sinks have alerts that they have not answered: who dies between the answer and its mark tells that alert twice."""

LONGEST_QUIET_TURN_S: Final = 2 * WAIT_S
"""A turn that took longer was busy or suspended: that time says nothing of the devices."""

START: Final = MonoTime(0.0)

CENSUS_EVERY_S: Final = 1.0
FIRST_COUNT: Final = MonoTime(CENSUS_EVERY_S)
FOUND_AGAIN: Final = 1000
"""Alerts found again on the way back that are worth a commit; most of them are known already."""

NAMED: Final = 20
"""Devices that are named one by one when they are let go."""

STUCK_AFTER_S: Final = 10.0
"""A turn that takes longer counts as no sign of life."""


@dataclass(slots=True)
class Worker:
    """The parts that one turn goes through; a reload puts new ones in the place of intake, link and announcer."""

    inbox: Inbox
    intake: Intake
    journal: Journal
    keeper: Keeper
    receipts: Receipts
    batcher: Batcher
    stepper: Stepper
    ledger: Ledger
    view: ChannelView
    exposition: Exposition
    link: MqttLink
    announcer: Announcer | None
    herald: Herald
    courier: Courier
    clock: Clock
    discovery: Discovery | None = None
    tempo: Tempo = field(default_factory=Tempo)
    _turned_at: MonoTime = START
    _count_at: MonoTime = FIRST_COUNT
    _quiet_s: float = 0.0
    _touched: list[Touched] = field(default_factory=list)
    """What reports changed that was not announced yet."""
    _handed_over: int = 0
    """Batches so far, to the engine."""
    _taken_back: int = 0
    _arrived: deque[tuple[int, Floats]] = field(default_factory=deque)
    """When messages arrived whose verdicts are not all told yet: after how many batches they will be, and the times, seconds."""

    def turn(self) -> None:
        """Score what waits; where nothing does, let the stream clock go on."""
        longest_s = ANSWER_S if self.courier.pending else WAIT_S
        self.inbox.gather(WORTH_A_STEP, self.tempo.rest_s(self.clock.mono()))
        parcels = self.inbox.take(self.tempo.most, self.receipts.patience_s(longest_s))
        elapsed_s, self._turned_at = self.clock.mono() - self._turned_at, self.clock.mono()
        if parcels:
            self._quiet_s = 0.0
            self._score(parcels)
        elif self.link.subscribed.is_set():  # with the link down, silence is not the devices' doing
            self._quiet_s += min(elapsed_s, LONGEST_QUIET_TURN_S)
            self._let_time_pass()
        self._take_steps(wait=len(self.inbox) == 0)
        self._acknowledge()
        if self.courier.take_answers():
            self.receipts.hold(())
        if (
            self.journal.alerts_wait
            or self.receipts.due(more_wait=len(self.inbox) > 0)
            or self.journal.disk.retry_due
            or self.herald.hear()
        ):
            self.settle()
        self.courier.offer()
        self._announce()
        self.stepper.learn()
        self._look_after_snapshots()
        if self.announcer is not None:
            self.announcer.renew()
        if self.discovery is not None:
            self.discovery.turn()
        if self._turned_at >= self._count_at:
            self._count()
        if parcels:
            self.tempo.scored(self._turned_at, self.clock.mono())

    @property
    def engine(self) -> Engine:
        """The engine, as long as it is in this process: while recovering, and after it where it has none of its own."""
        assert isinstance(self.stepper, Here), "expected the engine in this process, got one in its own"
        return self.stepper.engine

    def _count(self) -> None:
        """Take the census; scoring waits meanwhile, so that of a very large fleet it is taken more seldom."""
        began = self.clock.mono()
        self.view.census = self.stepper.census()
        took_s = self.clock.mono() - began
        self._count_at = MonoTime(self._turned_at + max(CENSUS_EVERY_S, CENSUS_REST * took_s))

    @property
    def alive(self) -> bool:
        """Return whether a turn was begun lately, or none so far; for any thread."""
        return self._turned_at == START or self.clock.mono() - self._turned_at < STUCK_AFTER_S

    def settle(self, *, wait: bool = False) -> None:
        """Commit what was taken in, and the alerts that came of it, and let them out; with `wait` until the disk has all of it.

        The broker may forget messages once the disk has them.
        """
        with self.exposition.commit_seconds.time():
            found = self.journal.commit()
        self.courier.offer(found=bool(found))  # machines wait neither for what people are told nor for the disk
        if self.herald.hear(found):
            with self.exposition.commit_seconds.time():
                self.journal.commit()
            self.courier.offer(found=True)
        self.receipts.commit(self.journal.disk.commits)
        if wait:
            self.journal.disk.flush()
        self._acknowledge()

    def _acknowledge(self) -> None:
        """Let the broker forget what the disk has by now."""
        for took_s in self.journal.disk.flush_times_s():
            self.exposition.flush_seconds.observe(took_s)
        self.link.acknowledge(self.receipts.release(self.journal.disk.flushed))

    def recover(self, batch: Batch | Feedback) -> None:
        """Take in what the journal has from before the start; who took it then has counted it, so the ledger does not."""
        self._turned_at = self.clock.mono()
        if isinstance(batch, Feedback):
            self.engine.hear(batch)
            return
        self._tell(self.engine.step(batch))
        self._announce()
        if self.journal.alerts_wait >= FOUND_AGAIN:
            self.herald.hear(self.journal.commit())

    def around(self) -> Around:
        """Return all that is remembered around the engine after the last arrival, as views."""
        return Around(self.journal.seq, self.clock.wall(), self.batcher.freeze(), self.view.freeze())

    def take_snapshot(self, pause: Callable[[], None]) -> None:
        """Write a snapshot while everything waits, of what is settled; `pause` is called now and then."""
        self.journal.disk.flush()
        if self.journal.settled:
            self.keeper.take(self.journal.seq, self.stepper.subject(self.around), pause)

    def drain(self, deadline: MonoTime) -> None:
        """Score what still waits, and settle it; past the deadline the rest is given up, unacknowledged, so that the broker keeps it."""
        while (self.link.waits or len(self.inbox)) and self.clock.mono() < deadline:  # in the order in which they move
            self.turn()
        self._take_steps(wait=True)
        self.settle(wait=True)
        while self.courier.holds_back and self.link.connected and self.clock.mono() < deadline:
            self.turn()  # events that wait for an answer would have to wait for the next start
        self.inbox.close()  # what comes now from the network thread, it gives up itself
        left = sum(map(len, self.inbox.take(len(self.inbox), 0.0)))
        if left:
            self.ledger.dropped(DropReason.SHUTDOWN, left)
            log.warning("gave up %d messages at the deadline; those of QoS 1 stay with the broker", left)

    def _score(self, parcels: list[Parcel]) -> None:
        """Take messages all the way, and hold them until nothing of them can be lost any more."""
        with self.exposition.decode_seconds.time():
            readings = self.intake.decode(parcels)
        self.journal.append(readings, self.intake.redelivery.take_new())
        self._step_all(self.batcher.cut(readings))
        arrived_s = np.concatenate([parcel.arrived_us for parcel in parcels]) / MICROSECONDS
        self._arrived.append((self._handed_over, arrived_s))
        self.receipts.hold(parcels)

    def _let_time_pass(self) -> None:
        """Judge silence at the ticks that fall due while nothing comes; the journal has them as well."""
        batch = self.batcher.idle(self._quiet_s)
        if batch is not None:
            self.journal.append_ticks([tick.at for tick in batch.ticks])
            self._step_all([batch])
            self.receipts.hold(())

    def _step_all(self, batches: Iterable[Batch]) -> None:
        """Hand batches over to the engine."""
        for batch in batches:
            self.stepper.submit(batch)
            self._handed_over += 1

    def _take_steps(self, *, wait: bool) -> None:
        """Account for, journal and show what became of batches; with `wait` of all that were handed over."""
        for report, took_s in self.stepper.finished(wait=wait):
            self._taken_back += 1
            self.exposition.engine_seconds.observe(took_s)
            self.ledger.stepped(report)
            self.exposition.batch_rows.observe(len(report.readings))
            self._tell(report)
        while self._arrived and self._arrived[0][0] <= self._taken_back:
            _, arrived_s = self._arrived.popleft()
            self.exposition.reading_to_verdict_seconds.observe(np.maximum(self.clock.wall() - arrived_s, 0.0))

    def _tell(self, report: Report) -> None:
        """Show what a batch came to, and note what is to be announced: the one door for what is new and for what is recovered."""
        self.journal.append_alerts(report.events)
        touched = self.view.show(report)
        if touched.gone:
            devices = list(dict.fromkeys(device for device, _ in touched.gone))
            log.warning(
                "no room for others (engine.max_devices, engine.max_total_channels): let go of %d devices that were not heard for longest: %s",
                len(devices), ", ".join(devices[:NAMED]) + (", ..." if len(devices) > NAMED else ""),
            )  # fmt: skip
        if self.announcer is not None:
            self._touched.append(touched)

    def _announce(self) -> None:
        """Publish the states that turned, or were not for a while: after the alerts, which are to be early."""
        touched, self._touched = self._touched, []
        for one in touched:
            if self.announcer is not None:
                with self.exposition.publish_seconds.time():
                    self.announcer.announce(one)

    def _look_after_snapshots(self) -> None:
        """Begin a snapshot when one is due, of nothing that is not in the journal: its events could not be told again."""
        self.keeper.look_after()
        self.journal.needed_after = self.keeper.needed_after
        if not self.keeper.due():
            return
        self._take_steps(wait=True)
        self.settle(wait=True)
        if self.journal.settled:
            self.keeper.begin(self.journal.seq, self.stepper.subject(self.around))
        else:
            self.keeper.postpone()

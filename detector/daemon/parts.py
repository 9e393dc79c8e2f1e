"""The parts of the scoring loop: made at the start, and new ones put in the place of old ones when the configuration changes.

In: settings. Out: a `Worker` that has them. Devices keep what was learnt, sinks what is owed to them.
"""

import gc
import logging
from collections.abc import Callable
from dataclasses import fields
from typing import Final

from detector.clock import Clock
from detector.daemon import wiring
from detector.daemon.receipts import Receipts
from detector.daemon.redelivery import Redelivery
from detector.daemon.reload import Changes
from detector.daemon.wiring import Lasting, Place
from detector.daemon.worker import Worker
from detector.edge.alert_book import RECENT_EVENTS
from detector.edge.channel_view import ChannelView
from detector.edge.inbox import Inbox
from detector.edge.ledger import Ledger
from detector.edge.metrics import Exposition
from detector.edge.sinks import Courier, Crew
from detector.edge.status import Status
from detector.edge.stepping import Beside, Here
from detector.settings import Settings
from detector.stream.batch import Batcher

log = logging.getLogger("detector.daemon")

GOODBYE_S: Final = 5.0
"""Time for the broker to confirm what we said last, and for receivers to take what they have."""


class Parts:
    """The parts of one daemon; the main thread owns them."""

    def __init__(
        self, settings: Settings, place: Place, clock: Clock, status: Callable[[], Status], lasting: Lasting
    ) -> None:
        """Make every part of the scoring loop; nothing is sent yet.

        Raises: ConfigError, ModelError, LinkError.
        """
        self.crew = Crew()
        self._settings, self._place, self._clock, self._lasting = settings, place, clock, lasting
        ledger, view, inbox = Ledger(), ChannelView(), Inbox(settings.mqtt.inbox)
        link = wiring.build_link(settings, place, inbox, ledger)
        journal = wiring.build_journal(settings, place, clock)
        journal.disk.on_flushed = inbox.nudge
        view.recall(journal.kept.recent_alerts(RECENT_EVENTS))
        herald, courier = wiring.build_herald(settings, journal, clock), Courier(journal, clock)
        directory = herald.desk.directory
        around = wiring.surroundings(settings, place, journal, clock, directory, lasting)
        receivers = self.crew.sinks_for(settings.alerts.receivers, around)
        self.crew.turn_to(settings.alerts.receivers, around, receivers)
        courier.turn_to(wiring.build_sinks(settings, link, receivers, directory), settings.alerts.give_up_after)
        self.worker = Worker(
            inbox=inbox,
            intake=wiring.build_intake(settings, ledger, Redelivery(journal.kept.stubs()), directory),
            journal=journal,
            keeper=wiring.build_keeper(settings, place, clock),
            receipts=Receipts(clock),
            batcher=Batcher(settings.engine.max_batch),
            stepper=Here(wiring.build_engine(settings, place)),
            ledger=ledger,
            view=view,
            exposition=Exposition(settings.metrics, status),
            link=link,
            announcer=wiring.build_announcer(settings, view, link, clock),
            herald=herald,
            courier=courier,
            clock=clock,
            discovery=wiring.build_discovery(settings, view, link, clock),
        )

    def part(self, settings: Settings) -> None:
        """Give the engine a process of its own, where that is wanted; once it knows all that it is to know from before the start."""
        worker = self.worker
        _let_all_stay()
        if not settings.engine.own_process:
            return
        try:
            worker.stepper = Beside(worker.engine, settings.engine.max_batch)
        except OSError as fault:
            log.warning("the engine stays in this process: %s", fault)
        else:
            log.info("the engine has process %d to itself", worker.stepper.pid)
        _let_all_stay()  # but what the engine held is now the other process's alone

    def renew(self, settings: Settings, changes: Changes, pause: Callable[[], None], obey: Callable[[], None]) -> None:
        """Put new parts in the place of old ones where the configuration changed.

        `pause` is called now and then while that takes long, `obey` before a link goes that may have brought commands.
        Raises: DetectorError before anything was changed.
        """
        worker, directory = self.worker, self.worker.herald.desk.directory
        relink = changes.touch("mqtt") or any(
            of(settings) != of(self._settings) for of in (wiring.filters_of, wiring.base_of)
        )
        link = wiring.build_link(settings, self._place, worker.inbox, worker.ledger) if relink else worker.link
        around = wiring.surroundings(settings, self._place, worker.journal, self._clock, directory, self._lasting)
        receivers = self.crew.sinks_for(settings.alerts.receivers, around)
        if worker.discovery is not None:
            worker.discovery.leave_for(wiring.discoverable(settings))
        if relink:
            self._retire_link(settings, pause, obey)
            for count in fields(link.traffic):
                setattr(link.traffic, count.name, getattr(worker.link.traffic, count.name))
        before, self._settings = self._settings, settings
        worker.exposition.settings = settings.metrics
        worker.intake = wiring.build_intake(settings, worker.ledger, worker.intake.redelivery, directory)
        worker.journal.entries = wiring.entries_of(settings)
        worker.stepper.reconfigure(settings)
        if changes.touch("alerts"):
            worker.herald.desk.configure(settings.alerts)
        if relink or settings.alerts.mqtt != before.alerts.mqtt:  # a new one publishes every channel's state anew
            worker.announcer = wiring.build_announcer(settings, worker.view, link, self._clock)
        if relink or wiring.discoverable(settings) != wiring.discoverable(before):  # and this one every device
            worker.discovery = wiring.build_discovery(settings, worker.view, link, self._clock)
        if relink or changes.touch("alerts"):
            self.crew.turn_to(settings.alerts.receivers, around, receivers)
            sinks = wiring.build_sinks(settings, link, receivers, directory)
            worker.courier.turn_to(sinks, settings.alerts.give_up_after)
        if relink:
            worker.link = link
            link.start()
        _let_all_stay()  # but the old parts

    def _retire_link(self, settings: Settings, pause: Callable[[], None], obey: Callable[[], None]) -> None:
        """End the link in use: score and settle what came through it, unsubscribe from what is no longer wanted, disconnect."""
        link, worker = self.worker.link, self.worker
        link.stop_receiving()
        while (link.waits and link.alive) or len(worker.inbox):  # in the order in which they move
            worker.turn()
            pause()
        worker.settle(wait=True)
        obey()
        kept = wiring.filters_of(settings)
        link.unsubscribe([old for old in wiring.filters_of(self._settings) if old not in kept])
        link.stop(GOODBYE_S)


def _let_all_stay() -> None:
    """Look for garbage once more; what is there then stays, and is not looked through again: some 50 ms, in which nothing was scored."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()

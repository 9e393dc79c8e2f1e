"""The daemon's life: become ready, serve, reload, shut down from the source down.

In: a configuration file, signals, requests over HTTP. Out: an exit code.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from detector import __version__
from detector.clock import Clock, MonoTime
from detector.daemon import wiring
from detector.daemon.clerk import Clerk
from detector.daemon.control import Control, Faults
from detector.daemon.health import Health
from detector.daemon.parts import GOODBYE_S, Parts
from detector.daemon.recovery import Recovery
from detector.daemon.reload import Changes, compare
from detector.daemon.wiring import Place
from detector.edge import systemd
from detector.edge.command import reply_json
from detector.edge.config_file import load_settings, require_topics
from detector.edge.http import HttpServer, Site
from detector.edge.http_alerts import Alerts
from detector.edge.logs import Log
from detector.edge.mqtt import result_topic
from detector.edge.page import render_page
from detector.edge.sinks import require_libraries
from detector.edge.status import ReloadStatus, Status
from detector.edge.stepping import EngineGoneError
from detector.errors import DetectorError
from detector.settings import Settings
from detector.settings.exposure import exposures

log = logging.getLogger("detector.daemon")

DRAIN_S: Final = 10.0
"""Time to score what waits, when asked to stop."""
LAST_SNAPSHOT_S: Final = 120.0
"""Longest that the last snapshot may take; ended before, the journal makes up for it at the next start."""

DONE, FAILED = 0, 1


class _DeadThreadError(Exception):
    """A thread that the daemon cannot do without has ended."""


class Daemon:
    """The daemon of one configuration file; `run` is its whole life, on the main thread."""

    def __init__(self, path: Path, environment: Mapping[str, str], lines: Log, clock: Clock) -> None:
        """Read configuration and model and take the HTTP address; nothing is sent or answered yet.

        Raises: ConfigError, ModelError, LinkError, or DetectorError when the HTTP address cannot be had.
        """
        self._path, self._place, self._lines, self._clock = path, Place(path.parent, environment), lines, clock
        self._started = clock.wall()
        self._use(self._read())
        self._control = Control()
        self._watchdog = systemd.Watchdog(environment)
        self._reload = ReloadStatus(0, succeeded=True, succeeded_at=self._started)
        self._was_ready = False
        self._recovered = False
        self._parts = Parts(self._settings, self._place, clock, self.status, self._lasting)
        self._worker = self._parts.worker
        self._health = Health(self._worker, self._control)
        self._clerk = Clerk(self._worker, clock)
        site = Site(
            metrics=self._worker.exposition.application,
            page=self._page,
            not_ready=self._health.not_ready,
            trouble=self._health.trouble,
            hung=self._health.hung,
            reload=self._control.reload,
            alerts=Alerts(
                cases=lambda: self._control.ask(self._clerk.cases),
                still_open=lambda: self._control.ask(self._clerk.still_open),
                case=lambda alert: self._control.ask(lambda: self._clerk.known(alert)),
                command=lambda command: self._control.ask(lambda: self._clerk.do(command)),
            ),
        )
        self._http = HttpServer(self._settings.metrics.listen, site)

    def run(self) -> int:
        """Serve until a signal or a fault ends it; return the exit code."""
        self._control.listen_to_signals()
        self._http.start()
        log.info("detector %s listening on %s", __version__, self._http.address)
        try:
            if not self._recover():
                return self._stop()
            self._worker.link.start()
            while self._control.stop_asked_by is None:
                self._worker.turn()
                self._look_after()
            return self._stop()
        except (_DeadThreadError, EngineGoneError) as fault:
            log.critical("%s; leaving the restart to the supervisor", fault)
            systemd.stopping(str(fault))
        except Exception:
            log.exception(
                "failed by a fault in the detector itself, please report it; leaving the restart to the supervisor"
            )
            systemd.stopping("failed, see the log")
        return FAILED

    def status(self) -> Status:
        """Return what the daemon says of itself; for any thread."""
        worker = self._worker
        return Status(
            version=__version__,
            settings=self._settings,
            started=self._started,
            not_ready=self._health.not_ready(),
            connected=worker.link.connected,
            inbox_depth=len(worker.inbox),
            traffic=worker.link.traffic,
            workers={"scoring": worker.alive, "mqtt": worker.link.alive, "http": self._http.alive},
            reload=self._reload,
            notifications=worker.courier.counts(),
            suppressed=worker.herald.suppressed,
            counts=worker.ledger.snapshot(),
            journal=worker.journal.status(),
            snapshots=worker.keeper.status(),
            fleet=worker.view.fleet(),
            feedback=dict(self._clerk.given),
            maintenance=worker.herald.maintenance,
            engine_pid=worker.stepper.pid,
        )

    def _page(self) -> str:
        """Return the page for people."""
        return render_page(self.status())

    def _read(self) -> Settings:
        """Read the configuration.

        Raises: ConfigError.
        """
        settings = load_settings(self._path, self._place.environment)
        require_topics(str(self._path), settings)
        require_libraries(settings.alerts.receivers)
        return settings

    def _use(self, settings: Settings) -> None:
        """Let these settings hold; say what they lay open to others."""
        self._settings = settings
        self._lines.configure(settings.log)
        for exposure in exposures(settings):
            log.warning("%s", exposure)

    def _recover(self) -> bool:
        """Go on where the last run ended; return False where that was given up because somebody asked to stop."""
        worker, settings = self._worker, self._settings
        recovery = Recovery(worker, settings, lambda: wiring.build_engine(settings, self._place), self._clock)
        self._health.recovery = recovery
        self._recovered = recovery.run(go_on=lambda: self._control.stop_asked_by is None)
        self._health.recovery = None
        if self._recovered:
            self._parts.part(settings)
            worker.herald.compare(worker.view.fleet().open)
        return self._recovered

    def _lasting(self) -> frozenset[str] | None:
        """Return the ids of the alerts that are open; None before that is known again. For any thread."""
        return self._worker.view.lasting() if self._recovered else None

    def _look_after(self) -> None:
        """Between two turns: watchdog, readiness, threads, requests to reload.

        Raises: _DeadThreadError.
        """
        self._ping()
        self._lines.tell_suppressed()
        if not self._was_ready and self._health.not_ready() is None:
            self._was_ready = True
            log.info("ready")
            systemd.ready("subscribed and scoring")
        if not self._worker.link.alive:
            raise _DeadThreadError("the MQTT thread has died")
        if not self._http.alive:
            raise _DeadThreadError("the HTTP thread has died")
        self._control.serve()
        self._obey()
        while (asked := self._control.reload_asked()) is not None:
            asked.set_result(self._reload_now())

    def _ping(self) -> None:
        """Tell the watchdog that we are alive."""
        self._watchdog.ping(self._clock.mono())

    def _obey(self) -> None:
        """Do the commands that came over MQTT, and say there what became of them."""
        link, base = self._worker.link, wiring.base_of(self._settings)
        for asked in link.commands():
            reply = self._clerk.obey(asked.device, asked.topic, asked.payload)
            if base is not None:
                link.publish(result_topic(base, asked), reply_json(reply), qos=1, retain=False)

    def _stop(self) -> int:
        """Shut down from the source down: receive no more, score and settle what waits, tell it, say goodbye."""
        log.info("stopping on %s; a second signal aborts", self._control.stop_asked_by)
        systemd.stopping("scoring what waits")
        self._worker.link.stop_receiving()
        self._worker.drain(MonoTime(self._clock.mono() + DRAIN_S))
        self._obey()  # the broker believes that we have what was asked
        self._worker.link.stop(GOODBYE_S)
        self._parts.crew.close(GOODBYE_S)
        self._worker.courier.take_answers()
        self._worker.settle()
        if self._recovered:  # or else what is in memory is only part of what is on disk
            systemd.going_on("writing a last snapshot", LAST_SNAPSHOT_S)
            self._worker.take_snapshot(pause=self._ping)
        self._worker.stepper.close()
        self._worker.journal.close()
        self._http.stop()
        log.info("stopped")
        return DONE

    def _reload_now(self) -> Faults:
        """Read the configuration anew and apply it; what is wrong with it leaves the old one running."""
        systemd.reloading(self._clock.mono())
        times = self._reload.times + 1
        try:
            settings = self._read()
            changes = compare(self._settings, settings)
            self._parts.renew(settings, changes, pause=self._ping, obey=self._obey)
        except DetectorError as fault:
            self._reload = ReloadStatus(times, succeeded=False, succeeded_at=self._reload.succeeded_at)
            log.error("configuration refused, the one from before goes on: %s", fault)  # noqa: TRY400 - a person's slip needs no traceback
            return str(fault)
        else:
            self._use(settings)
            self._tell(changes)
            self._reload = ReloadStatus(times, succeeded=True, succeeded_at=self._clock.wall())
            return None
        finally:
            systemd.ready("subscribed and scoring" if self._health.not_ready() is None else "not connected")

    def _tell(self, changes: Changes) -> None:
        """Say in the log what a reload changed, and what it could not."""
        log.info("configuration reloaded; changed: %s", ", ".join(changes.now) or "nothing")
        if changes.at_restart:
            log.warning("only a restart applies: %s", ", ".join(changes.at_restart))

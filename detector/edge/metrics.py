"""Prometheus: the one file that speaks it.

In: a function that returns the daemon's `Status`, and the durations that the worker measures. Out: a registry,
which reads one status, hence one consistent count of the readings, per scrape.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    make_wsgi_app,
)
from prometheus_client import disable_created_metrics as _disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from detector.domain import MICROSECONDS, DropReason, RejectReason, Severity, Verdict
from detector.edge.channel_view import ChannelState, Fleet
from detector.edge.journal import JournalStatus
from detector.edge.ledger import Counts
from detector.edge.snapshot import SnapshotStatus
from detector.edge.status import Status
from detector.settings import MetricsSettings

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

STEP_BOUNDS: Final = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
LATENCY_BOUNDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0)
ROWS_BOUNDS: Final = (1, 4, 16, 64, 256, 1024, 4096)

STATM: Final = Path("/proc/self/statm")

LabelsT = TypeVar("LabelsT", bound=tuple[str, ...])

SERIES: Final[Mapping[str, tuple[str, Callable[[ChannelState], float | None]]]] = {
    "detector_value": ("Last value of the channel, in its own unit.", lambda state: state.value),
    "detector_expected_value": ("Forecast for that value.", lambda state: state.expected),
    "detector_expected_lower": ("Lower edge of the expected band.", lambda state: state.lower),
    "detector_expected_upper": ("Upper edge of the expected band.", lambda state: state.upper),
    "detector_anomaly_score": ("Anomaly score; 1 is the threshold. Absent while learning.", lambda state: state.score),
    "detector_anomalous": ("1 above, -1 below, 0 neither.", lambda state: state.anomalous),
}
"""What is exposed of each channel's state; a number that is not known is absent."""

SKILL: Final = "detector_forecast_skill_ratio"
READINESS: Final = ("detector_readiness_ratio", "detector_readiness_left_seconds")
PER_CHANNEL: Final = len(SERIES) + 1
PER_DEVICE: Final = len(READINESS)
"""Series that a channel, and a device, may have."""


class Exposition(Collector):
    """The registry behind `/metrics`, and the histograms that the worker feeds."""

    def __init__(self, settings: MetricsSettings, status: Callable[[], Status]) -> None:
        """Register everything; `status` is called once a scrape, from the scraping thread."""
        self.settings = settings
        self._status = status
        self.registry = CollectorRegistry()
        _disable_created_metrics()  # type: ignore[no-untyped-call]
        steps = Histogram(
            "detector_step_seconds", "Time in one step, for a batch.", ["step"],
            buckets=STEP_BOUNDS, registry=self.registry,
        )  # fmt: skip
        self.decode_seconds, self.engine_seconds, self.publish_seconds = (
            steps.labels(step) for step in ("decode", "engine", "publish")
        )
        self.reading_to_verdict_seconds = Histogram(
            "detector_reading_to_verdict_seconds", "Time from a message's arrival to the verdict on its readings.",
            buckets=LATENCY_BOUNDS, registry=self.registry,
        )  # fmt: skip
        self.batch_rows = Histogram(
            "detector_batch_rows", "Readings in one step of the engine.", buckets=ROWS_BOUNDS, registry=self.registry
        )
        self.commit_seconds = Histogram(
            "detector_journal_commit_seconds", "Time to bring readings to the disk; their messages are acknowledged then.",
            buckets=STEP_BOUNDS, registry=self.registry,
        )  # fmt: skip
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.registry.register(self)
        self.application: WSGIApplication = make_wsgi_app(self.registry)
        """Serves the registry; speaks OpenMetrics and gzip to those who ask for it."""

    def describe(self) -> Iterable[Metric]:
        """Return nothing: names are checked at the scrape, so that registering needs no status."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every family, all from one status."""
        status = self._status()
        yield from _readings(status.counts)
        yield from _daemon(status)
        yield from _cost(status)
        yield from _link(status)
        yield from _journal(status.journal)
        yield from _snapshots(status.snapshots)
        yield from _alerts(status.fleet)
        yield from _devices(status.fleet)
        yield from _channels(status.fleet, self.settings)


def _gauge(name: str, text: str, values: Mapping[LabelsT, float], *labels: str) -> Metric:
    """Return a gauge with a sample for each tuple of label values."""
    return _filled(GaugeMetricFamily(name, text, labels=labels), values)


def _counter(name: str, text: str, values: Mapping[LabelsT, float], *labels: str) -> Metric:
    """Return a counter with a sample for each tuple of label values."""
    return _filled(CounterMetricFamily(name, text, labels=labels), values)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[LabelsT, float]) -> Metric:
    """Return the family with its samples."""
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _readings(counts: Counts) -> Iterator[Metric]:
    """Yield what became of every reading: received = rejected + dropped + late + duplicate + scored + pending."""
    rejected = {(reason.value,): counts.rejected.get(reason, 0) for reason in RejectReason}
    dropped = {(reason.value,): counts.dropped.get(reason, 0) for reason in DropReason}
    yield _counter("detector_readings_received", "Readings received.", {(): counts.received})
    yield _counter("detector_readings_rejected", "Payloads or values that gave no reading.", rejected, "reason")
    yield _counter("detector_readings_dropped", "Messages given up before they were decoded.", dropped, "reason")
    yield _counter("detector_readings_late", "Readings older than their channel's last; not scored.", {(): counts.late})
    yield _counter("detector_readings_duplicate", "Readings seen before; not scored.", {(): counts.duplicate})
    yield _counter("detector_observations_scored", "Readings that the engine took in.", {(): counts.scored})
    yield _gauge("detector_observations_pending", "Readings on their way to the engine.", {(): counts.pending})


def _daemon(status: Status) -> Iterator[Metric]:
    """Yield what the daemon says of itself."""
    alive = {(worker,): float(lives) for worker, lives in status.workers.items()}
    yield _gauge("detector_build_info", "Always 1; the version is the label.", {(status.version,): 1}, "version")
    yield _gauge("detector_start_time_seconds", "When the daemon started, Unix time.", {(): status.started})
    yield _gauge("detector_ready", "1 when subscribed and scoring.", {(): status.not_ready is None})
    yield _gauge("detector_worker_alive", "1 while the worker lives.", alive, "worker")
    yield _gauge("detector_inbox_depth", "MQTT messages that wait to be decoded.", {(): status.inbox_depth})
    yield _counter("detector_config_reloads", "Reloads asked for.", {(): status.reload.times})
    yield _gauge(
        "detector_config_last_reload_successful", "0 after a reload that was refused.", {(): status.reload.succeeded}
    )
    yield _gauge(
        "detector_config_last_reload_success_timestamp_seconds",
        "When the running configuration was read, Unix time.",
        {(): status.reload.succeeded_at},
    )


def _cost(status: Status) -> Iterator[Metric]:
    """Yield what a device and a reading cost; nothing while there is none to share it, or no way to know."""
    devices, scored, resident = status.fleet.census.devices, status.counts.scored, _resident_bytes()
    if devices and resident:
        words = "Memory of the process over the devices known; beside few, the process itself weighs most."
        yield _gauge("detector_bytes_per_device", words, {(): resident / devices})
    if scored:
        words = "Processor time of the process over the readings that it took in, since its start."
        yield _gauge("detector_cpu_seconds_per_reading", words, {(): time.process_time() / scored})


def _resident_bytes() -> int | None:
    """Return the memory that this process holds; None where the system does not tell. Source: proc(5), statm."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def _link(status: Status) -> Iterator[Metric]:
    """Yield the broker's side: the link, what came over it, what was told."""
    told = {(sink,): count.told for sink, count in status.notifications.items()}
    failed = {(sink,): count.failed for sink, count in status.notifications.items()}
    pending = {(sink,): count.pending for sink, count in status.notifications.items()}
    yield _gauge("detector_mqtt_connected", "1 while connected to a broker.", {(): status.connected})
    traffic = status.traffic
    yield _counter("detector_mqtt_connections", "Connections to a broker so far.", {(): traffic.connections})
    yield _counter(
        "detector_mqtt_takeovers",
        "Times that another client took our session, by our client_id.",
        {(): traffic.takeovers},
    )
    yield _counter(
        "detector_mqtt_renewals", "Times that a link was renewed over which nothing came.", {(): traffic.renewals}
    )
    yield _counter("detector_mqtt_messages", "MQTT messages received.", {(): status.counts.messages})
    if traffic.last_message_at is not None:
        yield _gauge(
            "detector_mqtt_last_message_timestamp_seconds",
            "Arrival of the last MQTT message, Unix time.",
            {(): traffic.last_message_at},
        )
    yield _counter("detector_notifications", "Alert events handed to a sink.", told, "sink")
    yield _counter("detector_notifications_failed", "Alert events that a sink never took, given up.", failed, "sink")
    yield _gauge("detector_notifications_pending", "Alert events under way; more may wait on disk.", pending, "sink")


def _journal(status: JournalStatus) -> Iterator[Metric]:
    """Yield how the journal is."""
    yield _gauge("detector_journal_up", "0 while nothing can be written to it.", {(): status.trouble is None})
    yield _gauge("detector_journal_bytes", "Size on disk.", {(): status.size})
    yield _counter("detector_journal_failures", "Times that it could not be opened or written.", {(): status.failures})
    yield _counter("detector_journal_readings_lost", "Readings scored that could not be kept.", {(): status.lost})
    yield _counter("detector_journal_alerts_lost", "Alert events that could not be kept.", {(): status.alerts_lost})


def _snapshots(status: SnapshotStatus) -> Iterator[Metric]:
    """Yield how the snapshots are; before the first there is no time of one."""
    if status.taken_at is not None:
        words = "When what is on disk was as good as what is in memory, Unix time."
        yield _gauge("detector_snapshot_timestamp_seconds", words, {(): status.taken_at})
    yield _gauge("detector_snapshot_seconds", "Time that the last snapshot took.", {(): status.took_s})
    yield _gauge("detector_snapshot_pause_seconds", "Time that scoring stood still for it.", {(): status.paused_s})
    yield _counter("detector_snapshot_failures", "Snapshots that could not be written.", {(): status.failures})


def _alerts(fleet: Fleet) -> Iterator[Metric]:
    """Yield open episodes, alerts so far and the use of the budget."""
    open_of = {(verdict.value,): sum(event.verdict is verdict for event in fleet.open) for verdict in Verdict}
    opened = {(v.value, s.value): fleet.opened.get((v, s), 0) for v in Verdict for s in Severity}
    yield _gauge("detector_episodes_open", "Episodes open now.", open_of, "verdict")
    yield _counter("detector_alerts", "Alerts opened.", opened, "verdict", "severity")
    yield _gauge(
        "detector_alert_budget_used_ratio",
        "Alerts of the last budget period over those allowed; above 1 it is overrun.",
        {(): fleet.census.budget_used},
    )


def _devices(fleet: Fleet) -> Iterator[Metric]:
    """Yield the devices; when one was last heard stays known after its other series are gone."""
    last_seen = {(device,): at / MICROSECONDS for device, at in fleet.last_seen.items()}
    yield _gauge("detector_devices", "Devices known.", {(): fleet.census.devices})
    yield _gauge(
        "detector_devices_learning", "Devices with a channel that has no score yet.", {(): fleet.census.learning}
    )
    yield _gauge(
        "detector_device_last_seen_timestamp_seconds", "Event time of the last reading, Unix time.", last_seen, "device"
    )


def _channels(fleet: Fleet, settings: MetricsSettings) -> Iterator[Metric]:
    """Yield the series of as many channels and their devices as `max_series` has room for, and say how many had none."""
    shown, devices, left_out = _within(fleet.states, settings)
    for name, (text, number) in SERIES.items():
        known = ((state, number(state)) for state in shown)
        values = {(state.device, state.channel): value for state, value in known if value is not None}
        yield _gauge(name, text, values, "device", "channel")
    keys = ((state.device, state.channel) for state in shown)
    skills = {key: fleet.skills[key] for key in keys if key in fleet.skills}
    words = "1 less the forecast's mean error over that of the last value, lately; 0 is no better than the last value."
    yield _gauge(SKILL, words, skills, "device", "channel")
    yield from _readiness(fleet, devices)
    yield _gauge("detector_series_left_out", "Per-channel and per-device series beyond max_series.", {(): left_out})


def _readiness(fleet: Fleet, devices: Iterable[str]) -> Iterator[Metric]:
    """Yield how far these devices have learnt; what is left is absent while it is not known."""
    ratio, left = READINESS
    known = {device: fleet.progress[device] for device in devices if device in fleet.progress}
    shares = {(device,): progress.share for device, progress in known.items()}
    lefts = {(device,): progress.left_s for device, progress in known.items() if progress.left_s is not None}
    yield _gauge(
        ratio, "Share learnt of what a device's thresholds rest on; from 0.25 on it is scored.", shares, "device"
    )
    yield _gauge(left, "Event time until the device has learnt all of it.", lefts, "device")


def _within(states: Sequence[ChannelState], settings: MetricsSettings) -> tuple[list[ChannelState], list[str], int]:
    """Return the channels and the devices that `max_series` has room for, and how many series it has none for."""
    shown, devices, room, wanted = list[ChannelState](), dict[str, None](), settings.max_series, 0
    each = PER_CHANNEL if settings.per_channel else 0
    known = set[str]()
    for state in states:
        cost = each + (0 if state.device in known else PER_DEVICE)
        known.add(state.device)
        wanted += cost
        if wanted <= room:
            shown += [state] if each else []
            devices[state.device] = None
    spent = each * len(shown) + PER_DEVICE * len(devices)
    return shown, list(devices), wanted - spent

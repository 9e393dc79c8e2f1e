"""What the daemon says of itself: readings, threads, link, sinks, journal, snapshots. A line a metric.

In: one `Status`, hence one consistent count of the readings. Out: families.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeVar

from detector.domain import FeedbackKind
from detector.edge.ledger import Counts
from detector.edge.metrics.family import Family, Samples, counter, gauge
from detector.edge.sinks import SinkCount
from detector.edge.status import Status

ReasonT = TypeVar("ReasonT", bound=Enum)


def _counts(of: Callable[[Counts], float]) -> Callable[[Status], float]:
    """Return what reads one count of readings."""
    return lambda status: of(status.counts)


def _reasons(counts: Mapping[ReasonT, int]) -> Samples:
    """Return counts by reason; every reason is there, so that a rate has a beginning."""
    return {(str(reason.value),): count for reason, count in counts.items()}


def _sinks(of: Callable[[SinkCount], int]) -> Callable[[Status], Samples]:
    """Return what reads one count of every sink."""
    return lambda status: {(sink,): of(count) for sink, count in status.notifications.items()}


READINGS: Final[tuple[Family[Status], ...]] = (
    counter("detector_readings_received_total", "Readings received; rejected, dropped, late, duplicate, scored and pending ones together.", _counts(lambda counts: counts.received)),
    counter("detector_readings_rejected_total", "Payloads or values that gave no reading.", lambda status: _reasons(status.counts.rejected), "reason"),
    counter("detector_readings_dropped_total", "Messages given up before they were decoded.", lambda status: _reasons(status.counts.dropped), "reason"),
    counter("detector_readings_late_total", "Readings older than their channel's last; not scored.", _counts(lambda counts: counts.late)),
    counter("detector_readings_duplicate_total", "Readings seen before; not scored.", _counts(lambda counts: counts.duplicate)),
    counter("detector_observations_scored_total", "Readings that the engine took in.", _counts(lambda counts: counts.scored)),
    gauge("detector_observations_pending", "Readings on their way to the engine.", _counts(lambda counts: counts.pending)),
)  # fmt: skip

DAEMON: Final[tuple[Family[Status], ...]] = (
    gauge("detector_build_info", "Always 1; the version is the label.", lambda status: {(status.version,): 1}, "version"),
    gauge("detector_start_time_seconds", "When the daemon started, Unix time.", lambda status: status.started),
    gauge("detector_ready", "1 when subscribed and scoring.", lambda status: status.not_ready is None),
    gauge("detector_worker_alive", "1 while the worker lives; the scoring one counts as dead when a turn takes longer than 10 s.", lambda status: {(worker,): lives for worker, lives in status.workers.items()}, "worker"),
    gauge("detector_inbox_depth", "MQTT messages that wait to be decoded.", lambda status: status.inbox_depth),
    gauge("detector_inbox_limit", "MQTT messages that may wait; beyond, mqtt.inbox.overflow says what happens.", lambda status: status.settings.mqtt.inbox.max_messages),
    counter("detector_config_reloads_total", "Reloads asked for.", lambda status: status.reload.times),
    gauge("detector_config_last_reload_successful", "0 after a reload that was refused; the configuration from before goes on.", lambda status: status.reload.succeeded),
    gauge("detector_config_last_reload_success_timestamp_seconds", "When the running configuration was read, Unix time.", lambda status: status.reload.succeeded_at),
)  # fmt: skip

LINK: Final[tuple[Family[Status], ...]] = (
    gauge("detector_mqtt_connected", "1 while connected to a broker.", lambda status: status.connected),
    counter("detector_mqtt_connections_total", "Connections to a broker so far.", lambda status: status.traffic.connections),
    counter("detector_mqtt_takeovers_total", "Times that another client took our session, by our client_id.", lambda status: status.traffic.takeovers),
    counter("detector_mqtt_renewals_total", "Times that a link was renewed over which nothing came.", lambda status: status.traffic.renewals),
    counter("detector_mqtt_messages_total", "MQTT messages received.", _counts(lambda counts: counts.messages)),
    gauge("detector_mqtt_last_message_timestamp_seconds", "Arrival of the last MQTT message, Unix time; absent before the first.", lambda status: status.traffic.last_message_at),
)  # fmt: skip

SINKS: Final[tuple[Family[Status], ...]] = (
    counter("detector_notifications_total", "Alert events, or notices, handed to a sink.", _sinks(lambda count: count.told), "sink"),
    counter("detector_notifications_failed_total", "Alert events, or notices, that a sink never took, given up.", _sinks(lambda count: count.failed), "sink"),
    gauge("detector_notifications_pending", "Alert events, or notices, under way; more may wait on disk.", _sinks(lambda count: count.pending), "sink"),
    counter("detector_notifications_suppressed_total", "Times that people were not told, by why.", lambda status: {(reason.value,): count for reason, count in status.suppressed.items()}, "reason"),
)  # fmt: skip

PEOPLE: Final[tuple[Family[Status], ...]] = (
    counter("detector_feedback_total", "What people said of alerts, since the start.", lambda status: {(kind.value,): status.feedback.get(kind, 0) for kind in FeedbackKind}, "kind"),
)  # fmt: skip

JOURNAL: Final[tuple[Family[Status], ...]] = (
    gauge("detector_journal_up", "0 while nothing can be written to it.", lambda status: status.journal.trouble is None),
    gauge("detector_journal_bytes", "Size on disk.", lambda status: status.journal.size),
    gauge("detector_journal_limit_bytes", "Size beyond which the oldest readings are let go.", lambda status: status.settings.state.journal.max_size),
    counter("detector_journal_failures_total", "Times that it could not be opened or written.", lambda status: status.journal.failures),
    counter("detector_journal_readings_lost_total", "Readings scored that could not be kept.", lambda status: status.journal.lost),
    counter("detector_journal_alerts_lost_total", "Alert events that could not be kept.", lambda status: status.journal.alerts_lost),
)  # fmt: skip

SNAPSHOTS: Final[tuple[Family[Status], ...]] = (
    gauge("detector_snapshot_timestamp_seconds", "When what is on disk was as good as what is in memory, Unix time; absent before the first.", lambda status: status.snapshots.taken_at),
    gauge("detector_snapshot_interval_seconds", "Time between two snapshots, as configured.", lambda status: status.settings.state.snapshot_every),
    gauge("detector_snapshot_seconds", "Time that the last snapshot took.", lambda status: status.snapshots.took_s),
    gauge("detector_snapshot_pause_seconds", "Time that scoring stood still for it.", lambda status: status.snapshots.paused_s),
    counter("detector_snapshot_failures_total", "Snapshots that could not be written.", lambda status: status.snapshots.failures),
)  # fmt: skip

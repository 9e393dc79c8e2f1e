"""What a scrape shows."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from detector.clock import WallTime
from detector.domain import Reading, RejectReason, Stage, Transition, Verdict
from detector.edge.channel_view import NOBODY, ChannelView, Fleet
from detector.edge.journal import JournalStatus
from detector.edge.ledger import Ledger
from detector.edge.metrics import READINESS, SERIES, SKILL, Exposition
from detector.edge.mqtt import Traffic
from detector.edge.sinks import SinkCount
from detector.edge.snapshot import SnapshotStatus
from detector.edge.status import ReloadStatus, Status
from detector.report import Report
from detector.settings import MetricsSettings, SensorSettings, Settings
from tests.unit.edge.readings import at, event, reading, report, standing

BOUNDED = {*SERIES, SKILL, *READINESS}
"""What max_series bounds."""

LAW = ("rejected_total", "dropped_total", "late_total", "duplicate_total")


def status_of(fleet: Fleet, ledger: Ledger) -> Status:
    """Return the status of a daemon that is well."""
    return Status(
        version="1.2.3",
        settings=Settings(sensors=[SensorSettings(name="pumps", topics=["plant/{device}"])]),
        started=WallTime(1_700_000_000.0),
        not_ready=None,
        connected=True,
        inbox_depth=3,
        traffic=Traffic(connections=5, takeovers=6, renewals=8),
        workers={"scoring": True, "mqtt": True, "http": False},
        reload=ReloadStatus(2, succeeded=False, succeeded_at=WallTime(1_700_000_000.0)),
        notifications={"mqtt": SinkCount(7, 1, 4)},
        counts=ledger.snapshot(),
        journal=JournalStatus("cannot write state/journal.db: disk full", 4096, 3, 17, 2),
        snapshots=SnapshotStatus(None, WallTime(1_700_000_100.0), 2.5, 0.01, 4),
        fleet=fleet,
    )


class Bench:
    """A view and a ledger, and the metrics made of them."""

    def __init__(self, settings: MetricsSettings | None = None) -> None:
        """Start with nothing read."""
        self.view, self.ledger = ChannelView(), Ledger()
        self.change: Callable[[Status], Status] = lambda status: status
        self.exposition = Exposition(
            settings or MetricsSettings(), lambda: self.change(status_of(self.view.fleet(), self.ledger))
        )

    def read(self, made: Report) -> None:
        """Let the readings of a report arrive and be stepped."""
        self.ledger.arrived()
        self.ledger.decoded(len(made.readings))
        self.ledger.stepped(made)
        self.view.show(made)

    def text(self) -> str:
        """Return a scrape as Prometheus would get it."""
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "QUERY_STRING": ""}
        return b"".join(self.exposition.application(environ, lambda *_: lambda _body: None)).decode()

    def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Return a scrape by name and labels."""
        families = text_string_to_metric_families(self.text())
        return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}

    def total(self, name: str) -> float:
        """Return the sum of a name over all labels."""
        return sum(value for (sample, _), value in self.samples().items() if sample == name)

    def names(self) -> set[str]:
        """Return the names that have samples."""
        return {name for name, _ in self.samples()}


def test_every_reading_is_accounted_for() -> None:
    """Received is the sum of rejected, dropped, late, duplicate, scored and pending."""
    bench = Bench()
    for stage in Stage:
        bench.read(report(reading(), reading(channel="vibration"), stage=stage))
    bench.ledger.arrived()
    bench.ledger.arrived()
    bench.ledger.decoded(0, [RejectReason.NULL, RejectReason.NOT_FINITE])
    known = sum(bench.total(f"detector_readings_{end}") for end in LAW)
    known += bench.total("detector_observations_scored_total") + bench.total("detector_observations_pending")
    assert bench.total("detector_readings_received_total") == known == 17


def test_every_reason_and_verdict_is_there_from_the_start() -> None:
    """Reasons and verdicts are there at zero before anything happened, so that a rate has a beginning."""
    samples = Bench().samples()
    for reason in RejectReason:
        assert samples["detector_readings_rejected_total", frozenset({("reason", reason.value)})] == 0.0
    for verdict in Verdict:
        assert samples["detector_episodes_open", frozenset({("verdict", verdict.value)})] == 0.0


def test_a_score_is_absent_before_it_exists() -> None:
    """A channel that warms up has a value, but neither a forecast nor a score."""
    bench = Bench()
    bench.read(report(reading(), stage=Stage.WARMING_UP))
    assert "detector_value" in bench.names()
    assert not bench.names() & {"detector_anomaly_score", "detector_expected_value", "detector_expected_lower"}
    bench.read(report(reading(seconds=1)))
    assert {*SERIES} <= bench.names()


def stand(bench: Bench, *channels: tuple[str, str], share: float = 0.4, left_s: float = 60.0) -> None:
    """Let a census say how devices stand."""
    bench.view.census = replace(NOBODY, standing=standing(*channels, share=share, left_s=left_s))


def test_what_a_device_and_a_reading_cost_is_told_once_there_are_any() -> None:
    """Memory is shared among devices, processor time among readings; with none of them there is no such figure."""
    bench, costs = Bench(), {"detector_bytes_per_device", "detector_cpu_seconds_per_reading"}
    assert not bench.names() & costs
    bench.read(report(reading(), reading(channel="vibration")))
    bench.view.census = replace(NOBODY, devices=1)
    alone = bench.total("detector_bytes_per_device")
    assert 0.0 < bench.total("detector_cpu_seconds_per_reading") <= time.process_time() / 2
    bench.view.census = replace(NOBODY, devices=1000)
    assert 1e4 < bench.total("detector_bytes_per_device") < alone / 500


def test_series_beyond_the_bound_are_left_out_and_counted() -> None:
    """No more than max_series series of channels and devices are exposed; the rest is counted."""
    bench = Bench(MetricsSettings(max_series=20))
    keys = [(f"pump-{number}", "temperature") for number in range(5)]
    bench.read(report(*(reading(device=device) for device, _ in keys)))
    stand(bench, *keys)
    assert sum(name in BOUNDED for name, _ in bench.samples()) == 18
    assert bench.total("detector_series_left_out") == 27


def test_channels_of_one_device_share_its_series() -> None:
    """The second channel of a device costs no series of the device: three channels of one fit where two of two do."""
    bench = Bench(MetricsSettings(max_series=23))
    bench.read(report(*(reading(channel=f"channel-{number}") for number in range(4))))
    stand(bench, *(("pump-1", f"channel-{number}") for number in range(4)))
    assert sum(name in BOUNDED for name, _ in bench.samples()) == 23
    assert bench.total("detector_series_left_out") == 7


def test_per_channel_series_can_be_switched_off() -> None:
    """With per_channel off there is no per-channel series and none counts as left out; how far devices are stays."""
    bench = Bench(MetricsSettings(per_channel=False))
    bench.read(report(reading()))
    stand(bench, ("pump-1", "temperature"))
    assert {*READINESS} <= bench.names()
    assert not bench.names() & {*SERIES, SKILL}
    assert bench.total("detector_series_left_out") == 0


def test_a_device_says_how_far_it_has_learnt() -> None:
    """Share and time left stand by device, the skill by channel; a time that is not known is absent."""
    bench = Bench()
    bench.read(report(reading()))
    stand(bench, ("pump-1", "temperature"))
    assert [bench.total(name) for name in (*READINESS, SKILL)] == [0.4, 60.0, 0.25]
    stand(bench, ("pump-1", "temperature"), left_s=float("inf"))
    assert "detector_readiness_left_seconds" not in bench.names()


def test_what_a_gone_device_had_learnt_is_gone() -> None:
    """Once a device's channels are gone, so are its readiness and its skill, whatever the census still knows."""
    bench = Bench()
    bench.read(report(reading()))
    stand(bench, ("pump-1", "temperature"))
    bench.view.show(report(tick=at(3700)))
    assert not bench.names() & BOUNDED


def test_names_from_the_network_are_escaped() -> None:
    """Quotes, backslashes and line ends in a device's name come back from Prometheus' parser as they were."""
    bench = Bench()
    name = 'a"b\\c\nd{e}'
    bench.read(report(Reading(name, "x", reading().at, 1.0, 0)))
    assert bench.samples()["detector_value", frozenset({("device", name), ("channel", "x")})] == 1.0


def test_alerts_and_open_episodes_are_counted() -> None:
    """An opened alert counts under its verdict and severity, and is open until it closes."""
    bench = Bench()
    bench.read(report(reading(), events=[event(Transition.OPENED)]))
    assert bench.total("detector_episodes_open") == bench.total("detector_alerts_total") == 1
    bench.read(report(reading(seconds=1), events=[event(Transition.CLOSED, 1)]))
    assert (bench.total("detector_episodes_open"), bench.total("detector_alerts_total")) == (0, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detector_mqtt_connected", 1),
        ("detector_ready", 1),
        ("detector_mqtt_connections_total", 5),
        ("detector_mqtt_takeovers_total", 6),
        ("detector_mqtt_renewals_total", 8),
        ("detector_inbox_depth", 3),
        ("detector_worker_alive", 2),
        ("detector_config_reloads_total", 2),
        ("detector_config_last_reload_successful", 0),
        ("detector_notifications_total", 7),
        ("detector_notifications_failed_total", 1),
        ("detector_notifications_pending", 4),
        ("detector_journal_alerts_lost_total", 2),
        ("detector_start_time_seconds", 1_700_000_000),
        ("detector_build_info", 1),
        ("detector_journal_up", 0),
        ("detector_journal_bytes", 4096),
        ("detector_journal_failures_total", 3),
        ("detector_journal_readings_lost_total", 17),
    ],
)
def test_the_daemon_tells_of_itself(name: str, value: float) -> None:
    """Link, workers, reloads, notifications and the journal are exposed as the status has them."""
    assert Bench().total(name) == value


def test_the_last_message_is_absent_before_the_first() -> None:
    """Without a message there is no time of the last one."""
    bench = Bench()
    assert "detector_mqtt_last_message_timestamp_seconds" not in bench.names()
    bench.change = lambda status: replace(status, traffic=Traffic(last_message_at=WallTime(5.0)))
    assert bench.total("detector_mqtt_last_message_timestamp_seconds") == 5.0

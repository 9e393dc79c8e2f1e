"""What a scrape shows."""

import gzip
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from detector.clock import WallTime
from detector.domain import FeedbackKind, Reading, RejectReason, Severity, Stage, Transition, Verdict
from detector.edge.channel_view import NOBODY, ChannelView, Fleet
from detector.edge.journal import JournalStatus
from detector.edge.ledger import Ledger
from detector.edge.metrics import Exposition, reference
from detector.edge.metrics.series import BOUNDED as ALL_BOUNDED
from detector.edge.metrics.series import CHANNEL, LEFT, PIECE, SKILL
from detector.edge.metrics.series import READINESS as SHARE
from detector.edge.mqtt import Traffic
from detector.edge.sinks import SinkCount
from detector.edge.snapshot import SnapshotStatus
from detector.edge.status import ReloadStatus, Status
from detector.notices import Hushed
from detector.report import Report
from detector.settings import MetricsSettings, SensorSettings, Settings
from tests.unit.edge.readings import at, event, reading, report, standing

BOUNDED = {named.name for named in ALL_BOUNDED}
"""What max_series bounds."""

SERIES = [named.name for named in CHANNEL]
READINESS = [SHARE.name, LEFT.name]

ROOT = Path(__file__).parent.parent.parent.parent

NUMBERS = ("score", "value", "expected", "lower", "upper")

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
        suppressed={Hushed.QUIET: 3},
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
    assert not bench.names() & {*SERIES, SKILL.name}
    assert bench.total("detector_series_left_out") == 0


def test_a_device_says_how_far_it_has_learnt() -> None:
    """Share and time left stand by device, the skill by channel; a time that is not known is absent."""
    bench = Bench()
    bench.read(report(reading()))
    stand(bench, ("pump-1", "temperature"))
    assert [bench.total(name) for name in (*READINESS, SKILL.name)] == [0.4, 60.0, 0.25]
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
        ("detector_notifications_suppressed_total", 3),
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


def test_a_device_that_was_let_go_has_no_series_and_is_counted() -> None:
    """Everything with its name goes away at once, the time of its last reading included."""
    bench = Bench()
    bench.view.show(report(reading("gone"), reading("here")))
    bench.view.show(report(departed=[("gone", "temperature")]))
    assert bench.total("detector_devices_evicted_total") == 1
    assert not any(("device", "gone") in labels for _, labels in bench.samples())


def channels_shown(bench: Bench) -> set[tuple[str, str]]:
    """Return the devices and channels that have a value."""
    found = (dict(labels) for name, labels in bench.samples() if name == "detector_value")
    return {(labels["device"], labels["channel"]) for labels in found}


def test_a_channel_with_an_open_episode_comes_first() -> None:
    """Where there is room for one channel, it is the one with an episode, and stays it when that has just closed."""
    bench = Bench(MetricsSettings(max_series=16))
    bench.read(report(*(reading(device=f"pump-{number}") for number in range(9))))
    assert channels_shown(bench) == {("pump-0", "temperature")}
    bench.view.show(report(events=[event(Transition.OPENED, device="pump-7")]))
    assert channels_shown(bench) == {("pump-7", "temperature")}
    bench.view.show(report(events=[event(Transition.CLOSED, 1, device="pump-7")]))
    assert channels_shown(bench) == {("pump-7", "temperature")}


def test_a_silent_device_comes_first_with_all_its_channels() -> None:
    """An episode of a whole device brings every channel of it to the front."""
    bench = Bench(MetricsSettings(max_series=23))
    bench.read(report(*(reading(device=device, channel=channel) for device in ("a", "b") for channel in ("x", "y"))))
    bench.view.show(report(events=[event(Transition.OPENED, device="b", channel=None, verdict=Verdict.TRANSPORT)]))
    assert channels_shown(bench) == {("b", "x"), ("b", "y")}


def test_an_open_episode_has_a_severity_and_an_onset() -> None:
    """They stand under device, channel, verdict, kind and unit while it is open, beside the numbers told, and are gone with it."""
    bench = Bench()
    bench.view.show(report(events=[event(Transition.OPENED, 60), event(Transition.OPENED, device="p2", channel=None)]))
    labels = {"verdict": "process", "kind": "residual", "unit": ""}
    of_channel = frozenset({"device": "pump-1", "channel": "temperature", **labels}.items())
    of_device = frozenset({"device": "p2", "channel": "", **labels}.items())
    samples = bench.samples()
    assert samples["detector_episode_severity", of_channel] == samples["detector_episode_severity", of_device] == 2
    assert samples["detector_episode_onset_timestamp_seconds", of_channel] == 1_700_000_060
    assert [samples[f"detector_episode_{number}", of_channel] for number in NUMBERS] == [1.5, 30.0, 20.0, 19.0, 21.0]
    bench.view.show(report(events=[event(Transition.CLOSED, 61)]))
    assert ("detector_episode_severity", of_channel) not in bench.samples()


def test_episodes_with_the_same_labels_are_one_series() -> None:
    """Two episodes of one kind on a channel show the gravest severity and the earliest onset, once."""
    bench = Bench()
    second = replace(event(Transition.OPENED, 9), id="another", severity=Severity.CRITICAL)
    bench.view.show(report(events=[event(Transition.OPENED, 5), second]))
    assert bench.text().count("\ndetector_episode_severity{") == 1
    assert bench.total("detector_episode_severity") == 3
    assert bench.total("detector_episode_onset_timestamp_seconds") == 1_700_000_005


def test_a_limit_that_nobody_set_is_no_number() -> None:
    """An episode above a range that has no lower end shows the upper one alone."""
    bench = Bench()
    bench.view.show(report(events=[replace(event(Transition.OPENED), lower=-math.inf)]))
    assert "detector_episode_upper" in bench.names()
    assert "detector_episode_lower" not in bench.names()


def test_many_samples_are_written_as_few_are() -> None:
    """Pieces of a metric follow each other under one head, and every channel is there once."""
    bench = Bench(MetricsSettings(max_series=100_000))
    bench.read(report(*(reading(device=f"pump-{number}") for number in range(2 * PIECE + 1))))
    assert len(channels_shown(bench)) == 2 * PIECE + 1
    assert bench.text().count("# TYPE detector_value gauge\n") == 1


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=1.0.0"])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_every_format_says_the_same(accept: str, encoding: str) -> None:
    """Plain text and OpenMetrics, compressed or not, have the same series, each its end, and a length that is right."""
    bench = Bench()
    bench.read(report(reading(), events=[event(Transition.OPENED)]))
    headers = dict[str, str]()
    environ = {"HTTP_ACCEPT": accept, "HTTP_ACCEPT_ENCODING": encoding}

    def start(_status: str, given: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
        headers.update(given)
        return lambda _body: None

    body = b"".join(bench.exposition.application(environ, start))
    assert headers["Content-Length"] == str(len(body))
    text = (gzip.decompress(body) if encoding else body).decode()
    families = (parse_openmetrics if accept else text_string_to_metric_families)(text)
    assert {s.name for family in families for s in family.samples} == bench.names()
    assert text.endswith("# EOF\n") == bool(accept)


def test_the_reference_names_every_metric_and_no_other() -> None:
    """What a daemon that is busy in every way exposes, and what docs/metrics.md documents, are the same names; so is the page."""
    bench = Bench()
    bench.change = lambda status: replace(status, traffic=Traffic(last_message_at=WallTime(5.0)))
    bench.read(report(reading(), events=[event(Transition.OPENED)]))
    stand(bench, ("pump-1", "temperature"))
    bench.view.census = replace(bench.view.census, devices=1)
    assert {name for name in bench.names() if name.startswith("detector_")} == reference.sample_names()
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == reference.page()


def test_what_people_said_of_alerts_is_counted() -> None:
    """By kind, with a zero for what nobody said."""
    bench = Bench()
    bench.change = lambda status: replace(status, feedback={FeedbackKind.FALSE: 3})
    samples = bench.samples()
    counts = {kind: samples["detector_feedback_total", frozenset({("kind", kind.value)})] for kind in FeedbackKind}
    assert counts == {FeedbackKind.FALSE: 3, FeedbackKind.CONFIRMED: 0, FeedbackKind.UNDONE: 0}

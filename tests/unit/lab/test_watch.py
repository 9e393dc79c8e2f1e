"""What a subscriber makes of the daemon's states and alerts."""

from dataclasses import replace

import orjson

from detector.domain import AlertEvent, EventTime, Kind, Severity, Stage, Transition, Verdict
from detector.edge.alert_topics import alert_message, state_message
from detector.edge.channel_state import ChannelState
from detector.lab.watch import BASE, TRACE_LENGTH, Watch

AT = EventTime(1_790_000_000_123_456)
STATE = ChannelState("p1", "flow", 0, AT, 80.0, Stage.SCORED, 0, 81.0, 79.0, 83.0, 0.4, 0, None, AT)
EVENT = AlertEvent(
    "id1", Transition.OPENED, AT, AT, "p1", None, Verdict.TRANSPORT, Kind.SILENT, Severity.WARNING,
    None, None, None, None, None, None, "p1 is silent.",
)  # fmt: skip


def tell(watch: Watch, event: AlertEvent) -> None:
    """Let the watch hear an event as the daemon publishes it."""
    topic, payload, *_ = alert_message(BASE, event)
    watch.hear(topic, payload)


def show(watch: Watch, state: ChannelState) -> None:
    """Let the watch hear a state as the daemon publishes it."""
    topic, payload, *_ = state_message(BASE, state)
    watch.hear(topic, payload)


def test_a_state_becomes_a_point() -> None:
    """The numbers of the retained state are those of the trace's last point."""
    watch = Watch()
    show(watch, STATE)
    point = watch.picture().traces["p1", "flow"][-1]
    assert (point.value, point.lower, point.upper, point.score, point.anomalous) == (80.0, 79.0, 83.0, 0.4, 0)


def test_a_trace_forgets_its_oldest_points() -> None:
    """A trace never grows beyond its length."""
    watch = Watch()
    for value in range(TRACE_LENGTH + 5):
        show(watch, STATE._replace(value=float(value)))
    trace = watch.picture().traces["p1", "flow"]
    assert (len(trace), trace[0].value) == (TRACE_LENGTH, 5.0)


def test_only_alerts_that_open_are_counted() -> None:
    """An episode is one alert, whatever becomes of it; its time is exact to the microsecond."""
    watch = Watch()
    for transition in Transition:
        tell(watch, replace(EVENT, event=transition))
    assert [(alert.at, alert.device, alert.kind) for alert in watch.picture().alerts] == [(AT, "p1", "silent")]


def test_a_device_is_silent_until_its_alert_closes() -> None:
    """The lamp of silence follows the episode."""
    watch = Watch()
    tell(watch, EVENT)
    assert watch.picture().silent == {"p1"}
    tell(watch, replace(EVENT, event=Transition.CLOSED))
    assert watch.picture().silent == frozenset()


def test_the_daemons_goodbye_is_noticed() -> None:
    """Only `offline` means that nothing comes any more."""
    watch = Watch()
    watch.hear(f"{BASE}/status", b"online")
    assert not watch.offline.is_set()
    watch.hear(f"{BASE}/status", b"offline")
    assert watch.offline.is_set()


def test_a_state_that_is_taken_back_is_no_point() -> None:
    """An empty retained payload, by which a state is deleted, is left aside."""
    watch = Watch()
    watch.hear(f"{BASE}/devices/p1/flow/state", b"")
    watch.hear(f"{BASE}/devices/p1/other", orjson.dumps({}))
    assert watch.picture().traces == {}

"""What people saw last is shown again after a restart."""

from dataclasses import replace
from typing import Any

import orjson

from detector.domain import Height, Stage, Transition, Verdict
from detector.edge.channel_state import ChannelKey
from detector.edge.channel_view import ChannelView
from detector.edge.frozen_view import only_devices
from tests.unit.edge.readings import at, event, reading, report

KEY = ("pump-1", "temperature")


def seen() -> ChannelView:
    """Return a view of two devices: one has an open alert, one fell silent and spoke again, and one channel only warms up."""
    view = ChannelView()
    view.show(report(reading(seconds=0), reading(channel="flow"), reading(device="pump-2")))
    view.show(report(reading(seconds=1), anomalous=1, events=[event(Transition.OPENED, 1)]))
    silent = {"device": "pump-2", "channel": None, "verdict": Verdict.TRANSPORT}
    view.show(report(events=[event(Transition.OPENED, 600, **silent)], tick=at(600)))  # type: ignore[arg-type]
    view.show(report(events=[event(Transition.CLOSED, 700, **silent)], tick=at(700)))  # type: ignore[arg-type]
    view.show(report(reading(device="pump-2", channel="level", seconds=701), stage=Stage.WARMING_UP))
    return view


def again(frozen: dict[str, Any], entries: dict[ChannelKey, int] | None = None) -> ChannelView:
    """Return a view restored from what a file would hold, every channel in the first entry unless told."""
    view = ChannelView()
    view.restore(orjson.loads(orjson.dumps(frozen)), (lambda _: 0) if entries is None else entries.get)
    return view


def test_states_alerts_and_counts_come_back_and_go_on() -> None:
    """A view that was restored shows the same, and the next report changes both alike."""
    view = seen()
    restored = again(view.freeze())
    assert restored.fleet() == view.fleet()
    following = report(reading(seconds=900), events=[event(Transition.CLOSED, 900)], tick=at(4000))
    assert restored.show(following) == view.show(following)
    assert restored.fleet() == view.fleet()
    assert restored.freeze() == view.freeze()


def test_how_strong_an_open_alert_was_comes_back() -> None:
    """Heights outlive the process as what they are."""
    view, heights = ChannelView(), (Height("peers", 1.3), Height("own", 1.1))
    view.show(report(reading(seconds=1), events=[replace(event(Transition.OPENED, 1), heights=heights)]))
    assert [one.heights for one in again(view.freeze()).fleet().open] == [heights]


def test_a_channel_without_an_entry_is_not_shown() -> None:
    """Channels take the place that their entry has now; one that the engine does not know any more is left out."""
    restored = again(seen().freeze(), {KEY: 3})
    assert [(state.device, state.channel, state.entry) for state in restored.fleet().states] == [(*KEY, 3)]


def test_a_device_that_went_leaves_nothing_open() -> None:
    """Without a device there is neither its state nor its open alert, which would never close; what was told of it stays told."""
    went = [("pump-1", "temperature"), ("pump-1", "flow")]
    restored = again(only_devices(seen().freeze(), {"pump-2"}, [*went, ("pump-2", "temperature")]))
    assert {state.device for state in restored.fleet().states} == {"pump-2"}
    assert restored.fleet().open == ()
    assert set(restored.fleet().last_seen) == {"pump-2"}
    assert len(restored.fleet().recent) == 3
    assert restored.channels()[-2:] == went  # the broker still has their states

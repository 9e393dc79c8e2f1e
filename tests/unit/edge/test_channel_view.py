"""The last state of every channel, and how long a device is remembered."""

from dataclasses import replace

from detector.domain import Stage, Transition, Verdict
from detector.edge.channel_view import NOBODY, ChannelView
from detector.report import Progress
from tests.unit.edge.readings import at, event, reading, report, standing

KEY = ("pump-1", "temperature")


def test_a_scored_channel_shows_all_its_numbers() -> None:
    """A scored channel shows value, forecast, band and score."""
    view = ChannelView()
    view.show(report(reading(value=20.5)))
    (state,) = view.fleet().states
    assert (state.value, state.expected, state.lower, state.upper, state.score) == (20.5, 20.0, 19.0, 21.0, 0.5)


def test_what_is_not_known_is_none() -> None:
    """A channel that warms up has neither a forecast nor a score, whatever stands in the arrays."""
    view = ChannelView()
    view.show(report(reading(), stage=Stage.WARMING_UP))
    (state,) = view.fleet().states
    assert (state.expected, state.lower, state.upper, state.score, state.steps_left) == (None, None, None, None, 12)


def test_a_late_or_refused_reading_changes_nothing() -> None:
    """Readings that were not taken in order leave the last state, and make no channel known."""
    view = ChannelView()
    view.show(report(reading(seconds=60, value=21.0)))
    for stage in (Stage.LATE, Stage.DUPLICATE):
        assert not view.show(report(reading(value=99.0), stage=stage)).keys
    assert not view.show(report(reading(device="pump-2"), stage=Stage.REFUSED_DEVICE)).keys
    assert [state.value for state in view.fleet().states] == [21.0]


def test_since_stands_while_side_and_verdict_do() -> None:
    """`since` is the event time of the reading at which the present side and verdict began."""
    view = ChannelView()
    for seconds, side in ((0, 0), (1, 1), (2, 1), (3, 0), (4, 0)):
        view.show(report(reading(seconds=seconds), anomalous=side))
        state = view.state(KEY)
        assert state is not None
        assert state.since == at({0: 0, 1: 1, 2: 1, 3: 3, 4: 3}[seconds])


def test_a_channel_turns_when_an_episode_opens_or_closes() -> None:
    """Opening and closing an episode turn the channel's verdict; a reading in between does not."""
    view = ChannelView()
    view.show(report(reading(seconds=0)))
    opened = view.show(report(reading(seconds=1), events=[event(Transition.OPENED, 1)]))
    between = view.show(report(reading(seconds=2)))
    assert (opened.turned, between.turned) == ({KEY}, set())
    assert [state.verdict for state in view.fleet().states] == [Verdict.PROCESS]
    assert view.show(report(reading(seconds=3), events=[event(Transition.CLOSED, 3)])).turned == {KEY}
    assert [state.verdict for state in view.fleet().states] == [None]


def test_silence_turns_all_channels_of_the_device() -> None:
    """An episode of a whole device gives its verdict to every channel of it, without a reading, and to no other device."""
    view = ChannelView()
    view.show(report(reading(), reading(channel="vibration"), reading(device="pump-2")))
    silent = event(Transition.OPENED, 600, channel=None, verdict=Verdict.TRANSPORT)
    assert view.show(report(events=[silent], tick=at(600))).turned == {KEY, ("pump-1", "vibration")}
    assert {(state.device, state.verdict) for state in view.fleet().states} == {
        ("pump-1", Verdict.TRANSPORT),
        ("pump-2", None),
    }


def test_a_device_that_is_long_gone_loses_its_channels() -> None:
    """After an hour of silence a device's channels go away; when it was last seen stays; its return brings them back."""
    view = ChannelView()
    view.show(report(reading(), reading(device="pump-2")))
    view.show(report(reading(device="pump-2", seconds=3500), tick=at(3500)))
    assert len(view.fleet().states) == 2
    view.show(report(tick=at(3700)))
    assert [state.device for state in view.fleet().states] == ["pump-2"]
    assert view.fleet().last_seen == {"pump-1": at(0), "pump-2": at(3500)}
    view.show(report(reading(seconds=3800)))
    assert [state.device for state in view.fleet().states] == ["pump-1", "pump-2"]


def test_a_slow_device_is_given_ten_of_its_gaps() -> None:
    """A device that reports every half hour is not gone after an hour, but after five."""
    view = ChannelView()
    for step in range(3):
        view.show(report(reading(seconds=1800 * step)))
    view.show(report(tick=at(3600 + 4.9 * 3600)))
    assert len(view.fleet().states) == 1
    view.show(report(tick=at(3600 + 5.1 * 3600)))
    assert not view.fleet().states


def test_a_picture_once_taken_does_not_change() -> None:
    """A picture of the fleet is a copy: later readings leave it as it was."""
    view = ChannelView()
    view.show(report(reading(value=1.0)))
    picture = view.fleet()
    view.show(report(reading(seconds=1, value=2.0), events=[event(Transition.OPENED, 1)]))
    assert ([state.value for state in picture.states], picture.open, picture.recent) == ([1.0], (), ())


def test_a_picture_has_what_the_census_knows() -> None:
    """How far devices have learnt, and the skill of channels, stand in the picture by name."""
    view = ChannelView()
    assert (view.fleet().progress, view.fleet().skills) == ({}, {})
    view.census = replace(NOBODY, standing=standing(KEY, ("pump-2", "temperature")))
    assert view.fleet().progress == {"pump-1": Progress(0.4, 259_200.0), "pump-2": Progress(0.4, 259_200.0)}
    assert view.fleet().skills == {KEY: 0.25, ("pump-2", "temperature"): 0.25}


def test_a_device_that_was_let_go_is_forgotten_and_counted() -> None:
    """Nothing is left of it, not even when it was heard; one that speaks again in the same batch is a new one."""
    view = ChannelView()
    view.show(report(reading(), reading("pump-2"), reading("pump-2", "flow")))
    gone = (("pump-2", "temperature"), ("pump-2", "flow"))
    touched = view.show(report(reading(seconds=60), reading("pump-2", "flow", seconds=60), departed=gone))
    fleet = view.fleet()
    assert touched.gone == gone
    assert [(state.device, state.channel) for state in fleet.states] == [KEY, ("pump-2", "flow")]
    assert fleet.last_seen == {"pump-1": at(60), "pump-2": at(60)}
    assert fleet.evicted == 1
    view.show(report(departed=[("pump-2", "flow")]))
    assert list(view.fleet().last_seen) == ["pump-1"]


def test_a_device_that_is_gone_stays_known_by_name_over_a_restart() -> None:
    """It has no channels any more, so that whoever still shows it can take it away."""
    view, other = ChannelView(), ChannelView()
    view.show(report(reading(), reading(device="pump-2", seconds=3500)))
    view.show(report(tick=at(3700)))
    other.restore(view.freeze(), lambda _: 0)
    assert view.devices() == other.devices() == {"pump-1": (), "pump-2": ("temperature",)}


def test_a_device_that_was_gone_before_a_restart_is_forgotten_as_well() -> None:
    """Of its channels only the engine knew any more; let go, it is neither seen nor shown for ever, and is counted."""
    view, other = ChannelView(), ChannelView()
    view.show(report(reading(), reading(channel="flow"), reading(device="pump-2", seconds=3500)))
    view.show(report(tick=at(3700)))
    other.restore(view.freeze(), lambda _: 0)
    gone = [KEY, ("pump-1", "flow")]
    for one in (view, other):
        one.show(report(departed=gone))
        assert list(one.fleet().last_seen) == ["pump-2"]
        assert one.devices() == {"pump-2": ("temperature",)}
        assert one.fleet().evicted == 1
    other.show(report(reading(device="pump-3", seconds=3800), departed=gone))
    assert other.fleet().last_seen == {"pump-2": at(3500), "pump-3": at(3800)}


def test_a_row_that_was_let_go_serves_the_next_who_comes() -> None:
    """Nothing of one device shows in the state of another that comes after its eviction."""
    view = ChannelView()
    view.show(report(reading(device="old", value=7.0), events=[event(Transition.OPENED, device="old")]))
    view.show(report(departed=[("old", "temperature")], events=[event(Transition.CLOSED, 1, device="old")]))
    touched = view.show(report(reading(device="new", seconds=5), stage=Stage.WARMING_UP))
    (state,) = view.fleet().states
    assert touched.turned == {("new", "temperature")}
    assert (state.device, state.expected, state.verdict, state.since) == ("new", None, None, at(5))
    assert view.fleet().last_seen == {"new": at(5)}


def test_a_channel_that_rests_is_left_out_until_it_turns() -> None:
    """What changes while a channel rests is news when it is woken, and touches nobody; a turn wakes it at once."""
    view = ChannelView()
    view.show(report(reading()))
    view.rest(KEY)
    assert not view.wake(KEY)
    view.rest(KEY)
    assert view.show(report(reading(seconds=1))).keys == []
    assert view.wake(KEY)
    view.rest(KEY)
    assert view.show(report(reading(seconds=2), anomalous=1)).keys == [KEY]
    view.rest(KEY)
    assert view.show(report(reading(seconds=3), anomalous=1, departed=[KEY])).keys == [KEY]

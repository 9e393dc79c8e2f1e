"""What a person sees of a scene."""

import re
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from detector.domain import MICROSECONDS, EventTime
from detector.lab.faults import Fault, FaultKind
from detector.lab.plant import CHANNELS, Plant
from detector.lab.tally import GRACE_S, Opened, tally
from detector.lab.view import Scene, bar, draw, sparkline, spoken, summary_table
from detector.lab.watch import ChannelKey, Picture, Point

DEVICES = Plant(1, 12).devices
CALM = Point(80.0, 81.0, 79.0, 83.0, 0.4, 0, None)
FAULT = Fault("pump-02", "flow", FaultKind.STEP, EventTime(1000 * MICROSECONDS), EventTime(2000 * MICROSECONDS), 4.0)
ALERT = Opened(EventTime(1060 * MICROSECONDS), "pump-02", "flow", "process", "residual", "critical", "flow fell.")


def scene(now_s: float, *alerts: Opened) -> Scene:
    """Return a scene of twelve pumps and one fault."""
    traces: dict[ChannelKey, tuple[Point, ...]] = {
        (device, channel): (CALM,) * 20 for device in DEVICES for channel in CHANNELS
    }
    return Scene(
        elapsed_s=20.0,
        duration_s=60.0,
        speed=1200.0,
        now=EventTime(int(now_s * MICROSECONDS)),
        devices=DEVICES,
        learnt_share=2.0,
        picture=Picture(traces, alerts, frozenset()),
        tally=tally([FAULT], alerts),
        readings_per_s=960.0,
        scored=12345,
        pending=3,
        broker="mosquitto",
    )


def seen(shown: Scene, width: int = 120, height: int = 40) -> str:
    """Return what stands on a terminal."""
    console = Console(file=StringIO(), width=width, height=height)
    console.print(draw(shown, width, height), height=height)
    return printed(console)


def printed(console: Console) -> str:
    """Return what was printed so far."""
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_whole_fleet_is_shown() -> None:
    """Every pump and every channel has its place, with its value."""
    text = seen(scene(0.0))
    assert all(device in text for device in DEVICES)
    assert all(channel in text for channel in CHANNELS)
    assert text.count("80.0") >= len(DEVICES)


@pytest.mark.parametrize(
    ("now_s", "alerts", "fate"),
    [
        (0.0, (), "in 1 s"),
        (1500.0, (), "on now"),
        (2000.0, (), "not found yet"),
        (2001.0 + GRACE_S, (), "✗ not found"),
        (1500.0, (ALERT,), "✓ after 60 s"),
    ],
)
def test_a_faults_fate_is_told(now_s: float, alerts: tuple[Opened, ...], fate: str) -> None:
    """A fault is to come, on, found, not found yet or not found."""
    assert fate in seen(scene(now_s, *alerts))


def test_an_alert_is_shown_as_earned_or_not() -> None:
    """An alert that belongs to a fault has a tick, any other a question mark."""
    text = seen(scene(1500.0, ALERT, ALERT._replace(device="pump-03", summary="flow rose.")))
    assert re.search(r"✓\s+flow fell\.", text)
    assert re.search(r"\?\s+flow rose\.", text)


def test_a_silent_device_has_a_lamp_of_its_own() -> None:
    """Silence is seen at the device's name."""
    calm = scene(0.0)
    silent = replace(calm, picture=calm.picture._replace(silent=frozenset({"pump-05"})))
    assert "◌ pump-05" in seen(silent)


def test_before_the_first_state_there_is_an_empty_fleet() -> None:
    """The view can be drawn before anything was heard."""
    text = seen(replace(scene(0.0), learnt_share=0.1, picture=Picture({}, (), frozenset())))
    assert "learning what is normal" in text
    assert "○ pump-12" in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 16), (200, 60)])
def test_every_terminal_has_room(width: int, height: int) -> None:
    """Neither a small nor a large terminal breaks the view, and the screen is never left."""
    lines = seen(scene(1500.0, ALERT), width, height).splitlines()
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert "step" in "".join(lines)


@pytest.mark.parametrize(("share", "drawn"), [(0.0, "   "), (0.5, "█▌ "), (1.0, "███"), (7.0, "███")])
def test_a_bar_is_full_at_the_threshold(share: float, drawn: str) -> None:
    """A score of 1 fills the bar, more does not overflow it."""
    assert bar(share) == drawn


def test_a_sparkline_is_as_high_as_its_values() -> None:
    """The lowest value has the lowest block, the highest the highest, when they leave the expected band."""
    trace = [CALM._replace(value=value) for value in (70.0, 80.0, 90.0)]
    assert sparkline(trace).plain == "▁▅█"


def test_noise_within_the_band_stays_in_the_middle() -> None:
    """A channel that moves little against its expected band keeps to the middle blocks."""
    trace = [CALM._replace(value=value) for value in (80.0, 80.1, 80.0)]
    assert set(sparkline(trace).plain) <= {"▄", "▅"}


@pytest.mark.parametrize(("seconds", "text"), [(12.3, "12 s"), (600.0, "10 min"), (7200.0, "2.0 h")])
def test_durations_are_told_as_people_do(seconds: float, text: str) -> None:
    """Short ones in seconds, longer ones in minutes and hours."""
    assert spoken(seconds) == text


def test_the_summary_names_every_fault() -> None:
    """Found and not found faults both stand in the table at the end."""
    other = replace(FAULT, device="pump-07", kind=FaultKind.DRIFT)
    console = Console(file=StringIO(), width=100)
    console.print(summary_table(tally([FAULT, other], [ALERT])))
    text = printed(console)
    assert "after 60 s" in text
    assert "drift" in text

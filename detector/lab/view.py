"""The demo on a terminal: the fleet, the faults put in, the alerts that come out.

In: a scene, a width. Out: something that rich can print. Pure: it draws what it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from detector.domain import MICROSECONDS, EventTime
from detector.lab.plant import SENSORS
from detector.lab.tally import GRACE_S, Finding, Opened, Tally, belongs
from detector.lab.watch import Picture, Point

BLOCKS: Final = "▁▂▃▄▅▆▇█"
EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
FAULTS_WIDTH: Final = 50
BAR_WIDTH: Final = 3
"""Cells of a score bar; full is the threshold."""

SEVERITY_STYLES: Final = {"info": "cyan", "warning": "yellow", "critical": "bold red"}

QUIET, LEARNING, STRANGE, SILENT = "green", "cyan", "bold red", "magenta"


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the view shows at one moment."""

    elapsed_s: float
    duration_s: float
    speed: float
    now: EventTime
    devices: Sequence[str]
    learnt_share: float
    """How much of the readings a channel needs before its first score were sent; 1 and more: all."""
    picture: Picture
    tally: Tally
    """Over all faults of the plan, those to come as well."""
    readings_per_s: float
    scored: int
    pending: int
    broker: str


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    """Return the whole screen."""
    rows = max(4, min(len(scene.tally.findings), height // 3 - 1))
    fleet = min(len(scene.devices) + 1, height - rows - 6)
    below = Layout(size=rows + 2)
    below.split_row(Layout(_faults(scene, rows), size=min(FAULTS_WIDTH, width * 3 // 5)), Layout(_alerts(scene, rows)))
    layout = Layout()
    layout.split_column(
        Layout(_header(scene), size=3),
        Layout(_fleet(scene, width), size=fleet),
        below,
        Layout(_counters(scene)),
    )
    return layout


def _header(scene: Scene) -> RenderableType:
    """Return the title, the plant's clock and how far the demo has come."""
    clock = datetime.fromtimestamp(scene.now / MICROSECONDS, UTC)
    title = Text.assemble(
        ("detector", "bold"),
        f"  {len(scene.devices)} pumps, {len(scene.devices) * len(SENSORS)} channels  ·  plant time ",
        (f"{clock:%a %H:%M}", "bold"),
        f", {scene.speed:.0f} times as fast  ·  ",
        *([("learning what is normal", LEARNING)] if scene.learnt_share < 1 else [("watching", QUIET)]),
        f"  ·  {scene.elapsed_s:.0f} of {scene.duration_s:.0f} s",
    )
    bar = ProgressBar(total=scene.duration_s, completed=min(scene.elapsed_s, scene.duration_s))
    return Group(title, bar)


def _fleet(scene: Scene, width: int) -> Table:
    """Return a row for each device, a cell for each channel."""
    table = Table(expand=True, box=None, padding=(0, 1), header_style="dim", row_styles=("", "on grey7"))
    table.add_column("", no_wrap=True)
    for sensor in SENSORS:
        table.add_column(f"{sensor.channel}, {sensor.unit}", no_wrap=True)
    spark = max(4, (width - 14) // len(SENSORS) - 13)
    for device in scene.devices:
        cells = [_cell(scene, device, sensor.channel, spark) for sensor in SENSORS]
        table.add_row(_name(scene, device), *cells)
    return table


def _name(scene: Scene, device: str) -> Text:
    """Return a device's name with a lamp."""
    points = [trace[-1] for key, trace in scene.picture.traces.items() if key[0] == device]
    if device in scene.picture.silent:
        return Text(f"◌ {device}", SILENT)
    if any(point.verdict is not None for point in points):
        return Text(f"▲ {device}", STRANGE)
    if scene.learnt_share < 1 or not points:
        return Text(f"○ {device}", LEARNING)
    return Text.assemble(("●", QUIET), f" {device}")


def _cell(scene: Scene, device: str, channel: str, spark: int) -> Text:
    """Return a channel's last values, its value now and its score."""
    trace = scene.picture.traces.get((device, channel), ())[-spark:]
    if not trace:
        return Text("")
    text = Text(" " * (spark - len(trace)))
    text.append_text(sparkline(trace))
    now = trace[-1]
    style = SILENT if device in scene.picture.silent else STRANGE if now.verdict or now.anomalous else ""
    text.append(f"{now.value:7.{decimals(channel)}f} ", style)
    if now.score is None:
        return text.append(bar(min(scene.learnt_share, 1.0)), LEARNING)
    return text.append(bar(now.score), STRANGE if now.score >= 1 else "yellow" if now.score >= 0.7 else "dim green")


def decimals(channel: str) -> int:
    """Return how many decimals a channel's sensor is good for."""
    quantum = next(sensor.quantum for sensor in SENSORS if sensor.channel == channel)
    return 1 if quantum >= 0.05 else 2


def sparkline(trace: Sequence[Point]) -> Text:
    """Return a character for each point: its height is the value among them, its colour the daemon's opinion of it."""
    lowest, highest = min(point.value for point in trace), max(point.value for point in trace)
    bands = [point.upper - point.lower for point in trace if point.upper is not None and point.lower is not None]
    # As high as the expected band at least, so that mere noise looks like noise.
    span = max(highest - lowest, max(bands, default=0.0), 1e-9)
    floor = (lowest + highest - span) / 2
    text = Text()
    for point in trace:
        height = int((point.value - floor) / span * (len(BLOCKS) - 1) + 0.5)
        text.append(BLOCKS[height], point_style(point))
    return text


def point_style(point: Point) -> str:
    """Return the colour of a point: learning, within what was expected, outside it, or strange."""
    if point.score is None or point.lower is None or point.upper is None:
        return LEARNING
    if point.anomalous or point.verdict is not None:
        return STRANGE
    return QUIET if point.lower <= point.value <= point.upper else "yellow"


def bar(share: float) -> str:
    """Return a bar that is full at 1."""
    eighths = round(min(max(share, 0.0), 1.0) * 8 * BAR_WIDTH)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(BAR_WIDTH)


def _faults(scene: Scene, rows: int) -> Panel:
    """Return the faults put in: what, where, and whether it was found; where there is little room, the latest."""
    table = Table(box=None, expand=True, show_header=False, padding=(0, 1, 0, 0))
    for _ in range(4):
        table.add_column(no_wrap=True)
    begun = sum(finding.fault.start <= scene.now for finding in scene.tally.findings)
    first = max(0, min(begun - rows + 2, len(scene.tally.findings) - rows))
    for finding in scene.tally.findings[first : first + rows]:
        fault = finding.fault
        table.add_row(fault.kind.value, fault.device, fault.channel or "all", _fate(scene, finding))
    return Panel(table, title="faults put in", title_align="left", border_style="dim")


def _fate(scene: Scene, finding: Finding) -> Text:
    """Return how a fault stands."""
    fault = finding.fault
    wait_s = (fault.start - scene.now) / MICROSECONDS / scene.speed
    if wait_s > 0:
        return Text(f"in {wait_s:.0f} s", "dim")
    if finding.delay_s is not None:
        return Text(f"✓ after {spoken(finding.delay_s)}", QUIET)
    if fault.strikes(scene.now):
        return Text("● on now", "bold yellow")
    if scene.now < fault.end + GRACE_S * MICROSECONDS:
        return Text("○ not found yet", "yellow")
    return Text("✗ not found", "red")


def spoken(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _alerts(scene: Scene, rows: int) -> Panel:
    """Return the newest alerts, and whether each tells of a fault."""
    table = Table(box=None, expand=True, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for alert in scene.picture.alerts[: -rows - 1 : -1]:
        clock = datetime.fromtimestamp(alert.at / MICROSECONDS, UTC)
        table.add_row(
            Text(f"{clock:%H:%M}", "dim"),
            Text("✓", QUIET) if _earned(scene, alert) else Text("?", "yellow"),
            Text(alert.summary, SEVERITY_STYLES.get(alert.severity, "")),
        )
    return Panel(table, title="alerts that came out", title_align="left", border_style="dim")


def _earned(scene: Scene, alert: Opened) -> bool:
    """Tell whether an alert tells of a fault."""
    return any(belongs(alert, finding.fault) for finding in scene.tally.findings)


def _counters(scene: Scene) -> Text:
    """Return the figures of the last line."""
    begun = sum(finding.fault.start <= scene.now for finding in scene.tally.findings)
    return Text.assemble(
        (f"{scene.readings_per_s:.0f}", "bold"), " readings/s  ·  ",
        (f"{scene.scored}", "bold"), f" scored, {scene.pending} pending  ·  ",
        (f"{scene.tally.found} of {begun}", "bold"), " faults found  ·  ",
        (f"{len(scene.tally.false_alerts)}", "bold"), " false  ·  ",
        (f"broker {scene.broker}  ·  Ctrl-C ends", "dim"),
    )  # fmt: skip


def summary_table(tally: Tally) -> Table:
    """Return the end of the story: each fault, and what became of it."""
    table = Table(title="What was broken, and what was told", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in ("fault", "device", "channel", "found", "told as"):
        table.add_column(name, header_style="dim")
    for fault, alert in tally.findings:
        delay_s = Finding(fault, alert).delay_s
        found = Text("no", "red") if delay_s is None else Text(f"after {spoken(delay_s)}", QUIET)
        table.add_row(fault.kind.value, fault.device, fault.channel or "all", found, alert.kind if alert else "")
    return table

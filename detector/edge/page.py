"""The page for people at `/`: how the daemon is, what is open, what every channel does.

In: one `Status`. Out: HTML in one piece, without scripts or anything to fetch. Names come from the network, hence
every text goes through `text`.
"""

import heapq
from collections.abc import Iterable, Iterator
from typing import Final

from detector.domain import DAY_S, MICROSECONDS, AlertEvent, EventTime, Stage
from detector.edge.channel_state import ChannelState
from detector.edge.page_html import moment, number, table, text
from detector.edge.page_style import STYLE
from detector.edge.status import Status, unit_of
from detector.report import Progress

MAX_ROWS: Final = 200
"""Channels shown; those with something to see come first."""
REFRESH_S: Final = 5

LEARNING: Final = {Stage.WARMING_UP: "warming up", Stage.CALIBRATING: "calibrating"}
SIDES: Final = {1: "above", -1: "below"}


def render_page(status: Status) -> str:
    """Return the page."""
    sections = (
        _heading(status),
        _tiles(status),
        _open_episodes(status),
        _feedback(status),
        _maintenance(status),
        _channels(status),
        _events(status),
        _footer(),
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>detector{' · not ready' if status.not_ready else ''}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(sections)}</body></html>\n"
    )


def _heading(status: Status) -> str:
    """Return the title, and whether the daemon is ready and connected."""
    ready = ("good", "ready") if status.not_ready is None else ("bad", f"not ready: {status.not_ready}")
    link = ("good", "broker connected") if status.connected else ("bad", "broker not connected")
    reload = [] if status.reload.succeeded else [("bad", "last reload refused, see the log")]
    badges = "".join(f'<span class="badge {mood}">{text(words)}</span>' for mood, words in [ready, link, *reload])
    return f"<header><h1>detector</h1><small>{text(status.version)}</small>{badges}</header>"


def _tiles(status: Status) -> str:
    """Return the few figures that tell how it goes."""
    fleet, counts = status.fleet, status.counts
    rejected, dropped = sum(counts.rejected.values()), sum(counts.dropped.values())
    tiles = (
        ("devices", f"{fleet.census.devices:,}", f"{fleet.census.learning:,} not scored yet"),
        ("open episodes", str(len(fleet.open)), f"{sum(fleet.opened.values())} opened since start"),
        ("alert budget used", f"{fleet.census.budget_used:.0%}", f"of {status.settings.budget}"),
        ("readings", f"{counts.received:,}", f"{rejected:,} rejected, {dropped:,} dropped"),
        (
            "late or twice",
            f"{counts.late + counts.duplicate:,}",
            f"{counts.late:,} late, {counts.duplicate:,} duplicate",
        ),
        ("waiting", f"{counts.pending:,}", f"{status.inbox_depth:,} messages in the inbox"),
    )
    shown = (
        f"<div><dt>{name}</dt><dd>{text(figure)}</dd><small>{text(more)}</small></div>" for name, figure, more in tiles
    )
    return f'<dl class="tiles">{"".join(shown)}</dl>'


def _episode(event: AlertEvent) -> str:
    """Return one event or open episode as a row."""
    return (
        f'<tr class="{event.severity.value}"><td class="when">{moment(event.at)}</td><td>{event.event.value}</td>'
        f'<td class="grade">{event.severity.value}</td><td>{event.verdict.value}: {event.kind.value.replace("_", " ")}</td>'
        f"<td>{text(event.device)}</td><td>{text(event.channel or 'whole device')}</td><td>{text(event.summary)}</td><td>{_id(event.id)}</td></tr>"
    )


def _id(alert: str) -> str:
    """Return an alert's id, which leads to what is known of it."""
    return f'<a href="/alerts/{text(alert)}"><code>{text(alert)}</code></a>'


EPISODE_COLUMNS: Final = ("at", "event", "severity", "verdict", "device", "channel", "summary", "alert")

HOW_TO_ANSWER: Final = (
    "<p>To answer one: <code>detector alerts ack|false|confirm CONFIG ALERT</code>, or a POST to <code>/alerts/ALERT/ack</code>,"
    " <code>false</code> or <code>confirm</code> at this address; asked for by a GET, <code>false</code> says what it would do.</p>"
)


def _open_episodes(status: Status) -> str:
    """Return the open episodes, newest first."""
    episodes = sorted(status.fleet.open, key=lambda event: event.at, reverse=True)
    rows = [_episode(event) for event in episodes[:MAX_ROWS]]
    found = table(
        "Open episodes", EPISODE_COLUMNS, rows, len(episodes) - MAX_ROWS, "None: nothing strange is going on."
    )
    return found + (HOW_TO_ANSWER if rows else "")


def _feedback(status: Status) -> str:
    """Return what people said of alerts and counts still; nothing where nobody said anything."""
    said = status.fleet.census.feedback
    rows = [
        f"<tr><td>{_id(one.alert)}</td><td>{text(one.device)}</td><td>{text(one.channel)}</td><td>{one.kind.value}</td>"
        f"<td>{text(', '.join(f'{source} {factor:.2f} times' for source, factor in one.raised))}</td>"
        f'<td class="when">{moment(one.until)}</td></tr>'
        for one in said[:MAX_ROWS]
    ]
    columns = ("alert", "device", "channel", "called", "threshold raised", "until")
    return table("Feedback in force", columns, rows, len(said) - MAX_ROWS, "") if rows else ""


def _maintenance(status: Status) -> str:
    """Return of which devices people are told nothing for now because somebody said so; nothing where there are none."""
    windows = sorted(status.maintenance.items(), key=lambda window: window[1])
    rows = [
        f'<tr><td>{text(devices)}</td><td class="when">{moment(EventTime(int(until * MICROSECONDS)))}</td></tr>'
        for devices, until in windows[:MAX_ROWS]
    ]
    title = "Under maintenance by command: people are not told"
    return table(title, ("devices", "until"), rows, len(windows) - MAX_ROWS, "") if rows else ""


def _events(status: Status) -> str:
    """Return the last alert events, newest first."""
    rows = [_episode(event) for event in reversed(status.fleet.recent)]
    return table("Last alert events", EPISODE_COLUMNS, rows, 0, "None yet.")


def _channels(status: Status) -> str:
    """Return the channels: those with a verdict first, then by name."""
    states = status.fleet.states
    shown = heapq.nsmallest(MAX_ROWS, states, key=lambda s: (s.verdict is None, s.anomalous == 0, s.device, s.channel))
    rows = list(_channel_rows(status, shown))
    columns = ("device", "channel", "value", "expected", "band", "", "score", "skill", "state", "last reading")
    return table("Channels", columns, rows, len(states) - MAX_ROWS, f"None yet: {_why_none(status)}")


def _why_none(status: Status) -> str:
    """Return why no channel is shown: nothing came, or what came was no use."""
    reasons = sorted(((count, reason.value) for reason, count in status.counts.rejected.items() if count), reverse=True)
    if not reasons:
        return "no reading came in."
    told = ", ".join(f"{reason} {count:,}" for count, reason in reasons)
    return f"what came was rejected ({told}); the log says what was expected, and `detector check` tries a payload."


def _channel_rows(status: Status, shown: Iterable[ChannelState]) -> Iterator[str]:
    """Yield a row a channel; how far a device has learnt stands beside its first one."""
    told = set[str]()
    for state in shown:
        progress = None if state.device in told else status.fleet.progress.get(state.device)
        told.add(state.device)
        unit = unit_of(status.settings, state.entry, state.channel) or ""
        yield _channel(state, unit, _learning(progress), status.fleet.skills.get((state.device, state.channel)))


def _learning(progress: Progress | None) -> str:
    """Return how far a device has learnt, as HTML; nothing once it has learnt all, or where it is not known."""
    if progress is None or progress.share >= 1.0:
        return ""
    left = "" if progress.left_s is None else f", about {_roughly(progress.left_s)} left"
    return f"<br><small>learning: {progress.share:.0%}{left}</small>"


def _roughly(seconds: float) -> str:
    """Return a duration as a person says it: `3 days`, `5 h`, `20 min`."""
    if seconds >= 2 * DAY_S:
        return f"{seconds / DAY_S:.0f} days"
    return f"{seconds / 3600:.0f} h" if seconds >= 2 * 3600 else f"{max(1.0, seconds / 60):.0f} min"


def _channel(state: ChannelState, unit: str, learning: str, skill: float | None) -> str:
    """Return one channel as a row."""
    band = "" if state.lower is None else f"{number(state.lower)} … {number(state.upper)}"
    return (
        f'<tr class="{"odd" if state.anomalous or state.verdict else ""}"><td>{text(state.device)}{learning}</td>'
        f'<td>{text(state.channel)}</td><td class="number">{number(state.value, unit)}</td>'
        f'<td class="number">{number(state.expected, unit)}</td><td class="number">{band}</td><td>{_gauge(state)}</td>'
        f'<td class="number">{"" if state.score is None else f"{state.score:.2f}"}</td>'
        f'<td class="number">{"" if skill is None else f"{skill:.0%}"}</td>'
        f'<td class="situation">{_situation(state)}</td><td class="when">{moment(state.at)}</td></tr>'
    )


def _situation(state: ChannelState) -> str:
    """Return what a channel does, in words."""
    words = []
    if state.stage in LEARNING:
        words.append(
            f"{LEARNING[state.stage]}, {state.steps_left} {'reading' if state.steps_left == 1 else 'readings'} left"
        )
    if state.verdict is not None:
        words.append(f"{state.verdict.value} alert since {moment(state.since)}")
    if state.anomalous:
        words.append(f"{SIDES[state.anomalous]} what is usual for it")
    return "; ".join(words) or "as expected"


def _gauge(state: ChannelState) -> str:
    """Return a small drawing: the expected band, and the value as a mark; nothing while there is no band."""
    if state.lower is None or state.upper is None or state.upper <= state.lower:
        return ""
    place = 20 + 40 * (state.value - state.lower) / (state.upper - state.lower)
    return (
        '<svg width="80" height="12" aria-hidden="true"><rect class="band" x="20" y="2" width="40" height="8" rx="2"/>'
        f'<rect class="mark" x="{min(max(place, 1), 77):.1f}" y="0" width="2" height="12"/></svg>'
    )


def _footer() -> str:
    """Return where to look further."""
    return (
        "<footer>skill: how much smaller the forecast's errors are, lately, than those of saying that nothing changes<br>"
        f'<a href="/metrics">metrics</a> · <a href="/-/ready">ready</a> · '
        f'<a href="/-/healthy">healthy</a> · renewed every {REFRESH_S} s</footer>'
    )

"""The bench's tables: ratios first, then what they were made of.

In: measurements. Out: tables for a terminal.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from rich.table import Table

from detector.lab.bench.comparison import Ratio
from detector.lab.bench.fleet import Fleet
from detector.lab.bench.ingest import Ingest
from detector.lab.bench.latency import Latency
from detector.lab.bench.restart import Restart
from detector.lab.bench.results import Change
from detector.lab.bench.rivals import Rival
from detector.lab.bench.soak import Soak
from detector.lab.cost import Cost
from detector.lab.scrape_cost import ROWS as SCRAPED_ROWS
from detector.lab.scrape_cost import ScrapeCost
from detector.lab.snapshot_cost import SnapshotCost


def ratio_table(ratios: Sequence[Ratio]) -> Table:
    """Return the ratios beside what is promised of them."""
    table = _table("Ratios in one run; at least `floor`", "what", "ratio", "floor", "by CPU")
    for ratio in ratios:
        floor = "" if ratio.floor is None else f"{ratio.floor:g}{'' if ratio.value >= ratio.floor else ' MISSED'}"
        table.add_row(ratio.what, f"{ratio.value:.2f}", floor, f"{ratio.of_cpu:.2f}")
    return table


def ingest_table(measured: Sequence[Ingest]) -> Table:
    """Return what everybody took, the medians of the rounds."""
    table = _table(
        "From the socket to the end: messages/s, and microseconds of one core a message",
        *("via", "who", "messages/s", "µs own", "sender", "broker", "dropped", "spoilt"),
    )
    for route, name in dict.fromkeys((one.route, one.contender) for one in measured):
        rounds = [one for one in measured if (one.route, one.contender) == (route, name)]
        spent = {who: median(one.cpu_us[who] for one in rounds) for who in rounds[0].cpu_us}
        dropped = sum(one.dropped for one in rounds) / max(1, sum(one.sent for one in rounds))
        table.add_row(
            route,
            name,
            f"{median(one.rate for one in rounds):,.0f}",
            *(f"{spent[who]:.2f}" if who in spent else "" for who in ("contender", "generator", "broker")),
            f"{dropped:.1%}",
            f"{sum(one.spoilt for one in rounds):,}",
        )
    return table


def _table(title: str, *columns: str) -> Table:
    """Return an empty table; the first column is words, the rest stands to the right."""
    table = Table(title=title)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 or column in ("who", "head") else "right")
    return table


def snapshot_table(devices: int, cost: SnapshotCost) -> Table:
    """Return what a snapshot costs."""
    return _of_times(
        f"A snapshot of {devices:,} devices, {cost.bytes_on_disk / 1e6:,.0f} MB",
        {
            "scoring stood still": cost.paused_s,
            "written, scoring meanwhile": cost.took_s,
            f"a step of {cost.rows:,} readings before": cost.step_s,
            "the same while it is written, median": cost.beside_s,
            "the longest of them": cost.longest_s,
            "read again, every checksum checked": cost.read_s,
            "given to an engine": cost.restored_s,
        },
    )


def scrape_table(channels: int, cost: ScrapeCost) -> Table:
    """Return what a scrape costs."""
    return _of_times(
        f"A scrape of {channels:,} channels",
        {
            f"all of them, {cost.whole_bytes / 1e6:,.1f} MB": cost.whole_s,
            "the same, compressed": cost.compressed_s,
            f"within the default max_series, {cost.bounded_bytes / 1e6:,.1f} MB": cost.bounded_s,
            f"a step of {SCRAPED_ROWS:,} readings, shown": cost.step_s,
            "the same while all are scraped on end, median": cost.beside_s,
            "the longest of them": cost.longest_s,
        },
    )


def _of_times(title: str, seconds: Mapping[str, float]) -> Table:
    """Return times by what took them."""
    table = _table(title, "what", "ms")
    for name, one in seconds.items():
        table.add_row(name, f"{1e3 * one:,.1f}")
    return table


def cost_table(cost: Cost) -> Table:
    """Return what a channel remembers, largest first."""
    title = f"One reading: {cost.step_us:.1f} µs of one core, in batches of {cost.channels:,}"
    table = _table(title, "what a channel remembers", "bytes")
    for name, size in sorted(cost.bytes_of.items(), key=lambda one: -one[1]):
        table.add_row(name, f"{size:,.0f}")
    table.add_section()
    table.add_row("in all", f"{cost.channel_bytes:,.0f}")
    return table


def batch_table(costs: Sequence[Cost]) -> Table:
    """Return what batches cost."""
    table = _table("Batches", "readings", "ms")
    for cost in costs:
        table.add_row(f"{cost.channels:,}", f"{cost.batch_ms:.2f}")
    return table


def latency_table(found: Sequence[Latency]) -> Table:
    """Return how late alerts were."""
    columns = ("of the top rate", "who", "sent/s", "scored/s", "cores", "p50 ms", "p99 ms", "longest", "probes", "lost")
    table = _table("From a publication to the alert it leads to, through mosquitto", *columns)
    for one in found:
        late = (_number(value) for value in (one.p50_ms, one.p99_ms, one.longest_ms))
        rates = f"{one.rate:,.0f}", f"{one.taken_rate:,.0f}", f"{one.cores:.2f}"
        table.add_row(f"{one.share:.0%}", one.contender, *rates, *late, str(one.probes), str(one.lost))
    return table


def fleet_table(fleets: Sequence[Fleet], restarts: Sequence[Restart]) -> Table:
    """Return what fleets cost; growth is over the smallest of the same head."""
    columns = ("devices", "head", "growth", "µs", "bytes", "GB", "pause ms", "write s", "cold s", "ready s")
    table = _table("Fleets of one channel a device: µs a reading, bytes a device, snapshot and start", *columns)
    smallest: dict[str, Fleet] = {}
    for one in fleets:
        first = smallest.setdefault(one.head, one)
        again = next((x for x in restarts if (x.devices, x.head) == (one.devices, one.head)), None)
        table.add_row(
            f"{one.devices:,}",
            one.head,
            f"{one.reading_us / first.reading_us:.2f}",
            f"{one.reading_us:.1f}",
            f"{one.device_bytes:,.0f}",
            f"{one.resident_bytes / 1e9:.2f}",
            "" if one.snapshot is None else f"{1e3 * one.snapshot['paused_s']:.1f}",
            "" if one.snapshot is None else f"{one.snapshot['took_s']:.1f}",
            "" if again is None else f"{again.cold_s:.2f}",
            "" if again is None else f"{max(again.ready_s):.2f}",
        )
    return table


def restart_table(restarts: Sequence[Restart]) -> Table:
    """Return how soon a daemon was ready again."""
    table = _table("From start to /-/ready, over a snapshot", "devices", "head", "cold s", "ready s, each", "known")
    for one in restarts:
        ready = " ".join(f"{seconds:.2f}" for seconds in one.ready_s)
        table.add_row(f"{one.devices:,}", one.head, f"{one.cold_s:.2f}", ready, f"{one.known:,}")
    return table


def rival_table(ours: Mapping[str, float], found: Sequence[Rival]) -> Table:
    """Return how many times more the detector takes, from the socket to the end, than others do without one."""
    table = _table("Times as many messages/s as", "the usual way", *(f"detector {head}" for head in ours), "messages/s")
    for one in found:
        table.add_row(one.name, *(f"{rate / one.rate:,.1f}" for rate in ours.values()), f"{one.rate:,.0f}")
    table.add_section()
    table.add_row("the detector's own", *(f"{rate:,.0f}" for rate in ours.values()), "")
    return table


def soak_table(found: Soak) -> Table:
    """Return what came of a long run."""
    table = _table(f"{found.contender}: {found.seconds:,.0f} s at {found.rate:,.0f} messages/s", "what", "figure")
    first, last = found.looks[0], found.looks[-1]
    for what, figure in (
        ("messages sent", f"{found.sent:,}"),
        ("dropped", f"{found.dropped:,}"),
        ("readings rejected, late or duplicate", f"{found.spoilt:,}"),
        ("memory at the start", f"{first.resident_bytes / 1e6:,.1f} MB"),
        ("memory at the end", f"{last.resident_bytes / 1e6:,.1f} MB"),
        ("growth, the first quarter aside", f"{found.growth_bytes_per_hour / 1e6:,.2f} MB an hour"),
        ("from publication to alert, at the latest", f"{_number(max(found.latest_ms, default=None))} ms"),
        ("the same in the middle look", f"{_number(median(found.latest_ms) if found.latest_ms else None)} ms"),
        ("processor time a message", f"{1e6 * last.cpu_s / max(1, found.taken):.1f} µs"),
    ):
        table.add_row(what, figure)
    return table


def change_table(changes: Sequence[Change]) -> Table:
    """Return how the figures differ from those that are kept."""
    table = _table(
        "Beside the figures that are kept; machines differ, so nothing fails on this", "figure", "kept", "now", "change"
    )
    for one in changes:
        table.add_row(
            one.name, _number(one.kept), _number(one.now), "" if one.ratio is None else f"{one.ratio - 1:+.0%}"
        )
    return table


def _number(value: float | None) -> str:
    """Return a number with three digits that count; nothing for none."""
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"

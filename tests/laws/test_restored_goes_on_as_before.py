"""Law: an engine that was frozen and restored at any moment goes on, to the last bit, as if nothing had happened."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.domain import AlertEvent, Reading
from detector.edge.model_file import load_model
from detector.edge.recording import read_recordings
from detector.engine import Engine
from detector.report import Batch
from detector.state.frozen import Frozen, FrozenBlock
from detector.stream.batch import Batcher
from tests.conftest import ROOT
from tests.fleet import engine, merged, noise, readings, rows, settings
from tests.laws.remembering import everything
from tests.laws.streams import fleets

GROUPS = [{"name": "hall", "devices": "hall-*", "silent_after": "2h"}, {"name": "yard", "devices": "yard-*"}]


class Running(NamedTuple):
    """An engine and the batcher that feeds it."""

    engine: Engine
    batcher: Batcher

    def take(self, stream: list[Reading], quiet_s: float = 0.0) -> "Said":
        """Step through a stream, and let time pass after it."""
        said = Said([], [])
        for batch in self._batches(stream, quiet_s):
            report = self.engine.step(batch)
            said.rows.extend(rows(report))
            said.events.extend(report.events)
        return said

    def _batches(self, stream: list[Reading], quiet_s: float) -> Iterator[Batch]:
        """Yield the batches of a stream, and the ticks after it."""
        yield from self.batcher.cut(stream)
        idle = self.batcher.idle(quiet_s)
        if idle is not None:
            yield idle


class Said(NamedTuple):
    """What was said of a stream."""

    rows: list[tuple[Any, ...]]
    events: list[AlertEvent]


def copied(frozen: Frozen) -> Frozen:
    """Return the same with arrays of its own, as a file would hold them."""
    blocks = {
        name: FrozenBlock(*block[:3], {column: array.copy() for column, array in block.arrays.items()})
        for name, block in frozen.blocks.items()
    }
    return Frozen(
        frozen.devices, frozen.channels, frozen.entries, frozen.groups, frozen.network, frozen.budget, frozen.turned,
        blocks,
    )  # fmt: skip


def restored(running: Running, fresh: Engine, max_batch: int = 4096) -> Running:
    """Return a fresh engine and batcher that were given all that others remember; nothing may be dropped."""
    frozen = copied(running.engine.freeze())
    assert fresh.restore(frozen) == ()
    return Running(fresh, Batcher(max_batch, running.batcher.freeze()))


def goes_on(stream: list[Reading], cut: int, quiet_s: float = 0.0, **sections: Any) -> None:
    """Assert that a stream is told of alike with a restart at `cut` and without one, and leaves the same behind."""
    straight, begun = (Running(engine(**sections), Batcher(4096)) for _ in range(2))
    before, early = straight.take(stream[:cut], quiet_s), begun.take(stream[:cut], quiet_s)
    assert before == early
    again = restored(begun, engine(**sections))
    assert everything(again) == everything(straight)
    assert again.take(stream[cut:]) == straight.take(stream[cut:])
    assert everything(again) == everything(straight)


@given(fleets(), st.data())
def test_a_restart_at_any_reading_changes_nothing(stream: list[Reading], data: st.DataObject) -> None:
    """Rows, alerts and all that is remembered are the same, bit for bit, with one restart and with none."""
    cut = data.draw(st.integers(0, len(stream)))
    goes_on(stream, cut, data.draw(st.sampled_from([0.0, 100.0, 4000.0])))


def group(name: str, entry: int, seed: int) -> list[Reading]:
    """Return 40 h of four devices of one weather and one device of ten channels, with a fault, a silence and repeats."""
    generator = np.random.default_rng(seed)
    weather = np.cumsum(generator.standard_normal(160))
    streams = []
    for device in range(4):
        values = weather + device + 0.1 * generator.standard_normal(160)
        values[-40:] += 8.0 * (device == 3)
        one = readings(f"{name}-{device}", values.tolist(), cadence_s=900.0, start_s=7.0 * device + entry)
        streams.append(one[:100] + one[98:] if device == 1 else one[:70] + one[100:] if device == 2 else one)
    for channel in range(10):
        apart = noise(seed + channel, 80)
        streams.append(readings(f"{name}-many", apart, channel=f"c{channel}", cadence_s=1800.0, start_s=channel))
    return [reading._replace(entry=entry) for reading in merged(*streams)]


SITE = merged(group("hall", 0, 1), group("yard", 1, 2))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.7, 0.83, 0.97, 1.0])
def test_a_restart_changes_nothing_among_peers(share: float) -> None:
    """With groups, siblings, hours, a silence and a fault under way, a restart changes no bit either."""
    goes_on(SITE, round(share * len(SITE)), sensors=GROUPS)


def test_the_law_meets_peers_silence_and_alerts() -> None:
    """The site above has alerts and a silence, and peers judge, or the law would say nothing of them."""
    running = Running(engine(sensors=GROUPS), Batcher(4096))
    kinds = {event.kind.value for event in running.take(SITE).events}
    assert {"silent", "peers"} <= kinds
    assert running.engine.blocks()["pools"].arrays()["sums"].any()


@given(fleets())
def test_freezing_is_idempotent(stream: list[Reading]) -> None:
    """What a restored engine freezes is what it was given, and freezing changes nothing."""
    running = Running(engine(), Batcher(4096))
    running.take(stream)
    first = everything(copied(running.engine.freeze()))
    assert everything(running.engine.freeze()) == first
    assert everything(restored(running, engine()).engine.freeze()) == first


@given(fleets(), st.integers(1, 7))
def test_many_restarts_change_nothing(stream: list[Reading], most: int) -> None:
    """With a restart after every batch all is as without any."""
    straight, again = (Running(engine(), Batcher(most)) for _ in range(2))
    for begin in range(0, len(stream), 40):
        piece = stream[begin : begin + 40]
        assert again.take(piece) == straight.take(piece)
        again = restored(again, engine(), most)
    assert everything(again) == everything(straight)


@pytest.mark.parametrize("cut", [1_000, 7_777, 15_000])
def test_a_restart_changes_nothing_on_a_real_site(shared_recordings: Path, cut: int) -> None:
    """On the readings of a real site with the trained model, a restart changes no bit."""
    model = load_model(ROOT / "models/base")
    found = settings()
    whole = read_recordings([shared_recordings / "fleet"], found.sensors)
    stream = [one for one in islice(whole, 20_000) if isinstance(one, Reading)]
    straight, begun = (Running(Engine(found, model.network, model.reference), Batcher(4096)) for _ in range(2))
    straight.take(stream[:cut])
    begun.take(stream[:cut])
    again = restored(begun, Engine(found, model.network, model.reference))
    assert again.take(stream[cut:]) == straight.take(stream[cut:])
    assert everything(again) == everything(straight)

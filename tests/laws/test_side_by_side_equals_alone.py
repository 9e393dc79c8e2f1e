"""Law: what is said of a copy of a site, or of a recording, is what is said of it alone, to the last bit."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.domain import EventTime, Reading
from detector.lab.evaluate.contenders import Contender, Method, build
from detector.lab.evaluate.corpora import Site
from detector.lab.evaluate.fault import PROTOCOL_KINDS
from detector.lab.evaluate.injection import changes_of, draw_faults, inject
from detector.lab.evaluate.recordings import replay_abreast
from detector.lab.evaluate.rounds import replay_copies
from detector.lab.evaluate.side_by_side import WEEK
from detector.lab.evaluate.streams import streams_of
from detector.settings import Budget
from detector.stream.batch import Batcher
from tests.fleet import merged, noise, readings
from tests.laws.streams import channel_streams

CONTENDERS = {
    method: Contender(method, Path(__file__).parents[2] / "models" / "base", Budget.parse("1 per device per hour"))
    for method in Method
}


@settings(max_examples=4)
@given(
    devices=st.integers(1, 3),
    cadence_s=st.sampled_from([33.0, 600.0]),
    seed=st.integers(0, 1000),
    method=st.sampled_from(Method),
)
def test_copies_of_a_site_say_what_each_says_alone(devices: int, cadence_s: float, seed: int, method: Method) -> None:
    """A round that is replayed among others tells the alerts that it tells in an engine and a batcher of its own."""
    stream = merged(*(readings(f"d{row}", noise(seed + row, 300), cadence_s=cadence_s) for row in range(devices)))
    site = Site("site", tuple(stream), "temperature", streams_of(stream, "temperature"))
    faults = [(), *(draw_faults(seed, turn, site.streams, "temperature", PROTOCOL_KINDS) for turn in range(3))]
    together = replay_copies(
        CONTENDERS[method], site, [changes_of(site.readings, site.streams, one) for one in faults], lambda _: None
    )
    for of_round, alerts in zip(faults, together, strict=True):
        subject = build(CONTENDERS[method])
        batches = Batcher(4096).cut(inject(site.readings, site.streams, of_round))
        assert alerts == [alert for batch in batches for alert in subject.step(batch).opened]


@settings(max_examples=10)
@given(
    recordings=st.lists(channel_streams("device", "temperature"), min_size=1, max_size=4),
    weeks=st.integers(0, 3),
    method=st.sampled_from(Method),
)
def test_recordings_abreast_say_what_each_says_alone(
    recordings: list[list[Reading]], weeks: int, method: Method
) -> None:
    """Scores and alerts of a recording do not depend on those beside it, nor on the week in which it was made."""
    moved = [reading._replace(at=EventTime(reading.at + weeks * WEEK)) for reading in recordings[0]]
    abreast = replay_abreast(CONTENDERS[method], [moved, *recordings[1:]], lambda _: None)
    for recording, heard in zip(recordings, abreast, strict=True):
        (alone,) = replay_abreast(CONTENDERS[method], [recording], lambda _: None)
        assert np.array_equal(heard.scores, alone.scores)
        assert np.array_equal(heard.alerted, alone.alerted)
        assert len(heard.scores) == len(recording)

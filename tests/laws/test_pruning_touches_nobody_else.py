"""Law: whoever lets devices go changes nothing for those that stay."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.domain import Reading
from detector.stream.batch import Batcher
from tests.fleet import engine, rows
from tests.laws.streams import APART, apart, fleets


@given(fleets(), st.data())
def test_those_that_stay_go_on_as_before(stream: list[Reading], data: st.DataObject) -> None:
    """With some devices gone from what was frozen, the rows of all others are the same, bit for bit."""
    stream, cut = apart(stream), data.draw(st.integers(1, len(stream)))
    whole, fewer, batcher = engine(sensors=APART), engine(sensors=APART), Batcher(4096)
    for batch in batcher.cut(stream[:cut]):
        whole.step(batch)
    frozen, clock = whole.freeze(), batcher.freeze()
    stays = np.array(data.draw(st.lists(st.booleans(), min_size=len(frozen.devices), max_size=len(frozen.devices))))
    left = {device for device, here in zip(frozen.devices, stays.tolist(), strict=True) if here}
    assert fewer.restore(frozen.only(stays)) == ()
    assert set(fewer.freeze().devices) == left
    known = set(frozen.devices)
    rest = [one for one in stream[cut:] if one.device in left or one.device not in known]
    batches = [list(Batcher(4096, clock).cut(part)) for part in (stream[cut:], rest)]
    said = [
        [row for batch in part for row in rows(subject.step(batch))]
        for subject, part in zip((whole, fewer), batches, strict=True)
    ]
    assert [row for row in said[0] if row[0] in rest] == said[1]

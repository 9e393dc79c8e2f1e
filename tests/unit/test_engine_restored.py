"""An engine that goes on under another configuration or model keeps what fits, and says what does not."""

from dataclasses import replace
from typing import Any

import numpy as np

from detector.domain import Reading
from detector.engine import Engine
from detector.stream.batch import Batcher
from tests.fleet import all_rows, engine, merged, noise, readings, settings
from tests.laws.remembering import copied

HALL = merged(
    *(
        readings(f"hall-{device}", noise(device, 300, level=20.0), cadence_s=600.0, start_s=device)
        for device in range(4)
    )
)


def learnt(stream: list[Reading] = HALL, **sections: Any) -> Engine:
    """Return an engine that has seen a stream."""
    subject = engine(**sections)
    for batch in Batcher(4096).cut(stream):
        subject.step(batch)
    return subject


def column(subject: Engine, block: str, name: str) -> np.ndarray[Any, Any]:
    """Return a column of a block."""
    return subject.blocks()[block].arrays()[name]


def test_fewer_devices_keep_those_seen_last() -> None:
    """Under a smaller `max_devices` the devices that were not seen for longest go, and that is said."""
    subject = engine(engine={"max_devices": 2})
    dropped = subject.restore(copied(learnt().freeze()))
    assert dropped == ("2 devices beyond max_devices, those that were not seen for longest",)
    assert subject.freeze().devices == ["hall-2", "hall-3"]
    all_rows(subject, HALL[-8:])


def test_another_head_begins_anew_and_the_rest_stays() -> None:
    """With another kind of head its coefficients go; the scales stay."""
    before = learnt()
    subject = engine(engine={"head": "lms"})
    assert subject.restore(copied(before.freeze())) == ("head (of another form)",)
    assert column(subject, "scale", "location").tolist() == column(before, "scale", "location").tolist()
    all_rows(subject, HALL[-8:])


def test_another_group_begins_anew_among_its_peers() -> None:
    """A channel whose group was changed knows its new peers and forgets the old ones; its own past stays."""
    two = [{"name": "left", "devices": "hall-[01]"}, {"name": "right", "devices": "hall-[23]"}]
    before = learnt()
    subject = engine(sensors=two)
    assert subject.restore(copied(before.freeze())) == ("the sensors entry 'fleet' (its channels take the first one)",)
    assert set(column(subject, "company", "group").tolist()) == {1}
    assert sorted(column(subject, "company", "members")[0, :4].tolist()) == [-1, 1, 2, 3]
    assert column(subject, "peers", "unit").tolist() == [0.0] * 4
    assert column(subject, "scale", "count").tolist() == column(before, "scale", "count").tolist()
    all_rows(subject, [one._replace(entry=0) for one in HALL[-8:]])


def test_another_budget_moves_thresholds_at_once() -> None:
    """A tighter budget holds from the restart on; the same one changes no threshold."""
    before = learnt()
    tighter, same = engine(budget="1 per fleet per month"), engine()
    for subject in (tighter, same):
        assert subject.restore(copied(before.freeze())) == ()
    kept = column(before, "thresholds", "threshold")
    assert np.array_equal(column(same, "thresholds", "threshold"), kept)
    assert (column(tighter, "thresholds", "threshold") > kept).any()


def test_a_restart_with_another_budget_is_as_a_reload_with_it() -> None:
    """What was earned until then was earned under the old budget: thresholds, and what they are set from, are the same bit by bit."""
    old, new = "10 per device per month", "1 per device per week"
    strange = readings("hall-0", noise(9, 150, level=40.0), cadence_s=600.0, start_s=300 * 600.0)
    reloaded, restarted = learnt([*HALL, *strange], budget=old), engine(budget=new)
    assert column(reloaded, "thresholds", "used").any()
    restarted.restore(copied(reloaded.freeze()))
    reloaded.reconfigure(settings(budget=new))
    for name, values in reloaded.blocks()["thresholds"].arrays().items():
        assert column(restarted, "thresholds", name).tolist() == values.tolist(), name


def test_limits_are_those_of_the_present_configuration() -> None:
    """A range that was written or changed while the daemon was down holds from the restart on."""
    ranged = [{"name": "fleet", "channels": {"temperature": {"field": "t", "range": [0, 10]}}}]
    subject = engine(sensors=ranged)
    assert subject.restore(copied(learnt().freeze())) == ()
    assert column(subject, "limits", "high").tolist() == [10.0] * 4


def test_blocks_that_are_new_here_join_as_at_a_first_sight() -> None:
    """Where what is known of groups, siblings or thresholds cannot be taken, channels are seated anew, and nothing fails."""
    frozen = copied(learnt().freeze())
    for missing in (
        {"company", "fit"},
        {"siblings"},
        {"thresholds"},
        {"peaks", "pools"},
        set(frozen.blocks) - {"alignment"},
    ):
        subject = engine()
        fewer = {name: block for name, block in frozen.blocks.items() if name not in missing}
        rest = copied(replace(frozen, blocks=fewer))
        assert subject.restore(rest) == ()
        assert sorted(column(subject, "company", "members")[0, :4].tolist()) == [-1, 1, 2, 3]
        assert column(subject, "thresholds", "device").tolist() == [0, 1, 2, 3]
        assert column(subject, "peaks", "pool").tolist() == [0] * 4
        all_rows(subject, HALL[-8:])

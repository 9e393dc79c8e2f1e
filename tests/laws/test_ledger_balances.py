"""Law: whatever happens in whatever order, every received reading is accounted for, at every moment."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.domain import DropReason, EventTime, Reading, RejectReason, Stage
from detector.edge.ledger import Ledger
from detector.readings import Readings
from detector.report import Report

rejections = st.lists(st.sampled_from(RejectReason), max_size=4)
contents = st.tuples(st.integers(0, 5), rejections).filter(lambda content: content[0] + len(content[1]) > 0)


def _report(stages: list[Stage]) -> Report:
    """Return a report of readings that ended in these stages; the ledger looks at nothing else."""
    rows, readings = len(stages), Readings.of(Reading("d", "c", EventTime(0), 0.0, 0) for _ in stages)
    whole, numbers = np.zeros(rows, dtype=np.int32), np.zeros(rows)
    codes, known = np.array(stages, dtype=np.int8), np.zeros(rows, dtype=np.bool_)
    return Report(readings, codes, whole, whole, known, numbers, numbers, numbers, numbers, numbers, codes, (), ())


@given(st.data())
def test_received_is_what_ended_and_what_is_pending(data: st.DataObject) -> None:
    """Received = rejected + dropped + late + duplicate + scored + pending, after every single call."""
    ledger = Ledger()
    undecoded = decoded = messages = received = 0
    for _ in range(data.draw(st.integers(1, 30))):
        match data.draw(st.sampled_from(["arrive", "drop", "decode", "step"])):
            case "arrive":
                ledger.arrived()
                undecoded, messages, received = undecoded + 1, messages + 1, received + 1
            case "drop" if undecoded:
                ledger.dropped(data.draw(st.sampled_from(DropReason)))
                undecoded -= 1
            case "decode" if undecoded:
                readings, rejected = data.draw(contents)
                ledger.decoded(readings, rejected)
                undecoded, decoded, received = (
                    undecoded - 1,
                    decoded + readings,
                    received + readings + len(rejected) - 1,
                )
            case "step" if decoded:
                stages = data.draw(st.lists(st.sampled_from(Stage), min_size=1, max_size=decoded))
                ledger.stepped(_report(stages))
                decoded -= len(stages)
        counts = ledger.snapshot()
        assert counts.balanced
        assert (counts.messages, counts.received, counts.pending) == (messages, received, undecoded + decoded)

"""What the scoring loop leaves in the journal."""

from pathlib import Path

from detector.domain import MICROSECONDS, EventTime
from detector.edge.inbox import Message
from detector.stream.stream_clock import TICK
from tests.unit.daemon.plant import START_S, Plant


def test_the_journal_has_readings_and_idle_ticks_as_the_engine_had_them(tmp_path: Path) -> None:
    """While nothing comes over a link that is up, the ticks at which silence was judged follow the reading in the journal."""
    with Plant().worker(tmp_path) as worker:
        worker.ledger.arrived()
        arrived = EventTime(START_S * MICROSECONDS)
        worker.inbox.put([Message("meters/m1/power", b"5", arrived, 1, False, False, 1, 1)])
        worker.inbox.close()
        worker.link.subscribed.set()
        while worker.journal.committed < 3:
            worker.turn()
        reading, first, second = list(worker.journal.read(0))[:3]
    assert (reading.device, reading.at, reading.value) == ("m1", arrived, 5.0)
    assert [(tick.device, tick.at - arrived) for tick in (first, second)] == [(None, TICK), (None, 2 * TICK)]

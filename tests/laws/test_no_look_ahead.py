"""Law: what is said of a reading is final; cutting the stream off afterwards changes no bit of it."""

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import Reading
from tests.fleet import engine, rows_and_events
from tests.laws.streams import fleets


@given(fleets(), st.data())
def test_a_stream_cut_off_says_the_same_up_to_there(stream: list[Reading], data: st.DataObject) -> None:
    """Rows and alert events of a prefix are a prefix of those of the whole."""
    prefix = stream[: data.draw(st.integers(0, len(stream)))]
    (rows, events), (rows_then, events_then) = (rows_and_events(engine(), part) for part in (stream, prefix))
    assert rows[: len(prefix)] == rows_then
    assert events[: len(events_then)] == events_then

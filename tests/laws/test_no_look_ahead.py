"""Law: what is said of a reading is final; cutting the stream off afterwards changes no bit of it."""

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import Reading
from tests.fleet import all_rows, engine, events
from tests.laws.streams import fleets


@given(fleets(), st.data())
def test_a_stream_cut_off_says_the_same_up_to_there(stream: list[Reading], data: st.DataObject) -> None:
    """Rows and alert events of a prefix are a prefix of those of the whole."""
    prefix = stream[: data.draw(st.integers(0, len(stream)))]
    assert all_rows(engine(), stream)[: len(prefix)] == all_rows(engine(), prefix)
    said = events(engine(), prefix)
    assert events(engine(), stream)[: len(said)] == said

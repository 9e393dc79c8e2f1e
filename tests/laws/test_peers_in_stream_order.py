"""Law: what peers say of a reading depends on the order of the stream alone, to the last bit, and never on what follows."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.group import Heard, Listener, stream, weather


@st.composite
def groups(draw: st.DrawFn) -> list[Heard]:
    """Readings of thirty hours: three to sixteen channels that come one by one, with gaps, and perhaps a step."""
    channels, seed = draw(st.integers(3, 16)), draw(st.integers(0, 10_000))
    generator = np.random.default_rng(seed)
    values = weather(seed, 30 / 24, channels, own=draw(st.sampled_from([0.0, 0.1, 2.0])))
    values[draw(st.integers(0, len(values) - 1)) :, 0] += draw(st.sampled_from([0.0, 1.0, 1e9]))
    late = generator.integers(0, 40, channels)
    unit = draw(st.sampled_from([1e-9, 1.0, 1e9]))
    heard = [(slot, at_us, unit * value) for slot, at_us, value in stream(values) if generator.random() < 0.9]
    first = heard[0][1]
    return [one for one in heard if (one[1] - first) / 600e6 >= late[one[0]]]


@settings(max_examples=10)
@given(groups(), st.integers(1, 20))
def test_cutting_the_stream_of_a_group_differently_changes_nothing(heard: list[Heard], most: int) -> None:
    """Batches of any size give the same words on every reading, bit for bit."""
    slots = sorted({slot for slot, _, _ in heard})
    whole = Listener([0] * (slots[-1] + 1)).say(heard)
    assert Listener([0] * (slots[-1] + 1)).say(heard, most=most) == whole
    assert all(np.isfinite(words[1:]).all() for words in whole)


@settings(max_examples=10)
@given(groups(), st.data())
def test_a_stream_of_a_group_cut_off_says_the_same_up_to_there(heard: list[Heard], data: st.DataObject) -> None:
    """The words on a prefix are a prefix of the words on the whole."""
    until = data.draw(st.integers(0, len(heard)))
    assert Listener([0] * 16).say(heard)[:until] == Listener([0] * 16).say(heard[:until])


@settings(max_examples=10)
@given(groups(), groups())
def test_groups_apart_do_not_influence_each_other(heard: list[Heard], others: list[Heard]) -> None:
    """A group's words are the same, bit for bit, whether or not another group speaks in between."""
    alone = Listener([0] * 16).say(heard)
    slots = [slot for slot, _, _ in heard]
    beside = [(16 + slot, at_us + 1, value) for slot, at_us, value in others]
    together = sorted([*heard, *beside], key=lambda one: one[1])
    said = Listener([0] * 16 + [1] * 16).say(together)
    assert [words for one, words in zip(together, said, strict=True) if one[0] < 16] == alone
    assert len(slots) == len(alone)

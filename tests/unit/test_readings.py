"""Readings as columns, and the numbers of their names."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.domain import EventTime, Reading
from detector.readings import Name, Names, Readings

NAMES = st.lists(st.builds(Name, st.sampled_from("abc"), st.sampled_from(["t", "u", "a"]), st.integers(0, 2)))


@given(NAMES)
def test_a_number_serves_one_name_for_ever(names: list[Name]) -> None:
    """Names are numbered in the order in which they are met, and lead back to what they were."""
    subject, order = Names(), list(dict.fromkeys(names))
    assert [subject.number(name) for name in names] == [order.index(name) for name in names]
    assert [subject.number(name) for name in names] == [order.index(name) for name in names]
    assert [subject[number] for number in range(len(subject))] == order
    numbers = np.arange(len(order))
    assert list(subject.those_of(numbers)) == order
    assert subject.entries_of(numbers).tolist() == [name.entry for name in order]


@given(NAMES)
def test_names_of_one_channel_share_a_number_of_it(names: list[Name]) -> None:
    """A channel's number is the same through whatever entry, another's is another, and none is beyond the names."""
    subject = Names()
    numbers = np.array([subject.number(name) for name in names], np.intp)
    channels, devices = subject.channels_of(numbers).tolist(), subject.devices_of(numbers).tolist()
    assert len(set(zip(channels, [name[:2] for name in names], strict=True))) == len({name[:2] for name in names})
    assert len(set(channels)) == len({name[:2] for name in names})
    assert len(set(devices)) == len({name.device for name in names})
    assert all(0 <= channel < len(subject) for channel in channels)


def test_readings_come_back_from_their_columns() -> None:
    """One by one, by place and as a stretch they are what went in."""
    names = [("a", "t"), ("b", "t"), ("a", "u"), ("a", "t")]
    rows = [Reading(*name, EventTime(at), 0.5 * at, at % 2) for at, name in enumerate(names)]
    readings = Readings.of(rows)
    assert (list(readings), readings[2], list(readings[1:])) == (rows, rows[2], rows[1:])

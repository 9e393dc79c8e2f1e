"""Which names from outside are trusted."""

import pytest

from detector.stream.names import MAX_NAME, is_good_name

LAST = chr(0x10FFFF)


@pytest.mark.parametrize("name", ["pump-7", "Ω", "température", "水温", "דוד", "a/b", "$x", " ", "x" * MAX_NAME, "🌡"])
def test_names_of_people_are_good(name: str) -> None:
    """A name may be of any script, with signs and spaces in it."""
    assert is_good_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "x" * (MAX_NAME + 1), "a\nb", "a\0", "\x1b[31m", "\x85", "\u2028", "\u202ea", "a\u2066", "\ud800", "\ufdd0", "\uffff", "\U0001fffe", LAST],
)  # fmt: skip
def test_names_that_would_do_something_are_not(name: str) -> None:
    """What steers a terminal, turns text around, or is no character at all, is no name."""
    assert not is_good_name(name)

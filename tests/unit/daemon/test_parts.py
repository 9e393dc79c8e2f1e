"""What the parts of a daemon leave to the interpreter's collector of garbage."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from detector.daemon.parts import _let_all_stay


class Knot:
    """Something that holds itself, so that only the collector can free it."""

    def __init__(self) -> None:
        """Tie it."""
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Have the collector look through everything again afterwards."""
    yield
    gc.unfreeze()


def test_what_is_there_is_not_looked_through_again() -> None:
    """What lasts is out of the collector's way, and what comes later is in it."""
    lasting = Knot()
    _let_all_stay()
    later = Knot()
    looked_through = {id(one) for one in gc.get_objects()}
    assert id(lasting) not in looked_through
    assert id(later) in looked_through


def test_what_was_to_stay_is_freed_once_nobody_wants_it() -> None:
    """The next time, after a reload say, what has become garbage meanwhile goes."""
    knot = Knot()
    gone = weakref.ref(knot)
    _let_all_stay()
    del knot
    _let_all_stay()
    assert gone() is None

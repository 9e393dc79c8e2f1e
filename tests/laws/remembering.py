"""Everything that an object of ours remembers, found without being told where to look: what no snapshot may forget.

In: an engine or a batcher. Out: every array, number and name within reach of it, by its path.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from pydantic import BaseModel

from detector.readings import Names
from detector.state.block import Block
from detector.state.channels import ChannelKeys
from detector.state.frozen import Frozen
from detector.stream.places import Places

SCRATCH = {"_row_of", "_rows_of"}
"""Arrays that are blank between two steps; only their length differs."""

LOOKUPS = (Names, Places)
"""What only makes it quicker to find what stands elsewhere: it is begun anew, and nothing depends on it."""


def copied(frozen: Frozen) -> Frozen:
    """Return the same with arrays of its own, as a file would hold them."""
    blocks = {
        name: block._replace(arrays={column: array.copy() for column, array in block.arrays.items()})
        for name, block in frozen.blocks.items()
    }
    return replace(frozen, blocks=blocks)


def everything(subject: object) -> dict[str, Any]:
    """Return all that is within reach of an object, by path; arrays as bytes, so that equal means every bit."""
    return dict(_walk(subject, "", set()))


def _walk(subject: object, path: str, above: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield what is within reach of one object."""
    if subject is None or isinstance(subject, str | bytes | int | float | Enum | BaseModel | type):
        yield path, subject
    elif isinstance(subject, LOOKUPS):
        return
    elif isinstance(subject, np.ndarray):
        yield path, (subject.shape, subject.dtype.str, subject.tobytes())
    elif isinstance(subject, array):
        yield path, subject.tobytes()
    elif isinstance(subject, Mapping):
        yield f"{path}()", list(subject)
        for key, value in subject.items():
            yield from _walk(value, f"{path}[{key!r}]", above)
    elif isinstance(subject, frozenset):
        yield path, sorted(subject)
    elif isinstance(subject, list | tuple | ChannelKeys):
        for place, value in enumerate(subject):
            yield from _walk(value, f"{path}[{place}]", above)
    else:
        assert id(subject) not in above, f"{path} goes round in circles"
        parts = _parts(subject)
        assert parts or is_dataclass(subject), f"{path}: cannot look into a {type(subject).__name__}"
        for name, value in parts.items():
            yield from _walk(value, f"{path}.{name}", above | {id(subject)})


def _parts(subject: object) -> dict[str, Any]:
    """Return the attributes of an object; of a block the rows in use, as the room it has kept free says nothing."""
    slots = [name for kind in type(subject).__mro__ for name in getattr(kind, "__slots__", ())]
    parts = {name: getattr(subject, name) for name in slots} | getattr(subject, "__dict__", {})
    if isinstance(subject, Block):
        form = {"_capacity", "_columns", *subject.arrays()}
        parts = {name: value for name, value in parts.items() if name not in form} | subject.arrays()
    return {name: value for name, value in parts.items() if name not in SCRATCH}

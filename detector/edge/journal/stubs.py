"""Stubs in the journal's database: by which a message that was taken in is known again when the broker sends it once more.

In: stubs of the messages of one commit. Out: the last ones, oldest first. Every function may raise sqlite3.Error.
"""

import sqlite3
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

KEPT: Final = 2**16
"""Stubs worth keeping: there are no more packet identifiers than that."""

PACKED: Final = struct.Struct("<HI")

BEYOND: Final = (
    "SELECT max(number) FROM (SELECT number, sum(length(packed)) OVER (ORDER BY number DESC) AS bytes FROM stubs)"
    " WHERE bytes > ?"
)
"""The newest of the rows without which there are enough."""


class Stub(NamedTuple):
    """What is kept of a message of QoS 1."""

    mid: int
    """The broker's packet identifier."""
    checksum: int
    """CRC-32 of topic and payload."""


def write(db: sqlite3.Connection, stubs: Sequence[Stub]) -> None:
    """Write the stubs of one commit, as one row."""
    if stubs:
        db.execute("INSERT INTO stubs (packed) VALUES (?)", (b"".join(PACKED.pack(*stub) for stub in stubs),))


def read(db: sqlite3.Connection) -> list[Stub]:
    """Return the stubs that were kept, oldest first."""
    rows = db.execute("SELECT packed FROM stubs ORDER BY number").fetchall()
    return [Stub._make(stub) for (packed,) in rows for stub in PACKED.iter_unpack(packed)]


def let_go(db: sqlite3.Connection) -> None:
    """Delete what is beyond `KEPT`."""
    beyond = db.execute(BEYOND, (KEPT * PACKED.size,)).fetchone()[0]
    if beyond is not None:
        db.execute("DELETE FROM stubs WHERE number < ?", (beyond,))

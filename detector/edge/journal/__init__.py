"""The journal: every arrival in order, on disk before the broker may forget it, and the flight recorder; the alerts beside them.

In: readings as they arrive, the idle ticks between them, the alerts that came of them. Out: a database that outlives the
process, and what it holds, in order. `database` opens the file, `store` writes and reads it, `disk` has one while all is well, `flusher` brings it
there, `arrivals` and `alerts` are parts of it, the latter an outbox, `stubs` know messages again, `journal` numbers everything and goes on when the disk
does not, `unwritten` has the alerts meanwhile, `said` is what people said of them, `notices` what people are told and what the desk remembers, `drawer` the part of it that is not on disk, `recorded` gives a journal back as a recording, `again` as batches.
"""

from detector.edge.journal.again import Again
from detector.edge.journal.alerts import Item, Key, Mark, Outcome, Owed
from detector.edge.journal.arrivals import Arrival
from detector.edge.journal.journal import Journal
from detector.edge.journal.recorded import journal_path, read_ends, read_journal, read_recorded
from detector.edge.journal.said import Case, Which, read_cases
from detector.edge.journal.status import JournalStatus
from detector.edge.journal.stubs import Stub

__all__ = [
    "Again",
    "Arrival",
    "Case",
    "Item",
    "Journal",
    "JournalStatus",
    "Key",
    "Mark",
    "Outcome",
    "Owed",
    "Stub",
    "Which",
    "journal_path",
    "read_cases",
    "read_ends",
    "read_journal",
    "read_recorded",
]

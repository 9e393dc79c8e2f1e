"""The journal: every arrival in order, on disk before the broker may forget it, and the flight recorder.

In: readings as they arrive, and the idle ticks between them. Out: a database that outlives the process, and what it
holds, in order. `database` opens the file, `store` writes and reads it, `journal` goes on when the disk does not,
`recorded` gives a journal back as a recording.
"""

from detector.edge.journal.journal import Journal, JournalStatus
from detector.edge.journal.recorded import journal_path, read_ends, read_journal, read_recorded
from detector.edge.journal.store import Arrival

__all__ = ["Arrival", "Journal", "JournalStatus", "journal_path", "read_ends", "read_journal", "read_recorded"]

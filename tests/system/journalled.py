"""What a state directory's journal holds, read while a daemon writes it.

In: the directory. Out: values, in order of arrival.
"""

from pathlib import Path

from detector.edge.journal import journal_path, read_recorded

READ_EVERY_S = 0.2
"""To read a whole journal takes the daemon's processor."""


def journalled(folder: Path) -> list[float]:
    """Return the values that a state directory's journal holds."""
    return [reading.value for reading, _ in read_recorded(journal_path(folder))]

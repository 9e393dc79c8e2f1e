"""A folder on the disk, which a file's own sync does not cover.

In: a folder in which a file was made, renamed or removed. Out: its names, on the disk.
"""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk.

    Raises: OSError.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The secrets of the ways out, read from their files each time one is used: whoever replaces a file need not reload.

In: paths as configured. Out: secrets, and warnings of files that everybody can read.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from detector.edge.secret_file import read_secret, resolve_path

log = logging.getLogger("detector.sinks")


@dataclass(frozen=True, slots=True)
class Keyring:
    """Where secrets of a configuration are looked for."""

    folder: Path
    """Of the configuration."""
    environment: Mapping[str, str]

    def read(self, path: Path) -> str:
        """Return the secret in a file.

        Raises: ConfigError when there is no such file or it holds no secret.
        """
        secret = read_secret(path, self.folder, self.environment)
        if secret.warning is not None:
            log.warning("%s", secret.warning, extra={"kind": f"secret {path}"})
        return secret.text

    def find(self, path: Path) -> Path:
        """Return the path of a file that is no secret."""
        return resolve_path(path, self.folder)

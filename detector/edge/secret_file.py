"""Files that a configuration names: where they are, and the secrets in them.

In: a path as configured, the configuration's folder, the environment. Out: the path to open, or a `Secret`.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from detector.errors import ConfigError

MAX_SECRET_BYTES = 65536
"""A larger file is no password."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, which never shows in a log, and what is unwise about the file it came from."""

    text: str = field(repr=False)
    warning: str | None = None


def resolve_path(path: Path, config_dir: Path) -> Path:
    """Return the path beside the configuration if something is there, else the one from the working directory."""
    beside = config_dir / path
    return beside if beside.exists() else path


def read_secret(path: Path, config_dir: Path, environment: Mapping[str, str]) -> Secret:
    """Read a secret, without the newline that editors leave at its end.

    A relative path is looked for in $CREDENTIALS_DIRECTORY (systemd's LoadCredential), then beside the configuration,
    then in the working directory.

    Raises: ConfigError when there is no such file or it holds no secret.
    """
    credentials = environment.get("CREDENTIALS_DIRECTORY")
    given = Path(credentials) / path if credentials else None
    found = given if given is not None and given.exists() else resolve_path(path, config_dir)
    try:
        with found.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
            mode = stat.S_IMODE(found.stat().st_mode)
        text = re.sub(r"\r?\n\Z", "", content.decode("utf-8"))
    except OSError as fault:
        raise ConfigError([f"{found}: expected a file with a secret, got: {fault.strerror}"]) from fault
    except UnicodeDecodeError as fault:
        raise ConfigError([f"{found}: expected a secret in UTF-8, got other bytes"]) from fault
    if not text or len(content) > MAX_SECRET_BYTES:
        raise ConfigError([f"{found}: expected a secret of 1 to {MAX_SECRET_BYTES} bytes, got {len(content)}"])
    return Secret(text, _warning(found, mode))


def bareness(path: Path) -> str | None:
    """Say what is unwise about the mode of a file that holds a secret, if it can be looked at."""
    try:
        return _warning(path, stat.S_IMODE(path.stat().st_mode))
    except OSError:
        return None


def _warning(path: Path, mode: int) -> str | None:
    """Say so when everybody on the machine can read the file, or put another in its place."""
    if not mode & (stat.S_IROTH | stat.S_IWOTH):
        return None
    return f"{path}: expected a secret that only its owner can read and write, got mode {mode:04o}; run chmod 600 on it"

"""Secrets and paths that a configuration names."""

from pathlib import Path

import pytest

from detector.edge.secret_file import bareness, read_secret, resolve_path
from detector.errors import ConfigError


def write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a file with the given mode."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("content", "text"), [(b"a b\n", "a b"), (b"a\n\n", "a\n"), (b"a\r\n", "a"), (b" a", " a"), (b"a\r", "a\r")]
)
def test_one_newline_at_the_end_is_no_part_of_a_secret(tmp_path: Path, content: bytes, text: str) -> None:
    """One newline at the end is no part of a secret; everything else is."""
    write(tmp_path / "secret", content)
    secret = read_secret(Path("secret"), tmp_path, {})
    assert secret.text == text
    assert secret.warning is None


def test_credentials_come_before_the_configurations_folder(tmp_path: Path) -> None:
    """A relative secret is looked for in $CREDENTIALS_DIRECTORY first, then beside the configuration."""
    (tmp_path / "credentials").mkdir()
    write(tmp_path / "secret", b"beside")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert read_secret(Path("secret"), tmp_path, environment).text == "beside"
    write(tmp_path / "credentials" / "secret", b"credential")
    assert read_secret(Path("secret"), tmp_path, environment).text == "credential"


@pytest.mark.parametrize("mode", [0o644, 0o602, 0o666])
def test_a_secret_that_everybody_can_read_or_write_is_a_warning(tmp_path: Path, mode: int) -> None:
    """A secret that everybody can read or write is used, with a warning."""
    write(tmp_path / "secret", b"s", mode)
    warning = read_secret(Path("secret"), tmp_path, {}).warning
    assert warning is not None
    assert f"got mode {mode:04o}; run chmod 600 on it" in warning
    assert bareness(tmp_path / "secret") == warning
    assert bareness(tmp_path / "none") is None


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff", b"x" * 70_000])
def test_what_is_no_secret_is_a_clear_fault(tmp_path: Path, content: bytes | None) -> None:
    """A missing, empty, endless or binary file is a clear fault."""
    if content is not None:
        write(tmp_path / "secret", content)
    with pytest.raises(ConfigError, match=r"expected a (file with a )?secret"):
        read_secret(Path("secret"), tmp_path, {})


def test_a_secret_is_not_in_its_representation(tmp_path: Path) -> None:
    """A secret does not show when it is printed by accident."""
    write(tmp_path / "secret", b"hunter2")
    assert "hunter2" not in repr(read_secret(Path("secret"), tmp_path, {}))


def test_a_path_is_beside_the_configuration_or_in_the_working_directory(tmp_path: Path) -> None:
    """A relative path is the one beside the configuration if that exists, else the working directory's."""
    assert resolve_path(Path("m"), tmp_path) == Path("m")
    (tmp_path / "m").mkdir()
    assert resolve_path(Path("m"), tmp_path) == tmp_path / "m"
    assert resolve_path(Path("/m"), tmp_path) == Path("/m")

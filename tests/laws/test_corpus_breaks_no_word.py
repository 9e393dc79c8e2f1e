"""Law: no reader of what comes from outside breaks its word on any input that ever did, nor on our seeds."""

from pathlib import Path

import pytest

from tests.fuzz.targets import CORPUS, TARGETS

KEPT = [pytest.param(folder.name, path, id=f"{folder.name}/{path.name}") for folder in sorted(CORPUS.iterdir()) for path in sorted(folder.iterdir())]  # fmt: skip


@pytest.mark.parametrize(("target", "path"), KEPT)
def test_what_was_kept_raises_nothing(target: str, path: Path) -> None:
    """Every input of the corpus is read, or refused with an error for people."""
    TARGETS[target](path.read_bytes())


def test_every_reader_has_a_corpus() -> None:
    """Each target of the fuzzer has its folder, and each folder its target."""
    assert {folder.name for folder in CORPUS.iterdir()} == TARGETS.keys()

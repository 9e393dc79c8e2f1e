"""Law: whatever a configuration file holds, it gives settings or a `ConfigError` whose every line has its place."""

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.edge.config_file import parse_settings
from detector.errors import ConfigError

GOOD = (Path(__file__).parents[2] / "configs" / "plant.yaml").read_text(encoding="utf-8")
LINE = re.compile(r"c\.yaml:\d+:\d+: \S.*: (?s:.+)")
PIECES = st.sampled_from(
    ["{", "}", "[", "]", ": ", "- ", "\n", "  ", "\t", "&a ", "*a", "!!", "|", ">", "'", '"', "#", "~", "null", "true", "${", "${X}", "1e999",
     ".inf", "9" * 5000, "0x" + "f" * 5000, "<<: ", "%YAML 1.1\n", "---\n", "...", "\\ud800", '"\\ud800"', '"\\ud800": ', '"\\0"', "0x", "0o9", "? ", "sensors", "\ufeff"]
) | st.text(max_size=3)  # fmt: skip


def faults_of(content: bytes) -> tuple[str, ...]:
    """Read a configuration and return its faults; any exception but a ConfigError goes through."""
    try:
        parse_settings("c.yaml", content, {"X": "x: [1"})
    except ConfigError as fault:
        return fault.faults or ("a ConfigError without faults",)
    return ()


def check(content: bytes) -> None:
    """Check that every fault has its place."""
    assert [line for line in faults_of(content) if not LINE.fullmatch(line)] == []


@given(
    content=st.binary(max_size=200)
    | st.lists(PIECES, max_size=30).map(lambda pieces: "".join(pieces).encode("utf-8", "replace"))
)
def test_any_bytes(content: bytes) -> None:
    """Any bytes are settings or a ConfigError."""
    check(content)


@settings(max_examples=50, deadline=None)  # each example reads a file of a hundred lines
@given(at=st.integers(0, len(GOOD)), gone=st.integers(0, 30), piece=PIECES)
def test_any_mutation_of_a_good_file(at: int, gone: int, piece: str) -> None:
    """A good file with a piece cut out and another put in is settings or a ConfigError."""
    check((GOOD[:at] + piece + GOOD[at + gone :]).encode("utf-8", "replace"))

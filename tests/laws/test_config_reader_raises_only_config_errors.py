"""Law: whatever a configuration file holds, it gives settings or a `ConfigError` whose every line has its place."""

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detector.edge.config_file import parse_settings
from detector.errors import ConfigError
from tests.fuzz.mutations import ODD_TEXTS, odd_literal

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


def places(node: Any) -> list[tuple[Any, Any]]:
    """Return every mapping and list of a document, with each of its keys."""
    if not isinstance(node, dict | list):
        return []
    children = list(node.items() if isinstance(node, dict) else enumerate(node))
    return [(node, key) for key, _ in children] + [place for _, child in children for place in places(child)]


@settings(max_examples=50, deadline=None)  # as above
@example(seed=334328)  # a key that is a blank
@given(seed=st.integers(0, 2**32))
def test_any_value_or_key_of_a_good_file_may_be_another(seed: int) -> None:
    """A good file with odd values, and odd keys, in the places of some is settings or a ConfigError."""
    random, document = Random(seed), yaml.safe_load(GOOD)
    literals = {}
    for number in range(random.randrange(1, 4)):
        node, key = random.choice(places(document))
        if isinstance(node, dict) and random.random() < 0.3:
            node[random.choice(ODD_TEXTS)] = node.pop(key)
        else:
            node[key] = f"here-{number}"
            literals[f'"here-{number}"'] = odd_literal(random)
    text = json.dumps(document)
    for place, literal in literals.items():
        text = text.replace(place, literal)
    check(text.encode("utf-8", "surrogatepass"))

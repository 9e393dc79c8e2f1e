"""A page of docs/ as a script: files to write, commands to run, and what they say.

In: Markdown. Out: its fenced blocks, in order. A block's first line says what it is:

- `sh`: commands that are run, from the page's first to its last in one folder; `sh background`: the same, and they go on until the page ends;
- `sh not-run: WHY`: commands that only a reader can run;
- `text` after `sh`: what the commands say. Numbers may differ, and `...` stands for anything;
- any other language and a name, such as `yaml detector.yaml`: a file, written before the next commands;
- any other language alone, such as `yaml`: a piece of one, for the reader to put where it belongs.
"""

import doctest
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
LENIENT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class File:
    """A file that the page shows."""

    name: str
    text: str


@dataclass(frozen=True)
class Piece:
    """A piece of a file, which is not written."""

    language: str
    text: str


@dataclass(frozen=True)
class Commands:
    """Commands to run, and what they are to say; None where the page does not show it."""

    text: str
    expected: str | None = None
    background: bool = False


@dataclass(frozen=True)
class NotRun:
    """Commands for the reader alone."""

    text: str
    why: str


def blocks(page: Path) -> Iterator[File | Piece | Commands | NotRun]:
    """Yield what a page shows, in order; plain text that follows no commands is left out."""
    found = [(match[1], match[2] or "", match[3]) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]
    for at, (language, rest, text) in enumerate(found, start=1):
        after, _, output = found[at] if at < len(found) else ("", "", "")
        if language != "sh":
            if rest:
                yield File(rest, text)
            elif language != "text":
                yield Piece(language, text)
        elif rest.startswith("not-run:"):
            yield NotRun(text, rest.removeprefix("not-run:").strip())
        else:
            assert rest in ("", "background"), f"{page}: expected sh, sh background or sh not-run: WHY, got sh {rest}"
            yield Commands(text, output if after == "text" else None, rest == "background")


def says(expected: str, got: str) -> bool:
    """Tell whether commands said what the page shows, numbers aside."""
    plain = [NUMBER.sub("0", text).rstrip() + "\n" for text in (expected, got)]
    return doctest.OutputChecker().check_output(plain[0], plain[1], LENIENT)

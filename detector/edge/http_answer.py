"""What a path answers: a status and a text.

In: nothing. Out: the type `Answer`, which the paths and the server share.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

PLAIN: Final = "text/plain; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a text."""

    status: HTTPStatus
    text: str
    content_type: str = PLAIN
    allow: str = ""
    """The methods that there are, where it was asked for by another."""

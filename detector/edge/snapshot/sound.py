"""Reads JSON as values of one kind: all of it fits, or it is refused with the place and what was expected there.

In: bytes whose checksum was right, which proves no sense. Out: values.
"""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

Kind = TypeVar("Kind")


def read_as(kind: TypeAdapter[Kind], text: bytes) -> Kind:
    """Return what a text says, nothing taken for something else.

    Raises: ValueError.
    """
    try:
        return kind.validate_json(text, strict=True)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))[:100]
        raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from fault

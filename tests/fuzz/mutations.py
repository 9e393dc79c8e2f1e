"""Ways to spoil a message: where a payload is JSON its document is spoilt, so that most of it still gets deep; and bytes.

In: a good message and a seeded generator. Out: bytes, or a topic, that no device should send.
"""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tests.fuzz.plant import Good

ODD_TEXTS = (
    "", " ", "x" * 256, "x" * 257, "é" * 300, "a.b", "..", ".", "0", "\0", "\n", "\x1b[31m", "\x85", "\u202e", "\u2028", "\uffff",
    "\ufdd0", "\ud800", "🌡", "+", "#", "$SYS", "a/b", "value", "ts", "__proto__", "<b>", "a\"b", "%s%n", "${HOME}", "NaN", "null",
)  # fmt: skip
"""Names and words that have made trouble somewhere."""

ODD_NUMBERS = (
    "0", "-0", "-0.0", "1e308", "-1e308", "1.8e308", "1e999", "-1e999", "5e-324", "1e-400", "NaN", "Infinity", "-Infinity", "nan",
    "9007199254740993", "18446744073709551616", "1" * 400, "1" * 5000, "0." + "1" * 400, "1e", "1_000", "0x10", "٣", "1,5", "+1", "01",
    "2147483648", "-1", "1e15", "4102444800", "253402300800", "1700000000", "1700000000000", "1e300",
)  # fmt: skip
"""Numbers at and beyond the edges of what holds them, and what is none."""

ODD_TIMES = (
    "1970-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "0000-00-00T00:00:00Z", "2023-02-30T00:00:00Z", "2023-11-14", "2023-11-14T24:00:00Z",
    "2023-11-14T23:59:60Z", "2023-11-14T22:13:20+23:59", "2023-11-14T22:13:20.1234567890", "2023-W46-2", "soon", "1.7e9", "1" * 20, "-5",
)  # fmt: skip
"""Timestamps at the edges of the calendar, and what is none."""

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    "",
    "21.5",
    [],
    {},
    [[]],
    [None],
    {"value": None},
    *ODD_TEXTS[:6],
    *ODD_TIMES,
)


def odd_literal(random: Random) -> str:
    """Return the text of a JSON value that no channel should have."""
    if random.random() < 0.5:
        return random.choice(ODD_NUMBERS)
    return json.dumps(random.choice(ODD_VALUES))


def spoil(random: Random, good: Good) -> bytes:
    """Return a payload that was spoilt once or a few times."""
    payload = good.payload
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        payload = random.choices((_in_document, _in_bytes, _odd), (6, 3, 1))[0](random, payload)
    return payload


def _odd(random: Random, _payload: bytes) -> bytes:
    """Return something else altogether."""
    if random.random() < 0.5:
        return odd_literal(random).encode("utf-8", "surrogatepass")
    return random.randbytes(random.randrange(40))


def _in_document(random: Random, payload: bytes) -> bytes:
    """Spoil a JSON document at one of its places; what is no JSON any more, as bytes."""
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return _in_bytes(random, payload)
    places = list(_places(document))
    if not places:
        return odd_literal(random).encode("utf-8", "surrogatepass")
    node, key = random.choice(places)
    return random.choice(_SPOILERS)(random, document, node, key).encode("utf-8", "surrogatepass")


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every mapping and list of a document, with each of its keys."""
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield node, key
            yield from _places(child)


def _replace(random: Random, document: Any, node: Any, key: Any) -> str:
    """Put an odd literal in the place of a value, numbers that Python could not write included."""
    node[key] = "\0here"
    return json.dumps(document).replace('"\\u0000here"', odd_literal(random), 1)


def _remove(_random: Random, document: Any, node: Any, key: Any) -> str:
    """Leave a value out."""
    del node[key]
    return json.dumps(document)


def _rename(random: Random, document: Any, node: Any, key: Any) -> str:
    """Give a value another key."""
    if isinstance(node, dict):
        node[random.choice(ODD_TEXTS)] = node.pop(key)
    return json.dumps(document, ensure_ascii=random.random() < 0.5)


def _bury(random: Random, document: Any, node: Any, key: Any) -> str:
    """Put a value many levels down."""
    levels = random.choice((1, 5, 31, 32, 33, 200, 2000))
    node[key] = "\0here"
    opened, closed = random.choice((("[", "]"), ('{"a":', "}")))
    return json.dumps(document).replace('"\\u0000here"', opened * levels + "1" + closed * levels, 1)


def _widen(random: Random, document: Any, node: Any, key: Any) -> str:
    """Put many values in the place of one."""
    count = random.choice((2, 11, 12, 13, 64, 65, 3000))
    node[key] = list(range(count)) if random.random() < 0.5 else {f"c{number}": number for number in range(count)}
    return json.dumps(document)


def _twice(_random: Random, document: Any, _node: Any, _key: Any) -> str:
    """State every key twice."""
    text = json.dumps(document)
    return f"{text[:-1]},{text[1:]}" if text.startswith("{") and len(text) > 2 else text * 2


_SPOILERS: tuple[Callable[[Random, Any, Any, Any], str], ...] = (_replace, _replace, _replace, _remove, _rename, _bury, _widen, _twice)  # fmt: skip


def _in_bytes(random: Random, payload: bytes) -> bytes:
    """Spoil a payload without regard to what it means."""
    at, length = random.randrange(len(payload) + 1), random.randrange(1, 9)
    match random.randrange(8):
        case 0:
            return payload[:at]
        case 1:
            return payload[:at] + random.randbytes(length) + payload[at:]
        case 2:
            return payload[:at] + payload[at + length :]
        case 3:
            return payload[:at] + bytes((random.randrange(256),)) + payload[at + 1 :]
        case 4:
            return payload[:at] + payload[at // 2 :]
        case 5:
            return payload.decode("utf-8", "replace").encode(random.choice(("utf-16", "utf-8-sig", "utf-32", "utf-7")))
        case 6:
            return payload + random.choice((b"\0", b"\n", b" ", b"}", b"]", b"\xff", b"//", b","))
        case _:
            return payload * (700 if random.random() < 0.05 and len(payload) < 1000 else 2)


def spoil_topic(random: Random, topic: str) -> str:
    """Return a topic of another form, of which brokers pass some on."""
    levels = topic.split("/")
    at = random.randrange(len(levels))
    match random.randrange(5):
        case 0:
            levels[at] = random.choice(ODD_TEXTS)
        case 1:
            levels.insert(at, random.choice(ODD_TEXTS))
        case 2:
            del levels[at]
        case 3:
            levels[at] = f"flood-{random.randrange(10**9)}"
        case _:
            levels[at] *= random.choice((2, 100, 3000))
    return "/".join(levels)

"""Names that come from outside: which of them we trust, and how a doubtful one is shown in a log.

In: text from a topic or a payload. Out: yes or no; a short, printable form.
"""

import re

MAX_NAME = 256
"""Characters of the longest device or channel name."""

SHOWN = 60
"""Characters of foreign text that a log line repeats at most."""

_STEERING = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""What ends a line, steers a terminal, or turns the order of the text around it."""

NO_CHARACTERS = r"\ud800-\udfff\ufdd0-\ufdef" + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(0x11))
"""Surrogates, and what Unicode keeps free: in a topic of ours, brokers take them for a torn packet (MQTT 5.0, section 1.5.4)."""

_GOOD_NAME = re.compile(rf"[^{_STEERING}{NO_CHARACTERS}]{{1,{MAX_NAME}}}")


def is_good_name(name: str) -> bool:
    """Tell whether a name is not empty, not too long, and of characters that stand for themselves alone."""
    return _GOOD_NAME.fullmatch(name) is not None


def shown(value: object) -> str:
    """Return foreign text on one line, unprintable characters escaped, at most 60 characters of it."""
    text = value if isinstance(value, str) else repr(value)
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:SHOWN])
    return line if len(text) <= SHOWN and len(line) <= SHOWN else f"{line[: SHOWN - 3]}..."

"""Words the faults of a configuration: pydantic's findings and bad topic patterns, each with its place.

In: a `Document`, and what pydantic found. Out: `Fault`s that say expected and got, one for each place.
"""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from detector.edge.yaml_document import Document, Fault, KeyPath, Place, key_text
from detector.settings import Settings
from detector.settings.quantities import shown
from detector.settings.section import Section
from detector.settings.sensors import AUTO_SPELLING, MAPPING_SPELLING
from detector.stream.topic import TopicPattern

EXPECTED = {
    "string_type": "text; quote it if it is meant so",
    "path_type": "a path",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list of two numbers",
    "dict_type": "auto or a mapping of channels",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "enum": "{expected}",
    "literal_error": "{expected}",
    "greater_than_equal": "{ge:g} or more",
    "less_than_equal": "at most {le:g}",
    "string_too_short": "text that is not empty",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text without control characters",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
}
"""What was expected, by pydantic's type of error; the braces are its context."""


PYDANTICS_OWN_STEPS = (AUTO_SPELLING, MAPPING_SPELLING, "[key]")
"""Steps in the place of a finding that are no keys of the file."""


def settings_faults(document: Document, fault: ValidationError) -> Iterator[Fault]:
    """Yield each finding of pydantic as a fault of ours."""
    for finding in fault.errors(include_url=False):
        path = tuple(step for step in finding["loc"] if step not in PYDANTICS_OWN_STEPS)
        if finding["type"] == "extra_forbidden":
            yield Fault(document.key_places.get(path, document.place(path)), key_text(path), _unknown(finding))
        else:
            # A list that is too short is itself at fault, not the end that it has not got.
            path = path[:-1] if finding["type"] == "missing" and isinstance(path[-1], int) else path
            yield Fault(document.place(path), key_text(path), _expected_got(finding))


def _expected_got(finding: ErrorDetails) -> str:
    """Say what was expected and what was there; our own validators have said so already."""
    kind, context = finding["type"], finding.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        step = finding["loc"][-1]
        if isinstance(step, int):
            return "expected a list of two numbers, got one or none"
        field = section_at(finding["loc"][:-1]).model_fields[step]
        return f"expected this key ({(field.description or '').rstrip('.')}), got none"
    default = finding["msg"].removeprefix("Input should be ")
    expected = EXPECTED.get(kind, default).format_map(context).replace("'", "")
    if finding["loc"][-1] == AUTO_SPELLING:
        expected = EXPECTED["dict_type"]
    hint = "; leave the key out for its default" if finding["input"] is None else ""
    return f"expected {expected}, got {shown(finding['input'])}{hint}"


def _unknown(finding: ErrorDetails) -> str:
    """Say which keys there are, the nearest one first in line."""
    key, known = str(finding["loc"][-1]), list(section_at(finding["loc"][:-1]).model_fields)
    near = difflib.get_close_matches(key, known, n=1)
    expected = near[0] if near else f"one of {', '.join(known)}"
    return f"expected a known key, got {shown(key)}; " + (f"did you mean {expected}?" if near else f"use {expected}")


def section_at(location: Sequence[str | int]) -> type[Section]:
    """Return the section that the settings have at a place."""
    section: type[Section] = Settings
    for step in location:
        field = section.model_fields.get(step) if isinstance(step, str) else None
        section = (field and _section_in(field.annotation)) or section
    return section


def _section_in(annotation: Any) -> type[Section] | None:
    """Return the section inside a type such as `list[SensorSettings]` or `MqttAlertSettings | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)


def topic_faults(document: Document) -> Iterator[Fault]:
    """Yield what is wrong with topic patterns, whether or not the rest of the file is right."""
    entries = _at(document.values, "sensors")
    base = _at(document.values, "alerts", "mqtt", "base_topic") or "detector"
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        topics = _at(entry, "topics")
        for position, text in enumerate(topics if isinstance(topics, list) else ()):
            path: KeyPath = ("sensors", index, "topics", position)
            problem = _topic_problem(text, entry, str(base)) if isinstance(text, str) else None
            if problem:
                yield Fault(document.place(path), key_text(path), problem)


def _topic_problem(text: str, entry: dict[str, Any], base: str) -> str | None:
    """Say what is wrong with one topic pattern of an entry, or None."""
    try:
        pattern = TopicPattern.parse(text)
    except ValueError as fault:
        return str(fault)
    if pattern.is_under(base):
        return f"expected a topic outside {base}/, where we publish ourselves, got {shown(text)}"
    channels = entry.get("channels", "auto")
    single = isinstance(channels, dict) and len(channels) == 1
    if entry.get("format") == "value" and not pattern.names_channel and not single:
        return (
            "expected {channel} in the topic, or exactly one channel in `channels`,"
            f" because format: value carries one number, got {shown(text)}"
        )
    return None


def _at(values: Any, *keys: str) -> Any:
    """Return what stands under these keys in a document that may have any shape, or None."""
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def fault_lines(name: str, faults: Sequence[Fault]) -> list[str]:
    """Write the faults as lines, in the order of the file, one for each key and place."""
    first: dict[tuple[Place, str], Fault] = {}
    for fault in faults:
        first.setdefault((fault.place, fault.key), fault)
    return [f"{name}:{f.place.line}:{f.place.column}: {f.key}: {f.text}" for f in sorted(first.values())]

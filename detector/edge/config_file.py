"""Configuration files: reads one into `Settings`, and writes the effective one back.

In: a YAML file and the environment. Out: `Settings`, or one `ConfigError` with every fault as
`file:line:column: key: expected ..., got ...`.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from detector.edge.config_faults import fault_lines, settings_faults, topic_faults
from detector.edge.yaml_document import MAX_BYTES, CoreDumper, Document, Fault, Place, read_document
from detector.errors import ConfigError
from detector.settings import Settings
from detector.settings.quantities import shown

MODELINE = "# yaml-language-server: $schema=detector.schema.json\n"
"""Tells editors where the schema is; the first line of every configuration we ship."""


def load_settings(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read and check a configuration file.

    Raises: ConfigError with all faults at once, in the order of the file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise ConfigError([f"{path}: expected a configuration file, got: {fault.strerror}"]) from fault
    return parse_settings(str(path), content, environment)


def parse_settings(name: str, content: bytes, environment: Mapping[str, str]) -> Settings:
    """Read and check a configuration; `name` is what faults call it.

    Raises: ConfigError with all faults at once, in the order of the file.
    """
    document = read_document(name, content, environment)
    if not isinstance(document.values, dict):
        got = shown(document.values)
        document.faults.append(Fault(Place(), "(document)", f"expected a mapping with the key sensors, got {got}"))
        raise ConfigError(fault_lines(name, document.faults))
    settings, faults = _validated(document)
    if settings is None or faults:
        raise ConfigError(fault_lines(name, faults))
    return settings


def _validated(document: Document) -> tuple[Settings | None, list[Fault]]:
    """Check a document against the settings; JSON mode is the strict one, in which "5" is no number."""
    faults = [*document.faults, *topic_faults(document)]
    try:
        return Settings.model_validate_json(json.dumps(document.values), strict=True), faults
    except ValidationError as fault:
        return None, [*faults, *settings_faults(document, fault)]


def require_topics(name: str, settings: Settings) -> None:
    """Refuse settings with an entry that nothing could arrive at; recordings need no topics, a daemon does.

    Raises: ConfigError that names every entry without topics.
    """
    faults = [
        f"{name}: sensors[{index}].topics: expected at least one topic pattern, got none; add one to {entry.name!r}"
        for index, entry in enumerate(settings.sensors)
        if not entry.topics
    ]
    if faults:
        raise ConfigError(faults)


def effective_text(settings: Settings) -> str:
    """Write settings as YAML, defaults filled in; reading it gives equal settings."""
    values = _escaped(settings.model_dump(mode="json"))
    return yaml.dump(values, Dumper=CoreDumper, sort_keys=False, allow_unicode=True, width=120)


def _escaped(values: Any) -> Any:
    """Write a dollar as `$$` where reading would take it for a variable."""
    if isinstance(values, dict):
        return {key: _escaped(value) for key, value in values.items()}
    if isinstance(values, list):
        return [_escaped(value) for value in values]
    return re.sub(r"\$(?=[${])", "$$", values) if isinstance(values, str) else values


def schema_text() -> str:
    """Return the JSON Schema of a configuration file, for editors; defaults stand as people write them."""
    schema = Settings.model_json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema = {**head, **schema, "title": "Detector configuration"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

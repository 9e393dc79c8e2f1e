"""Reads YAML into plain values and remembers where each of them stands.

In: the bytes of a file and the environment. Out: a `Document` of mappings, lists, text, numbers, booleans and
nulls (YAML 1.2's core schema: `yes` is a word, `1e3` a number), or a `ConfigError` with every fault's place.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from detector.errors import ConfigError
from detector.settings.quantities import shown

MAX_BYTES, MAX_NODES, MAX_DEPTH = 2**20, 100_000, 20
"""Beyond these a file is no configuration: aliases can make a small file mean a huge document."""

MAX_DIGITS = 100
"""Characters of the longest whole number; Python writes none of more than 4,300 digits."""

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of the document down to a value."""

VARIABLE = re.compile(r"\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|(\{))")
"""`$$`, `${NAME}`, `${NAME:-default}`, or a `${` that is none of these."""

UNUSABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that neither a path nor UTF-8 can hold."""

_TAG = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """A place in a file, counted from 1 as editors do."""

    line: int = 1
    column: int = 1


class Fault(NamedTuple):
    """One thing to mend: its place, the key, and what was expected and was there."""

    place: Place
    key: str
    text: str


class Document:
    """The values of a file, the place of each, and what is wrong with them so far."""

    def __init__(self) -> None:
        """Start empty."""
        self.values: Any = None
        self.places: dict[KeyPath, Place] = {}
        self.key_places: dict[KeyPath, Place] = {}
        self.faults: list[Fault] = []

    def place(self, path: KeyPath) -> Place:
        """Return where a value stands, or the nearest mapping or list around it that has a place."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place())


class CoreLoader(yaml.SafeLoader):
    """PyYAML's safe loader with YAML 1.2's rules for what an unquoted word means, those that editors go by."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own declaration


class CoreDumper(yaml.SafeDumper):
    """The writer that quotes by the same rules, so that `CoreLoader` reads the same values back."""

    yaml_implicit_resolvers = CoreLoader.yaml_implicit_resolvers

    def ignore_aliases(self, _data: Any) -> bool:
        """Never write anchors: an effective configuration is for people."""
        return True


def _represent_text(dumper: CoreDumper, text: str) -> yaml.ScalarNode:
    """Escape text with line breaks and their like: PyYAML folds U+0085 and U+2028 in other styles, and loses them."""
    return dumper.represent_scalar(_TAG + "str", text, style=None if text.isprintable() else '"')


CoreDumper.add_representer(str, _represent_text)

for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", list("-+.")),
):
    CoreLoader.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), _first)


def key_text(path: KeyPath) -> str:
    """Write a path as people do: `sensors[0].channels.temperature`."""
    text = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step if step.strip() == step else repr(step)}" for step in path
    )
    return "".join(c if c.isprintable() else "?" for c in text.removeprefix("."))[:200] or "(document)"


def read_document(name: str, content: bytes, environment: Mapping[str, str]) -> Document:
    """Read one YAML document; faults that leave something to read on are collected in it.

    Raises: ConfigError when the file is too large, not text, or not YAML.
    """
    if len(content) > MAX_BYTES:
        raise ConfigError([f"{name}:1:1: (document): expected at most {MAX_BYTES} bytes, got more"])
    text = _decoded(name, content)
    reader = _Reader(environment)
    try:
        node = yaml.compose(text, Loader=CoreLoader)
        if node is not None:
            reader.document.values = reader.read(node, ())
    except yaml.MarkedYAMLError as fault:
        place = _place(fault.problem_mark or fault.context_mark)
        raise ConfigError([f"{name}:{place.line}:{place.column}: (document): {_yaml_problem(fault)}"]) from fault
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, fault.position) + 1
        raise ConfigError([f"{name}:{line}:1: (document): expected text, got a control character"]) from fault
    except (yaml.YAMLError, ValueError, OverflowError, LookupError) as fault:
        raise ConfigError([f"{name}:1:1: (document): expected YAML, got something unreadable: {fault}"]) from fault
    except RecursionError as fault:
        raise ConfigError([f"{name}:1:1: (document): expected at most {MAX_DEPTH} levels, got far more"]) from fault
    return reader.document


def _decoded(name: str, content: bytes) -> str:
    """Return the file's text."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise ConfigError(
            [f"{name}:{line}:1: (document): expected UTF-8 text, got the byte 0x{content[fault.start]:02x}"]
        ) from fault


def _place(mark: Any) -> Place:
    """Turn PyYAML's mark, counted from 0, into a place."""
    return Place(mark.line + 1, mark.column + 1) if mark is not None else Place()


def _yaml_problem(fault: yaml.MarkedYAMLError) -> str:
    """Word a syntax error as a fault of ours, with what most often causes it."""
    if isinstance(fault, _TooLargeError):
        return f"expected at most {MAX_NODES} values and {MAX_DEPTH} levels, aliases expanded, got more"
    problem = fault.problem or "something else"
    if "\\t" in problem:
        return "expected spaces for indentation, got a tab"
    if "but found another document" in problem:
        return "expected a single document, got another one behind ---"
    words = " ".join(filter(None, (fault.context, problem)))
    hint = "; put text that holds ': ', '{' or '#' in quotes" if "mapping values" in problem else ""
    return f"expected valid YAML, got an error {words}{hint}"


class _TooLargeError(yaml.MarkedYAMLError):
    """A document that is too deep or has too many values, often by aliases within aliases."""


class _Reader:
    """Walks the node tree once, building values and collecting places and faults."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Start a document; the resolver decides what an unquoted word means."""
        self.document = Document()
        self._environment = environment
        self._resolver = CoreLoader("")
        self._nodes = 0

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        """Return the plain value of a node and everything under it."""
        self._nodes += 1
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise _TooLargeError(problem_mark=node.start_mark)
        self.document.places[path] = _place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, path, "seq")
            return [self.read(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        """Return a mapping; keys are text, each at most once."""
        self._check_tag(node, path, "map")
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or not key_node.value:
                self._fault(path, "expected a word as key, got something else", _place(key_node.start_mark))
                continue
            if UNUSABLE.search(key_node.value):
                text = "expected a word as key, got a NUL character or half a surrogate pair in it"
                self._fault(path, text, _place(key_node.start_mark))
                continue
            child = (*path, key_node.value)
            if key_node.value in values:
                first = self.document.key_places[child]
                text = f"expected each key once, got it again (first in line {first.line})"
                self._fault(child, text, _place(key_node.start_mark))
                continue
            self.document.key_places[child] = _place(key_node.start_mark)
            values[key_node.value] = self.read(value_node, child)
        return values

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        """Return a scalar after substitution; an unquoted one means what YAML says of the new text."""
        text = "".join(self._substituted(node.value, path)) if "$" in node.value else node.value
        if UNUSABLE.search(text):
            self._fault(path, "expected text, got a NUL character or half a surrogate pair")
            return None
        tag = node.tag
        if text != node.value and node.style is None:
            tag = self._resolver.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        try:
            return _typed(tag.removeprefix(_TAG), text)
        except ValueError:
            self._fault(
                path, f"expected text, a number, true, false or null, got {tag.replace(_TAG, '!!')} {shown(text)}"
            )
            return None

    def _substituted(self, text: str, path: KeyPath) -> Iterator[str]:
        """Yield the parts of a text with the environment's values in place of their names."""
        end = 0
        for match in VARIABLE.finditer(text):
            yield text[end : match.start()]
            end = match.end()
            dollar, name, default, broken = match.groups()
            if broken:
                self._fault(path, f"expected ${{NAME}} or ${{NAME:-default}}, got {shown(text)}; write $$ for a dollar")
            elif name and name not in self._environment and default is None:
                self._fault(
                    path, f"expected the environment variable {name}, got none; set it or write ${{{name}:-default}}"
                )
            yield dollar or (self._environment.get(name, default or "") if name else "")
        yield text[end:]

    def _check_tag(self, node: yaml.Node, path: KeyPath, kind: str) -> None:
        """Refuse a tag of any other kind."""
        if node.tag != _TAG + kind:
            self._fault(path, f"expected plain YAML without tags, got {shown(node.tag)}")

    def _fault(self, path: KeyPath, text: str, place: Place | None = None) -> None:
        """Note a fault at a value, or at the given place."""
        self.document.faults.append(Fault(place or self.document.place(path), key_text(path), text))


def _typed(kind: str, text: str) -> Any:
    """Turn a scalar's text into the value its kind says.

    Raises: ValueError when the text is not of that kind, or the kind is none of YAML's core.
    """
    match kind:
        case "str":
            return text
        case "null":
            return None
        case "bool" if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case "int" if len(text) <= MAX_DIGITS:
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        case "float":
            return float(re.sub(r"^([-+]?)\.(?=[iInN])", r"\1", text))
        case _:
            raise ValueError(kind)

"""`detector check`: validates a configuration, prints the effective one, and shows what a payload decodes to."""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from detector.domain import MICROSECONDS, EventTime, Reading, Rejected
from detector.edge.config_file import MODELINE, effective_text, load_settings, schema_text
from detector.edge.model_file import load_model
from detector.edge.secret_file import bareness, read_secret, resolve_path
from detector.edge.sinks import Keyring, faults_of, require_libraries
from detector.errors import ConfigError, ModelError
from detector.settings import Settings
from detector.settings.exposure import exposures
from detector.stream.decode import Decoder, Route
from detector.stream.names import shown
from detector.stream.source import Decoded
from detector.stream.timestamp import format_event_time

COLUMNS = ("time", "device", "channel", "value", "unit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `detector check`."""
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="configuration file (YAML)")
    parser.add_argument("--topic", metavar="T", help="topic of a message to decode")
    parser.add_argument("--payload", metavar="P", help="its payload; @FILE reads it from a file")
    parser.add_argument(
        "--write-schema", type=Path, metavar="FILE", help="write the JSON Schema for editors, and be done"
    )


def run(arguments: argparse.Namespace) -> int:
    """Check, print, and decode if asked to; 1 when the message gave no reading."""
    if arguments.write_schema is not None:
        return _write_schema(arguments.write_schema)
    if arguments.config is None:
        raise ConfigError(["detector check: expected CONFIG, got none; name a configuration file"])
    if (arguments.topic is None) != (arguments.payload is None):
        alone = "--topic" if arguments.payload is None else "--payload"
        raise ConfigError([f"detector check: expected --topic and --payload together, got {alone} alone"])
    settings = load_settings(arguments.config, os.environ)
    require_libraries(settings.alerts.receivers)
    for warning in warnings(settings, arguments.config.parent):
        print(f"warning: {warning}", file=sys.stderr)
    if arguments.topic is None:
        print(MODELINE + effective_text(settings), end="")
        return 0
    return _decode(settings, arguments.topic, _payload(arguments.payload))


def _write_schema(path: Path) -> int:
    """Write the schema."""
    try:
        path.write_text(schema_text(), encoding="utf-8")
    except OSError as fault:
        raise ConfigError([f"{path}: expected a file that can be written, got: {fault.strerror}"]) from fault
    return 0


def _payload(text: str) -> bytes:
    """Return the payload given on the command line, or the file that it names."""
    if not text.startswith("@"):
        return os.fsencode(text)
    try:
        return Path(text[1:]).read_bytes()
    except (OSError, ValueError) as fault:
        raise ConfigError([f"--payload {text}: expected a file, got: {fault}"]) from fault


def warnings(settings: Settings, config_dir: Path) -> Iterator[str]:
    """Yield what is allowed but will not work, or is unwise: missing files, odd models, secrets that anybody can read."""
    model = resolve_path(settings.model, config_dir)
    if not model.is_dir():
        yield f"model: expected the folder of a trained network, found none at {model}; `detector train` writes one"
    else:
        yield from _model_warnings(model)
    if settings.mqtt.password_file is not None:
        try:
            warning = read_secret(settings.mqtt.password_file, config_dir, os.environ).warning
        except ConfigError as fault:
            warning = str(fault)
        if warning:
            yield f"mqtt.password_file: {warning}"
    for key in ("ca_file", "cert_file", "key_file"):
        path: Path | None = getattr(settings.mqtt.tls, key)
        if path is not None and not resolve_path(path, config_dir).is_file():
            yield f"mqtt.tls.{key}: expected a PEM file, found none at {resolve_path(path, config_dir)}"
    if settings.mqtt.tls.key_file is not None:
        bare = bareness(resolve_path(settings.mqtt.tls.key_file, config_dir))
        if bare is not None:
            yield f"mqtt.tls.key_file: {bare}"
    yield from faults_of(settings.alerts.receivers, Keyring(config_dir, os.environ))
    yield from exposures(settings)
    for index, entry in enumerate(settings.sensors):
        if not entry.topics:
            yield f"sensors[{index}].topics: none, so {entry.name!r} takes recordings only; `detector run` needs a topic"


def _model_warnings(folder: Path) -> Iterator[str]:
    """Yield what is amiss with a model folder that is there."""
    try:
        remark = load_model(folder).remark
    except ModelError as fault:
        remark = str(fault)
    if remark is not None:
        yield f"model: {remark}"


def _decode(settings: Settings, topic: str, payload: bytes) -> int:
    """Print what one message decodes to."""
    arrived = EventTime(int(time.time() * MICROSECONDS))
    decoder = Decoder(settings.sensors, settings.mqtt.inbox.max_payload, settings.engine.max_channels)
    route = decoder.route(topic)
    if isinstance(route, Route):
        print(f"entry    {shown(route.settings.name)} (sensors[{route.entry}])")
        print(f"pattern  {shown(route.pattern.text)}")
        for label, value in route.match.labels.items():
            print(f"label    {label} = {shown(value)}")
    decoded = decoder.decode(topic, payload, arrived)
    readings = [one for one in decoded if isinstance(one, Reading)]
    if readings:
        print()
        print(*_table([COLUMNS, *(_cells(settings, reading) for reading in readings)]), sep="\n")
    _tell_rejected(decoded)
    return 0 if readings else 1


def _tell_rejected(decoded: Decoded) -> None:
    """Print why values, or the whole payload, gave no reading."""
    for one in decoded:
        if isinstance(one, Rejected):
            print(f"rejected {one.reason.value}: {one.detail}")


def _cells(settings: Settings, reading: Reading) -> tuple[str, ...]:
    """Return a reading as the cells of the table."""
    channels = settings.sensors[reading.entry].channels
    unit = channels[reading.channel].unit if channels != "auto" and reading.channel in channels else None
    value = f"{reading.value:.15g}"
    return format_event_time(reading.at), shown(reading.device), shown(reading.channel), value, unit or "-"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()

"""What is fuzzed: for each reader of what comes from outside, a function of bytes that raises when the reader breaks its word.

In: bytes, as a fuzzer or the corpus has them. Out: nothing, or an exception that is a finding. A first line says what the rest is
to be taken for, so that inputs can be read and written by people.
"""

import json
import math
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from detector.domain import EventTime, Reading, Rejected
from detector.edge.config_file import effective_text, parse_settings
from detector.edge.journal import read_journal
from detector.edge.journal.database import OURS, STEPS, VERSION
from detector.edge.model_file import WEIGHTS, load_model
from detector.edge.recording import read_recordings
from detector.errors import ConfigError, JournalError, ModelError, RecordingError
from detector.settings import Settings
from detector.stream.decode import Decoder
from detector.stream.names import is_good_name
from detector.stream.timestamp import format_event_time
from tests.fuzz import snapshots
from tests.fuzz.plant import PLANT

NOW: Final = EventTime(1_700_000_000_000_000)
DECODER: Final = Decoder(PLANT.sensors, PLANT.mqtt.inbox.max_payload, PLANT.engine.max_channels)
FOLDER: Final = tempfile.TemporaryDirectory(prefix="detector-fuzz-")
"""Where files are written that readers want as files."""


def check(found: Iterable[Reading | Rejected]) -> None:
    """Check that readings are what the engine, the log and brokers rely on."""
    for one in found:
        if isinstance(one, Rejected):
            assert len(one.detail) <= 200
            assert one.detail.isprintable()
            continue
        assert is_good_name(one.device)
        assert is_good_name(one.channel)
        assert type(one.at) is int
        assert type(one.value) is float
        assert math.isfinite(one.value)
        format_event_time(one.at)


def decode(content: bytes) -> None:
    """A topic, and the payload below it."""
    topic, _, payload = content.partition(b"\n")
    decoded = DECODER.decode(topic.decode("utf-8", "replace"), payload, NOW)
    assert decoded
    check(decoded)


def configuration(content: bytes) -> None:
    """A configuration file; one that is good reads back as it is written, of another every fault has its place."""
    settings = _settings_or_faults(content)
    if isinstance(settings, tuple):
        assert settings
        assert all(line.startswith("c.yaml:") for line in settings)
        return
    assert parse_settings("c.yaml", effective_text(settings).encode(), {}) == settings


def _settings_or_faults(content: bytes) -> Settings | tuple[str, ...]:
    """Return what a configuration file gives."""
    try:
        return parse_settings("c.yaml", content, {"X": "x: [1"})
    except ConfigError as fault:
        return fault.faults


def recording(content: bytes) -> None:
    """The ending of a file's name, and the file below it."""
    ending, _, text = content.partition(b"\n")
    path = Path(FOLDER.name, "pump.csv.gz" if ending == b"csv.gz" else "pump.csv")
    path.write_bytes(text)
    with suppress(RecordingError):
        check(read_recordings([path], PLANT.sensors))


def journal(content: bytes) -> None:
    """Rows of a journal, a JSON list each: device, channel, entry, time, value; a list in it stands for a blob."""
    path = Path(FOLDER.name, "journal.db")
    path.unlink(missing_ok=True)
    if not _write_journal(path, content):
        return
    with suppress(RecordingError, JournalError):
        check(read_journal(path, PLANT.sensors))


def _write_journal(path: Path, content: bytes) -> bool:
    """Write a database of our schema with rows that we would not write; return whether it could be done."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(f"PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN; {''.join(STEPS)} COMMIT;")
        db.executescript(f"PRAGMA application_id = {OURS}; PRAGMA user_version = {VERSION};")
        for number, line in enumerate(content.splitlines()):
            try:
                device, channel, entry, at, value = map(_cell, json.loads(line))
                db.execute("INSERT INTO channels VALUES (?, ?, ?, ?, 0)", (number, device, channel, entry))
                db.execute("INSERT INTO arrivals VALUES (?, ?, ?, ?)", (number + 1, number, at, value))
            except (ValueError, TypeError, RecursionError, OverflowError, sqlite3.Error):
                return False
    return True


def _cell(value: Any) -> Any:
    """Return what a cell of the database is to hold."""
    return bytes(value) if isinstance(value, list) else value


def model(content: bytes) -> None:
    """A weights file; a first line of JSON and digits stand for safetensors' header and so many zeros."""
    head, _, zeros = content.partition(b"\n")
    if zeros.strip().isdigit():
        content = len(head).to_bytes(8, "little") + head + bytes(min(int(zeros), 10_000))
    Path(FOLDER.name, WEIGHTS).write_bytes(content)
    with suppress(ModelError):
        load_model(Path(FOLDER.name))


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "decode": decode,
    "configuration": configuration,
    "recording": recording,
    "journal": journal,
    "model": model,
    "manifest": snapshots.manifest,
    "tensors": snapshots.tensors,
    "names": snapshots.names,
}
CORPUS: Final = Path(__file__).parent / "corpus"
"""A folder for each target: our own seeds, and every input that was a finding."""

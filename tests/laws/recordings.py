"""Hypothesis strategies for folders of recordings, and the scores that a replay writes of them."""

import tempfile
from itertools import takewhile
from pathlib import Path

from hypothesis import strategies as st

from detector.domain import EventTime, Reading
from detector.edge.recording import RecordingFile, ScoreFile, read_recordings
from detector.lab.replay import Replay
from detector.stream.timestamp import format_event_time
from tests.fleet import engine, settings
from tests.laws.streams import channel_streams

Streams = dict[str, list[Reading]]
"""What each file holds, by its name; names decide the form."""


@st.composite
def recordings(draw: st.DrawFn) -> Streams:
    """One to three files of a device each, wide or long, with gaps, faults, late and duplicate rows."""
    streams: Streams = {}
    for number in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from([f"device-{number}.csv", f"long-{number}.csv.gz"]))
        streams[name] = draw(channel_streams(f"device-{number}", "temperature"))
    return streams


def cut_off(streams: Streams, moment: EventTime) -> Streams:
    """Return the files as they stood at a moment: each ends before its first row that is later."""
    return {name: list(takewhile(lambda one: one.at <= moment, stream)) for name, stream in streams.items()}


def scores(streams: Streams) -> str:
    """Write the files, replay them, and return the scores file."""
    with tempfile.TemporaryDirectory() as folder:
        for name, stream in streams.items():
            _write(Path(folder) / name, stream)
        return replayed(Path(folder))


def replayed(*inputs: Path, until: int | None = None) -> str:
    """Return the scores file of recordings, or of their first `until` readings."""
    found = read_recordings(inputs, settings().sensors)
    with tempfile.TemporaryDirectory() as folder:
        with ScoreFile(Path(folder) / "scores.csv") as file:
            for report in Replay(engine(), 4096).reports(
                one for one, _ in zip(found, range(until or 10**9), strict=False)
            ):
                file.write(report)
        return (Path(folder) / "scores.csv").read_text(encoding="utf-8")


def _write(path: Path, stream: list[Reading]) -> None:
    """Write one recording: long where its name says so, wide otherwise."""
    if path.name.startswith("long"):
        with RecordingFile(path) as file:
            for reading in stream:
                file.write(reading)
    else:
        rows = (f"{format_event_time(one.at)},{one.value!r}\n" for one in stream)
        path.write_text("timestamp,temperature\n" + "".join(rows), encoding="utf-8")

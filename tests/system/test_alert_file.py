"""The file of alerts on a disk that fills up: nothing is half written, and nothing is lost."""

import orjson

from detector.domain import Transition
from detector.edge.sinks.file import AlertFile
from tests.system.disk import SmallDisk
from tests.unit.edge.sinks.notices import turned


def test_what_does_not_fit_is_taken_back_and_taken_later(disk: SmallDisk) -> None:
    """With room for half a batch none of it is written; with room for all of it, all of it is."""
    batch = [turned(Transition.OPENED, device=f"pump-{number:03}") for number in range(200)]
    path = disk.folder / "alerts.jsonl"
    way = AlertFile(path)
    assert all(one.fault is None for one in way.carry(batch[:1]).answers)
    before = path.read_bytes()
    disk.fill()
    with (disk.folder / "filler").open("rb+") as filler:  # two pages of room
        filler.truncate((disk.folder / "filler").stat().st_size - 8192)
    refused = way.carry(batch[1:]).answers
    assert {one.fault for one in refused} == {f"cannot write {path}: No space left on device"}
    assert path.read_bytes() == before
    disk.empty()
    assert all(one.fault is None for one in way.carry(batch[1:]).answers)
    devices = [orjson.loads(line)["device"] for line in path.read_bytes().splitlines()]
    assert devices == [event.device for event in batch]

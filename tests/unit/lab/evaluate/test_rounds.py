"""Rounds that go on from a common beginning, and campaigns of them."""

from pathlib import Path

import pytest

from detector.edge.recording import RecordingFile
from detector.errors import RecordingError
from detector.lab.evaluate.contenders import Contender, Method, build
from detector.lab.evaluate.corpora import find_sites, read_site
from detector.lab.evaluate.fault import PROTOCOL_KINDS, Injected
from detector.lab.evaluate.fleet import Campaign, measure, measurement_json
from detector.lab.evaluate.injection import inject
from detector.lab.evaluate.rounds import Plan, begin, faults_of, finish
from detector.settings import Budget
from detector.stream.batch import Batcher
from tests.fleet import merged, noise, readings

CONTENDERS = tuple(
    Contender(method, Path(__file__).parents[4] / "models" / "base", Budget.parse("1 per device per day"))
    for method in (Method.DETECTOR, Method.RUN_LENGTH)
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return the folder of a site with three devices of two channels."""
    folder = tmp_path / "north"
    folder.mkdir()
    with RecordingFile(folder / "all.csv") as file:
        for reading in merged(
            *(readings(f"d{seed}", noise(seed, 300), cadence_s=600.0) for seed in range(3)),
            *(readings(f"d{seed}", noise(seed + 5, 300), channel="light", cadence_s=600.0) for seed in range(3)),
        ):
            file.write(reading)
    return folder


@pytest.mark.parametrize("turn", [None, 0, 3])
def test_going_on_from_the_beginning_equals_a_replay_of_the_whole(site: Path, turn: int | None) -> None:
    """The alerts of a clean replay or of a round are those of one uninterrupted replay."""
    plan = Plan(CONTENDERS[0], site, None, PROTOCOL_KINDS, 1)
    known = read_site(site, None)
    faults = () if turn is None else faults_of(plan, turn)
    subject = build(plan.contender)
    stream = inject(known.readings, known.streams, faults)
    whole = [alert for batch in Batcher(4096).cut(stream) for alert in subject.step(batch).opened]
    assert list(finish(begin(plan), turn)) == whole
    assert whole or turn is None


def test_a_campaign_measures_every_site_with_every_contender(site: Path) -> None:
    """There is a measurement for each, with every fault of every round, and `done` was called as often as stated."""
    campaign = Campaign((site,), CONTENDERS, None, tuple(Injected), 2, 1)
    calls: list[None] = []
    found = measure(campaign, 1, lambda: calls.append(None))
    assert len(calls) == campaign.jobs == 8
    assert [(one.site, one.channel, one.devices, one.contender) for one in found] == [
        ("north", "temperature", 3, contender) for contender in CONTENDERS
    ]
    for one in found:
        assert sum(recall.faults for recall in one.recalls) == 2 * 3
        assert [len(faults) for faults in measurement_json(one)["rounds"]] == [3, 3]


def test_the_faults_are_the_same_for_every_contender(site: Path) -> None:
    """What is injected depends on the seed and the site, not on who is measured."""
    first, second = (faults_of(Plan(contender, site, None, PROTOCOL_KINDS, 4), 2) for contender in CONTENDERS)
    assert first == second


def test_a_channel_that_nobody_has_is_told_with_those_there_are(site: Path) -> None:
    """A channel of no device is an error that names the channels found."""
    with pytest.raises(RecordingError, match="found channels: light, temperature"):
        read_site(site, "pressure")


def test_sites_are_the_folders_that_hold_recordings(site: Path) -> None:
    """A folder of sites gives each of them, a site gives itself."""
    assert find_sites(site.parent) == find_sites(site) == [site]

"""Rounds of a site, and campaigns of them."""

from pathlib import Path

import pytest

from detector.edge.recording import RecordingFile
from detector.errors import RecordingError
from detector.lab.evaluate.contenders import Contender, Method, build
from detector.lab.evaluate.corpora import find_sites, read_site
from detector.lab.evaluate.fault import PROTOCOL_KINDS, Injected
from detector.lab.evaluate.fleet import Campaign, measure, measurement_json
from detector.lab.evaluate.rounds import Plan, faults_of, replay
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


def plan(site: Path, *kinds: Injected, scope: str = "device") -> Plan:
    """Return a plan of two rounds."""
    budget = Budget.parse(f"1 per {scope} per day")
    return Plan(CONTENDERS[0]._replace(budget=budget), site, None, kinds or PROTOCOL_KINDS, 2, 4)


def test_a_round_begins_as_the_clean_replay_and_tells_of_its_faults(site: Path) -> None:
    """Until its first fault a round tells what the clean site tells, and afterwards of what is stuck."""
    clean, first, _ = replay(plan(site, Injected.STUCK), lambda _: None)
    begin = min(fault.start for fault in faults_of(plan(site, Injected.STUCK), 0))
    assert [one for one in first if one.at < begin] == [one for one in clean if one.at < begin]
    assert "stuck" in {one.kind for one in first} - {one.kind for one in clean}


def test_copies_do_not_share_the_budget_of_a_fleet(site: Path) -> None:
    """With one budget for all devices, the clean site tells what it tells in an engine of its own."""
    fleetwide = plan(site, scope="fleet")
    subject, known = build(fleetwide.contender), read_site(site, None)
    alone = [alert for batch in Batcher(4096).cut(known.readings) for alert in subject.step(batch).opened]
    assert replay(fleetwide, lambda _: None)[0] == alone


def test_what_a_dropout_swallows_is_missed_by_that_copy_alone(site: Path) -> None:
    """Devices that are off fall silent in the rounds in which they are, and nowhere else."""
    clean, *rounds = replay(plan(site, Injected.DROPOUT), lambda _: None)
    assert "silent" not in {one.kind for one in clean}
    assert all("silent" in {one.kind for one in of_round} for of_round in rounds)


def test_the_shares_of_a_replay_add_up_to_one(site: Path) -> None:
    """Whoever watches sees the replay end at one."""
    shares: list[float] = []
    replay(plan(site, scope="fleet"), shares.append)
    assert sum(shares) == pytest.approx(1.0)


def test_a_campaign_measures_every_site_with_every_contender(site: Path) -> None:
    """There is a measurement for each, with every fault of every round, whatever is measured beside it."""
    campaign = Campaign((site,), CONTENDERS, None, tuple(Injected), 2, 1)
    found = measure(campaign, 1, lambda _: None)
    assert [(one.site, one.channel, one.devices, one.contender) for one in found] == [
        ("north", "temperature", 3, contender) for contender in CONTENDERS
    ]
    for one in found:
        assert sum(recall.faults for recall in one.recalls) == 2 * 3
        assert [len(faults) for faults in measurement_json(one)["rounds"]] == [3, 3]


def test_the_faults_are_the_same_for_every_contender(site: Path) -> None:
    """What is injected depends on the seed and the site, not on who is measured."""
    first, second = (faults_of(plan(site)._replace(contender=contender), 2) for contender in CONTENDERS)
    assert first == second


def test_a_channel_that_nobody_has_is_told_with_those_there_are(site: Path) -> None:
    """A channel of no device is an error that names the channels found."""
    with pytest.raises(RecordingError, match="found channels: light, temperature"):
        read_site(site, "pressure")


def test_sites_are_the_folders_that_hold_recordings(site: Path) -> None:
    """A folder of sites gives each of them, a site gives itself."""
    assert find_sites(site.parent) == find_sites(site) == [site]

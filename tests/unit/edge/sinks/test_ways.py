"""Receivers and their sinks: made from settings, kept over a reload that leaves them alone, closed when they go."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from detector.domain import Transition
from detector.edge.sinks import Answer, Crew, Keyring, Surroundings, faults_of, make_sink
from detector.errors import ConfigError
from detector.settings.receivers import ReceiverSettings
from tests.system.patience import PATIENCE_S
from tests.unit.edge.journal.bench import Hand
from tests.unit.edge.sinks.notices import turned

CLOCK = Hand()


def around(folder: Path, url: str = "") -> Surroundings:
    """Return surroundings in which nothing was told before."""
    return Surroundings(Keyring(folder, {}), CLOCK, external_url=url)


def to_file(name: str, path: str = "alerts.jsonl") -> ReceiverSettings:
    """Return a receiver that is a file."""
    return ReceiverSettings.model_validate({"name": name, "file": {"path": path}})


def test_a_sink_goes_on_while_its_settings_stay(tmp_path: Path) -> None:
    """A reload hands out the sink at work for an equal receiver, and a new one where anything about it is different."""
    crew, here = Crew(), around(tmp_path)
    receivers = [to_file("a"), to_file("b")]
    first = crew.sinks_for(receivers, here)
    crew.turn_to(receivers, here, first)
    assert [sink.name for sink in first] == ["a", "b"]
    again = crew.sinks_for([to_file("a"), to_file("b", "other.jsonl")], around(tmp_path))
    assert again[0] is first[0]
    assert again[1] is not first[1]
    assert crew.sinks_for(receivers, around(tmp_path, "http://page"))[0] is not first[0]


def test_a_receiver_that_cannot_be_made_changes_nothing(tmp_path: Path) -> None:
    """The error names receiver and way; those at work stay as they are."""
    crew, here = Crew(), around(tmp_path)
    receivers = [to_file("a")]
    first = crew.sinks_for(receivers, here)
    crew.turn_to(receivers, here, first)
    bad = ReceiverSettings.model_validate({"name": "b", "webhook": {"url_file": "nowhere"}})
    with pytest.raises(ConfigError, match=r"^alerts\.receivers: b: webhook: .*nowhere: expected a file with a secret"):
        crew.sinks_for([to_file("a", "other.jsonl"), bad], here)
    assert crew.sinks_for(receivers, here) == first


@pytest.mark.parametrize(
    ("webhook", "fault"),
    [
        ({}, "expected url or url_file, got neither"),
        ({"url": "http://a", "url_file": "b"}, "expected url or url_file, got both"),
        ({"url": "http://me:word@a"}, "expected an address without user name and password"),
        ({"url": "ftp://a"}, "URL scheme should be 'http' or 'https'"),
        ({"url": "http://a", "username": "me"}, "expected username and password_file together"),
        ({"url": "http://a", "username": "me", "password_file": "p", "bearer_token_file": "t"}, "got both"),
    ],
)
def test_settings_that_leave_a_question_open_are_refused(webhook: dict[str, str], fault: str) -> None:
    """One address without a password in it, and one whole way to show who we are."""
    with pytest.raises(ValidationError, match=fault):
        ReceiverSettings.model_validate({"name": "a", "webhook": webhook})


def test_a_relative_file_is_below_systemds_directory_for_logs(tmp_path: Path) -> None:
    """Under systemd a file by a relative name is written where the unit may write logs; an absolute name stands as it is."""
    (tmp_path / "logs").mkdir()
    here = Surroundings(Keyring(tmp_path, {"LOGS_DIRECTORY": f"{tmp_path}/logs:/elsewhere"}), CLOCK)
    for path in ("below.jsonl", f"{tmp_path}/beside.jsonl"):
        sink = make_sink(to_file("a", path), here)
        sink.offer(turned(Transition.OPENED))
        sink.close(PATIENCE_S)
        assert sink.answers() == [Answer(turned(Transition.OPENED).key)]
    assert (tmp_path / "logs" / "below.jsonl").exists()
    assert (tmp_path / "beside.jsonl").exists()


def test_what_would_keep_a_receiver_from_being_told_is_found_without_sending(tmp_path: Path) -> None:
    """Every missing secret, certificate and URL is told, with receiver and way; nothing is begun."""
    (tmp_path / "urls").write_text("nonsense")
    (tmp_path / "urls").chmod(0o600)
    receivers = [
        {"name": "a", "webhook": {"url": "https://a", "bearer_token_file": "nowhere"}},
        {"name": "b", "alertmanager": {"urls": ["https://b"], "ca_file": "urls"}},
        {"name": "c", "apprise": {"urls_file": "urls"}},
        {"name": "d", "file": {"path": "alerts.jsonl"}},
    ]
    told = list(faults_of([ReceiverSettings.model_validate(one) for one in receivers], Keyring(tmp_path, {})))
    assert [fault.partition(": expected")[0] for fault in told] == [
        "alerts.receivers: a: webhook: nowhere",
        f"alerts.receivers: b: alertmanager: ca_file: {tmp_path}/urls",
        "alerts.receivers: c: apprise: urls:1",
    ]

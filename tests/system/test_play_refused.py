"""What the broker does not take, `detector play` does not call played."""

from pathlib import Path

import pytest

from tests.system.broker import Broker
from tests.system.commands import detector

pytestmark = pytest.mark.needs("mosquitto")


def test_a_refused_publication_fails_the_command(tmp_path: Path) -> None:
    """When the access rules forbid the topic, play ends with exit code 1 and says how many were refused."""
    recording, word = tmp_path / "pump-1.csv", tmp_path / "password"
    recording.write_text(
        "timestamp,temperature\n2024-01-01T00:00:00Z,20.5\n2024-01-01T00:00:10Z,20.6\n", encoding="utf-8"
    )
    word.write_text("s3cret\n", encoding="utf-8")
    rules = "user player\ntopic write elsewhere/#\n"
    with Broker(users={"player": "s3cret"}, rules=rules) as broker:
        words = ("--server", broker.url, "--speed", "max", "--username", "player", "--password-file", word)
        outcome = detector("play", recording, *words)
    assert outcome.returncode == 1
    assert "the broker refused 2 messages" in outcome.stderr

"""How `detector play` reads its arguments."""

import argparse
from pathlib import Path

import pytest

from detector.cli import play

CONFIG = """
mqtt: {servers: ['mqtts://broker.example'], username: plant, password_file: word, keepalive: 20s}
sensors: [{name: fleet}]
"""


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser()
    play.add_arguments(parser)
    return parser


def test_broker_is_that_of_the_configuration(parser: argparse.ArgumentParser, tmp_path: Path) -> None:
    """A configuration says how to reach the broker, its password file stands beside it; arguments come before it."""
    (tmp_path / "plant.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "word").write_text("secret", encoding="utf-8")
    words = ["pump.csv", "--config", str(tmp_path / "plant.yaml")]
    mqtt = play.mqtt_settings(parser.parse_args(words))
    assert (mqtt.servers, mqtt.username) == (["mqtts://broker.example"], "plant")
    assert (mqtt.password_file, mqtt.keepalive) == (tmp_path / "word", 20.0)
    mqtt = play.mqtt_settings(parser.parse_args([*words, "--server", "ws://other", "--username", "me"]))
    assert (mqtt.servers, mqtt.username, mqtt.keepalive) == (["ws://other"], "me", 20.0)


@pytest.mark.parametrize(
    "words",
    [
        ["--topic", "fleet/all"],
        ["--topic", "fleet/{device}/#"],
        ["--topic", "{site}/{device}"],
        ["--speed", "fast"],
        ["--speed", "-1"],
    ],
)
def test_bad_argument_is_refused(
    parser: argparse.ArgumentParser, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """A topic without the device or with a wildcard, and a speed that is none, are told with what was expected."""
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["pump.csv", *words])
    assert ended.value.code == 2
    assert "expected a" in capsys.readouterr().err

"""`detector check`, from its arguments to what it prints."""

from pathlib import Path

import pytest

from detector.cli import main
from detector.edge.config_file import parse_settings
from tests.system.daemon_process import write_model

CONFIGS = Path(__file__).parents[3] / "configs"
DEMO = str(CONFIGS / "demo.yaml")
TOPIC = "plant/north/pump-1/telemetry"


def test_the_effective_configuration_is_printed_and_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    """The effective configuration goes to stdout, alone, and reads back."""
    assert main(["check", DEMO]) == 0
    printed = capsys.readouterr().out
    assert parse_settings("printed", printed.encode(), {}).sensors[0].name == "plant"


def test_faults_go_to_stderr_with_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults go to stderr, a line each, and the exit code is 2."""
    path = tmp_path / "bad.yaml"
    path.write_text("sensors: 5\nmqqt: {}\n", encoding="utf-8")
    assert main(["check", str(path)]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.splitlines() == [
        f"{path}:1:10: sensors: expected a list, got 5",
        f'{path}:2:1: mqqt: expected a known key, got "mqqt"; did you mean mqtt?',
    ]


def test_a_message_is_shown_as_readings(capsys: pytest.CaptureFixture[str]) -> None:
    """A message is shown with its entry, pattern, labels and a table of readings; rejections stand below."""
    payload = '{"ts": "2004-02-29T00:01:19Z", "temperature": 21.5, "vib": {"rms": 1}, "flow": null}'
    assert main(["check", DEMO, "--topic", TOPIC, "--payload", payload]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "entry    plant (sensors[0])",
        "pattern  plant/{site}/{device}/telemetry",
        "label    site = north",
        "",
        "time                  device  channel      value  unit",
        "2004-02-29T00:01:19Z  pump-1  temperature  21.5   °C",
        "2004-02-29T00:01:19Z  pump-1  vibration    1      mm/s",
        "rejected null: flow: expected a number, got null",
    ]


def test_a_message_without_readings_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A message that gives no reading says why, and the exit code is 1; a payload may come from a file."""
    payload = tmp_path / "payload"
    payload.write_bytes(b"\xff\xfe")
    assert main(["check", DEMO, "--topic", TOPIC, "--payload", f"@{payload}"]) == 1
    assert "rejected not_utf8" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[DEMO, "--topic", "a"], [DEMO, "--payload", "1"], [], [DEMO, "--topic", "a", "--payload", "@/none"]]
)
def test_half_a_question_is_bad_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A topic without payload, a payload without topic, and no configuration are bad usage."""
    assert main(["check", *arguments]) == 2
    assert "expected" in capsys.readouterr().err


def test_what_is_unwise_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing model, missing TLS files, a bare secret and missing topics are warnings on stderr."""
    (tmp_path / "secret").write_text("s", encoding="utf-8")
    (tmp_path / "secret").chmod(0o644)
    path = tmp_path / "c.yaml"
    mqtt = "mqtt: {username: u, password_file: secret, tls: {ca_file: no.pem}}"
    path.write_text(f"{mqtt}\nmodel: none\nsensors: [{{name: a}}]\n", encoding="utf-8")
    assert main(["check", str(path)]) == 0
    warned = [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()]
    assert warned == ["model", "mqtt.password_file", "mqtt.tls.ca_file", "sensors[0].topics"]


def test_what_lies_open_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A private key that everybody can read and what the configuration lays open are warnings; the defaults lay nothing open."""
    (tmp_path / "key.pem").write_text("k", encoding="utf-8")
    (tmp_path / "key.pem").chmod(0o644)
    write_model(tmp_path / "model")
    path, sensors = tmp_path / "c.yaml", "model: model\nsensors: [{name: a, topics: ['{device}']}]\n"
    tls = "tls: {cert_file: key.pem, key_file: key.pem, insecure_skip_verify: true}"
    path.write_text(f"mqtt: {{servers: ['mqtt://far'], username: u, {tls}}}\n{sensors}", encoding="utf-8")
    assert main(["check", str(path)]) == 0
    warned = [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()]
    assert [key for key in warned if key != "model"] == [
        "mqtt.tls.key_file",
        "mqtt.servers",
        "mqtt.tls.insecure_skip_verify",
    ]
    path.write_text(sensors, encoding="utf-8")
    assert main(["check", str(path)]) == 0
    assert "mqtt" not in capsys.readouterr().err


def test_no_secret_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the effective configuration nor a warning has the password in it, and a fault does not repeat one from a URL."""
    (tmp_path / "secret").write_text("hunter2", encoding="utf-8")
    (tmp_path / "secret").chmod(0o644)
    path = tmp_path / "c.yaml"
    path.write_text("mqtt: {username: u, password_file: secret}\nsensors: [{name: a}]\n", encoding="utf-8")
    assert main(["check", str(path)]) == 0
    path.write_text(
        "mqtt: {servers: ['mqtt://u:hunter2@h'], password: hunter2}\nsensors: [{name: a}]\n", encoding="utf-8"
    )
    assert main(["check", str(path)]) == 2
    streams = capsys.readouterr()
    assert "password_file: secret" in streams.out
    assert "hunter2" not in streams.out + streams.err


def test_an_odd_or_damaged_model_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that lacks its tails, or cannot be read, is told once, with what to do; the configuration is still right."""
    write_model(tmp_path / "odd")
    (tmp_path / "damaged").mkdir()
    for name, said in (("odd", "expected tails.ladders"), ("damaged", "expected a trained model, found none")):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f'model: {name}\nsensors: [{{name: a, topics: ["a/{{device}}"]}}]\n', encoding="utf-8")
        assert main(["check", str(path)]) == 0
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("warning: model: ")
        assert said in line
        assert "detector train" in line


def test_the_schema_can_be_written(tmp_path: Path) -> None:
    """The JSON Schema that editors use is written to a file."""
    path = tmp_path / "schema.json"
    assert main(["check", "--write-schema", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == (CONFIGS / "detector.schema.json").read_text(encoding="utf-8")

"""Configuration files: what is read, what is refused, and where the fault is said to be."""

from pathlib import Path

import pytest

from detector.edge.config_file import effective_text, load_settings, parse_settings, require_topics, schema_text
from detector.errors import ConfigError
from detector.settings import ChannelSettings, Settings

CONFIGS = Path(__file__).parents[3] / "configs"
GOOD = 'sensors:\n  - name: pumps\n    topics: ["a/{device}"]\n'


def parse(text: str | bytes, **environment: str) -> Settings:
    """Read a configuration called c.yaml."""
    return parse_settings("c.yaml", text.encode() if isinstance(text, str) else text, environment)


def faults(text: str | bytes, **environment: str) -> tuple[str, ...]:
    """Return the faults of a bad configuration called c.yaml."""
    with pytest.raises(ConfigError) as caught:
        parse(text, **environment)
    return caught.value.faults


def test_a_short_file_has_a_default_for_everything_else() -> None:
    """A file with one sensors entry is enough; everything else has a default."""
    settings = parse(GOOD)
    assert settings.sensors[0].topics == ["a/{device}"]
    assert settings.mqtt.servers == ["mqtt://localhost:1883"]


def test_all_faults_come_at_once_in_the_order_of_the_file() -> None:
    """All faults come at once, each with line, column, key, what was expected and what was there."""
    text = """\
mqtt:
  qos: 3
  pasword_file: x
  qos: 1
budget: lots
model: ${NOPE}
engine: {max_batch: true, memory: 30}
metrics:
sensors:
  - name: a
    topics: ["detector/{device}", "x/{channel}"]
    cadence: 1.5
    format: xml
    channels:
      t: {range: [3, 1], min_deviation: -1}
  - name: b
    topics: [5]
    channels: aut
  - topics: foo
    channels: 5
"""
    assert faults(text) == (
        "c.yaml:2:8: mqtt.qos: expected at most 1, got 3",
        'c.yaml:3:3: mqtt.pasword_file: expected a known key, got "pasword_file"; did you mean password_file?',
        "c.yaml:4:3: mqtt.qos: expected each key once, got it again (first in line 2)",
        "c.yaml:5:9: budget: expected a budget such as '1 per device per week' or '3 per fleet per day', got \"lots\"",
        "c.yaml:6:8: model: expected the environment variable NOPE, got none; set it or write ${NOPE:-default}",
        "c.yaml:7:21: engine.max_batch: expected a whole number, got true",
        "c.yaml:7:35: engine.memory: expected a duration such as 30s, 5m, 2h or 7d, got 30; add a unit: 30s for seconds",
        "c.yaml:8:9: metrics: expected a mapping, got nothing; leave the key out for its default",
        'c.yaml:11:14: sensors[0].topics[0]: expected a topic outside detector/, where we publish ourselves, got "detector/{device}"',
        "c.yaml:11:35: sensors[0].topics[1]: expected {device} as one level of the topic, got 'x/{channel}'",
        "c.yaml:12:14: sensors[0].cadence: expected auto or a duration such as 30s, 5m, 2h or 7d, got 1.5; add a unit: 1.5s for seconds",
        'c.yaml:13:13: sensors[0].format: expected json or value, got "xml"',
        "c.yaml:15:18: sensors[0].channels.t.range: expected [lowest, highest], got [3.0, 1.0]",
        "c.yaml:15:41: sensors[0].channels.t.min_deviation: expected 0 or more, got -1",
        "c.yaml:17:14: sensors[1].topics[0]: expected text; quote it if it is meant so, got 5",
        'c.yaml:18:15: sensors[1].channels: expected auto or a mapping of channels, got "aut"',
        "c.yaml:19:5: sensors[2].name: expected this key (For people and for metrics), got none",
        'c.yaml:19:13: sensors[2].topics: expected a list, got "foo"',
        "c.yaml:20:15: sensors[2].channels: expected auto or a mapping of channels, got 5",
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "c.yaml:1:1: (document): expected a mapping with the key sensors, got nothing"),
        ("# nothing\n", "c.yaml:1:1: (document): expected a mapping with the key sensors, got nothing"),
        ("- a\n", 'c.yaml:1:1: (document): expected a mapping with the key sensors, got ["a"]'),
        ("mqtt: {}\n", "c.yaml:1:1: sensors: expected this key (What to watch; the first entry that matches takes a reading), got none"),
        ("sensors: []\n", "c.yaml:1:10: sensors: expected at least 1 of them, got []"),
        (GOOD + "---\n" + GOOD, "c.yaml:4:1: (document): expected a single document, got another one behind ---"),
        ("a:\n\tb: 1\n", "c.yaml:2:1: (document): expected spaces for indentation, got a tab"),
        (b"a: 1\nb: \xff\n", "c.yaml:2:1: (document): expected UTF-8 text, got the byte 0xff"),
        ("a: 1\nb: \x07\n", "c.yaml:2:1: (document): expected text, got a control character"),
        (b"x" * (2**20 + 1), "c.yaml:1:1: (document): expected at most 1048576 bytes, got more"),
        ("[" * 3000, "c.yaml:1:1: (document): expected at most 20 levels, got far more"),
    ],
)  # fmt: skip
def test_what_is_no_configuration_at_all_is_one_clear_fault(text: str | bytes, fault: str) -> None:
    """Empty files, other documents, bytes that are no text and broken YAML are one clear fault."""
    assert faults(text) == (fault,)


def test_a_missing_file_is_a_clear_fault(tmp_path: Path) -> None:
    """A missing file, or a folder in its place, is a clear fault."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigError, match="expected a configuration file, got: "):
            load_settings(path, {})


def test_aliases_cannot_make_a_small_file_huge() -> None:
    """A small file whose aliases multiply is refused before it fills the memory."""
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 10))
    (fault,) = faults("l0: &l0 [x]\n" + levels)
    assert "expected at most 100000 values and 20 levels, aliases expanded" in fault


def test_an_alias_that_holds_itself_is_refused() -> None:
    """An alias that holds itself is refused."""
    (fault,) = faults("a: &a [*a]\n")
    assert "20 levels, aliases expanded" in fault


def test_tags_are_refused() -> None:
    """YAML tags are refused, those of Python among them, and build no object."""
    (fault, *_) = faults("model: !!python/object/apply:os.getcwd []\n" + GOOD)
    assert fault.startswith("c.yaml:1:8: model: expected plain YAML without tags, got ")


def test_words_mean_what_editors_say_they_mean() -> None:
    """Words are YAML 1.2's: yes, on and no are words, true is a boolean, 1e3 a number, 010 ten."""
    text = GOOD + "    channels: {no: {unit: on, min_deviation: 1e3, range: [-.5, 010]}}\n"
    assert parse(text).sensors[0].channels == {
        "no": ChannelSettings(unit="on", min_deviation=1000.0, range=(-0.5, 10.0))
    }


def test_numbers_in_quotes_are_text() -> None:
    """A number in quotes is text, and refused where a number is expected."""
    assert faults(GOOD + 'engine: {max_batch: "5"}\n') == (
        'c.yaml:4:21: engine.max_batch: expected a whole number, got "5"',
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("? [a]\n: 1\n", "c.yaml:1:3: (document): expected a word as key, got something else"),
        ('"": 1\n', "c.yaml:1:1: (document): expected a word as key, got something else"),
        (
            '"\\ud800": 1\n',
            "c.yaml:1:1: (document): expected a word as key, got a NUL character or half a surrogate pair",
        ),
        ('model: "\\ud800"\n', "c.yaml:1:8: model: expected text, got a NUL character or half a surrogate pair"),
        ('model: "\\0"\n', "c.yaml:1:8: model: expected text, got a NUL character or half a surrogate pair"),
        ('model: "\\UFFFFFFFF"\n', "c.yaml:1:1: (document): expected YAML, got something unreadable"),
        ("model: !!int x\n", "c.yaml:1:8: model: expected text, a number, true, false or null, got !!int"),
        (f"model: {'9' * 5000}\n", "c.yaml:1:8: model: expected "),
        (f"model: 0x{'f' * 5000}\n", "c.yaml:1:8: model: expected "),
        (f"model: 0o{'7' * 5000}\n", "c.yaml:1:8: model: expected "),
    ],
)
def test_what_yaml_allows_and_a_configuration_does_not(line: str, fault: str) -> None:
    """Keys that are no words, characters that no path can hold and numbers without end are faults with a place."""
    assert faults(line + GOOD)[0].startswith(fault)


def test_a_range_has_two_ends() -> None:
    """A range has exactly two ends."""
    for ends in ("[1]", "[]"):
        fault = "c.yaml:4:27: sensors[0].channels.a.range: expected a list of two numbers, got one or none"
        assert faults(GOOD + f"    channels: {{a: {{range: {ends}}}}}\n") == (fault,)
    (fault,) = faults(GOOD + "    channels: {a: {range: [1, 2, 3]}}\n")
    assert fault == "c.yaml:4:27: sensors[0].channels.a.range: expected at most 2 of them, got [1, 2, 3]"


def test_words_that_stand_for_a_duration_belong_to_their_key() -> None:
    """A word stands for a duration only where it means something; elsewhere one fault says what may stand there."""
    assert parse(GOOD + "    cadence: auto\n    silent_after: never\n").sensors[0].silent_after == "never"
    (fault,) = faults(GOOD + "    cadence: never\n")
    assert fault.endswith('expected auto or a duration such as 30s, 5m, 2h or 7d, got "never"')


def test_numbers_are_finite() -> None:
    """Infinity and not-a-number are refused."""
    (fault,) = faults(GOOD + "    channels: {a: {range: [-.inf, 5]}}\n")
    assert fault.startswith("c.yaml:4:28: sensors[0].channels.a.range[0]: expected a finite number")


def test_variables_stand_in_values_and_mean_what_their_text_means() -> None:
    """Variables are put into values; an unquoted value then means what YAML says of the new text."""
    text = (
        'mqtt: {client_id: "a-${SITE}-$${x}", username: "${N}"}\nengine:\n  max_batch: ${MAX:-7}\n  memory: ${M:-3d}\n'
        + GOOD
    )
    settings = parse(text, SITE="north", N="5")
    assert settings.mqtt.client_id == "a-north-${x}"
    assert settings.mqtt.username == "5"
    assert settings.engine.max_batch == 7
    assert settings.engine.memory == 3 * 86400.0
    assert parse(text, SITE="", N="", MAX="12").engine.max_batch == 12


def test_a_variable_is_never_yaml() -> None:
    """What a variable holds is never read as YAML structure."""
    settings = parse("model: ${M}\n" + GOOD, M="a: [b]\nbudget: x")
    assert str(settings.model) == "a: [b]\nbudget: x"


def test_a_lone_dollar_is_a_dollar() -> None:
    """A dollar that starts no variable is itself, as in $SYS; a broken variable is a fault."""
    assert parse(GOOD.replace("a/{", "$SYS/{")).sensors[0].topics == ["$SYS/{device}"]
    (fault,) = faults('model: "${1x}"\n' + GOOD)
    assert "expected ${NAME} or ${NAME:-default}" in fault


@pytest.mark.parametrize("topic", ["m/{device}", "m/+/{device}"])
def test_a_bare_number_needs_a_channel(topic: str) -> None:
    """A value payload needs {channel} in its topic, or exactly one configured channel."""
    entry = f'sensors:\n  - name: m\n    format: value\n    topics: ["{topic}"]\n'
    (fault,) = faults(entry)
    assert fault.startswith(
        "c.yaml:4:14: sensors[0].topics[0]: expected {channel} in the topic, or exactly one channel"
    )
    assert len(faults(entry + "    channels: {a: {}, b: {}}\n")) == 1
    assert parse(entry + "    channels: {a: {}}\n").sensors[0].name == "m"


def test_our_own_base_topic_is_the_configured_one() -> None:
    """Topics under the configured base topic are refused, and only those."""
    text = "alerts: {mqtt: {base_topic: site/watch}}\n" + GOOD
    assert parse(text.replace("a/{", "detector/{")).sensors
    assert len(faults(text.replace("a/{", "site/watch/{"))) == 1


def test_running_needs_topics() -> None:
    """An entry without topics is good for recordings and refused for a daemon."""
    settings = parse("sensors: [{name: fleet}]\n")
    with pytest.raises(ConfigError, match=r"c.yaml: sensors\[0\].topics: expected at least one topic pattern"):
        require_topics("c.yaml", settings)
    require_topics("c.yaml", parse(GOOD))


@pytest.mark.parametrize("name", ["demo", "plant", "fleet"])
def test_every_shipped_configuration_is_good(name: str) -> None:
    """Every shipped configuration loads, names its schema, and survives being written and read again."""
    path = CONFIGS / f"{name}.yaml"
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=detector.schema.json\n")
    settings = load_settings(path, {})
    require_topics(name, settings)
    assert parse(effective_text(settings)) == settings


def test_the_effective_configuration_is_in_human_units() -> None:
    """The effective configuration has durations, sizes and the budget as people write them."""
    text = effective_text(parse(GOOD))
    for line in ("keepalive: 30s", "max_size: 1GiB", "budget: 1 per device per week", "memory: 7d", "cadence: auto"):
        assert line in text


def test_the_shipped_schema_is_the_present_one() -> None:
    """The shipped JSON Schema is what the settings give now; `detector check --write-schema` renews it."""
    assert (CONFIGS / "detector.schema.json").read_text(encoding="utf-8") == schema_text()

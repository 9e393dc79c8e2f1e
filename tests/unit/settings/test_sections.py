"""What the sections refuse beyond single values, and that each key explains itself."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from detector.settings import ChannelSettings, EngineSettings, MqttSettings, SensorSettings, Settings
from detector.settings.mqtt import TlsSettings
from detector.settings.section import Section


def _sections(annotation: Any) -> Iterator[type[Section]]:
    """Yield every section within a type, and those within them."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _sections(field.annotation)
    for argument in get_args(annotation):
        yield from _sections(argument)


def test_every_key_has_a_description() -> None:
    """Every key of every section has a description."""
    sections = set(_sections(Settings))
    assert len(sections) == 21
    silent = [
        f"{s.__name__}.{name}" for s in sections for name, field in s.model_fields.items() if not field.description
    ]
    assert silent == []


def test_two_entries_of_one_name_are_refused() -> None:
    """Two sensors entries of one name are refused."""
    with pytest.raises(ValidationError, match="expected a name of its own"):
        Settings(sensors=[SensorSettings(name="a"), SensorSettings(name="a")])


def test_a_range_is_in_order() -> None:
    """A range has its lowest value first."""
    with pytest.raises(ValidationError, match=r"expected \[lowest, highest\], got \[3.0, 1.0\]"):
        ChannelSettings(range=(3, 1))


def test_a_bare_number_has_no_timestamp() -> None:
    """A timestamp field with format: value is refused."""
    with pytest.raises(ValidationError, match="expected no timestamp with format: value"):
        SensorSettings.model_validate({"name": "a", "format": "value", "timestamp": {"field": "ts"}})


def test_a_certificate_needs_its_key() -> None:
    """A client certificate needs its key."""
    with pytest.raises(ValidationError, match="got cert_file alone"):
        TlsSettings.model_validate({"cert_file": "a.pem"})


def test_a_password_needs_a_user() -> None:
    """A password needs a user name."""
    with pytest.raises(ValidationError, match="expected a username beside password_file"):
        MqttSettings.model_validate({"password_file": "secret"})


def test_the_shortest_pause_is_not_above_the_longest() -> None:
    """The shortest pause between tries is not above the longest."""
    with pytest.raises(ValidationError, match="got 1m and 4s"):
        MqttSettings(reconnect_min=60.0)


def test_a_protocol_may_be_a_bare_number() -> None:
    """MQTT 5 may be written without quotes."""
    assert MqttSettings.model_validate({"protocol": 5}).protocol == "5"


def test_channels_in_all_are_bounded_whatever_is_configured() -> None:
    """There is a limit on all channels together; who allows more devices than that gets room for one channel of each."""
    assert EngineSettings().total_channels == 32_768
    assert EngineSettings(max_devices=100_000).total_channels == 100_000
    assert EngineSettings(max_devices=100_000, max_total_channels=7).total_channels == 7

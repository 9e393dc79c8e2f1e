"""What a new configuration changes."""

from pathlib import Path

import pytest

from detector.daemon.reload import compare
from detector.settings import Budget, LogSettings, MetricsSettings, MqttSettings, SensorSettings, Settings

BEFORE = Settings(sensors=[SensorSettings(name="pumps", topics=["plant/{device}"])])


def test_nothing_changed_is_nothing_to_do() -> None:
    """An equal configuration changes nothing."""
    changes = compare(BEFORE, BEFORE.model_copy(deep=True))
    assert (changes.now, changes.at_restart) == ((), ())


@pytest.mark.parametrize(
    ("after", "now", "at_restart"),
    [
        ({"log": LogSettings(level="debug")}, ("log.level",), ()),
        ({"budget": Budget.parse("2 per fleet per day")}, ("budget",), ()),
        ({"model": Path("models/other")}, (), ("model",)),
        (
            {"metrics": MetricsSettings(listen="127.0.0.1:1", max_series=5)},
            ("metrics.max_series",),
            ("metrics.listen",),
        ),
        ({"mqtt": MqttSettings(client_id="two")}, ("mqtt.client_id",), ()),
    ],
)
def test_changes_are_named_and_sorted(
    after: dict[str, object], now: tuple[str, ...], at_restart: tuple[str, ...]
) -> None:
    """Each key that differs is named, under what is applied at once or under what waits for a restart."""
    changes = compare(BEFORE, BEFORE.model_copy(update=after))
    assert (changes.now, changes.at_restart) == (now, at_restart)


def test_only_settings_of_the_connection_need_a_new_one() -> None:
    """A new client id needs a new connection, a new budget does not."""
    assert compare(BEFORE, BEFORE.model_copy(update={"mqtt": MqttSettings(client_id="two")})).touch("mqtt")
    assert not compare(BEFORE, BEFORE.model_copy(update={"budget": Budget.parse("2 per fleet per day")})).touch("mqtt")

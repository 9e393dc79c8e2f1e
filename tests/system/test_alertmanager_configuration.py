"""Alertmanager with the configuration that ships: many become one, and consequences are kept back."""

from collections.abc import Iterator, Mapping

import pytest

from tests.system.monitoring import AlertmanagerServer, Webhook, webhook

pytestmark = pytest.mark.needs("prometheus-alertmanager")

LAST = {"alertname": "Last", "severity": "critical", "instance": "plant-1"}


def alert(name: str, severity: str = "critical", **labels: str) -> dict[str, str]:
    """Return the labels of an alert."""
    return {"alertname": name, "severity": severity, "instance": "plant-1", **labels}


@pytest.fixture
def phone() -> Iterator[Webhook]:
    """Return what is told."""
    with webhook() as told:
        yield told


@pytest.fixture
def alertmanager(phone: Webhook) -> Iterator[AlertmanagerServer]:
    """Return what tells."""
    with AlertmanagerServer(phone.url) as running:
        yield running


def heard(phone: Webhook, alertmanager: AlertmanagerServer) -> list[list[Mapping[str, str]]]:
    """Return every notification up to that of an alert that is told only now."""
    found = [phone.hear()]
    alertmanager.tell(LAST)
    while (told := phone.hear()) != [LAST]:
        found.append(told)
    return found


def test_a_thousand_silent_devices_are_one_message(alertmanager: AlertmanagerServer, phone: Webhook) -> None:
    """Whatever fell silent within a group's wait comes as one notification."""
    alertmanager.tell(*(alert("SensorSilent", device=f"pump-{number}") for number in range(1000)))
    [told] = heard(phone, alertmanager)
    assert len(told) == 1000


def test_who_is_deaf_does_not_tell_who_is_silent(alertmanager: AlertmanagerServer, phone: Webhook) -> None:
    """While the broker is gone, silent devices and missing messages are not told beside it."""
    deaf = alert("DetectorMqttDisconnected")
    silent = (
        alert("SensorSilent", device="pump-1"),
        alert("SensorOutage", device="pumps"),
        alert("DetectorNoMessages"),
    )
    alertmanager.tell(deaf, *silent)
    assert heard(phone, alertmanager) == [[deaf]]


def test_another_plants_devices_are_told_all_the_same(alertmanager: AlertmanagerServer, phone: Webhook) -> None:
    """A broker that is gone keeps back nothing of another daemon."""
    deaf, silent = alert("DetectorMqttDisconnected"), alert("SensorSilent", device="pump-1") | {"instance": "plant-2"}
    alertmanager.tell(deaf, silent)
    told = [phone.hear(), phone.hear()]
    assert [deaf] in told
    assert [silent] in told


def test_of_one_channel_only_the_gravest_is_told(alertmanager: AlertmanagerServer, phone: Webhook) -> None:
    """A warning beside a critical alert of the same channel is kept back, one of another channel is not."""
    grave = alert("SensorAnomaly", device="pump-1", channel="flow", kind="range")
    mild = alert("SensorAnomaly", "warning", device="pump-1", channel="flow", kind="residual")
    other = alert("SensorAnomaly", "warning", device="pump-1", channel="pressure", kind="residual")
    alertmanager.tell(grave, mild, other)
    [told] = heard(phone, alertmanager)
    assert len(told) == 2
    assert grave in told
    assert other in told

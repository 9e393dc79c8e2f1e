"""Where metrics, alerts and log lines go."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from detector.settings.addresses import BaseTopic, ListenAddress
from detector.settings.hours import TimeZone
from detector.settings.maintenance import MaintenanceSettings
from detector.settings.quantities import Duration
from detector.settings.receivers import ReceiverSettings
from detector.settings.section import Section
from detector.settings.transports import Address


class MetricsSettings(Section):
    """The HTTP side: metrics, health, reload and a page for people."""

    listen: ListenAddress = Field("127.0.0.1:9108", description="host:port; port 0 takes a free one.")
    per_channel: bool = Field(True, description="Expose value, forecast, score and forecast skill of every channel.")
    max_series: Annotated[int, Field(ge=0)] = Field(
        20_000, description="Most series of channels and devices; the rest is left out and counted."
    )


class MqttAlertSettings(Section):
    """Alerts and channel states on the broker."""

    base_topic: BaseTopic = Field("detector", description="First level of everything we publish.")
    state_every: Duration = Field(
        10.0, description="A channel's retained state is renewed at most this often, and at once when it turns."
    )
    commands: bool = Field(
        False,
        description="Take acknowledgements, feedback and maintenance from BASE/devices/DEVICE/set/COMMAND, from whoever"
        " may publish there.",
    )


def _names_are_unique(receivers: list[ReceiverSettings]) -> list[ReceiverSettings]:
    """Refuse two receivers of one name, and one that takes a name of our own."""
    names = ["mqtt", *(receiver.name for receiver in receivers)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"expected a name of its own for each receiver, got {twice!r} twice (mqtt is taken)")
    return receivers


class HomeAssistantSettings(Section):
    """Devices that show themselves in Home Assistant, over the broker that it shares with us; with `mqtt.commands`, buttons too."""

    prefix: BaseTopic = Field("homeassistant", description="Its discovery prefix.")


class AlertSettings(Section):
    """Who hears of an alert."""

    mqtt: MqttAlertSettings | None = Field(default_factory=MqttAlertSettings, description="null: no alerts on MQTT.")
    home_assistant: HomeAssistantSettings | None = Field(
        None, description="Show devices in Home Assistant; {} does, null does not."
    )
    receivers: Annotated[list[ReceiverSettings], AfterValidator(_names_are_unique)] = Field(
        default_factory=list, description="Who else is told, and how."
    )
    maintenance: list[MaintenanceSettings] = Field(
        default_factory=list,
        description="When people are told nothing of some devices; what still lasts is told at its end.",
    )
    time_zone: TimeZone | None = Field(
        None, description="Of times in messages, and of hours here, such as Europe/Berlin; null: UTC."
    )
    external_url: Address | None = Field(
        None, description="Where people reach our page, for links in messages; null: no links."
    )
    give_up_after: Duration = Field(
        7 * 86400.0, description="An alert that a sink could not be given for so long is given up, counted and logged."
    )

    @model_validator(mode="after")
    def _discovery_needs_states(self) -> Self:
        """Home Assistant reads what we publish on the broker."""
        if self.home_assistant is not None and self.mqtt is None:
            raise ValueError(
                "expected alerts.mqtt beside home_assistant, which reads what is published there; got null"
            )
        return self


class LogSettings(Section):
    """The log, on stderr, a line an event."""

    format: Literal["text", "json"] = Field("text", description="text for people, json for machines.")
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level shown.")
    repeats_per_minute: Annotated[int, Field(ge=1)] = Field(
        10, description="Lines of one kind a minute; the rest is counted and told."
    )

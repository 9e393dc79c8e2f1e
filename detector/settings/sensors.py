"""What is subscribed to, how its payloads are read, and what is known of its channels."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from detector.domain import Direction
from detector.settings.quantities import parse_duration
from detector.settings.section import Section


class PayloadFormat(StrEnum):
    """How a payload is read; a new format is one more name here and one more file in `stream/`."""

    JSON = "json"
    VALUE = "value"


class TimestampFormat(StrEnum):
    """How a payload states its event time."""

    UNIX = "unix"
    UNIX_MS = "unix_ms"
    UNIX_US = "unix_us"
    UNIX_NS = "unix_ns"
    ISO8601 = "iso8601"


class TimestampSettings(Section):
    """Where a JSON payload states its event time."""

    field: Annotated[str, Field(min_length=1)] = Field(description="Path to the timestamp, dots between levels.")
    format: TimestampFormat = Field(TimestampFormat.ISO8601, description="unix, unix_ms, unix_us, unix_ns or iso8601.")


class ChannelSettings(Section):
    """One measured quantity: where it stands in the payload and what is known of it."""

    field: str | None = Field(None, description="Path in the payload, dots between levels; absent: the channel's name.")
    unit: str | None = Field(None, description="Unit, for people.")
    range: tuple[float, float] | None = Field(
        None, description="Lowest and highest possible value; beyond is a sensor alert."
    )
    min_deviation: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Smaller deviations from the forecast never alert, in the channel's unit."
    )
    direction: Direction = Field(
        Direction.BOTH, description="Which side of the forecast may alert: both, above or below."
    )

    @model_validator(mode="after")
    def _range_in_order(self) -> "ChannelSettings":
        """Refuse a range whose ends are swapped or equal."""
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError(f"expected range [lowest, highest], got {list(self.range)}")
        return self


def _auto_or_duration(text: object) -> object:
    """Leave the words alone and read anything else as a duration."""
    return text if text in ("auto", "never") or isinstance(text, float) else parse_duration(text)


AutoOrDuration = Annotated[
    Literal["auto"] | float,
    BeforeValidator(_auto_or_duration),
    WithJsonSchema({"type": "string", "examples": ["auto", "30s", "5m"]}),
]
SilentAfter = Annotated[
    Literal["auto", "never"] | float,
    BeforeValidator(_auto_or_duration),
    WithJsonSchema({"type": "string", "examples": ["auto", "never", "10m"]}),
]


class SensorSettings(Section):
    """One kind of sensor: its topics, its payloads and its channels."""

    name: Annotated[str, Field(min_length=1)] = Field(description="For people and for metrics.")
    topics: list[str] = Field(
        default_factory=list,
        description="Topic patterns, one level each brace: {device} identifies, {channel} names the value, others become labels; + and # as in MQTT.",
    )
    devices: str = Field("*", description="Glob of device names; recordings belong to the first entry that matches.")
    format: PayloadFormat = Field(PayloadFormat.JSON, description="json, or value: one number a topic.")
    timestamp: TimestampSettings | None = Field(None, description="Absent: the arrival time.")
    cadence: AutoOrDuration = Field("auto", description="Time between readings; auto learns it for each device.")
    silent_after: SilentAfter = Field(
        "auto", description="Silence that is an alert; auto learns it, never switches it off."
    )
    channels: Literal["auto"] | dict[str, ChannelSettings] = Field(
        "auto", description="The channels to watch; auto: every number found."
    )

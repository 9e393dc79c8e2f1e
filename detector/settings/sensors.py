"""What is subscribed to, how its payloads are read, and what is known of its channels."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from detector.domain import Direction
from detector.settings.quantities import AutoOrDuration, SilentAfter, shown
from detector.settings.section import Section

AUTO_SPELLING, MAPPING_SPELLING = "auto or a mapping: auto", "auto or a mapping: mapping"
"""The two spellings of `channels`; pydantic puts them into the place of a fault, the reader takes them out."""

ChannelName = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""What a channel is called."""


ALONE = "none"
"""The group of devices that are not compared with others."""


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

    field: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Path in the payload, dots between levels; absent: the channel's name."
    )
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

    @field_validator("range")
    @classmethod
    def _in_order(cls, ends: tuple[float, float] | None) -> tuple[float, float] | None:
        """Refuse a range whose ends are swapped or equal."""
        if ends is not None and not ends[0] < ends[1]:
            raise ValueError(f"expected [lowest, highest], got {shown(ends)}")
        return ends


def _spelling(channels: object) -> str:
    """Say which of the two spellings of `channels` was meant, so that a fault is told once."""
    return AUTO_SPELLING if isinstance(channels, str) else MAPPING_SPELLING


class SensorSettings(Section):
    """One kind of sensor: its topics, its payloads and its channels."""

    name: Annotated[str, Field(min_length=1)] = Field(description="For people and for metrics.")
    topics: list[str] = Field(
        default_factory=list,
        description="Topic patterns, one level each brace: {device} identifies, {channel} names the value,"
        " others become labels; + and # as in MQTT. Needed to run, not for recordings.",
    )
    devices: str = Field("*", description="Glob of device names; recordings belong to the first entry that matches.")
    format: PayloadFormat = Field(PayloadFormat.JSON, description="json, or value: one number a topic.")
    timestamp: TimestampSettings | None = Field(None, description="Absent: the arrival time.")
    cadence: AutoOrDuration = Field("auto", description="Time between readings; auto learns it for each device.")
    silent_after: SilentAfter = Field(
        "auto", description="Silence that is an alert; auto learns it, never switches it off."
    )
    group: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Devices of one group are compared with each other; absent: this entry's name, none: alone."
    )
    channels: Annotated[
        Annotated[Literal["auto"], Tag(AUTO_SPELLING)]
        | Annotated[dict[ChannelName, ChannelSettings], Field(min_length=1), Tag(MAPPING_SPELLING)],
        Discriminator(_spelling),
    ] = Field("auto", description="The channels to watch; auto: every number found.")

    @model_validator(mode="after")
    def _timestamp_has_a_place(self) -> "SensorSettings":
        """Refuse a timestamp field where the payload is one bare number."""
        if self.format is PayloadFormat.VALUE and self.timestamp is not None:
            raise ValueError(
                "expected no timestamp with format: value, whose payload is one number; leave timestamp out"
            )
        return self

    @property
    def peers(self) -> str | None:
        """Return the group whose devices are compared with each other; None for devices that stand alone."""
        return None if self.group == ALONE else self.group or self.name

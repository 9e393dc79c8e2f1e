"""Who is told of what, and how: a receiver is a choice of alerts and a way to somebody."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from detector.settings.hours import Hours
from detector.settings.quantities import Duration
from detector.settings.section import Section
from detector.settings.transports import AlertmanagerSettings, AppriseSettings, FileSettings, WebhookSettings

WAYS = ("webhook", "alertmanager", "apprise", "file")
FOR_PEOPLE = ("webhook", "apprise")


class ReceiverSettings(Section):
    """One receiver. Alertmanager and a file are given every event; people, by webhook or Apprise, are given notices."""

    name: Annotated[str, Field(min_length=1)] = Field(description="What it is called in metrics, in logs and on disk.")
    severity: Literal["info", "warning", "critical"] = Field("warning", description="Lowest severity it hears of.")
    verdicts: list[Literal["process", "sensor", "transport"]] | None = Field(None, description="null: every verdict.")
    devices: str = Field("*", description="Glob of device names.")
    labels: dict[str, str] = Field(
        default_factory=dict, description="Globs of labels that topics gave the device; `sensors` is the entry's name."
    )
    wait: Duration = Field(
        30.0,
        description="Time for alerts that belong together to gather before they are told; critical ones do not wait.",
    )
    minimum_duration: Duration | None = Field(
        None, description="An alert that ends before is not told to people; null: before `wait` is over."
    )
    by: list[str] | None = Field(
        None,
        description="Labels that alerts told together have in common, beside the verdict;"
        " null: `sensors`, and for transport none, as one link may carry everything.",
    )
    group_interval: Duration = Field(
        300.0, description="Time between two messages of one trouble; alerts that open within it join the trouble."
    )
    repeat_every: Duration = Field(
        4 * 3600.0, description="Time after which a trouble that goes on, and that nobody acknowledged, is told again."
    )
    keep_firing_for: Duration = Field(
        120.0, description="Time that all has to be quiet before a trouble is told as resolved."
    )
    quiet: list[Hours] = Field(
        default_factory=list, description="Hours in which only critical alerts are told; the rest follows at their end."
    )
    webhook: WebhookSettings | None = Field(None, description="A POST of JSON.")
    alertmanager: AlertmanagerSettings | None = Field(None, description="Prometheus' Alertmanager.")
    apprise: AppriseSettings | None = Field(None, description="Mail, chat and phones.")
    file: FileSettings | None = Field(None, description="JSON lines.")

    @model_validator(mode="after")
    def _one_way(self) -> "ReceiverSettings":
        """Insist on one way."""
        ways = [way for way in WAYS if getattr(self, way) is not None]
        if len(ways) != 1:
            raise ValueError(f"expected exactly one of {', '.join(WAYS)}, got {', '.join(ways) or 'none'}")
        return self

    @property
    def way(self) -> str:
        """Return which of the ways it is."""
        return next(way for way in WAYS if getattr(self, way) is not None)

    @property
    def for_people(self) -> bool:
        """Return whether it is given notices, for people, and not every event."""
        return self.way in FOR_PEOPLE

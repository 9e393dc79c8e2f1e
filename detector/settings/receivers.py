"""Who is told of what, and how: a receiver is a choice of alerts and a way to somebody."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from detector.settings.section import Section
from detector.settings.transports import AlertmanagerSettings, AppriseSettings, FileSettings, WebhookSettings

WAYS = ("webhook", "alertmanager", "apprise", "file")


class ReceiverSettings(Section):
    """One receiver. Alertmanager and a file are given every event; people, by webhook or Apprise, are given notices."""

    name: Annotated[str, Field(min_length=1)] = Field(description="What it is called in metrics, in logs and on disk.")
    severity: Literal["info", "warning", "critical"] = Field("warning", description="Lowest severity it hears of.")
    verdicts: list[Literal["process", "sensor", "transport"]] | None = Field(None, description="null: every verdict.")
    devices: str = Field("*", description="Glob of device names.")
    labels: dict[str, str] = Field(default_factory=dict, description="Globs of labels that topics gave the device.")
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

"""How the daemon reaches the broker, and how much it lets wait."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from detector.settings.addresses import ServerUrl
from detector.settings.quantities import Duration, Size, format_duration
from detector.settings.section import Section

Protocol = Annotated[
    Literal["5", "3.1.1"],
    BeforeValidator(lambda version: "5" if version == 5 else version),
    WithJsonSchema({"enum": [5, "5", "3.1.1"]}),
]
"""An MQTT version; YAML reads a bare 5 as a number."""


class Overflow(StrEnum):
    """What a full inbox does: let the broker wait, or give a message up."""

    WAIT = "wait"
    DROP_OLDEST = "drop_oldest"
    DROP_NEWEST = "drop_newest"


class TlsSettings(Section):
    """How the broker's certificate is verified, and ours, for `mqtts://` and `wss://`."""

    ca_file: Path | None = Field(None, description="PEM file of the authorities to trust; absent: the system's own.")
    cert_file: Path | None = Field(None, description="PEM file of our client certificate.")
    key_file: Path | None = Field(None, description="PEM file of our client key.")
    insecure_skip_verify: bool = Field(False, description="Trust any certificate. For a bench only.")

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> "TlsSettings":
        """Refuse a client certificate without its key, and a key without its certificate."""
        if (self.cert_file is None) != (self.key_file is None):
            alone = "key_file" if self.cert_file is None else "cert_file"
            raise ValueError(f"expected cert_file and key_file together, got {alone} alone")
        return self


class InboxSettings(Section):
    """How many MQTT messages may wait to be decoded, and what becomes of more."""

    max_messages: Annotated[int, Field(ge=1)] = Field(50_000, description="Messages that may wait.")
    max_size: Size = Field(2**26, description="Bytes of payload that may wait; a larger message waits alone.")
    overflow: Overflow = Field(
        Overflow.WAIT,
        description="A full inbox lets the broker wait, up to 5 s, or gives its oldest or newest message up; each is counted.",
    )
    max_payload: Size = Field(2**20, description="A larger payload is rejected unread.")


class MqttSettings(Section):
    """The broker and the session."""

    servers: Annotated[list[ServerUrl], Field(min_length=1)] = Field(
        ["mqtt://localhost:1883"], description="Tried in turn: mqtt://, mqtts://, ws:// or wss://."
    )
    client_id: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        "detector", description="One for each daemon: two with the same id throw each other out."
    )
    protocol: Protocol = Field("5", description="MQTT version.")
    username: str | None = Field(None, description="User name at the broker.")
    password_file: Path | None = Field(
        None, description="File that holds the password, relative to $CREDENTIALS_DIRECTORY or this file."
    )
    tls: TlsSettings = Field(default_factory=TlsSettings, description="For mqtts:// and wss://.")
    qos: Annotated[int, Field(ge=0, le=1)] = Field(1, description="Quality of service of the subscriptions.")
    persistent_session: bool = Field(True, description="Let the broker keep what arrives while we are away.")
    session_expiry: Duration = Field(3600.0, description="How long the broker keeps it (MQTT 5).")
    keepalive: Duration = Field(30.0, description="Longest silence on the link before it is probed.")
    connect_timeout: Duration = Field(5.0, description="Longest wait for one server.")
    reconnect_min: Duration = Field(0.5, description="First pause before a new try; doubles, with jitter.")
    reconnect_max: Duration = Field(
        4.0, description="Longest pause before a new try; longer, up to 10 min, where another client has our client_id."
    )
    renew_after: Duration = Field(
        60.0,
        description="Quiet over a link that is up, after which we subscribe anew, then connect anew;"
        " three times the longest pause of late where that is longer. A broker that confirms nothing for so long is left, too.",
    )
    receive_maximum: Annotated[int, Field(ge=1, le=65535)] = Field(
        1000, description="QoS 1 messages the broker may have under way to us (MQTT 5)."
    )
    inbox: InboxSettings = Field(
        default_factory=InboxSettings, description="What may wait between the link and the engine."
    )

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "MqttSettings":
        """Refuse a password for nobody and a shortest pause above the longest."""
        if self.password_file is not None and self.username is None:
            raise ValueError("expected a username beside password_file, got none")
        if self.reconnect_min > self.reconnect_max:
            raise ValueError(
                "expected reconnect_min up to reconnect_max,"
                f" got {format_duration(self.reconnect_min)} and {format_duration(self.reconnect_max)}"
            )
        return self

"""The ways to a receiver: what each needs to know. Every secret stands in a file."""

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, HttpUrl, TypeAdapter, model_validator

from detector.settings.quantities import Duration
from detector.settings.section import Section

_URL: Final = TypeAdapter(HttpUrl)


def checked_address(text: str) -> str:
    """Return an http or https address without a slash at its end.

    Raises: ValidationError; ValueError when it holds a password, which would be shown with the configuration.
    """
    url = _URL.validate_python(text)
    if url.username is not None or url.password is not None:
        raise ValueError("expected an address without user name and password; use username and password_file")
    return str(url).rstrip("/")


Address = Annotated[str, AfterValidator(checked_address)]


LabelName = Annotated[str, Field(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$")]
"""What Prometheus and Alertmanager call a label."""


class HttpAccess(Section):
    """How we show who we are, and how long we wait."""

    username: str | None = Field(None, description="User name for basic authentication.")
    password_file: Path | None = Field(None, description="File with the password for it.")
    bearer_token_file: Path | None = Field(None, description="File with a bearer token, instead of a user name.")
    ca_file: Path | None = Field(None, description="Certificates to trust instead of the system's.")
    timeout: Duration = Field(10.0, description="Longest wait for an answer.")

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        """Insist on one way to show who we are, and on both halves of it."""
        if self.bearer_token_file is not None and (self.username is not None or self.password_file is not None):
            raise ValueError("expected bearer_token_file or a user name, got both")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("expected username and password_file together, got one of them")
        return self


class WebhookSettings(HttpAccess):
    """A POST of Alertmanager's webhook body, version 4."""

    url: Address | None = Field(None, description="Where to post.")
    url_file: Path | None = Field(None, description="File with that address, where it is a secret itself.")

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        """Insist on one address."""
        if (self.url is None) == (self.url_file is None):
            raise ValueError(f"expected url or url_file, got {'neither' if self.url is None else 'both'}")
        return self


class AlertmanagerSettings(HttpAccess):
    """Alertmanager's API v2: alerts are sent again while they last, and it does the grouping and routing."""

    urls: Annotated[list[Address], Field(min_length=1)] = Field(description="Every member of a cluster.")
    resend_every: Duration = Field(60.0, description="Time between two sendings of an alert that lasts.")
    labels: dict[LabelName, str] = Field(default_factory=dict, description="Further labels of every alert.")


class AppriseSettings(Section):
    """Mail, Slack, Telegram, ntfy and a hundred more, through Apprise."""

    urls_file: Path = Field(description="File with Apprise URLs, one a line; they hold secrets.")
    timeout: Duration = Field(20.0, description="Longest wait for an answer.")


class FileSettings(Section):
    """One JSON object an alert event, appended."""

    path: Path = Field(description="The file, JSON lines; opened anew when it is moved away.")

"""The ways to a receiver: what each needs to know. Every secret stands in a file."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field, HttpUrl, TypeAdapter

from detector.settings.quantities import Duration
from detector.settings.section import Section

_URL: Final = TypeAdapter(HttpUrl)


def _address(text: str) -> str:
    """Return an http or https address without a slash at its end.

    Raises: ValidationError.
    """
    return str(_URL.validate_python(text)).rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


class HttpAccess(Section):
    """How we show who we are, and how long we wait."""

    username: str | None = Field(None, description="User name for basic authentication.")
    password_file: Path | None = Field(None, description="File with the password for it.")
    bearer_token_file: Path | None = Field(None, description="File with a bearer token, instead of a user name.")
    ca_file: Path | None = Field(None, description="Certificates to trust instead of the system's.")
    timeout: Duration = Field(10.0, description="Longest wait for an answer.")


class WebhookSettings(HttpAccess):
    """A POST of Alertmanager's webhook body, version 4."""

    url: Address = Field(description="Where to post.")


class AlertmanagerSettings(HttpAccess):
    """Alertmanager's API v2: alerts are sent again while they last, and it does the grouping and routing."""

    urls: Annotated[list[Address], Field(min_length=1)] = Field(description="Every member of a cluster.")
    resend_every: Duration = Field(60.0, description="Time between two sendings of an alert that lasts.")
    labels: dict[str, str] = Field(default_factory=dict, description="Further labels of every alert.")


class AppriseSettings(Section):
    """Mail, Slack, Telegram, ntfy and a hundred more, through Apprise."""

    urls_file: Path = Field(description="File with Apprise URLs, one a line; they hold secrets.")
    timeout: Duration = Field(20.0, description="Longest wait for an answer.")


class FileSettings(Section):
    """One JSON object an alert event, appended."""

    path: Path = Field(description="The file, JSON lines; opened anew when it is moved away.")

"""Apprise takes notices to mail, chat and phones; what fails is told without secrets, and only there tried again."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from detector.domain import Severity
from detector.edge.sinks.apprise import Apprise, _Place
from detector.edge.sinks.keyring import Keyring
from detector.errors import ConfigError
from detector.lab.broker import free_port
from detector.notice import Notice
from detector.settings.transports import AppriseSettings
from tests.system.daemon_process import ROOT, SENSORS, write_model
from tests.system.receiving import Receiver, answer, trickle
from tests.unit.edge.sinks.notices import TEXT, notice


def way(folder: Path, *urls: str) -> Apprise:
    """Return a way to these URLs, which stand in a file."""
    write(folder, *urls)
    return Apprise(AppriseSettings(urls_file=Path("urls")), Keyring(folder, {}))


def write(folder: Path, *urls: str) -> None:
    """Write URLs, one a line."""
    (folder / "urls").write_text("# who is told\n\n" + "\n".join(urls) + "\n")
    (folder / "urls").chmod(0o600)


def fault(gone: Apprise, told: Notice) -> str | None:
    """Go the way once with a notice; return why it was not taken."""
    answers = gone.carry([told]).answers
    assert [one.key for one in answers] == [told.key]
    return answers[0].fault


class Postbox:
    """Takes mail."""

    def __init__(self) -> None:
        """Start empty."""
        self.mail: list[Envelope] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Take one mail."""
        self.mail.append(envelope)
        return "250 taken"


@contextmanager
def post_office() -> Iterator[tuple[int, Postbox]]:
    """Run a real SMTP server; yield its port and what it has taken."""
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port, box
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("severity", "over", "colour"),
    [
        (Severity.INFO, False, "info"),
        (Severity.WARNING, False, "warning"),
        (Severity.CRITICAL, False, "failure"),
        (Severity.CRITICAL, True, "success"),
    ],
)
def test_a_notice_has_title_text_and_colour(tmp_path: Path, severity: Severity, over: bool, colour: str) -> None:
    """A server that Apprise posts JSON to is given the notice's words and a type by its severity."""
    with Receiver() as server:
        gone = way(tmp_path, f"json://127.0.0.1:{server.port}/hook")
        assert fault(gone, replace(notice(over=over), severity=severity)) is None
        said = server.came[0].said
    assert (said["title"], said["message"], said["type"]) == ("pump-1 temperature: warning", TEXT, colour)


def test_ntfy_hears_it(tmp_path: Path) -> None:
    """A self-hosted ntfy is posted the notice on its topic."""
    with Receiver() as server:
        assert fault(way(tmp_path, f"ntfy://127.0.0.1:{server.port}/alarms"), notice()) is None
        said = server.came[0].said
    assert (said["topic"], said["title"], said["message"]) == ("alarms", "pump-1 temperature: warning", TEXT)


def test_a_mail_arrives(tmp_path: Path) -> None:
    """A real mail server takes a mail whose subject is the title and whose text, units included, is the notice's."""
    with post_office() as (port, box):
        url = f"mailto://127.0.0.1:{port}?from=detector@example.org&to=me@example.org&mode=insecure&format=text"
        assert fault(way(tmp_path, url), notice()) is None
        (mail,) = box.mail
    assert mail.rcpt_tos == ["me@example.org"]
    assert isinstance(mail.content, bytes)
    read = message_from_bytes(mail.content, policy=policy.default)
    assert read["Subject"] == "pump-1 temperature: warning"
    body = read.get_body(("plain",))
    assert body is not None
    assert TEXT in body.get_content()


def test_only_who_did_not_take_it_is_told_again(tmp_path: Path) -> None:
    """With two URLs and one that fails, a second try goes to that one alone; a further notice goes to both."""
    with Receiver() as well, Receiver().then(answer(500)) as ill:
        gone = way(tmp_path, f"json://127.0.0.1:{well.port}", f"json://127.0.0.1:{ill.port}")
        assert fault(gone, notice(1)) is not None
        assert fault(gone, notice(1)) is None
        assert fault(gone, notice(2)) is None
        assert (len(well.came), len(ill.came)) == (2, 3)


@pytest.fixture
def whole_log() -> Iterator[StringIO]:
    """Everything that reaches the log as the daemon sets it up, at its root; pytest's own listens further down."""
    log, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield log
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_failure_is_told_with_its_reason_and_without_secrets(tmp_path: Path, whole_log: StringIO) -> None:
    """The fault names the service, the line and what went wrong; no part of the URL is in it or in the log."""
    logging.getLogger("control").debug("heard")
    with Receiver().always(answer(503, "maintenance")) as server:
        gone = way(tmp_path, f"ntfy://someone:pass-word@127.0.0.1:{server.port}/secret-topic")
        said = fault(gone, notice())
    assert said is not None
    assert said.startswith("ntfy (urls:3) did not take it: ")
    assert "503" in said
    for secret in ("someone", "pass-word", "secret-topic"):
        assert secret not in f"{said}{whole_log.getvalue()}"
    assert "heard" in whole_log.getvalue()


def test_a_server_that_trickles_is_left_behind() -> None:
    """One that never ends its answer is given up at the deadline; until it does, no second notice waits for it."""
    with Receiver().always(trickle) as server:
        place = _Place(f"json://127.0.0.1:{server.port}", "urls:1", 2.0)
        assert place.send(notice(1)) == "json (urls:1): no answer within 2 s"
        assert place.send(notice(2)) == "json (urls:1) has not answered an earlier notice yet"
        assert len(server.came) == 1


def test_urls_are_read_again_when_they_change(tmp_path: Path) -> None:
    """Whoever edits the file need not reload; a line that is no URL is told, with its number, and loses no notice."""
    with Receiver() as one, Receiver() as other:
        gone = way(tmp_path, f"json://127.0.0.1:{one.port}")
        write(tmp_path, f"json://127.0.0.1:{other.port}")
        assert fault(gone, notice(1)) is None
        write(tmp_path, "no url, but a secret")
        said = fault(gone, notice(2))
        write(tmp_path, f"json://127.0.0.1:{other.port}")
        assert fault(gone, notice(2)) is None
        assert (len(one.came), len(other.came)) == (0, 2)
    assert said is not None
    assert said.startswith("urls:3: expected an Apprise URL")
    assert "secret" not in said


@pytest.mark.parametrize("urls", [(), ("nonsense",), ("unknown-scheme://x",)])
def test_a_file_without_urls_is_an_error_at_the_start(tmp_path: Path, urls: tuple[str, ...]) -> None:
    """A receiver that could reach nobody is refused."""
    with pytest.raises(ConfigError, match=r"expected (an )?Apprise URL"):
        way(tmp_path, *urls)


def test_without_the_library_check_and_run_say_what_to_install(tmp_path: Path) -> None:
    """A receiver that needs Apprise is an error of the configuration where it is not installed, in `check` and in `run`."""
    write(tmp_path, "json://127.0.0.1:1")
    write_model(tmp_path / "model")
    receivers = "alerts: {receivers: [{name: people, apprise: {urls_file: urls}}]}"
    listen = "metrics: {listen: '127.0.0.1:0'}"
    (tmp_path / "detector.yaml").write_text(f"model: model\n{listen}\n{receivers}\n{SENSORS}")
    program = "import sys; sys.modules['apprise'] = None\nfrom detector.cli import main\nsys.exit(main())"
    for command in ("check", "run"):
        done = subprocess.run(
            [sys.executable, "-c", program, command, "detector.yaml"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2, done.stderr
        assert "people: apprise: expected the library Apprise, found none; install it:" in done.stderr

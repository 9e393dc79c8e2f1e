"""`detector alerts`: where the daemon is looked for, and what happens before something is done."""

import io
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from detector.cli import main
from detector.cli.asking import address_of, ask
from detector.clock import SystemClock
from detector.daemon.clerk import LISTED
from detector.domain import Transition
from detector.edge.journal import Journal
from detector.errors import DetectorError
from detector.settings import JournalSettings, Settings
from tests.unit.edge.readings import event

CONFIG = "metrics: {listen: '127.0.0.1:1'}\nsensors: [{name: pumps}]\n"
ALERT = "0123456789abcdef"


def listening(listen: str) -> Settings:
    """Return settings of a daemon that listens there."""
    return Settings.model_validate({"sensors": [{"name": "a"}], "metrics": {"listen": listen}})


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Terminal(io.StringIO):
    """Somebody at a keyboard."""

    def isatty(self) -> bool:
        """Say that there is somebody."""
        return True


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration."""
    path = tmp_path / "detector.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """Return the address of a server that says yes to everything, and what it was asked for."""
    asked: list[str] = []

    def answer(environ, start_response):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - the library's signature
        asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"[]\n" if environ["PATH_INFO"] in ("/alerts", "/alerts/open") else b"It would do this.\n"]

    with make_server("127.0.0.1", 0, answer, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:9108", "http://127.0.0.1:9108"),
        ("0.0.0.0:9108", "http://127.0.0.1:9108"),
        ("[::]:9108", "http://[::1]:9108"),
        ("[::1]:9108", "http://[::1]:9108"),
        ("plant.local:80", "http://plant.local:80"),
    ],
)
def test_the_daemon_is_looked_for_where_it_listens(listen: str, address: str) -> None:
    """An address that means all of them is this machine's."""
    assert address_of(listening(listen), None) == address
    assert address_of(listening(listen), "https://proxy/detector/") == "https://proxy/detector"


def test_an_address_that_nobody_can_know_is_asked_for() -> None:
    """A free port is in the daemon's log alone; and what is no address is refused."""
    with pytest.raises(DetectorError, match="say it with --url"):
        address_of(listening("127.0.0.1:0"), None)
    with pytest.raises(DetectorError, match="expected an address such as"):
        address_of(listening("127.0.0.1:1"), "127.0.0.1:9108")


def test_where_nobody_listens_nobody_answers(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That is told apart from an answer, and said in a sentence."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert ask("GET", url) is None
        assert main(["alerts", "false", str(config), ALERT, "--yes", "--url", url]) == 1
    assert "expected a running daemon, nobody listens there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "code", "methods"), [("y\n", 0, ["GET", "POST"]), ("\n", 1, ["GET"]), ("no\n", 1, ["GET"])]
)
def test_nothing_is_done_before_somebody_agrees(
    config: Path,
    asked: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
    methods: list[str],
) -> None:
    """At a terminal it is shown what would be done, and then asked."""
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert main(["alerts", "false", str(config), ALERT, "--url", asked[0]]) == code
    assert asked[1] == [f"{method} /alerts/{ALERT}/false" for method in methods]


def test_those_that_are_open_are_asked_for_alone(config: Path, asked: tuple[str, list[str]]) -> None:
    """The daemon lists so many at most: what is over must not take the place of what is open."""
    assert main(["alerts", "list", str(config), "--open", "--url", asked[0]]) == 0
    assert main(["alerts", "list", str(config), "--url", asked[0]]) == 0
    assert asked[1] == ["GET /alerts/open", "GET /alerts"]


def test_where_no_daemon_runs_the_journal_is_read(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it, or those that are open alone."""
    config.write_text(f"{CONFIG}state: {{directory: '{config.parent}/state'}}\n", encoding="utf-8")
    opened = event(Transition.OPENED, 0.0)
    over = [replace(opened, id=f"{number:016x}", event=Transition.CLOSED) for number in range(LISTED)]
    with closing(Journal(config.parent / "state", JournalSettings(), ["pumps"], SystemClock())) as journal:
        journal.append_alerts([opened, *over])
    for words, ids in (([], [one.id for one in reversed(over)]), (["--open"], [opened.id])):
        assert main(["alerts", "list", str(config), "--json", *words]) == 0
        assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ids


def test_an_acknowledgement_is_not_asked_about(config: Path, asked: tuple[str, list[str]]) -> None:
    """It changes no threshold; nor is asked who says --yes."""
    assert main(["alerts", "ack", str(config), ALERT, "--url", asked[0]]) == 0
    assert main(["alerts", "undo", str(config), ALERT, "--yes", "--url", asked[0]]) == 0
    assert asked[1] == [f"POST /alerts/{ALERT}/ack", f"POST /alerts/{ALERT}/undo"]

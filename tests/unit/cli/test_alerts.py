"""`detector alerts`: where the daemon is looked for, and what happens before something is done."""

import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from detector.cli import main
from detector.cli.asking import address_of, ask
from detector.errors import DetectorError
from detector.settings import Settings

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
    """Return the address of a server that says yes to everything, and the methods by which it was asked."""
    methods: list[str] = []

    def answer(environ, start_response):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - the library's signature
        methods.append(environ["REQUEST_METHOD"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"It would do this.\n"]

    with make_server("127.0.0.1", 0, answer, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", methods
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
    assert asked[1] == methods


def test_an_acknowledgement_is_not_asked_about(config: Path, asked: tuple[str, list[str]]) -> None:
    """It changes no threshold; nor is asked who says --yes."""
    assert main(["alerts", "ack", str(config), ALERT, "--url", asked[0]]) == 0
    assert main(["alerts", "undo", str(config), ALERT, "--yes", "--url", asked[0]]) == 0
    assert asked[1] == ["POST", "POST"]

"""What the paths answer; no socket is opened here."""

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from detector.edge.http import SAFETY, Site, application
from detector.edge.http_alerts import Alerts
from detector.edge.visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


def metrics(_environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
    """Answer as the metrics do."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"detector_ready 1\n"]


SITE = Site(
    metrics,
    page=lambda: "<p>",
    not_ready=lambda: None,
    trouble=lambda: None,
    hung=lambda: None,
    reload=lambda: None,
    alerts=Alerts(cases=lambda: None, still_open=lambda: None, case=lambda _: None, command=lambda _: None),
)


LOCAL, OPEN = Visitors("127.0.0.1", local=True), Visitors("0.0.0.0", local=False)


def ask(
    method: str, path: str, site: Site = SITE, visitors: Visitors = LOCAL, **more: str
) -> tuple[int, dict[str, str], str]:
    """Send one request; return status, headers and body."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _fault: Any = None) -> Any:
        started.append((status, headers))

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": "127.0.0.1:9108", **more}
    body = b"".join(application(site, visitors)(environ, start))
    ((status, headers),) = started
    return int(status.split()[0]), dict(headers), body.decode()


@pytest.mark.parametrize("path", ["/", "/-/healthy", "/-/ready", "/metrics"])
def test_head_is_get_without_the_body(path: str) -> None:
    """HEAD answers with the status and headers of GET, and no body."""
    status, headers, body = ask("GET", path)
    assert (status, bool(body)) == (HTTPStatus.OK, True)
    assert ask("HEAD", path) == (status, headers, "")


def test_who_hangs_is_not_healthy() -> None:
    """Where only a restart will help, the answer is 503 and the reason, for those who restart."""
    hung = replace(SITE, hung=lambda: "stands still")
    assert ask("GET", "/-/healthy", hung)[::2] == (HTTPStatus.SERVICE_UNAVAILABLE, "not healthy: stands still\n")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", HTTPStatus.NOT_FOUND),
        ("GET", "/metrics/", HTTPStatus.NOT_FOUND),
        ("POST", "/", HTTPStatus.METHOD_NOT_ALLOWED),
        ("DELETE", "/metrics", HTTPStatus.METHOD_NOT_ALLOWED),
        ("GET", "/-/reload", HTTPStatus.METHOD_NOT_ALLOWED),
        ("HEAD", "/-/reload", HTTPStatus.METHOD_NOT_ALLOWED),
    ],
)
def test_other_paths_and_methods_are_refused(method: str, path: str, status: HTTPStatus) -> None:
    """An unknown path is 404, a method that a path does not have is 405."""
    assert ask(method, path)[0] == status


def test_not_ready_says_why() -> None:
    """Readiness is 503 with the reason while there is one."""
    status, _, body = ask("GET", "/-/ready", replace(SITE, not_ready=lambda: "no broker"))
    assert (status, body) == (HTTPStatus.SERVICE_UNAVAILABLE, "not ready: no broker\n")


def test_ready_in_spite_of_trouble_says_so() -> None:
    """What is amiss though the daemon serves is told, and does not make it unready."""
    status, _, body = ask("GET", "/-/ready", replace(SITE, trouble=lambda: "no journal: disk full"))
    assert (status, body) == (HTTPStatus.OK, "detector is ready\nno journal: disk full\n")


def test_a_refused_reload_says_what_is_wrong() -> None:
    """A reload is 200, or 500 with the faults of the configuration."""
    assert ask("POST", "/-/reload")[0] == HTTPStatus.OK
    status, _, body = ask("POST", "/-/reload", replace(SITE, reload=lambda: "x.yaml:3: bad"))
    assert (status, body.splitlines()[0]) == (HTTPStatus.INTERNAL_SERVER_ERROR, "x.yaml:3: bad")


def test_another_sites_page_cannot_reload() -> None:
    """A browser that is on another site's page is refused; our own page and plain clients are not."""
    asked: list[None] = []
    site = replace(SITE, reload=lambda: asked.append(None))
    assert ask("POST", "/-/reload", site, HTTP_ORIGIN="http://evil.example")[0] == HTTPStatus.FORBIDDEN
    assert not asked
    assert ask("POST", "/-/reload", site, HTTP_ORIGIN="http://127.0.0.1:9108")[0] == HTTPStatus.OK


def test_the_page_may_run_nothing() -> None:
    """The page is sent with a policy that lets a browser run and fetch nothing."""
    assert ask("GET", "/")[1]["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/", "/-/healthy", "/-/ready", "/metrics", "/nowhere"])
def test_every_answer_says_how_to_treat_it(path: str) -> None:
    """Every answer bears the headers that keep browsers from guessing its kind, framing, embedding or keeping it."""
    assert set(SAFETY) <= set(ask("GET", path)[1].items())


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/ready"])
def test_a_name_that_somebody_led_here_reads_nothing(path: str) -> None:
    """At a local address, a request by a foreign name is refused: its page would read us as its own site."""
    status, _, body = ask("GET", path, HTTP_HOST="rebound.example:9108")
    assert status == HTTPStatus.FORBIDDEN
    assert "localhost" in body


def test_a_name_that_somebody_led_here_changes_nothing() -> None:
    """At no address can a page reload us whose name leads here, though it asks as its own site."""
    for visitors in (LOCAL, OPEN):
        answer = ask(
            "POST", "/-/reload", SITE, visitors, HTTP_HOST="rebound.example", HTTP_ORIGIN="http://rebound.example"
        )
        assert answer[0] == HTTPStatus.FORBIDDEN

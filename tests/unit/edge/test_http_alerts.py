"""What `/alerts` and the paths below it answer; no socket is opened here."""

import json
from dataclasses import replace
from http import HTTPStatus

import pytest

from detector.clock import WallTime
from detector.domain import FeedbackKind, Height, Transition
from detector.edge.command import Act, Command, Reply
from detector.edge.http_alerts import Alerts, answer
from detector.edge.journal import Case
from tests.unit.edge.readings import at, event

ID = "0123456789abcdef"
LAST = replace(event(Transition.CLOSED, 60.0), id=ID, heights=(Height("spike", 1.23456),))
CASE = Case(LAST, at(0.0), WallTime(1_700_000_000.0), FeedbackKind.FALSE)
OLDER = CASE._replace(last=replace(LAST, id="00000000000000ff"))


class Daemon:
    """Somebody who answers, and notes what was asked."""

    def __init__(self, reply: Reply | None = None) -> None:
        """Answer with this."""
        self.commands: list[Command] = []
        self._reply = reply

    def ask(self, method: str, path: str) -> tuple[int, str]:
        """Ask; return status and text."""
        said = answer(Alerts(lambda: [CASE], lambda: [OLDER], self._find, self._do), method, path)
        assert bool(said.allow) == (said.status is HTTPStatus.METHOD_NOT_ALLOWED)
        return said.status, said.text

    def _find(self, alert: str) -> list[Case]:
        """Know two alerts, of which one is too old to be listed."""
        return [case for case in (CASE, OLDER) if case.last.id == alert]

    def _do(self, command: Command) -> Reply | None:
        """Note a command."""
        self.commands.append(command)
        return self._reply


def test_alerts_are_listed_as_json() -> None:
    """Each with its last event as the contract has it, whether it is open, how strong it was, and what was said of it."""
    status, text = Daemon().ask("GET", "/alerts")
    (one,) = json.loads(text)
    assert status == HTTPStatus.OK
    more = {name: one[name] for name in ("id", "open", "strength", "said", "event")}
    assert more == {"id": ID, "open": False, "strength": {"spike": 1.235}, "said": "false", "event": "closed"}
    assert json.loads(Daemon().ask("GET", f"/alerts/{ID}")[1]) == one


def test_an_alert_is_shown_though_the_list_is_full() -> None:
    """Whatever a POST would find, a GET finds too."""
    status, text = Daemon().ask("GET", f"/alerts/{OLDER.last.id}")
    assert (status, json.loads(text)["id"]) == (HTTPStatus.OK, OLDER.last.id)


def test_those_that_are_open_are_a_list_of_their_own() -> None:
    """It is asked for by name, so that the newest are not full of others."""
    status, text = Daemon().ask("GET", "/alerts/open")
    assert (status, [one["id"] for one in json.loads(text)]) == (HTTPStatus.OK, [OLDER.last.id])


def test_whoever_is_busy_says_so() -> None:
    """For every list, and for one alert."""
    busy = Alerts(lambda: None, lambda: None, lambda _: None, lambda _: None)
    for path in ("/alerts", "/alerts/open", f"/alerts/{ID}"):
        assert answer(busy, "GET", path).status == HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.parametrize(("word", "act"), [("false", Act.FALSE), ("confirm", Act.CONFIRM), ("undo", Act.UNDO)])
def test_a_get_shows_what_a_post_does(word: str, act: Act) -> None:
    """The same path, asked for, is a preview."""
    daemon = Daemon(Reply(ok=True, text="Done."))
    for method, preview in (("GET", True), ("POST", False)):
        assert daemon.ask(method, f"/alerts/{ID}/{word}") == (HTTPStatus.OK, "Done.\n")
        assert daemon.commands.pop() == Command(act, "http", ID, preview=preview)


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(ok=True, text="Done."), HTTPStatus.OK),
        (Reply(ok=False, text="No room."), HTTPStatus.CONFLICT),
        (Reply(ok=False, text="Unknown.", known=False), HTTPStatus.NOT_FOUND),
        (None, HTTPStatus.SERVICE_UNAVAILABLE),
    ],
)
def test_every_outcome_has_a_status_and_a_sentence(reply: Reply | None, status: HTTPStatus) -> None:
    """Done, refused, not known, or not come to."""
    said = Daemon(reply).ask("POST", f"/alerts/{ID}/ack")
    assert said[0] == status
    assert said[1].rstrip().endswith((".", "again"))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/alerts", HTTPStatus.METHOD_NOT_ALLOWED),
        ("POST", "/alerts/open", HTTPStatus.METHOD_NOT_ALLOWED),
        ("DELETE", f"/alerts/{ID}", HTTPStatus.METHOD_NOT_ALLOWED),
        ("GET", f"/alerts/{ID}/ack", HTTPStatus.METHOD_NOT_ALLOWED),
        ("PUT", f"/alerts/{ID}/false", HTTPStatus.METHOD_NOT_ALLOWED),
        ("POST", f"/alerts/{ID}/maintenance", HTTPStatus.NOT_FOUND),
        ("POST", f"/alerts/{ID.upper()}/false", HTTPStatus.NOT_FOUND),
        ("GET", "/alerts/", HTTPStatus.NOT_FOUND),
        ("GET", "/alerts/..", HTTPStatus.NOT_FOUND),
        ("GET", "/alerts/fedcba9876543210", HTTPStatus.NOT_FOUND),
        ("POST", f"/alerts/{ID}/false/", HTTPStatus.NOT_FOUND),
    ],
)
def test_other_paths_and_methods_ask_for_nothing(method: str, path: str, status: HTTPStatus) -> None:
    """They are refused before anybody is asked."""
    daemon = Daemon(Reply(ok=True, text="Done."))
    assert daemon.ask(method, path)[0] == status
    assert daemon.commands == []

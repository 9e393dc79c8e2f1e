"""`/alerts`: what was told of late, and what people say of it.

In: a method and a path. Out: `GET /alerts`, `GET /alerts/open` and `GET /alerts/ID`, JSON; `POST /alerts/ID/ack|false|confirm|undo`, which does it and
answers in a sentence; a GET of the same path says what a POST would do. No body is ever read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import orjson

from detector.edge.alert_topics import alert_json
from detector.edge.command import ID, KIND_OF, Act, Command, Reply
from detector.edge.http_answer import JSON, Answer
from detector.edge.journal import Case
from detector.stream.timestamp import format_event_time

ROOT: Final = "/alerts"

OPEN: Final = "open"

ACTS: Final = {act.value: act for act in (Act.ACK, *KIND_OF)}

BUSY: Final = Answer(HTTPStatus.SERVICE_UNAVAILABLE, "the daemon has not come to it in time, and will not; try again\n")


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who answers; called from the server's threads. Each returns None where the daemon has not come to it."""

    cases: Callable[[], Sequence[Case] | None]
    """The last alerts, newest first."""
    still_open: Callable[[], Sequence[Case] | None]
    """Those that are open, however old, newest first."""
    case: Callable[[str], Sequence[Case] | None]
    """The alert of an id; none at all where it is not known."""
    command: Callable[[Command], Reply | None]


def is_below(path: str) -> bool:
    """Tell whether a path is one of ours."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def answer(alerts: Alerts, method: str, path: str) -> Answer:
    """Answer one request; a HEAD comes as a GET."""
    match path.removeprefix(ROOT).split("/")[1:]:
        case []:
            return _only_get(method) or _listed(alerts.cases())
        case [part] if part == OPEN:
            return _only_get(method) or _listed(alerts.still_open())
        case [alert] if ID.fullmatch(alert):
            return _only_get(method) or _one(alerts.case(alert), alert)
        case [alert, act] if ID.fullmatch(alert) and act in ACTS:
            return _act(alerts, method, alert, ACTS[act])
    return Answer(
        HTTPStatus.NOT_FOUND,
        f"no such path; there are {ROOT}, {ROOT}/{OPEN}, {ROOT}/ID and {ROOT}/ID/{{{','.join(ACTS)}}}, where ID is 16 digits of 0-9a-f\n",
    )


def case_json(case: Case) -> dict[str, object]:
    """Return an alert as people script against it: its last event, and what became of it."""
    return {
        **alert_json(case.last),
        "open": case.is_open,
        "opened": format_event_time(case.opened),
        "strength": {height.source: round(height.strength, 3) for height in case.last.heights},
        "acknowledged": case.acknowledged,
        "said": None if case.said is None else case.said.value,
    }


def _only_get(method: str) -> Answer | None:
    """Refuse any other method."""
    return None if method == "GET" else Answer(HTTPStatus.METHOD_NOT_ALLOWED, "expected GET\n", allow="GET, HEAD")


def _listed(cases: Sequence[Case] | None) -> Answer:
    """Answer with alerts."""
    return BUSY if cases is None else Answer(HTTPStatus.OK, _text([case_json(case) for case in cases]), JSON)


def _one(found: Sequence[Case] | None, alert: str) -> Answer:
    """Answer with one alert."""
    if found is None:
        return BUSY
    if not found:
        return Answer(HTTPStatus.NOT_FOUND, f"no alert {alert} is known; see {ROOT}\n")
    return Answer(HTTPStatus.OK, _text(case_json(found[0])), JSON)


def _act(alerts: Alerts, method: str, alert: str, act: Act) -> Answer:
    """Do what a POST asks, or say what it would do."""
    has_preview = act in KIND_OF
    if method != "POST" and not (method == "GET" and has_preview):
        return Answer(
            HTTPStatus.METHOD_NOT_ALLOWED, "expected POST\n", allow="GET, HEAD, POST" if has_preview else "POST"
        )
    reply = alerts.command(Command(act, "http", alert, preview=method == "GET"))
    if reply is None:
        return BUSY
    status = HTTPStatus.OK if reply.ok else HTTPStatus.CONFLICT if reply.known else HTTPStatus.NOT_FOUND
    return Answer(status, f"{reply.text}\n")


def _text(value: object) -> str:
    """Return a value as JSON."""
    return orjson.dumps(value).decode() + "\n"

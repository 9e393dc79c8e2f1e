"""A webhook is posted what Alertmanager would post, once a try, whatever the server does; nobody waits for it."""

import base64
import logging
import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from detector.clock import SystemClock
from detector.edge.sinks.keyring import Keyring
from detector.edge.sinks.porter import Porter
from detector.edge.sinks.sink import Answer
from detector.edge.sinks.surroundings import Surroundings
from detector.edge.sinks.webhook import Webhook
from detector.errors import ConfigError
from detector.notice import Notice
from detector.settings.transports import WebhookSettings
from tests.system.broker import Certificates
from tests.system.going import going
from tests.system.patience import wait_until
from tests.system.receiving import Receiver, answer, cut, flood, hang, trickle
from tests.unit.edge.sinks.notices import ANNOTATIONS, LABELS, TEXT, notice

PATIENT = 3600.0
"""A timeout that no test waits for."""


def webhook(folder: Path, **settings: Any) -> AbstractContextManager[Porter[Notice]]:
    """Return a sink for a block."""
    around = Surroundings(Keyring(folder, {}), SystemClock(), external_url="http://page")
    return going(Porter("people", Webhook(WebhookSettings(**{"timeout": 5.0, **settings}), around)))


def answers(sink: Porter[Notice], count: int = 1) -> list[Answer]:
    """Wait for so many answers, and return them."""
    heard = list[Answer]()

    def enough() -> bool:
        heard.extend(sink.answers())
        return len(heard) >= count

    wait_until(enough, f"{count} answers")
    return heard


def told(sink: Porter[Notice], number: int = 1) -> Answer:
    """Offer a notice, and return what became of it."""
    sink.offer(notice(number))
    return answers(sink)[0]


def test_a_notice_is_posted_in_the_shape_of_version_4(tmp_path: Path) -> None:
    """The body holds what Alertmanager's does; the idempotency key is that of the notice."""
    with Receiver() as server, webhook(tmp_path, url=f"{server.url}/hook?x=1") as sink:
        assert told(sink) == Answer(notice().key)
        came = server.came[0]
    assert came.path == "/hook?x=1"
    assert came.headers["Idempotency-Key"] == "3f2a-1"
    assert came.headers["Content-Type"] == "application/json"
    assert came.said == {
        "version": "4",
        "groupKey": "3f2a",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "people",
        "groupLabels": {"device": "pump-1", "site": "north"},
        "commonLabels": {
            "alertname": "SensorAnomaly",
            "channel": "temperature",
            "device": "pump-1",
            "kind": "residual",
            "severity": "warning",
            "site": "north",
            "verdict": "process",
        },
        "commonAnnotations": {"summary": "pump-1 temperature: warning", "description": TEXT},
        "externalURL": "http://page",
        "alerts": [
            {
                "status": "firing",
                "labels": LABELS,
                "annotations": ANNOTATIONS,
                "startsAt": "2023-11-14T22:13:20Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://page",
                "fingerprint": "pump-1/temperature/process",
            }
        ],
    }


def test_what_is_over_says_when_it_ended(tmp_path: Path) -> None:
    """A resolved notice has status `resolved`, its alerts the time of their end; those that are not listed are counted."""
    with Receiver() as server, webhook(tmp_path, url=server.url) as sink:
        sink.offer(notice(2, over=True, count=7))
        answers(sink)
        said = server.came[0].said
    assert said["status"] == said["alerts"][0]["status"] == "resolved"
    assert said["alerts"][0]["endsAt"] == "2023-11-14T22:14:20Z"
    assert said["truncatedAlerts"] == 6


@pytest.mark.parametrize("status", [301, 308, 401, 403, 404, 408, 429, 500, 503])
def test_what_the_way_is_to_blame_for_may_be_tried_again(tmp_path: Path, status: int) -> None:
    """A status that somebody can mend, or that passes, is a fault and not hopeless."""
    with Receiver().then(answer(status, "no")) as server, webhook(tmp_path, url=server.url) as sink:
        said = told(sink)
        assert said.fault is not None
        assert f"answered {status}" in said.fault
        assert not said.hopeless
        assert told(sink, 2).fault is None


def test_what_the_body_is_to_blame_for_is_hopeless(tmp_path: Path) -> None:
    """A server that does not understand what was posted would not understand it the next time either; it is quoted."""
    with Receiver().then(answer(400, "no field x")) as server, webhook(tmp_path, url=server.url) as sink:
        said = told(sink)
    assert said == Answer(notice().key, f"{server.url} answered 400 Bad Request: no field x", hopeless=True)


def test_a_second_try_is_known_by_its_key(tmp_path: Path) -> None:
    """Offered again after a failure, a notice is posted with the same body and key: a receiver can tell that it had it."""
    with Receiver().then(answer(500)) as server, webhook(tmp_path, url=server.url) as sink:
        assert told(sink).fault is not None
        assert told(sink).fault is None
        first, second = server.came
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


def test_a_server_that_asks_for_a_pause_gets_it(tmp_path: Path) -> None:
    """After `Retry-After: 1` the next request of the sink comes a second later, whichever notice it is."""
    with Receiver().then(answer(429, Retry_After="1")) as server, webhook(tmp_path, url=server.url) as sink:
        assert told(sink).fault is not None
        assert told(sink, 2).fault is None
        first, second = server.came
    assert second.at - first.at >= 1.0


@pytest.mark.parametrize("manner", [hang, trickle])
def test_a_server_that_hangs_is_left_at_the_deadline(tmp_path: Path, manner: Any) -> None:
    """Saying nothing, or one byte after the other, ends at the timeout; nobody knows whether the notice arrived."""
    with Receiver().then(manner) as server, webhook(tmp_path, url=server.url, timeout=0.2) as sink:
        assert told(sink) == Answer(notice().key, f"{server.url}: no answer within 0.2 s")


def test_nobody_waits_for_a_server_that_hangs(tmp_path: Path) -> None:
    """With a server that will never answer, a window full of offers is taken at once and the sink closes at once."""
    with Receiver().always(hang) as server, webhook(tmp_path, url=server.url, timeout=PATIENT) as sink:
        for number in range(200):
            sink.offer(notice(number))
        server.until(1)
        assert sink.answers() == []
    assert len(server.came) == 1


def test_a_server_that_breaks_off_did_not_answer(tmp_path: Path) -> None:
    """A connection that ends within the answer leaves it open whether the notice arrived."""
    with Receiver().then(cut) as server, webhook(tmp_path, url=server.url) as sink:
        said = told(sink)
    assert said.fault is not None
    assert "no answer" in said.fault
    assert not said.hopeless


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_without_an_end_is_not_read_to_its_end(tmp_path: Path, status: int) -> None:
    """Of an answer only the status counts, and its beginning where it is a fault."""
    with Receiver().then(flood(status)) as server, webhook(tmp_path, url=server.url, timeout=PATIENT) as sink:
        said = told(sink)
    assert (said.fault is None) == (status == 200)
    assert said.fault is None or len(said.fault) < 300


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """What would be sent elsewhere is not sent; the fault says what to do."""
    with Receiver() as other, Receiver().then(answer(307, Location=other.url)) as server:
        with webhook(tmp_path, url=server.url) as sink:
            said = told(sink)
        assert other.came == ()
    assert said.fault is not None
    assert "give the address that it leads to" in said.fault


def test_where_nobody_listens_the_fault_says_so(tmp_path: Path) -> None:
    """A refused connection is a fault with the address in it."""
    with Receiver() as server:
        url = server.url
    with webhook(tmp_path, url=url) as sink:
        said = told(sink)
    assert said.fault is not None
    assert said.fault.startswith(f"{url}: no answer: ")
    assert "refused" in said.fault


def test_an_address_is_told_as_it_is_written(tmp_path: Path) -> None:
    """One of IPv6 stands in brackets, without which nobody could tell its port."""
    with webhook(tmp_path, url="http://[::1]:1") as sink:
        assert str(told(sink).fault).startswith("http://[::1]:1: no answer: ")


def test_a_certificate_has_to_be_trusted(tmp_path: Path) -> None:
    """An authority that the system does not know is refused, and accepted once it is named."""
    Certificates(tmp_path)
    with Receiver(tmp_path) as server:
        with webhook(tmp_path, url=server.url) as sink:
            said = told(sink)
        with webhook(tmp_path, url=server.url, ca_file="ca.crt") as sink:
            assert told(sink).fault is None
    assert said.fault is not None
    assert "cannot be trusted" in said.fault
    assert len(server.came) == 1


def test_a_name_that_the_certificate_does_not_bear_is_refused(tmp_path: Path) -> None:
    """A trusted certificate of another name is not enough."""
    Certificates(tmp_path)
    with (
        Receiver(tmp_path) as server,
        webhook(tmp_path, url=f"https://127.0.0.2:{server.port}", ca_file="ca.crt") as sink,
    ):
        said = told(sink)
    assert said.fault is not None
    assert server.came == ()


def write(path: Path, text: str) -> None:
    """Write a secret as its owner should."""
    path.write_text(text)
    path.chmod(0o600)


def test_secrets_prove_who_we_are_and_show_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """User and password, a token, an address that is a secret: sent, read anew once replaced, and in no fault and no log."""
    caplog.set_level(logging.DEBUG)
    write(tmp_path / "password", "pass-word\n")
    write(tmp_path / "token", "first-token")
    with Receiver().always(answer(503)) as server:
        write(tmp_path / "address", f"{server.url}/secret-path")
        with webhook(tmp_path, url=server.url, username="me", password_file="password") as sink:
            faults = [told(sink).fault]
        with webhook(tmp_path, url_file="address", bearer_token_file="token") as sink:
            faults.append(told(sink).fault)
            write(tmp_path / "token", "second-token")
            faults.append(told(sink).fault)
        one, two, three = server.came
    assert one.headers["Authorization"] == f"Basic {base64.b64encode(b'me:pass-word').decode()}"
    assert (two.path, two.headers["Authorization"]) == ("/secret-path", "Bearer first-token")
    assert three.headers["Authorization"] == "Bearer second-token"
    for secret in ("pass-word", "first-token", "second-token", "secret-path"):
        assert secret not in f"{faults}{caplog.text}"


def test_a_secret_that_cannot_be_sent_does_not_show_either(tmp_path: Path) -> None:
    """A token of two lines, or one that no header can hold, is a fault that does not repeat it."""
    write(tmp_path / "token", "first-line\nsecond-line")
    write(tmp_path / "latin", "secret-€")
    with Receiver() as server:
        faults = []
        for settings in (
            {"url": server.url, "bearer_token_file": "token"},
            {"url": server.url, "bearer_token_file": "latin"},
        ):
            with webhook(tmp_path, **settings) as sink:
                faults.append(told(sink).fault)
        assert server.came == ()
    assert faults == [f"{server.url}: its address, or what proves who we are, holds characters that cannot be sent"] * 2


def test_a_secret_that_vanishes_is_a_fault_that_can_be_mended(tmp_path: Path) -> None:
    """Missing at the start it is an error of the configuration; missing later it is told and tried again."""
    with pytest.raises(ConfigError, match="expected a file with a secret"), webhook(tmp_path, url_file="address"):
        pass
    with Receiver() as server:
        write(tmp_path / "address", server.url)
        with webhook(tmp_path, url_file="address") as sink:
            shutil.move(tmp_path / "address", tmp_path / "elsewhere")
            said = told(sink)
            assert said.fault is not None
            assert not said.hopeless
            shutil.move(tmp_path / "elsewhere", tmp_path / "address")
            assert told(sink).fault is None


def test_what_was_offered_is_carried_before_the_end(tmp_path: Path) -> None:
    """Asked to close with patience, the sink first posts what it has; what it has not posted then gets no answer."""
    with Receiver() as server, webhook(tmp_path, url=server.url) as sink:
        for number in range(20):
            sink.offer(notice(number))
        sink.close(PATIENT)
        assert [answer.key for answer in sink.answers()] == [notice(number).key for number in range(20)]

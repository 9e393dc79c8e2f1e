"""A real Alertmanager takes what we send, groups and inhibits it, and passes it on to a webhook: opened, graver, over."""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from detector.clock import SystemClock
from detector.domain import AlertEvent, Severity, Transition
from detector.edge.sinks.alertmanager import AT_ONCE, Alertmanager
from detector.edge.sinks.keyring import Keyring
from detector.edge.sinks.porter import Porter
from detector.edge.sinks.surroundings import Surroundings
from detector.settings.transports import AlertmanagerSettings
from tests.system.going import going
from tests.system.monitoring import SWIFT, AlertmanagerServer
from tests.system.patience import wait_until
from tests.system.receiving import Receiver
from tests.unit.edge.sinks.notices import turned

pytestmark = pytest.mark.needs("prometheus-alertmanager")

OPENED, UPDATED, CLOSED = Transition.OPENED, Transition.UPDATED, Transition.CLOSED


def sink(url: str, resend_every: float = 60.0) -> AbstractContextManager[Porter[AlertEvent]]:
    """Return a sink for a block."""
    settings = AlertmanagerSettings(urls=[url], resend_every=resend_every)
    way = Alertmanager(
        "prometheus", settings, Surroundings(Keyring(Path(), {}), SystemClock(), external_url="http://page")
    )
    return going(Porter("prometheus", way, AT_ONCE))


def heard(hook: Receiver) -> list[tuple[str, str, str]]:
    """Return status, severity and sentence of each alert that the webhook was told of, in order."""
    return [
        (one["status"], one["labels"]["severity"], one["annotations"]["description"])
        for came in hook.came
        for one in came.said["alerts"]
    ]


def test_an_alert_goes_all_the_way_and_back() -> None:
    """The webhook hears the sentence when it opens, again when it becomes critical, and that it is over."""
    sentence = "pump-1 temperature is strange."
    with Receiver() as hook, AlertmanagerServer(hook.url, SWIFT) as manager, sink(manager.url) as porter:
        porter.offer(turned(OPENED))
        assert ("firing", "warning", sentence) in _after(hook, 1)
        porter.offer(turned(UPDATED, Severity.CRITICAL))
        wait_until(lambda: ("firing", "critical", sentence) in heard(hook), "it was told as critical")
        assert ("resolved", "warning", sentence) not in heard(hook)  # it is graver, not over
        porter.offer(turned(CLOSED, Severity.CRITICAL))
        wait_until(lambda: ("resolved", "critical", sentence) in heard(hook), "its end was told")
        wait_until(lambda: manager.alerts() == [], "nothing fires")


def test_an_alert_that_nobody_sends_again_ends_by_itself() -> None:
    """While it is sent again its end moves on; when the sender is gone, Alertmanager lets it end a few sendings later."""
    with Receiver() as hook, AlertmanagerServer(hook.url, SWIFT) as manager:
        with sink(manager.url, resend_every=0.05) as porter:
            porter.offer(turned(OPENED))
            ends = set[str]()

            def moved_on() -> bool:
                ends.update(one["endsAt"] for one in manager.alerts())
                return len(ends) > 1

            wait_until(moved_on, "its end moved on")
        wait_until(lambda: manager.alerts() == [], "it ended by itself")


def _after(hook: Receiver, requests: int) -> list[tuple[str, str, str]]:
    """Wait for so many requests; return what was told."""
    hook.until(requests)
    return heard(hook)

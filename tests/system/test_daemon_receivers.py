"""A daemon tells its receivers: Alertmanager all the way to a webhook, a webhook, Apprise, a file; whatever they do, it scores."""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.system.alarms import SENSORS, alarm, pumps
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.monitoring import SWIFT, AlertmanagerServer
from tests.system.parties import Witness
from tests.system.patience import wait_until
from tests.system.receiving import Receiver, answer, hang

pytestmark = pytest.mark.needs("mosquitto")


def receivers(*ways: str) -> str:
    """Return a configuration with a receiver for each way."""
    listed = ", ".join(f"{{name: r{number}, wait: 10ms, {way}}}" for number, way in enumerate(ways))
    return f"alerts: {{receivers: [{listed}]}}"


def told(hook: Receiver, status: str, device: str) -> bool:
    """Return whether a webhook was told that a device's alert has this status."""
    return any(
        (one["status"], one["labels"]["device"]) == (status, device)
        for came in hook.came
        for one in came.said["alerts"]
    )


def calm(witness: Witness, device: str) -> None:
    """Publish readings within the range for a minute of the device's time."""
    now = time.time()
    for step in range(60):
        witness.publish(f"plant/a/{device}/telemetry", json.dumps({"ts": now + 1 + step, "flow": 50.0 + step % 3}))


@pytest.mark.needs("prometheus-alertmanager")
def test_an_alert_reaches_a_webhook_by_alertmanager_and_is_over_again(broker: Broker) -> None:
    """Fault, daemon, Alertmanager, webhook: the sentence arrives; the time is printed. When the fault is over that arrives too."""
    with (
        Receiver() as hook,
        AlertmanagerServer(hook.url, SWIFT) as manager,
        DaemonProcess(broker.url, receivers(f"alertmanager: {{urls: ['{manager.url}']}}"), SENSORS) as daemon,
        Witness(broker.port) as plant,
    ):
        daemon.until_ready()
        began = time.monotonic()
        alarm(plant, pumps(1))
        wait_until(lambda: told(hook, "firing", "pump-0001"), "the webhook was told")
        print(f"from fault to webhook: {time.monotonic() - began:.2f} s")
        (one,) = hook.came[0].said["alerts"]
        assert "999" in one["annotations"]["description"]
        assert one["labels"]["sensors"] == "pumps"
        assert one["labels"]["site"] == "a"
        calm(plant, "pump-0001")
        wait_until(lambda: told(hook, "resolved", "pump-0001"), "the webhook was told of the end")


def test_what_fires_is_sent_again_after_a_kill(broker: Broker) -> None:
    """A daemon that was killed knows what it told Alertmanager, and goes on telling it, without a new reading."""
    with (
        Receiver() as manager,
        DaemonProcess(
            broker.url, receivers(f"alertmanager: {{urls: ['{manager.url}'], resend_every: 100ms}}"), SENSORS
        ) as daemon,
        Witness(broker.port) as plant,
    ):
        daemon.until_ready()
        alarm(plant, pumps(1))
        manager.until(3)
        wait_until(lambda: daemon.scrape().total("detector_notifications_pending") == 0, "its answer was noted")
        daemon.send(signal.SIGKILL)
        daemon.wait()
        before = len(manager.came)
        daemon.restart()
        manager.until(before + 3)
        said = manager.came[-1].said
    assert [one["labels"]["device"] for one in said] == ["pump-0001"]


def test_all_ways_at_once(broker: Broker, tmp_path: Path) -> None:
    """A webhook, Apprise and a file are each told of the same alert, in their own form."""
    with Receiver() as hook, Receiver() as chat:
        (tmp_path / "urls").write_text(f"json://127.0.0.1:{chat.port}")
        (tmp_path / "urls").chmod(0o600)
        ways = (
            f"webhook: {{url: '{hook.url}'}}",
            f"apprise: {{urls_file: '{tmp_path}/urls'}}",
            f"file: {{path: '{tmp_path}/alerts.jsonl'}}",
        )
        with DaemonProcess(broker.url, receivers(*ways), SENSORS) as daemon, Witness(broker.port) as plant:
            daemon.until_ready()
            alarm(plant, pumps(1))
            hook.until(1)
            chat.until(1)
            wait_until(lambda: daemon.scrape().total("detector_notifications_pending") == 0, "all have answered")
            assert daemon.scrape().labels("detector_notifications_total", "sink") == {"mqtt", "r0", "r1", "r2"}
            daemon.send(signal.SIGTERM)
            assert daemon.wait() == 0
        (line,) = (tmp_path / "alerts.jsonl").read_text().splitlines()
        assert json.loads(line)["device"] == "pump-0001"
        assert told(hook, "firing", "pump-0001")
        assert "999" in chat.came[0].said["message"]
        assert hook.came[0].said["commonAnnotations"]["description"] == chat.came[0].said["message"]


@pytest.mark.parametrize(
    "way", ["webhook: {{url: 'http://{at}', timeout: 1h}}", "apprise: {{urls_file: '{file}', timeout: 1h}}"]
)
def test_a_receiver_that_hangs_holds_up_nothing(broker: Broker, tmp_path: Path, way: str) -> None:
    """With a receiver that never answers, readings are scored, other sinks told, a reload and an orderly end are done."""
    with Receiver().always(hang) as hook:
        (tmp_path / "urls").write_text(f"json://127.0.0.1:{hook.port}")
        (tmp_path / "urls").chmod(0o600)
        ways = receivers(way.format(at=f"127.0.0.1:{hook.port}", file=tmp_path / "urls"))
        with (
            DaemonProcess(broker.url, ways, SENSORS) as daemon,
            Witness(broker.port, "detector/alerts/#") as witness,
        ):
            daemon.until_ready()
            alarm(witness, pumps(1))
            hook.until(1)
            alarm(witness, pumps(*range(2, 50)))
            for _ in range(49):
                witness.hear()
            daemon.edit("timeout: 1h", "timeout: 2h")
            assert daemon.request("/-/reload", "POST").status == 200
            hook.until(2)  # what was not answered is offered anew
            daemon.send(signal.SIGTERM)
            assert daemon.wait() == 0
            assert "stopped" in daemon.log


def test_what_a_receiver_refuses_for_a_while_arrives_once_it_does_not(broker: Broker) -> None:
    """Answers of 500 lose nothing, and every try bears the same key; a restart in between changes neither."""
    with Receiver().always(answer(500)) as hook:
        ways = receivers(f"webhook: {{url: '{hook.url}'}}")
        with DaemonProcess(broker.url, ways, SENSORS) as daemon, Witness(broker.port) as plant:
            daemon.until_ready()
            alarm(plant, pumps(1))
            hook.until(2)
            daemon.send(signal.SIGKILL)
            daemon.wait()
            hook.always(answer(200))
            daemon.restart()
            hook.until(3)
            wait_until(lambda: daemon.scrape().total("detector_notifications_pending") == 0, "it was taken")
            keys = [came.headers["Idempotency-Key"] for came in hook.came]
    assert len(set(keys)) == 1


def test_a_reload_to_a_receiver_that_cannot_be_told_leaves_the_old_ones(broker: Broker) -> None:
    """A secret that is missing refuses the new configuration, with its place; the receivers from before go on."""
    with Receiver() as hook:
        ways = receivers(f"webhook: {{url: '{hook.url}'}}")
        with DaemonProcess(broker.url, ways, SENSORS) as daemon, Witness(broker.port) as plant:
            daemon.until_ready()
            daemon.edit(f"url: '{hook.url}'", "url_file: nowhere")
            refused = daemon.request("/-/reload", "POST")
            assert refused.status == 500
            assert "alerts.receivers: r0: webhook: " in refused.text
            alarm(plant, pumps(1))
            hook.until(1)

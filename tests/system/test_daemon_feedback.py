"""People judge alerts of a real daemon: over HTTP, over MQTT and with the command line; kills and reloads do not forget it."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet import noise
from tests.system.broker import Broker
from tests.system.commands import ROOT, detector
from tests.system.daemon_process import DaemonProcess
from tests.system.parties import Witness
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto")

SENSORS = """
sensors:
  - name: pumps
    group: none
    topics: ["plant/{site}/{device}/telemetry"]
    timestamp: {field: ts, format: unix}
"""
COMMANDS = "alerts: {mqtt: {commands: true}}"
BEGIN_S = 1_700_000_000
RESULTS = "detector/devices/+/set/+/result"
READINGS = 520


def publish(witness: Witness) -> None:
    """Publish two days of a pump that jumps once, and goes back."""
    for step, value in enumerate(noise(3, READINGS)):
        flow = value + 3.0 if 500 <= step < 506 else value
        witness.publish("plant/a/pump-1/telemetry", json.dumps({"ts": BEGIN_S + 300 * step, "flow": flow}))


def alerted(daemon: DaemonProcess, witness: Witness) -> str:
    """Let the daemon alert, and the alert be over; return its id."""
    daemon.until_ready()
    publish(witness)
    daemon.until("detector_observations_scored_total", READINGS)
    (alert,) = [one for one in json.loads(daemon.request("/alerts").text) if one["kind"] != "silent"]
    assert (alert["device"], alert["open"], alert["said"]) == ("pump-1", False, None)
    return str(alert["id"])


def said(daemon: DaemonProcess, alert: str) -> str | None:
    """Return what the daemon says that was said of an alert."""
    found: str | None = json.loads(daemon.request(f"/alerts/{alert}").text)["said"]
    return found


def cli(daemon: DaemonProcess, *words: str, url: bool = True) -> tuple[int, str]:
    """Run `detector alerts` beside the daemon; return its exit code and what it printed."""
    what, *more = words
    host, port = daemon.address
    where = ["--url", f"http://{host}:{port}"] if url else []
    done = detector("alerts", what, daemon.config, *more, *where, folder=daemon.folder)
    return done.returncode, done.stdout + done.stderr


def replies(witness: Witness) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the topic and the content of every result."""
    while True:
        topic, payload, retained = witness.hear()
        assert not retained
        yield topic, json.loads(payload)


def test_an_alert_is_judged_by_every_way_and_through_kills(broker: Broker) -> None:
    """Shown before it is done; called false by HTTP, kept through a kill, undone by MQTT, confirmed at the command line."""
    with (
        Witness(broker.port, RESULTS) as witness,
        DaemonProcess(broker.url, more=COMMANDS, sensors=SENSORS) as daemon,
    ):
        alert = alerted(daemon, witness)
        shown = daemon.request(f"/alerts/{alert}/false").text
        assert "would have removed 1 of the one alert of pump-1 flow" in shown
        assert said(daemon, alert) is None
        assert daemon.request(f"/alerts/{alert}/false", "POST").text == shown
        assert said(daemon, alert) == "false"
        assert daemon.scrape().value("detector_feedback_total", kind="false") == 1

        daemon.send(signal.SIGKILL)
        daemon.wait()
        daemon.restart().until_ready()
        assert said(daemon, alert) == "false"
        assert f"/alerts/{alert}" in daemon.request("/").text
        assert "Feedback in force" in daemon.request("/").text

        results = replies(witness)
        witness.publish("detector/devices/pump-1/set/feedback", json.dumps({"verdict": "undo", "alert": alert}))
        topic, result = next(results)
        assert topic == "detector/devices/pump-1/set/feedback/result"
        assert (result["ok"], result["alert"]) == (True, alert)
        assert str(result["text"]).startswith("Taken back")
        assert said(daemon, alert) is None

        code, printed = cli(daemon, "confirm", alert)
        assert code == 1  # nobody could be asked
        assert "Confirmed:" in printed
        assert "nothing was changed" in printed
        assert said(daemon, alert) is None
        assert cli(daemon, "confirm", alert, "--yes")[0] == 0
        assert said(daemon, alert) == "confirmed"
        code, printed = cli(daemon, "list")
        assert code == 0
        assert alert in printed
        assert "confirmed" in printed
        code, printed = cli(daemon, "false", "00000000000000ff", "--yes")
        assert code == 1
        assert "no alert 00000000000000ff is known" in printed

        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
        code, printed = cli(daemon, "list", "--json", url=False)  # from the journal, as nobody listens
        assert code == 0
        assert [one["said"] for one in map(json.loads, printed.splitlines()) if one["id"] == alert] == ["confirmed"]
        inspected = detector("state", "inspect", "state", folder=daemon.folder)
        assert inspected.returncode == 0
        assert f"{alert} pump-1 flow: confirmed" in inspected.stdout


def test_what_the_page_on_false_alarms_says_works(broker: Broker) -> None:
    """Every command that it has for a reader's own alerts is understood: it does what it says, or says why there is nothing to be done."""
    document = (ROOT / "docs/false-alarms.md").read_text(encoding="utf-8")
    commands = [
        line.partition("#")[0].split()
        for line in document.splitlines()
        if line.startswith(("detector alerts ", "curl http", "curl -X ")) and "tanks.yaml" not in line
    ]
    with Witness(broker.port) as witness, DaemonProcess(broker.url, more=COMMANDS, sensors=SENSORS) as daemon:
        alert = alerted(daemon, witness)
        for program, *words in commands:
            if program == "curl":
                method, path = (
                    "POST" if "POST" in words else "GET",
                    words[-1].partition(":9108")[2].replace("ID", alert),
                )
                assert daemon.request(path, method).status in (200, 409)
                continue
            assert words[:1] + words[2:3] == ["alerts", "CONFIG"]
            _, printed = cli(daemon, words[1], *(alert for word in words[3:] if word == "ID"))
            assert alert in printed or "pump-1 flow" in printed
            assert "usage:" not in printed
    assert len(commands) == 10


def test_commands_over_mqtt_are_answered_or_not_heard(broker: Broker) -> None:
    """Nonsense is answered with a sentence, retained ones and other topics of ours are not heard, and none becomes a reading."""
    everything = SENSORS.replace("plant/{site}/{device}/telemetry", "{a}/{b}/{device}/{c}/{d}")
    with Witness(broker.port, RESULTS) as witness:
        witness.publish("detector/devices/pump-1/set/ack", "ack", retain=True)
        with DaemonProcess(broker.url, more=COMMANDS, sensors=everything) as daemon:
            daemon.until_ready()
            results = replies(witness)
            for topic, payload, words in (
                ("feedback", "hurray", "expected a JSON object"),
                ("feedback", "false_alarm", "no alert of pump-1 is known"),
                ("maintenance", "tomorrow", "expected a duration such as 2h"),
                ("feedback", "x" * 5000, "expected at most 1024 bytes"),
            ):
                witness.publish("detector/devices/pump-1/set/state", "{}")
                witness.publish(f"detector/devices/pump-1/set/{topic}", payload)
                # where two of our filters match a topic, a broker may deliver it for each
                heard, result = next(one for one in results if words in str(one[1]["text"]))
                assert heard == f"detector/devices/pump-1/set/{topic}/result"
                assert not result["ok"]
            assert daemon.scrape().total("detector_readings_received_total") == 0
            assert "ignored a retained command" in daemon.log


def test_commands_are_taken_only_where_that_is_configured(broker: Broker) -> None:
    """Without it the broker is not even asked for them; with it after a reload they are heard."""
    with Witness(broker.port, RESULTS) as witness, DaemonProcess(broker.url, sensors=SENSORS) as daemon:
        daemon.until_ready()
        assert "subscribed to plant/+/+/telemetry\n" in daemon.log
        witness.publish("detector/devices/pump-1/set/ack", "")
        daemon.configure(COMMANDS, SENSORS)
        daemon.send(signal.SIGHUP)
        wait_until(
            lambda: "subscribed to plant/+/+/telemetry, detector/devices/+/set/+" in daemon.log, "the subscription"
        )
        witness.publish("detector/devices/pump-1/set/feedback", "confirmed")
        topic, _ = next(replies(witness))
        assert topic == "detector/devices/pump-1/set/feedback/result"
        assert "alerts.mqtt.commands: whoever may publish" in daemon.log


def test_a_page_elsewhere_judges_nothing(broker: Broker, tmp_path: Path) -> None:
    """A browser that another site's page sends here is refused, as it is for a reload."""
    with Witness(broker.port) as witness, DaemonProcess(broker.url, sensors=SENSORS) as daemon:
        alert = alerted(daemon, witness)
        refused = daemon.request(f"/alerts/{alert}/false", "POST", Origin="http://elsewhere.example")
        assert (refused.status, said(daemon, alert)) == (403, None)
        assert daemon.request(f"/alerts/{alert}/false", "POST", Host="elsewhere.example").status == 403
        assert said(daemon, alert) is None

"""Prometheus and Alertmanager with the configuration that ships: quiet while all is well, and told when it is not."""

import signal
import time

import pytest

from detector.lab.broker import free_port
from detector.lab.faults import FaultKind
from tests.system.alarms import SENSORS as ALARMS
from tests.system.alarms import alarm, pumps
from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.disk import SmallDisk
from tests.system.living_plant import LivingPlant, sensors
from tests.system.monitoring import AlertmanagerServer, Prometheus, webhook
from tests.system.parties import Witness
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto", "prometheus")

PUMPS = 6


def until_scored(prometheus: Prometheus, channels: int) -> None:
    """Wait until Prometheus knows that so many channels are scored."""
    wait_until(lambda: prometheus.value("count(detector_anomaly_score)") == channels, "every channel was scored")


def scraped(daemon: DaemonProcess) -> str:
    """Return where a daemon is scraped."""
    host, port = daemon.address
    return f"{host}:{port}"


@pytest.mark.needs("prometheus-alertmanager")
def test_a_fault_in_the_plant_reaches_a_phone(broker: Broker) -> None:
    """Simulated plant, mosquitto, daemon, Prometheus, rule, Alertmanager, webhook: a sentence with numbers and units, and its end."""
    with (
        webhook() as phone,
        AlertmanagerServer(phone.url) as alertmanager,
        DaemonProcess(broker.url, sensors=sensors()) as daemon,
        Prometheus(scraped(daemon), alertmanager.address) as prometheus,
        Witness(broker.port) as witness,
        LivingPlant(PUMPS, witness).running() as plant,
    ):
        until_scored(prometheus, 4 * PUMPS)
        began = time.monotonic()
        plant.begin(FaultKind.RANGE, "pump-03", "pressure")
        sentence = phone.hear_of(
            "firing", alertname="SensorAnomaly", device="pump-03", channel="pressure", kind="range"
        )
        took_s = time.monotonic() - began
        assert sentence.startswith("pump-03 pressure is 1")
        assert " bar, outside its limits of 0 to 16 bar, for " in sentence
        assert sentence.endswith("It looks like a fault of the sensor.")
        plant.mend()
        phone.hear_of("resolved", alertname="SensorAnomaly", device="pump-03", channel="pressure", kind="range")
    print(f"from fault to message: {took_s:.1f} s, by scrapes, rules and groups of 1 s each: {sentence}")


def test_all_is_quiet_while_all_is_well(broker: Broker) -> None:
    """By the rules that ship, nothing fires of a healthy daemon with a healthy plant: not while it learns, and not after."""
    with (
        DaemonProcess(broker.url, sensors=sensors()) as daemon,
        Prometheus(scraped(daemon)) as prometheus,
        Witness(broker.port) as witness,
        LivingPlant(PUMPS, witness).running(),
    ):
        until_scored(prometheus, 4 * PUMPS)
        told = {series["metric"]["alertname"] for series in prometheus.query("count_over_time(ALERTS[1h])")}
        assert told <= {"DetectorDown"}  # before the first scrape, which for once has to wait less than a rule does
        assert not prometheus.firing()


def test_a_broker_that_dies_is_told_and_its_return_as_well(broker: Broker) -> None:
    """DetectorMqttDisconnected fires when the broker is killed, and ends when it is back."""
    with DaemonProcess(broker.url) as daemon, Prometheus(scraped(daemon)) as prometheus:
        daemon.until_ready()
        broker.kill()
        assert "has no connection to its MQTT broker" in prometheus.until_fires("DetectorMqttDisconnected")
        broker.start()
        prometheus.until_quiet("DetectorMqttDisconnected")


def test_a_daemon_that_dies_is_told(broker: Broker) -> None:
    """DetectorDown fires when the daemon is killed, and ends when it is back."""
    with (
        DaemonProcess(broker.url, listen=f"127.0.0.1:{free_port()}") as daemon,
        Prometheus(scraped(daemon)) as prometheus,
    ):
        daemon.until_ready()
        wait_until(lambda: prometheus.value("up") == 1, "Prometheus saw it")
        daemon.send(signal.SIGKILL)
        daemon.wait()
        assert "Nobody watches the plant" in prometheus.until_fires("DetectorDown")
        daemon.restart()
        prometheus.until_quiet("DetectorDown")


def test_a_refused_configuration_is_told(broker: Broker) -> None:
    """DetectorConfigReloadFailed fires after a reload with a fault in it, and ends after one without."""
    with DaemonProcess(broker.url) as daemon, Prometheus(scraped(daemon)) as prometheus:
        daemon.until_ready()
        daemon.edit("model: model", "model: model\nbugdet: 1 per device per week")
        assert daemon.request("/-/reload", "POST").status == 500
        assert "refused its new configuration" in prometheus.until_fires("DetectorConfigReloadFailed")
        daemon.edit("bugdet", "budget")
        assert daemon.request("/-/reload", "POST").status == 200
        prometheus.until_quiet("DetectorConfigReloadFailed")


def test_readings_that_are_given_up_are_told(broker: Broker) -> None:
    """DetectorDroppingReadings fires when the inbox overflows by a policy that gives up."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.edit("mqtt: {", "mqtt: {inbox: {max_messages: 1, overflow: drop_newest}, ")
        daemon.restart().until_ready()
        with Prometheus(scraped(daemon)) as prometheus:
            wait_until(lambda: prometheus.value("up") == 1, "Prometheus saw it")

            def told() -> bool:
                for _ in range(200):
                    witness.send("meters/m1/power", b"1")
                return "DetectorDroppingReadings" in prometheus.firing()

            wait_until(told, "DetectorDroppingReadings fired")


def test_payloads_that_cannot_be_used_are_told(broker: Broker) -> None:
    """DetectorRejectingReadings fires when what comes is no reading, and says how much of it."""
    with (
        DaemonProcess(broker.url) as daemon,
        Prometheus(scraped(daemon)) as prometheus,
        Witness(broker.port) as witness,
    ):
        daemon.until_ready()

        def told() -> bool:
            witness.send("meters/m1/power", b"broken")
            return "DetectorRejectingReadings" in prometheus.firing()

        wait_until(told, "DetectorRejectingReadings fired")
        assert "cannot use 100% of what it receives" in prometheus.firing()["DetectorRejectingReadings"]


def test_a_full_disk_is_told(broker: Broker, disk: SmallDisk) -> None:
    """DetectorJournalTrouble and DetectorSnapshotOld fire while nothing can be written, and end when there is room again."""
    with (
        DaemonProcess(broker.url, more=f"state: {{directory: '{disk.folder}', snapshot_every: 1s}}") as daemon,
        Prometheus(scraped(daemon)) as prometheus,
        Witness(broker.port) as witness,
    ):
        daemon.until_ready()
        disk.fill()

        def told() -> bool:
            witness.publish("meters/m1/power", *map(str, range(500)))
            return {"DetectorJournalTrouble", "DetectorSnapshotOld"} <= prometheus.firing().keys()

        wait_until(told, "both fired")
        disk.empty()
        prometheus.until_quiet("DetectorJournalTrouble")
        prometheus.until_quiet("DetectorSnapshotOld")


def test_alerts_that_do_not_arrive_are_told() -> None:
    """DetectorNotificationsFailing fires while the broker refuses what we publish: the message comes by Prometheus instead."""
    users, rules = {"mute": "m", "speaker": "s"}, "user mute\ntopic read plant/#\nuser speaker\ntopic readwrite #\n"
    with Broker(users=users, rules=rules) as broker, DaemonProcess(broker.url, sensors=ALARMS) as daemon:
        (daemon.folder / "password").write_text("m")
        (daemon.folder / "password").chmod(0o600)
        daemon.edit("mqtt: {", "mqtt: {username: mute, password_file: password, ")
        daemon.restart().until_ready()
        with (
            Prometheus(scraped(daemon)) as prometheus,
            Witness(broker.port, username="speaker", password="s") as witness,
        ):
            alarm(witness, pumps(1))
            sentence = prometheus.until_fires("DetectorNotificationsFailing")
            assert "do not arrive by mqtt" in sentence


def test_channels_without_series_are_told(broker: Broker) -> None:
    """DetectorSeriesLeftOut fires while max_series has no room for all, and ends when there is."""
    with DaemonProcess(broker.url) as daemon, Witness(broker.port) as witness:
        daemon.edit("metrics: {", "metrics: {max_series: 10, ")
        daemon.restart().until_ready()
        with Prometheus(scraped(daemon)) as prometheus:
            witness.publish("meters/m1/power", "1")
            witness.publish("meters/m2/power", "1")
            assert "are left out of its metrics" in prometheus.until_fires("DetectorSeriesLeftOut")
            daemon.edit("max_series: 10,", "max_series: 1000,")
            assert daemon.request("/-/reload", "POST").status == 200
            prometheus.until_quiet("DetectorSeriesLeftOut")

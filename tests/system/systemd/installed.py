"""The detector of a machine, as its administrator sees it: the unit, its configuration, its broker, its metrics.

In: a machine that our installer went over. Out: the shipped sample of mosquitto's configuration running there, and words for what one does.
"""

import json
from collections.abc import Sequence

from tests.system.daemon_process import Scrape
from tests.system.patience import wait_until
from tests.system.systemd.machine import ROOT, Machine

CONFIG = "/etc/detector/detector.yaml"
PASSWORD_FILE = "/etc/detector/mqtt_password"
PASSWORDS = {"detector": "of the daemon", "plant": "of the plant", "viewer": "of those who look"}
STARTER = ROOT / "deploy" / "systemd" / "detector.yaml"
SAMPLE = ROOT / "deploy" / "mosquitto"
START = 1_700_000_000
"""Event time of the first reading, Unix time."""

AFRESH = """
systemctl stop 'detector*' mosquitto
rm -rf /etc/systemd/system/*.wants/detector*
systemctl reset-failed
rm -rf /var/lib/detector* /var/lib/private/detector* /etc/detector/* /etc/systemd/system/detector*.d
install -m 0644 /mnt/checkout/deploy/systemd/*.service /etc/systemd/system/
ln -sf /opt/detector/.venv/bin/detector /usr/local/bin/detector
rm -rf /var/lib/mosquitto/mosquitto.db /etc/mosquitto/conf.d/* /etc/mosquitto/acl /etc/mosquitto/passwords
systemctl daemon-reload
systemctl start mosquitto
"""

GET = "import sys, urllib.error, urllib.request\ntry: a = urllib.request.urlopen(sys.argv[1])\nexcept urllib.error.HTTPError as e: a = e\nprint(a.read().decode())"


class Installed:
    """One detector on the machine; several plants have a unit, a configuration and a port each."""

    def __init__(self, machine: Machine, unit: str = "detector", config: str = CONFIG, port: int = 9108) -> None:
        """Name it; nothing is started."""
        self.machine, self.unit, self.config, self.port = machine, unit, config, port

    def configure(self, old: str = "", new: str = "") -> None:
        """Write the shipped first configuration, with the broker's user and event times, and `new` in the place of `old`."""
        text = (
            STARTER.read_text(encoding="utf-8")
            .replace("# username", "username")
            .replace("# password_file", "password_file")
        )
        text += "    timestamp: {field: ts, format: unix}\n"
        assert old in text
        self.machine.write(self.config, text.replace(old, new))

    def start(self) -> None:
        """Start it, as an administrator does: the command returns once it is ready."""
        done = self.machine.run("systemctl", "start", self.unit)
        assert done.returncode == 0, done.stderr + self.journal

    @property
    def journal(self) -> str:
        """What the journal has of it since the machine was as new."""
        return self.machine.journal(self.unit)

    def show(self, name: str) -> str:
        """Return a property of the unit."""
        return self.machine.show(self.unit, name)

    @property
    def pid(self) -> str:
        """The daemon's process, as numbered inside."""
        return self.show("MainPID")

    def get(self, path: str) -> str:
        """Return what HTTP answers, whatever its status; nothing where nobody listens."""
        return self.machine.run("python3", "-c", GET, f"http://127.0.0.1:{self.port}{path}").stdout

    def scrape(self) -> Scrape:
        """Return the metrics of one moment."""
        return Scrape(self.get("/metrics"))

    def publish(self, device: str, values: Sequence[float], first: int = 0, site: str = "north") -> None:
        """Send readings of a device, a second apart, as the plant's own user."""
        lines = [json.dumps({"ts": START + first + at, "temperature": value}) for at, value in enumerate(values)]
        words = ["-u", "plant", "-P", PASSWORDS["plant"], "-q", "1", "-t", f"plant/{site}/{device}/telemetry", "-l"]
        self.machine.succeed("mosquitto_pub", *words, stdin="\n".join(lines) + "\n")

    def until_scored(self, readings: int) -> Scrape:
        """Wait until so many readings of this run are scored."""
        wait_until(
            lambda: self.scrape().value("detector_observations_scored_total") >= readings, f"{readings} readings scored"
        )
        return self.scrape()

    def until_up_again(self, before: str) -> None:
        """Wait until another process than `before` is ready."""
        wait_until(
            lambda: self.show("ActiveState") == "active" and self.pid not in ("0", before), "the unit was up again"
        )


def set_up_broker(machine: Machine) -> None:
    """Run Debian's mosquitto on the shipped sample, with a password for each user of its rules; and give the daemon its own."""
    machine.write("/etc/mosquitto/conf.d/detector.conf", (SAMPLE / "mosquitto.conf").read_text(encoding="utf-8"))
    machine.write("/etc/mosquitto/acl", (SAMPLE / "acl").read_text(encoding="utf-8"))
    machine.write("/etc/mosquitto/passwords", "")
    for user, word in PASSWORDS.items():
        machine.succeed("mosquitto_passwd", "-b", "/etc/mosquitto/passwords", user, word)
    machine.succeed("chown", "mosquitto:", "/etc/mosquitto/passwords", "/etc/mosquitto/acl")
    machine.succeed("chmod", "0400", "/etc/mosquitto/passwords", "/etc/mosquitto/acl")
    machine.succeed("systemctl", "restart", "mosquitto")
    machine.write(PASSWORD_FILE, PASSWORDS["detector"], mode=0o600)


def start_afresh(machine: Machine) -> None:
    """Let the machine be as after the installation: nothing learnt, configured, queued or running but an open broker for the machine itself."""
    machine.succeed("bash", "-c", AFRESH)
    machine.write(CONFIG, STARTER.read_text(encoding="utf-8"))
    machine.turn_page()


def status(machine: Machine, pid: str) -> dict[str, str]:
    """Return what the kernel says of a process of the machine."""
    lines = machine.path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def hear(machine: Machine, topic: str) -> str:
    """Return the retained message of a topic, as somebody who looks."""
    return machine.succeed("mosquitto_sub", "-u", "viewer", "-P", PASSWORDS["viewer"], "-C", "1", "-t", topic)

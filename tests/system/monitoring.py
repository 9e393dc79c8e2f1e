"""Real Prometheus and Alertmanager with the configuration that ships, in folders of their own, and a webhook that they tell.

In: where a daemon is scraped. Out: running processes that can be asked; killed and gone at the end of the block, whatever happens.
Addresses are those of the test; what waits minutes in the rules waits a second here, and what looks back so far looks back ten. Nothing else is changed.
"""

import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import yaml

from detector.lab.broker import free_port
from tests.system.patience import PATIENCE_S, wait_until
from tests.system.receiving import Receiver

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
WAITS = re.compile(r"^(\s*(?:for|keep_firing_for): )\S+$", re.MULTILINE)
"""How long a rule waits before an alert fires, and goes on firing after."""
WINDOWS = re.compile(r"\[\d+[mh]\]")
"""How far back it looks."""


SWIFT = """
route: {{receiver: hook, group_by: [alertname, device], group_wait: 10ms, group_interval: 100ms, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: '{hook}', send_resolved: true}}]}}]
inhibit_rules:
  - source_matchers: [severity = critical]
    target_matchers: [severity =~ "warning|info"]
    equal: [device, channel, kind]
"""
"""Delays are short, so that tests need not wait; the inhibition is that of Alertmanager's own example."""


class _Server:
    """A process that answers HTTP on a port of its own, and the folder it lives in."""

    def __init__(self, name: str) -> None:
        """Choose a port; nothing runs yet."""
        self.folder, self.port = Path(tempfile.mkdtemp(prefix=f"{name}-")), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return the command line."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Start, and wait until it is ready; fail with its log."""
        with (self.folder / "log").open("wb") as log:
            self._process = process = subprocess.Popen(self.command(), stdout=log, stderr=log, cwd=self.folder)
        try:
            wait_until(lambda: self._ready() or process.poll() is not None, f"{self.command()[0]} was ready")
            assert process.poll() is None, (self.folder / "log").read_text()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Kill our own process, and remove its folder."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, path: str, **query: str) -> Any:
        """Return what it answers, as JSON."""
        url = f"http://{self.address}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def _ready(self) -> bool:
        """Return whether it serves."""
        with suppress(OSError), urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=PATIENCE_S) as answer:
            return bool(answer.status == 200)
        return False


class Prometheus(_Server):
    """Scrapes a daemon each second, by the configuration and the rules that ship."""

    def __init__(self, scraped: str, alertmanager: str | None = None) -> None:
        """Write the configuration."""
        super().__init__("prometheus")
        shipped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
        shipped["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        shipped["scrape_configs"][0]["static_configs"][0]["targets"] = [scraped]
        told = [] if alertmanager is None else [{"static_configs": [{"targets": [alertmanager]}]}]
        shipped["alerting"]["alertmanagers"] = told
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(shipped))
        (self.folder / "rules").mkdir()
        for rules in (DEPLOY / "prometheus" / "rules").glob("*.yml"):
            hastened = WINDOWS.sub("[10s]", WAITS.sub(r"\g<1>1s", rules.read_text(encoding="utf-8")))
            (self.folder / "rules" / rules.name).write_text(hastened, encoding="utf-8")

    def command(self) -> list[str]:
        """Return the command line."""
        options = {"config.file": "prometheus.yml", "storage.tsdb.path": "tsdb", "web.listen-address": self.address}
        return ["prometheus", *(f"--{name}={value}" for name, value in options.items())]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression as of now."""
        found: list[dict[str, Any]] = self.ask("/api/v1/query", query=expression)["data"]["result"]
        return found

    def value(self, expression: str) -> float:
        """Return the sum over the series of an expression, 0 without one."""
        return sum(float(series["value"][1]) for series in self.query(expression))

    def firing(self) -> dict[str, str]:
        """Return the sentence of each alert that fires, by its name."""
        alerts = self.ask("/api/v1/alerts")["data"]["alerts"]
        return {a["labels"]["alertname"]: a["annotations"]["summary"] for a in alerts if a["state"] == "firing"}

    def until_fires(self, name: str) -> str:
        """Wait until an alert fires; return its sentence."""
        wait_until(lambda: name in self.firing(), f"{name} fired")
        return self.firing()[name]

    def until_quiet(self, name: str) -> None:
        """Wait until an alert fires no more."""
        wait_until(lambda: name not in self.firing(), f"{name} ended")


class AlertmanagerServer(_Server):
    """Groups, inhibits and tells a webhook, by the configuration that ships, or one that a test has."""

    def __init__(self, webhook: str, configuration: str | None = None) -> None:
        """Write the configuration; a test's has `{hook}` for the webhook."""
        super().__init__("alertmanager")
        if configuration is not None:
            (self.folder / "alertmanager.yml").write_text(configuration.format(hook=webhook))
            return
        shipped = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8"))
        shipped["route"] |= {"group_wait": "1s", "group_interval": "1s"}
        for receiver in shipped["receivers"]:
            for hook in receiver.get("webhook_configs", ()):
                hook["url"] = webhook
        (self.folder / "alertmanager.yml").write_text(yaml.safe_dump(shipped))

    def command(self) -> list[str]:
        """Return the command line; alone, without a cluster."""
        options = {"config.file": "alertmanager.yml", "storage.path": "data", "web.listen-address": self.address}
        return [
            "prometheus-alertmanager",
            *(f"--{name}={value}" for name, value in options.items()),
            "--cluster.listen-address=",
        ]

    @property
    def url(self) -> str:
        """Its address, as sinks have it."""
        return f"http://{self.address}"

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that it has and that are not over, as its API shows them."""
        found: list[dict[str, Any]] = self.ask("/api/v2/alerts")
        return found

    def tell(self, *alerts: Mapping[str, str]) -> None:
        """Let alerts with these labels fire, as Prometheus would."""
        body = json.dumps([{"labels": alert} for alert in alerts]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{self.address}/api/v2/alerts", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            assert answer.status == 200


class Webhook:
    """Hears what Alertmanager tells."""

    def __init__(self, receiver: Receiver) -> None:
        """Hear what a receiver is posted."""
        self.url, self._receiver, self._heard = receiver.url, receiver, 0

    def hear(self) -> list[Mapping[str, str]]:
        """Wait for the next notification; return the labels of its alerts."""
        return [alert["labels"] for alert in self._next()]

    def hear_of(self, status: str, **labels: str) -> str:
        """Wait until an alert with these labels is told as `firing` or `resolved`; return its sentence."""
        while True:
            for alert in self._next():
                if alert["status"] == status and labels.items() <= alert["labels"].items():
                    return str(alert["annotations"]["summary"])

    def _next(self) -> list[dict[str, Any]]:
        """Wait for the next notification; return its alerts."""
        self._heard += 1
        alerts: list[dict[str, Any]] = self._receiver.until(self._heard)[self._heard - 1].said["alerts"]
        return alerts


@contextmanager
def webhook() -> Iterator[Webhook]:
    """Listen on a free port."""
    with Receiver() as receiver:
        yield Webhook(receiver)

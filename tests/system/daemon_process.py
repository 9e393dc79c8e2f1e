"""A real `detector run` for tests: its own folder, model, configuration and free HTTP port; gone afterwards.

In: a broker's URL and further configuration. Out: a running process that can be scraped, signalled and read.
"""

import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from detector.edge.model_file import save_model
from detector.forecast.cell import CellKind
from detector.forecast.scaling import FEATURES
from tests.system.patience import PATIENCE_S, wait_for_count, wait_until

ROOT = Path(__file__).parent.parent.parent
LISTENING = re.compile(r"listening on (\S+)")

SENSORS = """
sensors:
  - name: pumps
    topics: ["plant/{site}/{device}/telemetry"]
    timestamp: {field: ts, format: unix}
  - name: meters
    topics: ["meters/{device}/{channel}"]
    format: value
"""


def write_model(folder: Path) -> None:
    """Write a small untrained network: what the daemon does does not depend on how well it forecasts."""
    draw, hidden = np.random.default_rng(1), 8
    shapes: dict[str, tuple[int, ...]] = {
        "embed.weight": (hidden, FEATURES),
        "embed.bias": (hidden,),
        "cell.weight_ih_l0": (4 * hidden, hidden),
        "cell.weight_hh_l0": (4 * hidden, hidden),
        "cell.bias_ih_l0": (4 * hidden,),
        "cell.bias_hh_l0": (4 * hidden,),
        "head.weight": (3, hidden),
        "head.bias": (3,),
    }
    tensors = {name: draw.normal(0.0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    save_model(folder, CellKind.LSTM, tensors, {})


@dataclass(frozen=True)
class Answer:
    """What an HTTP request came to."""

    status: int
    text: str
    content_type: str


class Scrape:
    """The samples of one scrape."""

    def __init__(self, text: str) -> None:
        """Parse with Prometheus' own parser."""
        families = text_string_to_metric_families(text)
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """Return one sample."""
        return self.samples[name, frozenset(labels.items())]

    def total(self, name: str) -> float:
        """Return the sum over all labels of a name."""
        return sum(value for (sample, _), value in self.samples.items() if sample == name)

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values that a label of a name has."""
        return {dict(labels)[label] for sample, labels in self.samples if sample == name}

    @property
    def balance(self) -> float:
        """Return received readings minus all that is known of them: zero, always."""
        ended = ("rejected_total", "dropped_total", "late_total", "duplicate_total")
        known = sum(self.total(f"detector_readings_{end}") for end in ended)
        known += self.value("detector_observations_scored_total") + self.value("detector_observations_pending")
        return self.value("detector_readings_received_total") - known


class DaemonProcess:
    """One `detector run` and the folder it lives in."""

    def __init__(self, server: str, more: str = "", sensors: str = SENSORS, listen: str = "127.0.0.1:0") -> None:
        """Write model and configuration; nothing runs yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="detector-"))
        self.config = self.folder / "detector.yaml"
        self._server, self._listen = server, listen
        write_model(self.folder / "model")
        self.configure(more, sensors)
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, more: str = "", sensors: str = SENSORS) -> None:
        """Write the configuration anew."""
        mqtt = f"mqtt: {{servers: ['{self._server}'], session_expiry: 60s, reconnect_min: 100ms, reconnect_max: 500ms}}"
        self.config.write_text(
            f"{mqtt}\nmodel: model\nmetrics: {{listen: '{self._listen}'}}\n{more}\n{sensors}", encoding="utf-8"
        )

    def __enter__(self) -> Self:
        """Start, and wait until HTTP is there."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "detector", "run", str(self.config)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log, env=environment, cwd=self.folder)
        wait_until(lambda: LISTENING.search(self.log) is not None or not self.running, "the daemon listened")
        if not self.running:
            raise RuntimeError(f"the daemon ended at once:\n{self.log}")
        return self

    def restart(self) -> Self:
        """Start anew in the same folder, after the end of the process before, which is asked for if need be; the log begins anew."""
        if self.running:
            self.send(signal.SIGTERM)
            self.wait()
        (self.folder / "log").unlink()
        return self.__enter__()

    def edit(self, old: str, new: str) -> None:
        """Change the configuration file in one place."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    def __exit__(self, *_: object) -> None:
        """Kill the process if it still runs, and remove the folder."""
        if self.running:
            self.send(signal.SIGKILL)
            self.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process; there is one after the start."""
        assert self._process is not None
        return self._process

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What the daemon logged so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def address(self) -> tuple[str, int]:
        """Where HTTP is listened on."""
        found = LISTENING.search(self.log)
        assert found is not None
        host, _, port = found[1].rpartition(":")
        return host, int(port)

    def has_room(self) -> bool:
        """Whether HTTP answers; it cuts a connection for which it has no room."""
        try:
            return self.request("/-/healthy").status == 200
        except OSError:
            return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal to our own process."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for the end; return the exit code."""
        return self.process.wait(PATIENCE_S)

    def request(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send a request and return the answer, whatever its status."""
        host, port = self.address
        request = urllib.request.Request(f"http://{host}:{port}{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                body, status, kind = response.read(), response.status, response.headers
        except urllib.error.HTTPError as refused:
            with refused:
                body, status, kind = refused.read(), refused.code, refused.headers
        if kind["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        return Answer(status, body.decode(), kind["Content-Type"] or "")

    def scrape(self) -> Scrape:
        """Return the metrics of one moment."""
        return Scrape(self.request("/metrics").text)

    def until_ready(self) -> Self:
        """Wait until the daemon says that it is ready."""
        wait_until(lambda: self.request("/-/ready").status == 200, "the daemon was ready")
        return self

    def until(self, name: str, at_least: float) -> Scrape:
        """Wait until the total of a metric has come so far, for as long as it moves; return that scrape."""
        wait_for_count(lambda: self.scrape().total(name), at_least, name)
        return self.scrape()

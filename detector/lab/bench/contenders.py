"""Who takes the stream: the detector in its variants, and programs that others use, each a process of its own.

In: a broker's address. Out: a `Subject`: its process, how many messages it has taken all the way, whether it is in its stride.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from detector.edge import process_cost
from detector.errors import DetectorError
from detector.lab.bench.load import Stream, wait_for
from detector.lab.bench.packets import CHANNELS, TOPIC
from detector.lab.broker import child_process, free_port, tail
from detector.lab.daemon_process import DaemonProcess, daemon_of

FILTER: Final = "bench/#"

BASE: Final = "detector"

PROBE_TOPICS, PROBE_CHANNEL, PROBE_RANGE = "probe/{device}", "level", (0.0, 10.0)
"""Devices of the latency's own, whose values leave the range that is written for them."""

ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

MESSAGES_TAKEN: Final = re.compile(r"^mqtt_message_total\{.*\} (\S+)$", re.MULTILINE)
"""mqtt-exporter's count of a topic's messages."""


@dataclass
class Subject:
    """A contender that runs."""

    pid: int
    taken: Callable[[], float]
    """How many messages it has taken all the way since its start, and what it counts besides."""
    settle: Callable[[int], None]
    """Waits until it is in its stride with a stream of so many devices that flows."""
    spoilt: Callable[[], int] = field(default=lambda: 0)
    """Readings that it got and did not score, since its start."""
    daemon: DaemonProcess | None = None
    state: Path | None = None


class Contender(Protocol):
    """Something that takes a stream."""

    @property
    def name(self) -> str:
        """What it is called in tables."""
        ...

    def running(self, url: str, stream: Stream, folder: Path) -> AbstractContextManager[Subject]:
        """Start it, subscribed at a broker; its files go to a folder of its own."""
        ...


OWN_PROCESS: Final = ", two processes"
NO_JOURNAL: Final = ", no journal"


@dataclass(frozen=True, slots=True)
class Detector:
    """`detector run`, with every stage of detection at work, and its journal unless it is to be measured."""

    model: Path
    head: str
    journal: bool = True
    inbox: int = 50_000
    """Messages that may wait in it: the default, but where a bench is to be over soon."""
    own_process: bool = False
    """Whether the engine has a process to itself."""

    @property
    def name(self) -> str:
        """Say which variant."""
        return f"detector {self.head}{OWN_PROCESS if self.own_process else ''}{'' if self.journal else NO_JOURNAL}"

    @contextmanager
    def running(self, url: str, stream: Stream, folder: Path) -> Iterator[Subject]:
        """Start the daemon and wait until it is subscribed.

        Raises: DetectorError when it does not come up.
        """
        port, config = free_port(), folder / "bench.yaml"
        config.write_text(yaml.safe_dump(self._settings(url, stream, folder, port)), encoding="utf-8")
        module = ["detector", "run"] if self.journal else ["detector.lab.bench.unjournalled"]
        with daemon_of(config, port, module, ONE_THREAD) as daemon:
            yield Subject(
                daemon.pid,
                partial(_scored_messages, daemon),
                partial(_past_warm_up, daemon),
                partial(_spoilt, daemon),
                daemon,
                folder / "state",
            )

    def _settings(self, url: str, stream: Stream, folder: Path, port: int) -> dict[str, Any]:
        """Return the configuration: the defaults, but for places, limits and what is watched."""
        probe = {PROBE_CHANNEL: {"range": list(PROBE_RANGE)}}
        devices = stream.devices + 10_000
        return {
            "mqtt": {
                "servers": [url],
                "client_id": "bench",
                "qos": stream.qos,
                "persistent_session": False,
                "inbox": {"max_messages": self.inbox},
            },
            "model": str(self.model.resolve()),
            "state": {"directory": str(folder / "state")},
            "metrics": {"listen": f"127.0.0.1:{port}", "max_series": 0},
            "alerts": {"mqtt": {"base_topic": BASE}},
            "log": {"level": "warning"},
            "engine": {
                "max_devices": devices,
                "max_total_channels": devices * len(CHANNELS),
                "head": self.head,
                "own_process": self.own_process,
            },
            "sensors": [
                {
                    "name": "bench",
                    "topics": [TOPIC],
                    "timestamp": {"field": "ts", "format": "unix_us"},
                    "channels": {channel: {} for channel in CHANNELS},
                },
                {"name": "probes", "topics": [PROBE_TOPICS], "group": "none", "channels": probe},
            ],
        }


@dataclass(frozen=True, slots=True)
class MosquittoSub:
    """`mosquitto_sub`, which writes every payload to nowhere: what the C client takes."""

    name: str = "mosquitto_sub"

    @contextmanager
    def running(self, url: str, stream: Stream, folder: Path) -> Iterator[Subject]:
        """Start it.

        Raises: DetectorError when it is not installed.
        """
        program = shutil.which("mosquitto_sub")
        if program is None:
            raise DetectorError("mosquitto_sub is not installed: apt-get install mosquitto-clients")
        words = [program, "-p", _port(url), "-t", FILTER, "-q", str(stream.qos), "-V", "5"]
        with child_process(words, Path(os.devnull)) as child:
            size = stream.packet_bytes(5)
            taken = lambda: process_cost.bytes_read(child.pid) / size  # noqa: E731
            yield Subject(child.pid, taken, partial(_flows, taken))


@dataclass(frozen=True, slots=True)
class MqttExporter:
    """`mqtt-exporter`: MQTT to Prometheus in Python, without any model."""

    program: Path
    name: str = "mqtt-exporter"

    @contextmanager
    def running(self, url: str, stream: Stream, folder: Path) -> Iterator[Subject]:
        """Start it, and wait until it serves its metrics.

        Raises: DetectorError when it does not come up.
        """
        port = free_port()
        environment = {
            **os.environ,
            "MQTT_ADDRESS": "127.0.0.1",
            "MQTT_PORT": _port(url),
            "MQTT_TOPIC": FILTER,
            "MQTT_V5_PROTOCOL": "true",
            "MQTT_CLIENT_ID": "mqtt-exporter",
            "MAX_METRICS": str(10 * len(CHANNELS) * stream.devices),
            "PROMETHEUS_ADDRESS": "127.0.0.1",
            "PROMETHEUS_PORT": str(port),
            "LOG_LEVEL": "ERROR",
        }
        page = f"http://127.0.0.1:{port}/metrics"
        with child_process([str(self.program)], folder / "mqtt-exporter.log", environment) as child:
            wait_for(lambda: child.poll() is not None or _page(page) is not None, "mqtt-exporter served its metrics")
            if child.poll() is not None:
                raise DetectorError(f"mqtt-exporter ended at once:\n{tail(folder / 'mqtt-exporter.log')}")
            taken = lambda: sum(map(float, MESSAGES_TAKEN.findall(_page(page) or "")))  # noqa: E731
            yield Subject(child.pid, taken, partial(_flows, taken))


def _scored_messages(daemon: DaemonProcess) -> float:
    """Return how many messages a daemon has scored, by its ledger."""
    daemon.check()
    scored: float = daemon.counters()["detector_observations_scored_total"]
    return scored / len(CHANNELS)


def _spoilt(daemon: DaemonProcess) -> int:
    """Return the readings that a daemon received and did not take in."""
    counters = daemon.counters()
    return sum(
        round(counters[f"detector_readings_{end}_total"]) for end in ("rejected", "dropped", "late", "duplicate")
    )


def _past_warm_up(daemon: DaemonProcess, devices: int) -> None:
    """Wait until every device has a score.

    Raises: DetectorError when the readings stop coming.
    """

    def settled() -> bool:
        daemon.check()
        counters = daemon.counters()
        return counters["detector_devices"] >= devices and counters["detector_devices_learning"] == 0.0

    wait_for(settled, "all devices were scored", lambda: daemon.counters()["detector_observations_scored_total"])


def _flows(taken: Callable[[], float], devices: int) -> None:
    """Wait until every device was heard once."""
    wait_for(lambda: taken() >= devices, "messages came", taken)


def _page(url: str) -> str | None:
    """Return a page; None when there is none just now."""
    with suppress(URLError, OSError), urlopen(url, timeout=30.0) as answer:
        return str(answer.read().decode())
    return None


def _port(url: str) -> str:
    """Return the port of a broker on this machine."""
    return url.rpartition(":")[2]

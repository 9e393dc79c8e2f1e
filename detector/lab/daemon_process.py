"""The daemon as a child process: the very `detector run` that a user starts.

In: a broker, a folder. Out: its configuration, whether it lives, its counters, its exit code.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

import yaml

import detector
from detector.errors import DetectorError
from detector.lab.broker import Broker, child_process, end, free_port, tail
from detector.lab.watch import BASE

READY_WITHIN_S: Final = 60.0
SETTLED_WITHIN_S: Final = 30.0

STATE_EVERY: Final = "200ms"
"""How often the demo's daemon renews a channel's state, so that there is something to look at."""

NOTHING_MORE: Final[Mapping[str, str]] = {}

SAMPLE: Final = re.compile(r"^(\w+)(?:\{.*\})? (\S+)", re.MULTILINE)
"""One sample of a metrics page: name, labels, value."""


def shipped(name: str) -> Path:
    """Return a file or folder that comes with us: inside the installed package, or beside it in a checkout.

    Raises: DetectorError when it is in neither.
    """
    package = Path(detector.__file__).parent
    places = [root / name for root in (package, package.parent)]
    for place in places:
        if place.exists():
            return place
    raise DetectorError(f"expected {name} at {places[0]} or {places[1]}, found none; install detector anew")


def demo_config(broker: Broker, folder: Path, port: int) -> dict[str, Any]:
    """Return `configs/demo.yaml` with this demo's broker, folder and port put in."""
    config: dict[str, Any] = yaml.safe_load(shipped("configs/demo.yaml").read_text(encoding="utf-8"))
    config["mqtt"] |= {"servers": [broker.url], "protocol": broker.protocol, "persistent_session": False}
    config["model"] = str(shipped(config["model"]))
    config["state"] = {"directory": str(folder / "state")}
    config["metrics"] = {"listen": f"127.0.0.1:{port}"}
    config["alerts"] = {"mqtt": {"base_topic": BASE, "state_every": STATE_EVERY}}
    return config


class DaemonProcess:
    """A daemon that runs."""

    def __init__(self, child: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
        """Take over a child that was just started."""
        self.url = url
        self._child, self._log = child, log

    @property
    def pid(self) -> int:
        """Return the child's process id."""
        return self._child.pid

    def check(self) -> None:
        """Make sure that it lives.

        Raises: DetectorError with the end of its log when it does not.
        """
        code = self._child.poll()
        if code is not None:
            raise DetectorError(f"the daemon ended with exit code {code}; its last words:\n{tail(self._log)}")

    def await_ready(self) -> None:
        """Wait until it is subscribed and scores.

        Raises: DetectorError when it ends first, or takes too long.
        """
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._answers("/-/ready"):
            self.check()
            if time.monotonic() > deadline:
                raise DetectorError(f"the daemon was not ready within {READY_WITHIN_S:.0f} s:\n{tail(self._log)}")
            time.sleep(0.05)

    def _answers(self, path: str) -> bool:
        """Tell whether a page answers with success."""
        with suppress(URLError, OSError), urlopen(self.url + path, timeout=5.0) as answer:
            return bool(answer.status == 200)
        return False

    def counters(self) -> Counter[str]:
        """Return every metric's value, summed over its labels; empty when the daemon does not answer just now."""
        counters: Counter[str] = Counter()
        with suppress(URLError, OSError), urlopen(self.url + "/metrics", timeout=5.0) as answer:
            for name, value in SAMPLE.findall(answer.read().decode()):
                counters[name] += float(value)  # type: ignore[assignment]
        return counters

    def await_settled(self) -> Counter[str]:
        """Wait until everything that was published is scored, within reason; return the counters then."""
        deadline = time.monotonic() + SETTLED_WITHIN_S
        before: float = -1.0
        while True:
            self.check()
            now = self.counters()
            waiting = now["detector_observations_pending"] + now["detector_inbox_depth"]
            received: float = now["detector_readings_received_total"]
            if (waiting == 0 and received == before) or time.monotonic() > deadline:
                return now
            before = received
            time.sleep(0.25)

    def await_end(self) -> None:
        """Wait until a daemon that was killed is gone."""
        self._child.wait()

    def stop(self) -> None:
        """Let it finish in good order.

        Raises: DetectorError when it does not end with exit code 0.
        """
        self.check()
        code = end(self._child)
        if code != 0:
            raise DetectorError(f"the daemon ended with exit code {code}; its last words:\n{tail(self._log)}")


def running_daemon(broker: Broker, folder: Path) -> AbstractContextManager[DaemonProcess]:
    """Return a daemon of the demo for a block, on a broker.

    Raises: DetectorError when it does not come up.
    """
    config, port = folder / "demo.yaml", free_port()
    config.write_text(yaml.safe_dump(demo_config(broker, folder, port), allow_unicode=True), encoding="utf-8")
    return daemon_of(config, port)


@contextmanager
def daemon_of(
    config: Path, port: int, module: Sequence[str] = ("detector", "run"), more: Mapping[str, str] = NOTHING_MORE
) -> Iterator[DaemonProcess]:
    """Start a daemon on a configuration by which it listens at a port, wait until it is ready, and end it whatever happens.

    Its log stands beside the configuration; `more` is added to our environment. Raises: DetectorError when it does not come up.
    """
    log = config.with_name("daemon.log")
    with child_process([sys.executable, "-m", *module, str(config)], log, {**os.environ, **more}) as child:
        daemon = DaemonProcess(child, f"http://127.0.0.1:{port}", log)
        daemon.await_ready()
        yield daemon

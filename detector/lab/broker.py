"""An MQTT broker for as long as a demo lasts, on a free port of this machine alone.

In: nothing. Out: `Broker`, where to find it. Mosquitto where it is installed, else amqtt; each a child process that ends
with the `with`. For a demo: nothing is kept, everybody on this machine is let in.
"""

import importlib.util
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, NamedTuple

from detector.errors import DetectorError

MOSQUITTO_PLACES: Final = (
    "mosquitto",
    "/usr/sbin/mosquitto",
    "/usr/local/sbin/mosquitto",
    "/opt/homebrew/sbin/mosquitto",
)
"""Where mosquitto may stand; a plain user's PATH lacks the sbin folders."""

READY_WITHIN_S: Final = 15.0
"""How long a broker may take to answer."""

MOSQUITTO_CONFIG: Final = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 1000
max_queued_messages 100000
log_type error
log_type warning
"""

AMQTT_PROGRAM: Final = """\
import asyncio, logging, sys
from amqtt.broker import Broker
logging.disable(logging.CRITICAL)
async def serve(port):
    broker = Broker({"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
                     "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}})
    await broker.start()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await broker.shutdown()
asyncio.run(serve(int(sys.argv[1])))
"""
"""Serves until its standard input is closed: so it ends even when its parent is killed."""


class Broker(NamedTuple):
    """A broker that is up."""

    name: str
    url: str
    protocol: Literal["5", "3.1.1"]
    """The newest version of MQTT that it speaks."""
    pid: int = 0
    """Its process."""


@contextmanager
def embedded_broker(places: tuple[str, ...] = MOSQUITTO_PLACES, more: str = "") -> Iterator[Broker]:
    """Start a broker, wait until it answers, end it; mosquitto reads `more` behind our own lines, which it thereby overrules.

    Raises: DetectorError when none is installed, or when it does not come up.
    """
    mosquitto = next((found for place in places if (found := shutil.which(place))), None)
    if mosquitto is None and importlib.util.find_spec("amqtt") is None:
        raise DetectorError(
            "the demo needs an MQTT broker, and found none: install one with `pip install 'detector[demo]'`, or mosquitto "
            "with your system's package manager"
        )
    port = free_port()
    with TemporaryDirectory(prefix="detector-broker-") as folder:
        if mosquitto is not None:
            Path(folder).chmod(0o755)  # as root, mosquitto becomes another user before it reads on
            config = Path(folder) / "mosquitto.conf"
            config.write_text(MOSQUITTO_CONFIG.format(port=port) + more, encoding="utf-8")
            command, broker = [mosquitto, "-c", str(config)], Broker("mosquitto", f"mqtt://127.0.0.1:{port}", "5")
        else:
            command, broker = _amqtt(port)
        with child_process(command, Path(folder) / "broker.log") as child:
            _await_answer(child, port, Path(folder) / "broker.log")
            yield broker._replace(pid=child.pid)


def _amqtt(port: int) -> tuple[list[str], Broker]:
    """Return how to start amqtt, and what it will be."""
    command = [sys.executable, "-c", AMQTT_PROGRAM, str(port)]
    return command, Broker("amqtt", f"mqtt://127.0.0.1:{port}", "3.1.1")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, and that is given to nobody else for a minute: time to start who listens there.

    Between here and there nobody holds it, and a port that was merely free is soon given to another process that asks for any. So
    a connection is made to it and ended from its side: while that lingers (TIME_WAIT), the system gives the port only to
    those who ask for it by number, with SO_REUSEADDR, as servers do.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with socket.create_connection(address):
            listener.accept()[0].close()
    return int(address[1])


@contextmanager
def child_process(
    command: list[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a session of its own, so that Ctrl-C reaches us alone, and end it whatever happens."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        end(child)


def end(child: "subprocess.Popen[bytes]", patience_s: float = 10.0) -> int:
    """Ask a child to end, kill it when it does not, and return its exit code."""
    if child.stdin is not None:
        child.stdin.close()
    child.terminate()
    try:
        return child.wait(patience_s)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def tail(log: Path, lines: int = 15) -> str:
    """Return the end of a child's log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _await_answer(child: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Wait until somebody listens on the port.

    Raises: DetectorError when the child ends first, or takes too long.
    """
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1.0):
                return
        except OSError:
            time.sleep(0.02)
    raise DetectorError(f"the embedded broker did not come up on 127.0.0.1:{port}:\n{tail(log)}")

"""What reaches a supervisor's socket, on a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.clock import MonoTime
from detector.edge.systemd import Watchdog, notify, ready, reloading, stopping


class Supervisor:
    """The supervisor's end of the notification socket."""

    def __init__(self, address: str) -> None:
        """Listen at a path, or at a name in the kernel's abstract namespace."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """Return the datagrams that wait."""
        datagrams = []
        while True:
            try:
                datagrams.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return datagrams

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """Listen where $NOTIFY_SOCKET says."""
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    listener = Supervisor(address)
    yield listener
    listener.close()


def test_a_daemon_tells_its_life_in_order(supervisor: Supervisor) -> None:
    """Ready, reloading, ready again and stopping arrive in order, each one datagram with its status."""
    ready("12 devices")
    reloading(MonoTime(3.5))
    ready("13 devices")
    stopping("the last snapshot")
    assert supervisor.heard() == [
        "READY=1\nSTATUS=12 devices",
        "RELOADING=1\nMONOTONIC_USEC=3500000",
        "READY=1\nSTATUS=13 devices",
        "STOPPING=1\nSTATUS=the last snapshot",
    ]


def test_of_a_traceback_the_last_line_is_told(supervisor: Supervisor) -> None:
    """A status is one line, and no line of what went wrong is taken for another assignment."""
    stopping("Traceback (most recent call last):\n  READY=1\nZeroDivisionError: as a fault of ours would\n")
    assert supervisor.heard() == ["STOPPING=1\nSTATUS=ZeroDivisionError: as a fault of ours would"]


def test_an_address_with_an_at_sign_is_abstract(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leading @ stands for the NUL byte of the abstract namespace."""
    name = f"detector-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    listener = Supervisor(f"\0{name}")
    notify("READY=1")
    heard = listener.heard()
    listener.close()
    assert heard == ["READY=1"]


def test_a_dead_supervisor_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that nobody listens on is passed over."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    ready("still here")
    assert list(tmp_path.iterdir()) == []


def test_without_a_supervisor_nothing_is_said(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where $NOTIFY_SOCKET is absent, nothing is sent."""
    monkeypatch.delenv("NOTIFY_SOCKET")
    ready("to nobody")
    assert supervisor.heard() == []


def test_the_watchdog_is_pinged_once_an_interval(supervisor: Supervisor) -> None:
    """However often the loop turns, one ping goes out in half the watchdog's period."""
    watchdog = Watchdog({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())})
    for tenth in range(301):
        watchdog.ping(MonoTime(tenth / 10))
    assert supervisor.heard() == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize("environment", [{}, {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}])
def test_a_watchdog_of_nobody_or_of_another_is_never_pinged(
    environment: dict[str, str], supervisor: Supervisor
) -> None:
    """Without a period, or with one for another process, no ping goes out."""
    Watchdog(environment).ping(MonoTime(0.0))
    assert supervisor.heard() == []

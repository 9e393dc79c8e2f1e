"""A real mosquitto for tests: its own folder, free ports on loopback, its own user, gone afterwards whatever happens.

In: which listeners and rules a test wants. Out: a running broker that can be killed and started again in place.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from detector.lab.broker import free_port
from tests.system.patience import PATIENCE_S

SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
"""Daemons live in sbin, which a plain user's PATH leaves out."""


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of the test's own, a server certificate for localhost and a client certificate."""

    folder: Path

    def __post_init__(self) -> None:
        """Make all of them with openssl."""
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self._openssl(
            "req", "-x509", *key, "-days", "2", "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.crt"
        )
        (self.folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="ascii")
        for name, subject in (("server", "localhost"), ("client", "detector")):
            self._openssl("req", *key, "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
            self._openssl(
                *("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-out", f"{name}.crt", "-extfile", "names"),
                *("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
            )

    def _openssl(self, *words: str) -> None:
        """Run one openssl command in the folder."""
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@dataclass
class Broker:
    """One mosquitto process and the folder it lives in."""

    users: dict[str, str] = field(default_factory=dict)
    """Names and passwords; none: everybody may connect."""
    rules: str = ""
    """Access rules in the broker's own words; none: everything is allowed."""
    tls: bool = False
    """Also listen with TLS, and, on another port, with TLS that asks for a client certificate."""
    options: Sequence[str] = ()
    """Further lines of the broker's configuration."""

    def __post_init__(self) -> None:
        """Choose ports and write everything the broker reads; nothing runs yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="mosquitto-"))
        self.port, self.websocket_port, self.tls_port, self.mutual_port = (free_port() for _ in range(4))
        self._process: subprocess.Popen[bytes] | None = None
        if self.tls:
            Certificates(self.folder)
        # Root may not keep its rights: mosquitto gives them up, and could then not read its own files.
        self._owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._write_configuration()
        if self._owner is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Kill the process if it still runs, and remove the folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """The plain listener."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the broker said so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> Self:
        """Start the broker, on the same ports and files as before, and wait until it listens everywhere."""
        mosquitto = shutil.which("mosquitto", path=SEARCH_PATH) or "mosquitto"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [mosquitto, "-c", str(self.folder / "mosquitto.conf")],
                stdout=log,
                stderr=log,
                user=None if self._owner is None else self._owner.pw_uid,
                group=None if self._owner is None else self._owner.pw_gid,
                extra_groups=None if self._owner is None else [],
            )
        deadline = time.monotonic() + PATIENCE_S
        for port in (self.port, self.websocket_port, *((self.tls_port, self.mutual_port) if self.tls else ())):
            self._wait_for(port, deadline)
        return self

    def let_in(self, users: dict[str, str]) -> None:
        """Give the users other passwords, from the next start on."""
        (self.folder / "users").write_text("".join(f"{name}:{word}\n" for name, word in users.items()))
        subprocess.run(["mosquitto_passwd", "-U", "users"], cwd=self.folder, check=True, capture_output=True)
        if self._owner is not None:
            os.chown(self.folder / "users", self._owner.pw_uid, self._owner.pw_gid)

    def stop(self) -> None:
        """End the broker in an orderly way; persistent sessions are written to disk."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the broker at once."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        """Send a signal to our own process and wait for its end."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE_S)
            self._process = None

    def _wait_for(self, port: int, deadline: float) -> None:
        """Wait until something listens on a port; fail with the broker's log."""
        assert self._process is not None
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1.0).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        log = self.log
        self.__exit__()
        raise RuntimeError(f"mosquitto does not listen on port {port}; its log:\n{log}")

    def _write_configuration(self) -> None:
        """Write the broker's configuration, passwords and access rules."""
        lines = ["persistence true", f"persistence_location {self.folder}/", "autosave_interval 1", "log_dest stderr"]
        lines += [f"allow_anonymous {str(not self.users).lower()}", *self.options]
        if self.users:
            self.let_in(self.users)
            lines.append(f"password_file {self.folder}/users")
        if self.rules:
            (self.folder / "rules").write_text(self.rules)
            lines.append(f"acl_file {self.folder}/rules")
        lines += [f"listener {self.port} 127.0.0.1", f"listener {self.websocket_port} 127.0.0.1", "protocol websockets"]
        if self.tls:
            files = [
                f"cafile {self.folder}/ca.crt",
                f"certfile {self.folder}/server.crt",
                f"keyfile {self.folder}/server.key",
            ]
            lines += [f"listener {self.tls_port} 127.0.0.1", *files]
            lines += [f"listener {self.mutual_port} 127.0.0.1", *files, "require_certificate true"]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

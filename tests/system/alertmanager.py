"""A real Alertmanager for tests: its own folder, free port on loopback, its own user, gone afterwards whatever happens.

In: a webhook's address. Out: a running process that passes alerts on to it.
"""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.system.broker import free_port
from tests.system.patience import PATIENCE_S, wait_until

CONFIGURATION = """
route: {{receiver: hook, group_by: [alertname, device], group_wait: 10ms, group_interval: 100ms, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: '{hook}', send_resolved: true}}]}}]
inhibit_rules:
  - source_matchers: [severity = critical]
    target_matchers: [severity =~ "warning|info"]
    equal: [device, channel, kind]
"""
"""Delays are short, so that tests need not wait; the inhibition is that of Alertmanager's own example."""


class AlertmanagerProcess:
    """One process and the folder it lives in."""

    def __init__(self, hook: str) -> None:
        """Write the configuration; nothing runs yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="alertmanager-"))
        self.port = free_port()
        (self.folder / "alertmanager.yml").write_text(CONFIGURATION.format(hook=hook))
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if self._owner is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def __enter__(self) -> Self:
        """Start, and wait until it is ready."""
        program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager") or "alertmanager"
        command = [
            program,
            f"--config.file={self.folder}/alertmanager.yml",
            f"--storage.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                user=None if self._owner is None else self._owner.pw_uid,
                group=None if self._owner is None else self._owner.pw_gid,
                extra_groups=None if self._owner is None else [],
            )
        process = self._process
        wait_until(lambda: self._ready() or process.poll() is not None, "Alertmanager was ready")
        if process.poll() is not None:
            raise RuntimeError(f"Alertmanager ended at once:\n{(self.folder / 'log').read_text()}")
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the process, and remove the folder."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that it has and that are not over, as its API shows them."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=PATIENCE_S) as response:
            found: list[dict[str, Any]] = json.load(response)
        return found

    def _ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=1.0) as response:
                return bool(response.status == 200)
        except OSError:
            return False

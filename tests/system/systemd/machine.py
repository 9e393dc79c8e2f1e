"""A machine with a real systemd for tests: process 1 of namespaces of its own, detector installed by our own installer.

In: this system's files, under a layer that is thrown away. Out: a machine that runs commands, and is gone afterwards whatever happens.
Its network is a loopback alone, so the units and configurations that we ship run there as they are, on their well-known ports.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.system.patience import wait_for_count, wait_until

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("machine.sh")
CGROUPS = Path("/sys/fs/cgroup")
PREFIX = "detector-machine-"
SUITABLE = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
PRIVATE = ("--propagation", "private")
INSTALLATION_S = 600.0
"""Longest wait for the installer, which downloads packages, and the boot after it."""
NAMESPACES = ("--mount", "--pid", "--cgroup", "--uts", "--ipc")


def why_not() -> str | None:
    """Say why no machine can be had here, or None."""
    if os.geteuid() != 0:
        return "need root, to boot a systemd of their own"
    if not _runs("/usr/bin/python3", "-c", SUITABLE):
        return "need /usr/bin/python3, 3.11 or newer, with venv: apt-get install python3-venv"
    if not _runs("unshare", *NAMESPACES, "--net", "--fork", *PRIVATE, *["mount", "-t", "tmpfs", "tmpfs", "/mnt"]):
        return "need the right to make namespaces and to mount in them, to boot a systemd of their own"
    return None


def _runs(*command: str) -> bool:
    """Tell whether a command can be run, and succeeds."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


class Machine:
    """One machine; `with` boots it."""

    def __init__(self) -> None:
        """Choose a name; nothing runs yet."""
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._process: subprocess.Popen[bytes] | None = None
        self._init, self._page = 0, ""

    def __enter__(self) -> Self:
        """Install, boot, and wait until systemd has started what it starts."""
        name = self.folder.name
        groups = list(_make_groups(name))
        joining = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
        boot = ["unshare", *NAMESPACES, "--fork", "--kill-child", *PRIVATE]
        boot += ["bash", str(SCRIPT), str(self.folder), str(ROOT), name]
        # Who is killed takes the machine along: setpriv ties it to us, --kill-child everything in it to its first process.
        command = ["setpriv", "--pdeathsig", "KILL", "bash", "-c", f'{joining}exec "$@"', "_", *boot]
        with self._log_file().open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for_count(self._has_booted, 1, "systemd booted", patience_s=INSTALLATION_S)
            self.succeed("systemctl", "log-target", "journal")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the machine, and remove its folder and its cgroups."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        wait_until(
            lambda: all(_remove(group) for group in _groups(self.folder.name)), "the machine's last process ended"
        )
        self._log_file().unlink(missing_ok=True)
        shutil.rmtree(self.folder)

    @property
    def root(self) -> Path:
        """Its files, as seen from here."""
        return Path(f"/proc/{self._init}/root")

    def path(self, inside: str) -> Path:
        """Return one of its files, as seen from here; absolute links in it lead nowhere."""
        return self.root / inside.lstrip("/")

    def run(self, *words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command inside, to its end."""
        inside = ["nsenter", "-t", str(self._init), "-m", "-p", "-u", "-i", "-n", "-C", "--", *words]
        environment = {
            "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "SYSTEMD_COLORS": "0",
        }
        return subprocess.run(inside, input=stdin, capture_output=True, text=True, env=environment, check=False)

    def succeed(self, *words: str, stdin: str = "") -> str:
        """Run a command that is to succeed; return what it said."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        """Put a file in the place of another, at once."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.chmod(mode)
        new.rename(path)

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.succeed("systemctl", "show", "--value", f"--property={name}", unit)

    def journal(self, unit: str) -> str:
        """Return what the journal has of a unit since the last turn of its page, systemd's own words on it included."""
        return self.succeed(
            "journalctl", "--no-pager", "--output=cat", f"--after-cursor={self._page}", f"--unit={unit}"
        )

    def turn_page(self) -> None:
        """Let the journal begin here, as far as `journal` is concerned."""
        last = self.succeed(
            "journalctl", "--no-pager", "--quiet", "--lines=1", "--output=json", "--output-fields=MESSAGE"
        )
        self._page = json.loads(last)["__CURSOR"]

    def _has_booted(self) -> bool:
        """Tell whether systemd is up; fail where the machine has ended."""
        assert self._process is not None
        said = self._log_file().read_text(encoding="utf-8", errors="replace")
        assert self._process.poll() is None, f"the machine ended while it booted:\n{said}"
        children = (
            Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text(encoding="ascii").split()
        )
        if not children:
            return False
        self._init = int(children[0])
        if Path(f"/proc/{self._init}/comm").read_text(encoding="ascii").strip() != "systemd":
            return False
        return self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def _log_file(self) -> Path:
        """Return where installer and systemd say what goes wrong; beside the folder, which is covered by a mount inside."""
        return self.folder.with_suffix(".log")


def _groups(name: str) -> Iterator[Path]:
    """Yield the machine's cgroups: one, or one in each hierarchy that systemd can use where the kernel still has several."""
    if (CGROUPS / "cgroup.controllers").exists():
        yield CGROUPS / name
        return
    for hierarchy in ("unified", "systemd", "memory", "pids"):
        if (CGROUPS / hierarchy).is_dir():
            yield CGROUPS / hierarchy / name


def _make_groups(name: str) -> Iterator[Path]:
    """Make the machine's cgroups; remove those that a killed test left behind."""
    for group in _groups(name):
        for old in group.parent.glob(f"{PREFIX}*"):
            _remove(old)
        group.mkdir()
        yield group


def _remove(group: Path) -> bool:
    """Remove a cgroup and those below it; tell whether it is gone, which takes until its last process is."""
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
    return not group.exists()

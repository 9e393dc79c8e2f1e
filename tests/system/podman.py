"""Podman for tests, also within a container and without systemd: in namespaces of its own for mounts and cgroups, on the host's network.

In: a Dockerfile; then a configuration. Out: an image; then a container of it, gone afterwards.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.system.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
IMAGE = "localhost/detector:test"

APART = 'mountpoint -q /sys/fs/cgroup && umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec podman "$@"'
CONFINED = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"]
WITHOUT_SYSTEMD = [
    "--cgroups=disabled",
    "--network=host",
    "--runtime=crun",
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=1024:1024",
]


def podman(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of podman to its end."""
    command = ["unshare", "--mount", "--cgroup", "--propagation", "private", "bash", "-c", APART, "podman", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def base_image() -> str:
    """Return the name of the image that ours is built on."""
    (line,) = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if line.startswith("ARG BASE=")]
    return line.removeprefix("ARG BASE=")


def why_no_image() -> str | None:
    """Say why no image can be built here, or None."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("podman", "crun", "unshare"))):
        return "need root and podman, to build the image: apt-get install podman crun"
    if podman("image", "exists", base_image()).returncode and podman("pull", "--quiet", base_image()).returncode:
        return f"need {base_image()}, to build the image on it"
    return None


def build() -> None:
    """Build the image. Where this machine's pip is told of a certificate of its own, it holds while we build."""
    words = [
        "build",
        "--isolation=chroot",
        "--network=host",
        "--format=docker",
        "--layers=false",
        f"--file={DOCKERFILE}",
        f"--tag={IMAGE}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        certificate = os.environ.get("PIP_CERT")
        if certificate is not None:
            (Path(folder) / "pip.conf").write_text(f"[global]\ncert = {certificate}\n", encoding="ascii")
            words += [f"--volume={folder}/pip.conf:/etc/pip.conf:ro", f"--volume={certificate}:{certificate}:ro"]
        done = podman(*words, str(ROOT))
    assert done.returncode == 0, done.stdout + done.stderr


def inspect(what: str) -> "dict[str, object]":
    """Return what podman knows of an image."""
    done = podman("image", "inspect", what)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)[0]
    return found


class Container:
    """A container of our image, confined as in deploy/compose, with a folder for configuration and one for state."""

    def __init__(self, configuration: str) -> None:
        """Write the configuration; nothing runs yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="detector-container-"))
        self.folder.chmod(0o755)
        self.name = self.folder.name
        (self.folder / "etc").mkdir()
        (self.folder / "etc" / "detector.yaml").write_text(configuration, encoding="utf-8")
        (self.folder / "state").mkdir()
        os.chown(self.folder / "state", 10001, 10001)

    def __enter__(self) -> Self:
        """Start it."""
        volumes = [f"--volume={self.folder}/etc:/etc/detector:ro", f"--volume={self.folder}/state:/var/lib/detector"]
        done = podman("run", "--detach", f"--name={self.name}", *CONFINED, *WITHOUT_SYSTEMD, *volumes, IMAGE)
        assert done.returncode == 0, done.stderr
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it and its folder."""
        podman("rm", "--force", "--time=0", self.name)
        shutil.rmtree(self.folder)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command inside, to its end."""
        return podman("exec", self.name, *words)

    def log(self) -> str:
        """Return what it said so far."""
        done = podman("logs", self.name)
        return done.stdout + done.stderr

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        podman("stop", f"--time={PATIENCE_S:.0f}", self.name)
        return int(podman("inspect", "--format={{.State.ExitCode}}", self.name).stdout)

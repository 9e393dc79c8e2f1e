"""What all tests share: programs that a machine may lack, recordings that it may lack, and Hypothesis' profile.

A test that needs a program says so: `pytestmark = pytest.mark.needs("mosquitto", "mosquitto_pub")`.
Where one is missing the test is skipped, and the summary says loudly which and what to install.
On a CI machine where we could have installed it, the test fails instead.
"""

import os
import shutil
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

PACKAGES = {
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "curl": "curl",
    "mosquitto": "mosquitto",
    "mosquitto_passwd": "mosquitto",
    "mosquitto_pub": "mosquitto-clients",
    "mosquitto_sub": "mosquitto-clients",
    "openssl": "openssl",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "shellcheck": "shellcheck",
    "systemd-analyze": "systemd",
}
"""Debian's package for each program that some test needs."""

SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
"""Daemons live in sbin, which a plain user's PATH leaves out."""

# No law fails on a clock, and a law that failed in CI fails everywhere.
settings.register_profile("here", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile("ci" if "CI" in os.environ else "here")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose programs are missing, or fail it on a machine that we equip ourselves."""
    wanted = [program for mark in item.iter_markers("needs") for program in mark.args]
    missing = [program for program in wanted if shutil.which(program, path=SEARCH_PATH) is None]
    if not missing:
        return
    packages = " ".join(sorted({PACKAGES.get(program, program) for program in missing}))
    if os.environ.get("CI") == "true" and os.geteuid() == 0:
        pytest.fail(f"needs {', '.join(missing)}: .ci/run must install {packages}", pytrace=False)
    pytest.skip(f"need {', '.join(missing)}: apt-get install {packages}")


@pytest.fixture
def shared_recordings() -> Path:
    """Return the folder of real recordings, $DETECTOR_RECORDINGS or ../shared/data; without it the test is skipped."""
    folder = Path(os.environ.get("DETECTOR_RECORDINGS", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("need real recordings: name their folder in DETECTOR_RECORDINGS")
    return folder


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal tests out to several processes; asked for where there are any."""
    from tests.dealing import Dealer  # needs pytest-xdist, which one process does without

    return Dealer(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let a process report what a test logged or failed with, though it be half a surrogate pair, which is not in UTF-8."""
    return _in_utf8((yield))


def _in_utf8(part: Any) -> Any:
    """Return a report, or a part of one, with escapes for what has no place in UTF-8."""
    if isinstance(part, str):
        return part.encode("utf-8", "backslashreplace").decode()
    if isinstance(part, dict):
        return {_in_utf8(name): _in_utf8(value) for name, value in part.items()}
    return type(part)(map(_in_utf8, part)) if isinstance(part, list | tuple) else part


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly which tests did not run, and what they lack."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("NOT RUN", sep="!", red=True, bold=True)
    for reason, count in sorted(Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped).items()):
        terminalreporter.line(f"NOT RUN: {count} tests {reason}", red=True, bold=True)

"""The password of a running daemon shows nowhere: not in its log, on its page, in its metrics, nor in what is wrong with a configuration."""

import signal

import pytest

from tests.system.broker import Broker
from tests.system.daemon_process import DaemonProcess
from tests.system.patience import wait_until

pytestmark = pytest.mark.needs("mosquitto")

SECRET = "hunter2-hunter2"
PATHS = ("/", "/metrics", "/-/ready", "/-/healthy")


def with_password(daemon: DaemonProcess, mqtt: str) -> None:
    """Add to the broker's section of the configuration."""
    text = daemon.config.read_text(encoding="utf-8").replace("mqtt: {", f"mqtt: {{{mqtt}, ", 1)
    daemon.config.write_text(text, encoding="utf-8")


def test_a_password_shows_nowhere(broker: Broker) -> None:
    """With the lowest log level, while connected and after reloads that were refused for a password in the wrong place, none shows."""
    daemon = DaemonProcess(broker.url, "log: {level: debug}")
    (daemon.folder / "password").write_text(SECRET, encoding="utf-8")
    with_password(daemon, "username: detector, password_file: password")
    with daemon:
        daemon.until_ready()
        answers = [daemon.request(path).text for path in PATHS]
        with_password(daemon, f"password: {SECRET}")
        answers.append(daemon.request("/-/reload", "POST").text)
        assert "expected a known key" in answers[-1]
        daemon.configure()
        daemon.config.write_text(daemon.config.read_text().replace("mqtt://", f"mqtt://u:{SECRET}@"), encoding="utf-8")
        daemon.send(signal.SIGHUP)
        wait_until(lambda: "got one with credentials" in daemon.log, "the second refusal to be logged")
        answers += [daemon.request(path).text for path in PATHS]
        assert all(answers)
        assert [text for text in (*answers, daemon.log) if SECRET in text] == []
        assert "expected a secret that only its owner can read" in daemon.log

"""`detector drill` kills a real daemon on a real broker, and its table says that nothing is lost."""

from pathlib import Path

import pytest

from tests.fleet import noise
from tests.system.commands import detector

pytestmark = pytest.mark.needs("mosquitto")


@pytest.mark.parametrize("more", [[], ["--own-process"]])
def test_a_few_kills_lose_nothing(tmp_path: Path, more: list[str]) -> None:
    """After kills over a small recording the table has a line for each, all identical, and the verdict is clean."""
    for device in range(3):
        values = noise(device, 400)
        values[300:] = [value + 30.0 * (device == 1) for value in values[300:]]
        rows = "".join(f"{1_700_000_000 + 60 * step + device},{value!r}\n" for step, value in enumerate(values))
        (tmp_path / f"d{device}.csv").write_text("timestamp,flow\n" + rows, encoding="utf-8")
    done = detector("drill", tmp_path, "--kills", 3, "--snapshot-every", "200ms", *more)
    assert done.stdout.count("identical") == 4, done.stdout + done.stderr
    assert "bit-identical after 3 of 3 kills; readings lost: 0" in done.stdout
    assert "told though it does not: 0" in done.stdout

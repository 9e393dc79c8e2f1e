"""The pages of docs/: every command in them is run, on a machine as our installer leaves it, with a broker of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.page import Commands, File, NotRun, blocks, says
from tests.system.systemd.machine import Machine

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.glob("*.md"))
FOLDER = "/srv/page"


@pytest.fixture
def folder(machine: Machine) -> Iterator[str]:
    """Return an empty folder on the machine; what still runs there is ended."""
    machine.succeed("bash", "-c", f"rm -rf {FOLDER}; mkdir {FOLDER}")
    yield FOLDER
    machine.run("systemctl", "stop", "page-*")


@pytest.mark.needs("curl", "mosquitto", "mosquitto_pub", "systemd-analyze")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_does_what_the_page_shows(page: Path, machine: Machine, folder: str) -> None:
    """From top to bottom, in one folder, each command succeeds and says what is shown below it."""
    for number, block in enumerate(blocks(page)):
        match block:
            case File(name, text):
                machine.write(str(Path(folder, name)), text)
            case Commands(text, _, background=True):
                here = [f"--unit=page-{number}", f"--working-directory={folder}"]
                machine.succeed("systemd-run", *here, "bash", "-c", text)
            case Commands(text, expected):
                done = machine.run("bash", "-c", f"cd {folder}\nexec 2>&1\nset -euo pipefail\n{text}")
                assert done.returncode == 0, f"{page.name}:\n{text}\nsaid:\n{done.stdout}"
                assert expected is None or says(expected, done.stdout), f"{page.name}:\n{text}\nsaid:\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_not_run_has_a_reason(page: Path) -> None:
    """What only a reader can run says why."""
    assert all(block.why for block in blocks(page) if isinstance(block, NotRun))


def test_a_page_that_lies_is_found() -> None:
    """Numbers may differ from what is shown, and `...` stands for anything; words may not."""
    assert says("12 devices, ...\nready\n", "7 devices, 3.5 channels\nready")
    assert not says("12 devices\n", "7 channels\n")

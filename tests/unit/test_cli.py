"""The command line: exit codes, and how little it takes to ask for help."""

import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from detector import __version__
from detector.cli import COMMANDS, main
from detector.errors import ConfigError, DetectorError, LinkError, ModelError

ROOT = Path(__file__).parents[2]


def exit_code(*words: str) -> int | str | None:
    """Return the code with which argparse ends the program."""
    with pytest.raises(SystemExit) as end:
        main(words)
    return end.value.code


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException | int], int]:
    """Return a function that runs a subcommand which ends as it is told to."""

    def run(end: BaseException | int) -> int:
        command = ModuleType("detector.cli.probe")

        def add_arguments(parser: ArgumentParser) -> None:
            parser.set_defaults(end=end)

        def run_command(arguments: Namespace) -> int:
            if isinstance(arguments.end, BaseException):
                raise arguments.end
            return int(arguments.end)

        command.__dict__.update(add_arguments=add_arguments, run=run_command)
        monkeypatch.setitem(sys.modules, "detector.cli.probe", command)
        monkeypatch.setitem(COMMANDS, "probe", "a command made for a test")
        return main(["probe"])

    return run


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (0, 0),
        (1, 1),
        (DetectorError("x"), 1),
        (ModelError("x"), 1),
        (LinkError("x"), 1),
        (ConfigError(["a", "b"]), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_how_a_command_ends_is_the_exit_code(
    end: BaseException | int, code: int, failing: Callable[[BaseException | int], int]
) -> None:
    """Done is 0, failed while running is 1, a bad configuration is 2, interrupted is 130."""
    assert failing(end) == code


def test_a_fault_is_told_on_stderr_without_a_traceback(
    failing: Callable[[BaseException | int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every fault of a configuration has its line; any other error names the program."""
    failing(ConfigError(["plant.yaml:3: one", "plant.yaml:9: two"]))
    failing(ModelError("no model"))
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "plant.yaml:3: one\nplant.yaml:9: two\ndetector: no model\n")


def test_a_defect_of_ours_is_not_hidden(failing: Callable[[BaseException | int], int]) -> None:
    """An error that is nobody's fault but ours keeps its traceback."""
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())


@pytest.mark.parametrize("words", [(), ("fly",), ("run",), ("check", "a", "b", "c"), ("--fly",)])
def test_bad_usage_is_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """No command, an unknown one, or missing and unknown arguments: usage on stderr, nothing on stdout."""
    assert exit_code(*words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("usage: detector")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`detector --version` says which, and is done."""
    assert exit_code("--version") == 0
    assert capsys.readouterr().out == f"detector {__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`detector --help` lists each subcommand with its line."""
    assert exit_code("--help") == 0
    said = capsys.readouterr().out
    assert all(f"\n    {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`detector COMMAND --help` shows its arguments."""
    assert exit_code(command, "--help") == 0
    assert capsys.readouterr().out.startswith(f"usage: detector {command}")


def test_help_needs_neither_torch_nor_numpy() -> None:
    """Asking for help or the version imports nothing heavy."""
    program = (
        "import sys; from detector.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted({'numpy', 'torch', 'pydantic', 'paho'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_numpy_runs_on_one_thread() -> None:
    """The command line asks BLAS for one thread before numpy is imported, unless somebody asked for more."""
    program = "import os, detector.cli; print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS'])"
    said = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        ).stdout
        for env in ({}, {"OMP_NUM_THREADS": "3"})
    ]
    assert said == ["1 1\n", "1 3\n"]

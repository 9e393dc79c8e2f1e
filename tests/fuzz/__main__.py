"""Coverage-guided fuzzing: `python -m tests.fuzz [TARGET] [--runs N] [--seed S]`; without a target, all of them in turn.

Starts from the corpus; half of the mutations are those of `mutations`, which keep JSON deep, the others the library's. What is
found is written into the corpus of its target, where the suite replays it ever after. Needs the extra `fuzz`.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, NoReturn

BUILD = Path("build") / "fuzz"
"""Where inputs are kept that reached new code; the next run goes on from them."""

TARGETS = sorted(folder.name for folder in (Path(__file__).parent / "corpus").iterdir())


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz, each target in processes of its own; return 1 if there was a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="?", choices=TARGETS)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(argv)
    if chosen.here:
        _fuzz(chosen)
    return max(_fuzz_apart(target, chosen) for target in ([chosen.target] if chosen.target else TARGETS))


def _fuzz_apart(target: str, chosen: argparse.Namespace) -> int:
    """Fuzz a target in a process of its own; return 1 if there was a finding."""
    limits = [f"--runs={chosen.runs}", f"--seed={chosen.seed}", "--here"]
    return int(subprocess.call([sys.executable, "-m", "tests.fuzz", target, *limits]) != 0)


def _fuzz(chosen: argparse.Namespace) -> NoReturn:
    """Fuzz in this process, which ends with it."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["detector"]):
        targets: Any = import_module("tests.fuzz.targets")
    atheris.Setup(
        _options(chosen, targets.CORPUS / chosen.target),
        targets.TARGETS[chosen.target],
        custom_mutator=_mutator(atheris),
        internal_libfuzzer=True,
    )
    atheris.Fuzz()
    raise SystemExit(0)


def _options(chosen: argparse.Namespace, corpus: Path) -> list[str]:
    """Return the library's command line."""
    kept = BUILD / chosen.target
    for folder in (kept, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    limits = [
        f"-runs={chosen.runs}",
        f"-seed={chosen.seed}",
        "-max_len=4096",
        "-timeout=10",
        "-print_final_stats=1",
    ]
    return [sys.argv[0], *limits, f"-artifact_prefix={corpus}/", str(kept), str(corpus)]


def _mutator(atheris: Any) -> Any:
    """Return what makes a new input of an old one: its first line stays what it is, more often than not."""
    mutations, plant = import_module("tests.fuzz.mutations"), import_module("tests.fuzz.plant")

    def mutate(content: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return bytes(atheris.Mutate(content, max_size))
        head, line, rest = content.partition(b"\n")
        good = plant.Good("", rest if line else head)
        spoilt: bytes = mutations.spoil(random, good)
        return (head + line + spoilt if line else spoilt)[:max_size]

    return mutate


if __name__ == "__main__":
    raise SystemExit(main())

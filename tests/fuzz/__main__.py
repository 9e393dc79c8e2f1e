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
from typing import Any

BUILD = Path("build") / "fuzz"
"""Where inputs are kept that reached new code; the next run goes on from them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz one target, in this process, or all, each in one of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="?")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(argv)
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["detector"]):
        targets: Any = import_module("tests.fuzz.targets")
    if chosen.target is None:
        limits = [f"--runs={chosen.runs}", f"--seed={chosen.seed}"]
        return max(subprocess.call([sys.executable, "-m", "tests.fuzz", target, *limits]) for target in targets.TARGETS)
    if chosen.target not in targets.TARGETS:
        parser.error(f"expected one of {', '.join(targets.TARGETS)}, got {chosen.target}")
    atheris.Setup(
        _options(chosen, targets.CORPUS / chosen.target),
        targets.TARGETS[chosen.target],
        custom_mutator=_mutator(atheris),
        internal_libfuzzer=True,
    )
    atheris.Fuzz()  # ends the process
    return 0


def _options(chosen: argparse.Namespace, corpus: Path) -> list[str]:
    """Return the library's command line."""
    kept = BUILD / chosen.target
    for folder in (kept, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    limits = [f"-runs={chosen.runs}", f"-seed={chosen.seed}", "-max_len=4096", "-timeout=10", "-print_final_stats=1"]
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

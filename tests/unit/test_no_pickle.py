"""Files that come from outside are never code: nothing of ours imports, or asks numpy for, what runs what it reads."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "detector"
RUNS_WHAT_IT_READS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "dbm", "copyreg", "runpy"}  # fmt: skip
CALLS = {"eval", "exec", "compile", "__import__"}
LOADERS = {"load", "unsafe_load", "full_load", "load_all"}
"""Of yaml, each of which may construct any object; of torch, which unpickles. numpy.load reads pickles only with `allow_pickle`."""


def objections(source: str) -> Iterator[str]:
    """Yield what a module's text has that runs what it reads."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from (name for name in names if name.split(".")[0] in RUNS_WHAT_IT_READS)
        if isinstance(node, ast.Call):
            yield from _calls(node)


def _calls(node: ast.Call) -> Iterator[str]:
    """Yield what is wrong with one call."""
    function = node.func
    if isinstance(function, ast.Name) and function.id in CALLS:
        yield function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        owner = function.value.id
        if owner in ("yaml", "torch") and function.attr in LOADERS:
            yield f"{owner}.{function.attr}"
    for keyword in node.keywords:
        if keyword.arg == "allow_pickle" and not (
            isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        ):
            yield "allow_pickle"
        if keyword.arg == "shell":
            yield "shell"


def test_no_module_runs_what_it_reads() -> None:
    """No module of ours unpickles, evaluates, builds objects from YAML, or hands text to a shell."""
    modules = sorted(PACKAGE.rglob("*.py"))
    assert len(modules) > 100
    found = {str(path): list(objections(path.read_text(encoding="utf-8"))) for path in modules}
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, shelve",
        "from marshal import loads",
        "import dbm.dumb",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=chosen)",
        "yaml.load(text)",
        "torch.load(path)",
        "eval(text)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_what_is_looked_for_would_be_found(source: str) -> None:
    """Each of the ways is recognised."""
    assert len(list(objections(source))) == 1


def test_what_is_harmless_is_let_be() -> None:
    """Reading numbers, text and YAML's plain values is nothing to object to."""
    assert (
        list(objections("import json\nnp.load(path, allow_pickle=False)\nyaml.compose(text)\nre.compile(text)")) == []
    )

"""What processes use, by the kernel's books, shown on real ones."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from detector.edge.process_cost import bytes_read, children, cpu_s, held_bytes, peak_bytes

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux keeps such books")

BLOCK = 64 << 20

SPENT_S = 0.25
"""Of 0.3 s that are spent, what the books have at least: they count whole ticks, apart for the program and the system."""

LIFE = """
import mmap, os, time

def say(word):
    print(word, flush=True)

def spend(seconds):
    while time.process_time() < seconds:
        pass

def copied(work):
    pid = os.fork()
    if pid == 0:
        work()
        os.read(0, 1)
        os._exit(0)
    return pid

def hold(size):
    block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for place in range(0, size, mmap.PAGESIZE):
        block[place] = 1
    return block
"""


@contextmanager
def process(script: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has said that it is where the script wants it, and ends when its input does."""
    words = [sys.executable, "-S", "-c", LIFE + script + "\nos.read(0, 1)"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "there\n"
        yield child
        assert child.stdin is not None
        child.stdin.close()


@pytest.fixture(scope="module")
def bare() -> Iterator[int]:
    """A process that has done nothing."""
    with process("say('there')") as child:
        yield child.pid


def test_what_a_child_spends_is_its_parents_too() -> None:
    """A process that only waits has spent what its child spends."""
    with process("copied(lambda: [spend(0.3), say('there')])") as parent:
        (child,) = children(parent.pid)
        assert cpu_s(child) >= SPENT_S
        assert cpu_s(parent.pid) >= cpu_s(child)


def test_what_a_child_has_spent_is_not_forgotten_with_it() -> None:
    """A child that has ended and was waited for counts for its parent."""
    ended = "pid = os.fork()\nif pid == 0:\n    spend(0.3)\n    os._exit(0)\nos.waitpid(pid, 0)\nsay('there')"
    with process(ended) as parent:
        assert children(parent.pid) == []
        assert cpu_s(parent.pid) >= SPENT_S


def test_children_are_those_that_live_and_their_own_are_not() -> None:
    """The child of a child is its parent's alone, and its processor time its grandparent's as well."""
    with process("copied(lambda: copied(lambda: [spend(0.3), say('there')]))") as first:
        (second,) = children(first.pid)
        (third,) = children(second)
        assert children(third) == []
        assert cpu_s(first.pid) >= cpu_s(third) >= SPENT_S


def test_a_copy_that_writes_nothing_takes_hardly_any_memory(bare: int) -> None:
    """What a process shares with its copy is counted once."""
    with process(f"block = hold({BLOCK})\ncopied(lambda: say('there'))") as parent:
        grown = held_bytes(parent.pid) - held_bytes(bare)
    assert 0.95 * BLOCK < grown < 1.25 * BLOCK


def test_a_copy_that_writes_takes_its_own_memory(bare: int) -> None:
    """What a copy writes is its own, and counted beside what it was copied from."""
    with process(f"block = hold({BLOCK})\ncopied(lambda: [block.write(b'2' * {BLOCK}), say('there')])") as parent:
        assert held_bytes(parent.pid) - held_bytes(bare) > 1.9 * BLOCK


def test_the_most_that_was_held_is_remembered(bare: int) -> None:
    """A process that gave memory back is known to have held it."""
    with process(f"hold({BLOCK}).close()\nsay('there')") as child:
        assert held_bytes(child.pid) - held_bytes(bare) < 0.1 * BLOCK
        assert peak_bytes(child.pid) > 0.95 * BLOCK


def test_what_was_read_is_told() -> None:
    """Bytes read are those that the process asked the system for."""
    with process("zeros = open('/dev/zero', 'rb', buffering=0)\nzeros.read(1 << 20)\nsay('there')") as child:
        assert (1 << 20) <= bytes_read(child.pid) < (8 << 20)


def test_nothing_is_known_of_a_process_that_is_gone() -> None:
    """A process that was waited for has no books any more."""
    with process("say('there')") as child:
        pass
    assert child.wait() == 0
    assert (cpu_s(child.pid), held_bytes(child.pid), peak_bytes(child.pid), children(child.pid)) == (0.0, 0, 0, [])

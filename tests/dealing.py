"""How tests are dealt out where several processes run them (`pytest -n 3`): one by one, but system tests by the file.

In: the name of a test. Out: the name of all that is run with it, by one process and in order.
"""

from typing import Final

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

ON_THE_MACHINE: Final = ("tests/system/systemd/", "tests/system/test_docs.py")
"""Tests on the one machine with a systemd, which takes longest to make."""


class Dealer(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Gives a process that has nearly done what it had the next test, or the next file, those of most tests first."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what a test is run with: what a file of system tests starts, and the machine, are started once."""
        file = nodeid.partition("::")[0]
        if file.startswith(ON_THE_MACHINE):
            return "the machine"
        return file if file.startswith("tests/system/") else nodeid

"""A journal of any older version is brought to ours."""

import sqlite3
from pathlib import Path

import pytest

from detector.edge.journal.database import OURS, STEPS, VERSION, open_to_append

TABLES = "SELECT name, sql FROM sqlite_master ORDER BY name"


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_older_journal_comes_to_have_the_tables_of_a_new_one_and_keeps_its_rows(
    tmp_path: Path, version: int
) -> None:
    """Whatever version wrote it, it is opened once and is as if it had been made now, with what was in it."""
    old = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    old.executescript(f"{''.join(STEPS[:version])} PRAGMA application_id = {OURS}; PRAGMA user_version = {version};")
    old.execute("INSERT INTO arrivals VALUES (7, NULL, 5, NULL)")
    old.close()
    brought, new = open_to_append(tmp_path / "old.db"), open_to_append(tmp_path / "new.db")
    assert brought.execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert brought.execute(TABLES).fetchall() == new.execute(TABLES).fetchall()
    assert brought.execute("SELECT seq, at FROM arrivals").fetchall() == [(7, 5)]
    brought.close()
    new.close()

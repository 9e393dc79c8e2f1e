"""The last two snapshots stay; what was refused or never finished does not pile up."""

from pathlib import Path

from detector.edge.snapshot import Shelf


def filled(directory: Path, *names: str) -> Shelf:
    """Return a shelf with folders of these names, each with a file."""
    shelf = Shelf(directory)
    for name in names:
        (shelf.folder / name).mkdir(parents=True)
        (shelf.folder / name / "file").touch()
    return shelf


def names(shelf: Shelf) -> set[str]:
    """Return what lies on the shelf."""
    return {path.name for path in shelf.folder.iterdir()}


def test_the_newest_come_first_by_number(tmp_path: Path) -> None:
    """Snapshots are in the order of their arrivals, whatever else lies there."""
    shelf = filled(tmp_path, "9", "10", "2", "11.part", "12.refused")
    assert [path.name for path in shelf.newest_first()] == ["10", "9", "2"]


def test_an_empty_shelf_needs_nothing(tmp_path: Path) -> None:
    """Without a snapshot there is none to go on from, and the journal goes by its own age and size."""
    assert Shelf(tmp_path).newest_first() == []
    assert Shelf(tmp_path).needed_after() is None


def test_the_journal_is_needed_from_the_older_one_on(tmp_path: Path) -> None:
    """Should the newest prove damaged, the one before it and the journal from there on bring back the same."""
    assert filled(tmp_path, "9", "10").needed_after() == 9


def test_tidying_leaves_the_last_two(tmp_path: Path) -> None:
    """Older ones and what was never finished go; the one that was refused stays for whoever asks why."""
    shelf = filled(tmp_path, "1", "2", "3", "4.part", "5.refused")
    shelf.tidy()
    assert names(shelf) == {"2", "3", "5.refused"}


def test_one_refused_snapshot_is_kept(tmp_path: Path) -> None:
    """Refusing puts a snapshot aside in place of the one that was refused before."""
    shelf = filled(tmp_path, "1", "2")
    shelf.refuse(shelf.folder / "2")
    shelf.refuse(shelf.folder / "1")
    assert names(shelf) == {"1.refused"}

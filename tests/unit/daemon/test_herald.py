"""How alerts become notices on disk: kept, owed, delivered once, and known again after a restart."""

from pathlib import Path

from detector.domain import Transition, Verdict
from detector.edge.journal.database import NAME
from tests.unit.daemon.post import Post
from tests.unit.edge.readings import event

OPENED, CLOSED = event(Transition.OPENED), event(Transition.CLOSED, 60.0)


def test_a_notice_is_kept_until_it_is_delivered_and_not_offered_again(tmp_path: Path) -> None:
    """What was not confirmed comes again after a restart as it was, to the letter; what was does not."""
    post = Post(tmp_path)
    with post.open() as phone:
        post.find(OPENED)
        post.turn()
        assert phone.offered == []
        post.turn(40.0)
        (notice,) = phone.offered
    with post.open() as phone:
        post.turn()
        assert phone.offered == [notice]
        phone.confirm()
        post.turn()
    with post.open() as phone:
        post.turn()
        assert phone.offered == []
        assert post.courier.counts()["r0"].told == 0


def test_the_desk_goes_on_after_a_restart(tmp_path: Path) -> None:
    """An alert that was told before is told as resolved after it, in the same thread."""
    post = Post(tmp_path)
    with post.open() as phone:
        post.find(OPENED)
        post.turn()
        post.turn(40.0)
        before = phone.offered
        phone.confirm()
        post.turn()
    with post.open() as phone:
        post.find(CLOSED)
        post.turn()
        post.turn(130.0)
        assert [(n.thread, n.number, n.reason.value) for n in phone.offered] == [(before[0].thread, 2, "resolved")]


def test_notices_are_told_while_the_disk_fails(tmp_path: Path) -> None:
    """They come from memory, once; when the disk is back they are on it, with what became of them."""
    post = Post(tmp_path / "state")
    post.bench.folder.write_text("a file where the directory should be")
    with post.open() as phone:
        post.find(OPENED)
        post.turn()
        post.turn(40.0)
        assert len(phone.offered) == 1
        post.bench.folder.unlink()
        post.turn(10.0)
        phone.confirm()
        post.turn()
        post.turn()
        assert len(phone.offered) == 1
    with post.open() as phone:
        post.find(CLOSED)
        post.turn()
        post.turn(130.0)
        assert [notice.number for notice in phone.offered] == [2]


def test_a_damaged_journal_takes_nothing_from_the_desk(tmp_path: Path) -> None:
    """The new one that is begun in its place has all that the desk remembers."""
    post = Post(tmp_path)
    with post.open() as phone:
        post.find(OPENED)
        post.turn()
        post.turn(40.0)
        phone.confirm()
        post.turn()
        for file in tmp_path.glob(f"{NAME}*"):
            file.write_bytes(b"no database" * 1000)
        post.find(event(Transition.OPENED, device="pump-2", verdict=Verdict.SENSOR))
        post.turn()
        post.turn(40.0)
    with post.open() as phone:
        post.find(CLOSED)
        post.turn()
        post.turn(400.0)
        (resolved,) = [notice.title for notice in phone.offered if notice.reason == "resolved"]
        assert resolved == "pump-1 temperature: resolved"
        assert [alert.event.device for alert in post.herald.desk.open_alerts()] == ["pump-2"]


def test_labels_outlive_a_restart(tmp_path: Path) -> None:
    """Where a device is stays known, though it never speaks again."""
    post = Post(tmp_path)
    with post.open():
        post.herald.desk.directory.note("pump-1", "pumps", {"gateway": "g3"})
        post.turn()
    with post.open() as phone:
        post.find(OPENED)
        post.turn()
        post.turn(40.0)
        assert ("gateway", "g3") in phone.offered[0].labels


def test_after_a_recovery_the_desk_goes_by_what_lasts_in_fact(tmp_path: Path) -> None:
    """An alert that is known to nobody but the desk ends, and says so; one that the desk does not know is told."""
    post = Post(tmp_path)
    other = event(Transition.OPENED, device="pump-2", verdict=Verdict.SENSOR)
    with post.open() as phone:
        post.find(OPENED)
        post.turn()
        post.turn(40.0)
        phone.confirm()
        post.turn()
    with post.open() as phone:
        post.herald.compare([other])
        post.turn(40.0)
        post.turn(130.0)
        assert sorted((n.title, n.text.split(".")[0]) for n in phone.offered) == [
            (
                "pump-1 temperature: resolved",
                "pump-1 temperature is no longer watched, and nothing more is known of this alert",
            ),
            ("pump-2 temperature: warning", "pump-1 temperature is strange"),
        ]
    with post.open() as phone:
        post.herald.compare([other])
        assert [alert.event for alert in post.herald.desk.open_alerts()] == [other]


def test_what_ended_unheard_before_a_crash_ends_as_it_did(tmp_path: Path) -> None:
    """An end that is found again, or that was on disk and not heard, is heard before the desk compares."""
    post = Post(tmp_path)
    with post.open():
        post.find(OPENED)
        post.turn()
        post.turn(40.0)
        post.find(CLOSED)
        post.commit()
        post.crash()
    with post.open() as phone:
        post.herald.compare([])
        post.turn(130.0)
        assert phone.offered[-1].text.startswith("pump-1 temperature is strange.")


def test_what_somebody_asked_for_is_on_disk_within_a_turn(tmp_path: Path) -> None:
    """An acknowledgement and a maintenance are committed though nothing else happens, and outlive a crash."""
    post = Post(tmp_path)
    with post.open():
        post.find(OPENED)
        post.turn()
        assert not post.herald.hear()
        now = post.bench.clock.wall()
        assert post.herald.desk.acknowledge(OPENED.id, "ann")
        assert (post.herald.hear(), post.herald.hear()) == (True, False)
        post.commit()
        post.herald.desk.maintain("pump-*", now + 3600.0)
        assert (post.herald.hear(), post.herald.hear()) == (True, False)
        post.commit()
        post.crash()
    with post.open():
        assert [alert.acknowledged for alert in post.herald.desk.open_alerts()] == ["ann"]
        assert post.herald.maintenance == {"pump-*": now + 3600.0}
        post.bench.clock.passed_s += 3600.0
        assert post.herald.maintenance == {}

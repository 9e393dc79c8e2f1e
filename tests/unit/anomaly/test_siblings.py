"""Which channels of a device speak for one another."""

import numpy as np
import pytest

from detector.anomaly.siblings import NOBODY, PANEL, Siblings


def joined(*devices: int) -> Siblings:
    """Return siblings of channels 0, 1, ... that joined these devices in turn."""
    subject = Siblings()
    subject.block.grow(len(devices))
    for slot, device in enumerate(devices):
        subject.join(slot, device)
    return subject


def panel(subject: Siblings, slot: int) -> set[int]:
    """Return whom a channel listens to."""
    return set(subject.block.panel[slot].tolist()) - {NOBODY}


def test_channels_of_one_device_listen_to_one_another() -> None:
    """Three channels of a device listen to the other two each, whoever came first."""
    subject = joined(0, 0, 0)
    assert [panel(subject, slot) for slot in range(3)] == [{1, 2}, {0, 2}, {0, 1}]


def test_channels_of_another_device_are_no_siblings() -> None:
    """Devices that join in turn never mix."""
    subject = joined(0, 1, 0, 1)
    assert [panel(subject, slot) for slot in range(4)] == [{2}, {3}, {0}, {1}]


def test_a_single_channel_has_nobody() -> None:
    """A channel alone is not paired, and nobody is asked where its siblings stand."""
    subject = joined(0)
    assert subject.paired(np.array([0])).tolist() == []
    assert subject.standings(np.array([0]), np.arange(0), np.array([5.0])).shape == (0, PANEL)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_a_row_sees_siblings_as_they_stood_when_it_came(order: list[int]) -> None:
    """A sibling's row before it in the batch is seen, one after it is not: then what was last known counts."""
    subject = joined(0, 0, 0)
    subject.block.standing[:3] = [-1.0, -2.0, -3.0]
    slots, now = np.array(order), np.array([1.0, 2.0, 3.0])[order]
    seen = subject.standings(slots, subject.paired(slots), now)
    for row, slot in enumerate(order):
        said = dict(zip(subject.block.panel[slot].tolist(), seen[row].tolist(), strict=True))
        for sibling in panel(subject, slot):
            before = order.index(sibling) < row
            assert said[sibling] == (sibling + 1 if before else -(sibling + 1))


def test_a_crowded_device_tries_every_sibling_in_turn() -> None:
    """With more siblings than places, each gets a place in time, and the most useful one keeps its own."""
    subject = joined(*[0] * (PANEL + 5))
    use = np.zeros((PANEL + 5, PANEL))
    use[:, 0] = 1.0
    kept, heard = int(subject.block.panel[3, 0]), panel(subject, 3)
    for _ in range(20):
        changed = subject.try_others(use)
        assert all(place != 0 for _, place in changed)
        heard |= panel(subject, 3)
    assert subject.block.panel[3, 0] == kept
    assert heard == set(range(PANEL + 5)) - {3}


def test_nobody_listens_to_itself_or_to_one_sibling_twice() -> None:
    """However often places change hands, a panel holds different siblings."""
    subject = joined(*[0] * (PANEL + 5))
    for turn in range(30):
        subject.try_others(np.random.default_rng(turn).standard_normal((PANEL + 5, PANEL)))
        for slot in range(PANEL + 5):
            assert len(panel(subject, slot) - {slot}) == PANEL


def test_a_device_with_places_for_all_changes_nothing() -> None:
    """Where everybody is heard, nobody has to go."""
    assert joined(*[0] * (PANEL + 1)).try_others(np.zeros((PANEL + 1, PANEL))) == []

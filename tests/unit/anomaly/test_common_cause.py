"""Common causes: what several peers show is no device's own."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.anomaly.common_cause import FADES_S, CommonCause
from detector.anomaly.company import Company
from detector.state.rows import Floats, Rows
from tests.rows import rows

GAP_S = 60.0


def group(channels: int) -> tuple[CommonCause, Company]:
    """Return channels of one group that have all spoken, and know where they stand."""
    subject, company = CommonCause(1), Company()
    subject.block.grow(channels)
    company.block.grow(channels)
    for slot in range(channels):
        company.join(slot, 0)
    first = rows(np.zeros(channels), gap_s=GAP_S)
    company.learn(first, np.zeros(channels), np.zeros(channels), np.ones(channels))
    company.publish()
    return subject, company


def own(subject: CommonCause, company: Company, row: Rows, strangeness: NDArray[np.float64]) -> Floats:
    """Return what is the rows' own, and learn from them. Shapes: (B,)."""
    shown = subject.shown(row, strangeness[:, None])
    found = subject.own(strangeness[:, None], shown, company.panel(row))[:, 0]
    subject.learn(row, shown)
    return found


def test_what_two_others_show_is_no_devices_own() -> None:
    """Of five devices that are equally strange, the first two in the stream are told."""
    subject, company = group(5)
    assert own(subject, company, rows(np.zeros(5), gap_s=GAP_S, step=1), np.full(5, 4.0)).tolist() == [4, 4, 0, 0, 0]


def test_what_is_twice_as_strange_counts_in_full() -> None:
    """Beside peers that show 2, a strangeness of 4 is a device's own, and of 3 but two thirds."""
    subject, company = group(5)
    own(subject, company, rows(np.zeros(5), gap_s=GAP_S, step=1), np.array([0.0, 0.0, 2.0, 2.0, 2.0]))
    later = own(subject, company, rows(np.zeros(5), gap_s=1e-6, step=2), np.array([4.0, 3.0, 0.0, 0.0, 0.0]))
    assert later == pytest.approx([4.0, 2.0, 0.0, 0.0, 0.0], abs=1e-4)


def test_what_peers_showed_fades() -> None:
    """An hour later it counts for a third, and half a day later for nothing."""
    subject, company = group(3)
    own(subject, company, rows(np.zeros(3), gap_s=GAP_S, step=1), np.array([4.0, 4.0, 0.0]))
    calm = rows(np.zeros(3), gap_s=FADES_S, step=1)
    shown = subject.shown(calm, np.zeros((3, 1)))
    assert shown[:2, 0] == pytest.approx(4.0 / np.e)
    assert subject.shown(rows(np.zeros(3), gap_s=12 * FADES_S, step=1), np.zeros((3, 1))).max() < 1e-3


def test_a_device_alone_keeps_what_is_strange() -> None:
    """Without a group, nothing is common."""
    subject, company = CommonCause(1), Company()
    subject.block.grow(3)
    company.block.grow(3)
    assert own(subject, company, rows(np.zeros(3), step=1), np.full(3, 4.0)).tolist() == [4, 4, 4]


def test_one_odd_peer_excuses_nobody() -> None:
    """A single other device that shows the same is no common cause."""
    subject, company = group(4)
    own(subject, company, rows(np.zeros(4), gap_s=GAP_S, step=1), np.array([9.0, 0.0, 0.0, 0.0]))
    later = own(subject, company, rows(np.zeros(4), gap_s=1e-6, step=2), np.array([0.0, 4.0, 0.0, 0.0]))
    assert later.tolist() == [0.0, 4.0, 0.0, 0.0]

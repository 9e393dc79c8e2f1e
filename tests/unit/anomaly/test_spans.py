"""How large a lasting residual usually is."""

import numpy as np
import pytest

from detector.anomaly.spans import SPANS_S, Moment, Spans

SLOT = np.array([0])
DAY_S = 86_400.0


def at(time_s: float, gap_s: float = 600.0) -> Moment:
    """Return the moment of one channel that began at midnight, `time_s` ago."""
    return Moment(SLOT, np.array([int(time_s // 3600.0) % 24]), np.array([gap_s]), np.array([time_s]))


def lived(days: int, residual_at: dict[int, float], other: float = 1.0) -> Spans:
    """Return the spans of a channel whose residuals alternate in sign each hour, with these sizes by hour of day."""
    subject = Spans(witnesses=1)
    subject.block.grow(1)
    for step in range(1, days * 144):
        moment, hour = at(step * 600.0), step // 6
        residual = np.array([[residual_at.get(hour % 24, other) * (-1.0) ** hour]])
        subject.learn(moment, residual, subject.means(moment, residual), np.array([1.0]))
    return subject


def scale(subject: Spans, time_s: float, span: int = 0) -> float:
    """Return the scale of one span at a moment."""
    return float(subject.scale(at(time_s))[0, 0, span])


def test_a_wild_hour_is_held_to_its_own_spans() -> None:
    """After two weeks the hour that swings ten times as far has a scale several times as large."""
    subject = lived(14, {12: 10.0})
    assert scale(subject, 14 * DAY_S + 12.9 * 3600) > 3.0 * scale(subject, 14 * DAY_S + 3.9 * 3600)


def test_an_hour_never_seen_may_be_wilder() -> None:
    """On its first day a channel has a larger scale in an hour of day that it has not lived through."""
    subject = lived(1, {})
    for hour in range(12, 24):
        subject.block.heard_s[0, hour] = 0.0
    assert scale(subject, DAY_S + 15 * 3600) > 2.0 * scale(subject, DAY_S + 9 * 3600)


def test_spans_grow_with_the_channel_up_to_their_length() -> None:
    """After ten minutes residuals are averaged over seconds, after months over the spans."""
    assert (at(600.0).spans_s < 60.0).all()
    assert at(100 * DAY_S).spans_s[0].tolist() == SPANS_S.tolist()


def test_a_mean_follows_a_lasting_residual_over_its_span() -> None:
    """One span after a residual of ten began, the mean is at two thirds of it."""
    subject = Spans(witnesses=1)
    subject.block.grow(1)
    for step in range(12):
        moment = at(100 * DAY_S + step * 600.0)
        means = subject.means(moment, np.array([[10.0]]))
        subject.learn(moment, np.array([[10.0]]), means, np.array([0.0]))
    assert subject.block.mean[0, 0, 1] == pytest.approx(10.0 * (1.0 - np.exp(-1.0)), rel=1e-3)


def test_rows_without_weight_leave_the_spans_as_it_was() -> None:
    """A residual of no weight moves the mean and not what is usual."""
    subject = lived(3, {})
    usual, hours = subject.block.usual[0].copy(), subject.block.by_hour[0].copy()
    moment, far = at(3 * DAY_S), np.array([[50.0]])
    subject.learn(moment, far, subject.means(moment, far), np.array([0.0]))
    assert np.array_equal(subject.block.usual[0], usual)
    assert np.array_equal(subject.block.by_hour[0], hours)
    assert subject.block.mean[0, 0, 0] > 10.0


def test_one_far_mean_counts_for_a_bounded_part() -> None:
    """A residual of a million moves what is usual no further than one of a thousand."""
    grown = []
    for residual in (1e3, 1e6):
        subject, moment, far = lived(3, {}), at(3 * DAY_S), np.array([[residual]])
        subject.learn(moment, far, subject.means(moment, far), np.array([1.0]))
        grown.append(subject.block.usual[0].tolist())
    assert grown[0] == grown[1]


def test_a_flickering_moment_widens_the_scale() -> None:
    """After half an hour of scatter ten times the usual, a mean has to be farther away to be far."""
    calm = lived(3, {})
    flickers = lived(3, {})
    for step in range(3):
        moment, far = at(3 * DAY_S + step * 600.0), np.array([[10.0 * (-1.0) ** step]])
        flickers.learn(moment, far, flickers.means(moment, far), np.array([0.0]))
    assert scale(flickers, 3 * DAY_S + 1800.0) > 1.2 * scale(calm, 3 * DAY_S + 1800.0)

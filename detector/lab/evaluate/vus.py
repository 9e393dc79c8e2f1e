"""The volume under the precision-recall surface (VUS-PR): how well scores rank anomalies, at every threshold and tolerance.

In: the scores of a file and the rows of its anomalies. Out: a number from 0 to 1. Pure; no threshold, no point adjustment.
Source: Paparrizos et al. 2022, "Volume under the surface", VLDB 15(11), sections 4.1 and 4.2, and the details of the
authors' implementation: 250 thresholds at ranks of the scores, tolerances from none to one period of the series.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.state.rows import Floats

THRESHOLDS: Final = 250

SHORTEST_LAG, LONGEST_LAG, USUAL_LAG = 3, 300, 125
"""Rows: a period is looked for between the first two, and taken to be the third where there is none."""

LAGS: Final = 400
LOOKED_AT: Final = 20_000
"""Rows and lags that the search for a period looks at."""

Ranges = Sequence[tuple[int, int]]
"""First and last row of each anomaly, in order and apart from one another."""


def period_of(values: Floats) -> int:
    """Return the lag of the highest peak of a series' autocorrelation, rows. Shape (T,).

    Source: the sliding window that TSB-UAD and TSB-AD choose for a series (Paparrizos et al. 2022, Liu and Paparrizos 2024).
    """
    away = values[:LOOKED_AT] - values[:LOOKED_AT].mean()
    spectrum = np.fft.rfft(away, 2 * len(away))
    products = np.fft.irfft(np.abs(spectrum) ** 2)[SHORTEST_LAG : min(LAGS + 1, len(away))]
    inner = products[1:-1]
    peaks = np.flatnonzero((inner > products[:-2]) & (inner > products[2:])) + 1
    if len(peaks) == 0:
        return USUAL_LAG
    best = int(peaks[products[peaks].argmax()])
    return best + SHORTEST_LAG if SHORTEST_LAG <= best <= LONGEST_LAG else USUAL_LAG


def vus_pr(scores: Floats, anomalies: Ranges, widest: int) -> float | None:
    """Return the volume under the surface over tolerances of 0 to `widest` rows; None where there is no anomaly.

    Shape: scores (T,).
    """
    if not anomalies:
        return None
    falling = np.argsort(-scores, kind="stable")
    ranked = scores[falling]
    # at a threshold every row of the same score is told as well
    told = np.searchsorted(-ranked, -ranked[np.linspace(0, len(scores) - 1, THRESHOLDS).astype(int)], side="right")
    return float(np.mean([_area(scores, falling, told, anomalies, width) for width in range(widest + 1)]))


def _area(scores: Floats, falling: NDArray[np.intp], told: NDArray[np.intp], anomalies: Ranges, width: int) -> float:
    """Return the area under the curve at one tolerance. Shapes: falling (T,), told (THRESHOLDS,) rows at each threshold."""
    label = _softened(len(scores), anomalies, width)
    found = np.cumsum(label[falling])[told - 1]
    highest = np.array([scores[first : last + 1].max() for first, last in _joined(len(scores), anomalies, width)])
    lowest_told = scores[falling][told - 1]
    met = (highest[:, None] >= lowest_told).mean(axis=0)
    positives = (sum(last - first + 1 for first, last in anomalies) + label.sum()) / 2.0
    recall = np.concatenate([[0.0], np.minimum(found / positives, 1.0) * met])
    precision = np.concatenate([[1.0], found / told])
    return float((np.diff(recall) * (precision[1:] + precision[:-1]) / 2.0).sum())


def _softened(rows: int, anomalies: Ranges, width: int) -> Floats:
    """Return labels that fade on both sides of an anomaly, over half the width each. Source: equation 4. Shape (rows,)."""
    label = np.zeros(rows)
    for first, last in anomalies:
        label[first : last + 1] += 1.0
        behind = np.arange(last + 1, min(last + width // 2 + 1, rows))
        before = np.arange(max(first - width // 2, 0), first)
        label[behind] += np.sqrt(1.0 - (behind - last) / max(width, 1))
        label[before] += np.sqrt(1.0 - (first - before) / max(width, 1))
    return np.minimum(label, 1.0)


def _joined(rows: int, anomalies: Ranges, width: int) -> list[tuple[int, int]]:
    """Return the anomalies with half the width on both sides, those that meet as one."""
    joined: list[tuple[int, int]] = []
    for first, last in anomalies:
        low, high = max(first - width // 2, 0), min(last + width // 2, rows - 1)
        if joined and joined[-1][1] >= low:
            low = joined.pop()[0]
        joined.append((low, high))
    return joined

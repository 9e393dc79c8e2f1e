"""The published scoring function of the Numenta Anomaly Benchmark (NAB).

In: for each file the number of rows, its label windows as rows, and scores or detections. Out: scores, 100 for a
perfect detector, 0 for one that says nothing. Pure.
Source: Lavin and Ahmad 2015, "Evaluating real-time anomaly detection algorithms", section III, and the details of
the reference implementation: positions in rows, a probation that earns and costs nothing, one threshold for a corpus.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.state.rows import Floats, Mask

PROBATION_RATIO: Final = 0.15
LONGEST_PROBATION: Final = 750
"""The probation is this share of a file's rows, and at most so many."""

STEEPNESS: Final = 5.0
FAR_BEHIND: Final = 3.0
"""Window widths behind a window from which a false alarm costs its full weight."""

OUTSIDE: Final = -1


class Profile(NamedTuple):
    """What a false alarm and a missed window cost; a window found at once earns 1."""

    name: str
    false_positive: float
    false_negative: float


PROFILES: Final = (
    Profile("standard", 0.11, 1.0),
    Profile("low FP", 0.22, 1.0),
    Profile("low FN", 0.11, 2.0),
)


class Graded(NamedTuple):
    """What a detection at each row is worth. Shapes: every array is (T,)."""

    credit: Floats
    """Within a window what is earned, 1 at its first row; outside what it costs, down to -1, before the weight."""
    window: NDArray[np.int64]
    """The window of each row, `OUTSIDE` where there is none."""
    counted: Mask
    """False in the probation."""

    @property
    def windows(self) -> int:
        """Return how many windows can be found."""
        return len(set(self.window[self.counted].tolist()) - {OUTSIDE})


def probation_rows(rows: int) -> int:
    """Return how many first rows of a file earn and cost nothing."""
    return min(int(PROBATION_RATIO * rows), LONGEST_PROBATION)


def sigmoid_credit(position: Floats) -> Floats:
    """Return the credit at positions in window widths from a window's right edge: -1 at its left edge, 0 at the right."""
    credit = 2.0 / (1.0 + np.exp(np.minimum(STEEPNESS * position, 50.0))) - 1.0
    return np.where(position >= FAR_BEHIND, -1.0, credit)


def grade(rows: int, windows: Sequence[tuple[int, int]]) -> Graded:
    """Return what each row is worth, given windows as (first row, last row), in order and apart from one another."""
    credit, window = np.full(rows, -1.0), np.full(rows, OUTSIDE, np.int64)
    best = float(sigmoid_credit(np.array(-1.0)))
    place = np.arange(rows)
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        inside = (place >= first) & (place <= last)
        credit[inside] = sigmoid_credit(-(last - place[inside] + 1) / width) / best
        window[inside] = number
        # until the next window, if any, false alarms are measured from this one
        behind = place > last
        credit[behind] = sigmoid_credit((place[behind] - last) / max(width - 1, 1))
    return Graded(credit, window, place >= probation_rows(rows))


def raw_score(graded: Graded, detected: Mask, profile: Profile) -> float:
    """Return the score of one file: the best credit of each window, or its loss, and the cost of false alarms."""
    told = detected & graded.counted
    score = profile.false_positive * float(graded.credit[told & (graded.window == OUTSIDE)].sum())
    for number in sorted(set(graded.window[graded.counted].tolist()) - {OUTSIDE}):
        earned = graded.credit[told & (graded.window == number)]
        score += float(earned.max()) if len(earned) else -profile.false_negative
    return score


def normalised(raw: float, windows: int, profile: Profile) -> float | None:
    """Return a raw score between 0 (nothing said) and 100 (perfect); None where there is nothing to find."""
    null = -profile.false_negative * windows
    return 100.0 * (raw - null) / (windows - null) if windows else None


def best_threshold(files: Sequence[tuple[Graded, Floats]], profile: Profile) -> tuple[float, float]:
    """Return the threshold on scores (T,) that serves the whole corpus best, and the raw score there.

    An oracle: it has seen the labels. A row is detected when its score is at or over the threshold; infinity detects none.
    """
    rows = sorted(
        (
            (float(score), file, int(graded.window[place]), float(graded.credit[place]))
            for file, (graded, scores) in enumerate(files)
            for place, score in enumerate(scores)
            if graded.counted[place]
        ),
        key=lambda row: -row[0],
    )
    total = -profile.false_negative * sum(graded.windows for graded, _ in files)
    found: dict[tuple[int, int], float] = {}
    best = math.inf, total
    for index, (score, file, window, credit) in enumerate(rows):
        if window == OUTSIDE:
            total += profile.false_positive * credit
        else:
            before = found.get((file, window), -profile.false_negative)
            found[file, window] = max(before, credit)
            total += found[file, window] - before
        is_last_of_score = index + 1 == len(rows) or rows[index + 1][0] != score
        if is_last_of_score and total > best[1]:
            best = score, total
    return best

"""Replays recordings that have nothing to do with one another, all of them side by side in one engine.

In: readings of each recording, a contender. Out: what it said of each reading. Silence is not judged: the devices
of a recording end with it, and have no link.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detector.domain import Reading
from detector.lab.evaluate.contenders import Contender, build, settings_for
from detector.lab.evaluate.side_by_side import abreast
from detector.lab.evaluate.workers import Advance
from detector.state.rows import Floats, Mask
from detector.stream.batch import Batcher


class Heard(NamedTuple):
    """What was said of a recording. Shapes: (T,), in its own order."""

    scores: Floats
    """1.0 is the threshold, 0 stands where there is no score."""
    alerted: Mask
    """Readings at which an alert of their channel opened."""
    open: Mask
    """Readings in whose channel an episode is open once they were taken in."""


def replay_abreast(contender: Contender, recordings: Sequence[Sequence[Reading]], advance: Advance) -> list[Heard]:
    """Return what a contender that knows nothing says of each recording.

    Raises: ModelError.
    """
    subject = build(contender, [f"recording {entry}" for entry in range(len(recordings))])
    stream, entry = abreast(recordings)
    said = []
    for batch in Batcher(settings_for(contender).engine.max_batch).cut(stream):
        said.append(subject.step(batch))
        advance(len(batch.readings) / len(stream))
    opened = {(alert.device, alert.channel, alert.at) for one in said for alert in one.opened}
    scores, is_open = np.concatenate([one.scores for one in said]), np.concatenate([one.open for one in said])
    alerted = np.array([(one.device, one.channel, one.at) in opened for one in stream], np.bool_)
    places = [np.flatnonzero(entry == one) for one in range(len(recordings))]
    return [Heard(scores[place], alerted[place], is_open[place]) for place in places]

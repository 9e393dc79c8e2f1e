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


def replay_abreast(contender: Contender, recordings: Sequence[Sequence[Reading]], advance: Advance) -> list[Heard]:
    """Return what a contender that knows nothing says of each recording.

    Raises: ModelError.
    """
    subject = build(contender, [f"recording {entry}" for entry in range(len(recordings))])
    stream, entry = abreast(recordings)
    scores = []
    opened = set()
    for batch in Batcher(settings_for(contender.budget).engine.max_batch).cut(stream):
        said = subject.step(batch)
        scores.append(said.scores)
        opened |= {(alert.device, alert.channel, alert.at) for alert in said.opened}
        advance(len(batch.readings) / len(stream))
    score = np.concatenate(scores)
    alerted = np.array([(one.device, one.channel, one.at) in opened for one in stream], np.bool_)
    return [Heard(score[entry == one], alerted[entry == one]) for one in range(len(recordings))]

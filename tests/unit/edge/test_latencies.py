"""Durations that are counted together are counted as the library would count them one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from detector.edge.metrics.latencies import Latencies

BOUNDS = (0.125, 0.25, 1.0, 3.0)
SECONDS = st.lists(st.sampled_from([0.0, 0.125, 0.25, 1.0, 2.5, 3.0, 700.0]) | st.integers(0, 64).map(lambda n: n / 16))


@given(turns=st.lists(SECONDS, max_size=5))
def test_many_at_once_are_counted_as_one_by_one(turns: list[list[float]]) -> None:
    """Buckets, count and sum are those of the library's histogram, bounds included."""
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    latencies = Latencies("took_seconds", "How long.", BOUNDS)
    histogram = Histogram("took_seconds", "How long.", buckets=BOUNDS, registry=theirs)
    ours.register(latencies)
    for turn in turns:
        latencies.observe(np.array(turn, np.float64))
        for seconds in turn:
            histogram.observe(seconds)
    created = b"took_seconds_created"
    expected = [line for line in generate_latest(theirs).splitlines() if created not in line]
    assert generate_latest(ours).splitlines() == expected

"""Law: whatever the site, seed and kinds, injection changes nothing but the readings of its faults, and no order."""

from hypothesis import given
from hypothesis import strategies as st

from detector.domain import Reading
from detector.lab.evaluate.fault import Fault, Injected
from detector.lab.evaluate.injection import draw_faults, inject
from detector.lab.evaluate.streams import streams_of
from tests.fleet import merged, noise, readings


def outside(stream: list[Reading], faults: tuple[Fault, ...]) -> list[Reading]:
    """Return the readings that no fault is about."""
    return [
        reading
        for reading in stream
        if not any(
            fault.device == reading.device
            and (fault.channel == reading.channel or fault.kind is Injected.DROPOUT)
            and fault.start <= reading.at < max(fault.end, fault.start + 1)
            for fault in faults
        )
    ]


@given(
    counts=st.lists(st.integers(2, 120), min_size=1, max_size=4),
    cadence_s=st.sampled_from([1.0, 33.0, 300.0, 7200.0]),
    kinds=st.lists(st.sampled_from(Injected), min_size=1, unique=True),
    seed=st.integers(0, 1000),
    turn=st.integers(0, 20),
)
def test_injection_touches_only_its_faults(
    counts: list[int], cadence_s: float, kinds: list[Injected], seed: int, turn: int
) -> None:
    """Readings outside the faults are as recorded, times and order stay, and each device has exactly one fault."""
    site = merged(
        *(readings(f"d{row}", noise(row, count), cadence_s=cadence_s) for row, count in enumerate(counts)),
        readings("d0", noise(9, 50), channel="light", cadence_s=cadence_s),
    )
    streams = streams_of(site, "temperature")
    faults = draw_faults(seed, turn, streams, "temperature", kinds)
    struck = inject(site, streams, faults)
    assert [fault.device for fault in faults] == [f"d{row}" for row in range(len(counts))]
    assert outside(struck, faults) == outside(site, faults)
    kept = [(reading.device, reading.channel, reading.at) for reading in struck]
    assert kept == [place for place in ((one.device, one.channel, one.at) for one in site) if place in set(kept)]

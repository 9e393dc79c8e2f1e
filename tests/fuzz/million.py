"""A million fuzzed payloads through decoding and the engine: `python -m tests.fuzz.million`.

None may raise, and every reading is accounted for: received = rejected + dropped + late + duplicate + scored + pending.
The same seed gives the same table, the rate aside.
"""

import argparse
import logging
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from detector.edge.ledger import Counts
from tests.fuzz.journey import Journey
from tests.fuzz.stream import fuzzed_messages

TURN = 2000
"""Messages that arrive between two turns."""

FLOOD_EVERY, FLOOD = 50, 5000
"""Every so many turns, more arrive than the inbox has room for."""


def run(seed: int, payloads: int) -> Journey:
    """Send fuzzed payloads all the way; return what went through."""
    journey, messages, left, turn = Journey(), fuzzed_messages(seed, payloads), payloads, 0
    while left > 0:
        arriving = min(left, FLOOD if turn % FLOOD_EVERY == FLOOD_EVERY - 1 else TURN)
        journey.arrive(islice(messages, arriving))
        counts = journey.turn()
        left, turn = left - arriving, turn + 1
        assert counts.messages == payloads - left
    return journey


def table(journey: Journey, counts: Counts) -> Iterator[str]:
    """Yield the lines of the table."""
    ended = {"scored": counts.scored, "late": counts.late, "duplicate": counts.duplicate, "pending": counts.pending}
    ended |= {f"dropped {reason.value}": number for reason, number in counts.dropped.items() if number}
    ended |= {f"rejected {reason.value}": number for reason, number in counts.rejected.items()}
    yield f"{'payloads':<32}{counts.messages:>12,}"
    yield f"{'  that gave readings':<32}{journey.gave_readings:>12,}  {journey.gave_readings / counts.messages:.1%}"
    yield f"{'readings received':<32}{counts.received:>12,}"
    yield from (f"  {what:<30}{number:>12,}  {number / counts.received:.2%}" for what, number in ended.items())
    yield f"{'sum of these':<32}{sum(ended.values()):>12,}  {'equal' if sum(ended.values()) == counts.received else 'NOT EQUAL'}"
    yield f"{'alert events':<32}{journey.events:>12,}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.million", description=__doc__)
    parser.add_argument("--payloads", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(argv)
    logging.disable(logging.WARNING)  # a line for every rejection
    began = time.perf_counter()
    journey = run(chosen.seed, chosen.payloads)
    took_s = time.perf_counter() - began
    print(*table(journey, journey.ledger.snapshot()), sep="\n")
    print(f"{'seed':<32}{chosen.seed:>12}\n{'payloads a second':<32}{chosen.payloads / took_s:>12,.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Does independent jobs in several processes, and says how far all of them are.

In: a function of the module level and its jobs. Out: the results in the order of the jobs, however many workers there are.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from ctypes import c_double
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

Advance = Callable[[float], None]
"""Called with the share of a job that was done since it was called last; the shares of a job add up to 1."""

GLANCE_S: Final = 0.2
"""Time between looks at how far the workers are."""

_done: "Synchronized[float] | None" = None
"""In a worker: the jobs that all workers have done, parts included."""


def each(
    function: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], workers: int, advance: Advance
) -> list[Result]:
    """Return `function(*job, advance)` for every job, and tell `advance` of all of them. One worker means this process."""
    if workers == 1:
        return [function(*job, advance) for job in jobs]
    # spawned, not forked: a fork of a process with threads may hang, and a fresh one has nothing that a job could see
    context = get_context("spawn")
    done = context.Value(c_double, 0.0)
    with ProcessPoolExecutor(min(workers, max(len(jobs), 1)), context, _share, (done,)) as pool:
        futures = [pool.submit(_work, function, job) for job in jobs]
        told, waiting = 0.0, set(futures)
        while waiting and not any(future.exception() for future in futures if future.done()):
            waiting = wait(waiting, GLANCE_S).not_done
            told, before = done.value, told
            advance(told - before)
        pool.shutdown(wait=False, cancel_futures=True)
        return [future.result() for future in futures if not future.cancelled()]


def _share(done: "Synchronized[float]") -> None:
    """Begin a worker."""
    global _done
    _done = done


def _work(function: Callable[..., Result], job: tuple[Any, ...]) -> Result:
    """Do a job in a worker."""
    assert _done is not None
    return function(*job, _advance)


def _advance(share: float) -> None:
    """Count a part of a job."""
    assert _done is not None
    with _done.get_lock():
        _done.value += share

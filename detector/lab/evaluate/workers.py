"""Does independent jobs in several processes.

In: a function of the module level and its jobs. Out: the results in the order of the jobs, however many workers there are.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any, TypeVar

Result = TypeVar("Result")


def each(
    function: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], workers: int, done: Callable[[], None]
) -> list[Result]:
    """Return `function(*job)` for every job; `done` is called as each one ends. One worker means this process."""
    if workers == 1:
        return [_told(function(*job), done) for job in jobs]
    # spawned, not forked: a fork of a process with threads may hang, and a fresh one has nothing that a job could see
    with ProcessPoolExecutor(min(workers, max(len(jobs), 1)), mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(function, *job) for job in jobs]
        try:
            for future in as_completed(futures):
                _told(future.result(), done)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        return [future.result() for future in futures]


def _told(result: Result, done: Callable[[], None]) -> Result:
    """Say that a job is done, and pass its result on."""
    done()
    return result

"""Independent jobs over all cores, one thread of arithmetic each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

from rich.console import Console
from rich.progress import track

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
Job = TypeVar("Job")
Result = TypeVar("Result")


def spread(task: Callable[[Job], Result], jobs: Iterable[Job], processes: int) -> list[Result]:
    """``task`` of every job, in the order of the jobs; in this process where one is enough.

    A terminal shows how many are done, and how long the others will take.
    """
    jobs = list(jobs)
    if processes == 1 or len(jobs) < 2:
        return list(_watched(map(task, jobs), len(jobs)))
    with (
        _one_thread_each(),
        ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool,
    ):
        return list(_watched(pool.map(task, jobs), len(jobs)))


def _watched(results: Iterable[Result], total: int) -> Iterable[Result]:
    """The results as they come."""
    shown = Console(stderr=True)
    return track(
        results, "jobs", total, console=shown, transient=True, disable=not shown.is_terminal
    )


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Children inherit the environment; what stood there before stands there again after."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

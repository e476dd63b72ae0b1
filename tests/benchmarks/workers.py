"""Independent jobs over all cores, one thread of arithmetic each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
Job = TypeVar("Job")
Result = TypeVar("Result")


def spread(task: Callable[[Job], Result], jobs: Iterable[Job], processes: int) -> list[Result]:
    """``task`` of every job, in the order of the jobs; in this process where one is enough."""
    jobs = list(jobs)
    if processes == 1 or len(jobs) < 2:
        return [task(job) for job in jobs]
    with (
        _one_thread_each(),
        ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool,
    ):
        return list(pool.map(task, jobs))


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

"""The end of a process that stays: asked for by a signal, at a safe point, and in time.

Once ``wiring.ending`` is set, nights leave between two steps and walks between two batches. What has
not ended after ``server.stop_seconds`` is left where it is, as by a crash: a night's lease is given
back, a batch under way is decided by reading when the next process starts.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from service.errors import ServiceError
from service.store import runs
from service.wiring import Wiring

LAST_WORDS_SECONDS: Final = 2.0
log = logging.getLogger(__name__)


@contextmanager
def in_time(wiring: Wiring, *, leave: Callable[[int], object] = os._exit) -> Iterator[None]:
    """Whatever runs inside ends ``server.stop_seconds`` after ``wiring.ending`` was set, with 0."""
    over = threading.Event()

    def watch() -> None:
        wiring.ending.wait()
        if over.wait(wiring.settings.server.stop_seconds):
            return
        log.warning(
            "what is under way has not ended within %d seconds; it is left to the next start",
            wiring.settings.server.stop_seconds,
            extra={"event": "left_unfinished"},
        )
        _give_back(wiring)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        leave(0)

    watchman = threading.Thread(target=watch, name="ending", daemon=True)
    watchman.start()
    try:
        yield
    finally:
        over.set()
        wiring.ending.set()  # the watchman too has nothing more to wait for


def _give_back(wiring: Wiring) -> None:
    """Let others go on with our nights; a database that does not answer cannot hold up the end."""

    def let_go() -> None:
        with suppress(ServiceError), wiring.store.begin() as session:
            runs.let_all_go(session, wiring.night.owner)

    last = threading.Thread(target=let_go, daemon=True)
    last.start()
    last.join(LAST_WORDS_SECONDS)

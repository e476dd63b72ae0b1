"""The sandbox's time: a source and an offset, so that a test can live 30 nights in seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

PLATFORM_ZONE: Final = timezone(timedelta(hours=8), "GMT+8")
STAMP: Final = "%Y-%m-%d %H:%M:%S"


class SandboxClock:
    """Time that can be set and moved; ``source`` gives aware datetimes and may stand still."""

    def __init__(self, source: Callable[[], datetime]) -> None:
        self._source = source
        self._offset = timedelta()
        self._lock = threading.Lock()

    @classmethod
    def standing(cls, start: datetime) -> SandboxClock:
        """A clock that only moves when it is told to; ``start`` must be aware."""
        moment = start.astimezone(UTC)
        return cls(lambda: moment)

    def now(self) -> datetime:
        """The platform's time, aware, GMT+8."""
        with self._lock:
            return (self._source() + self._offset).astimezone(PLATFORM_ZONE)

    def today(self) -> date:
        """The platform's business date."""
        return self.now().date()

    def set(self, moment: datetime) -> None:
        """Go to an aware moment."""
        with self._lock:
            self._offset = moment - self._source()

    def advance(self, *, seconds: float = 0.0, days: int = 0) -> None:
        """Let time pass."""
        with self._lock:
            self._offset += timedelta(seconds=seconds, days=days)


def stamp(moment: datetime) -> str:
    """``yyyy-MM-dd HH:mm:ss`` in GMT+8."""
    return moment.astimezone(PLATFORM_ZONE).strftime(STAMP)


def seconds_to_midnight(moment: datetime) -> int:
    """Whole seconds until the next day begins in GMT+8, at least 1."""
    local = moment.astimezone(PLATFORM_ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(1, int((midnight - local).total_seconds()))

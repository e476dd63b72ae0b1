"""How fast and how much may be called: a token bucket for each method, and the day's calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from connectors.taobao.shop import Rate


class QuotaMeter(Protocol):
    """Counts an app's calls by the platform's days (Asia/Shanghai); shared by all its shops."""

    def used(self, day: date) -> int:
        """Calls made on ``day`` so far."""
        ...

    def add(self, day: date, n: int) -> None:
        """Count ``n`` more calls on ``day``."""
        ...


class MemoryQuotaMeter:
    """A meter that forgets when the process ends. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[date, int] = {}

    def used(self, day: date) -> int:
        """Calls made on ``day`` so far."""
        with self._lock:
            return self._calls.get(day, 0)

    def add(self, day: date, n: int) -> None:
        """Count ``n`` more calls on ``day``."""
        with self._lock:
            self._calls[day] = self._calls.get(day, 0) + n


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: datetime


class RateLimiter:
    """Says how long to wait before the next call of a method.

    Each method has a bucket that holds ``burst`` tokens and gains ``per_second``; a call takes one
    and may put the bucket into debt, which is the wait of those that come after it.
    """

    def __init__(self, clock: Callable[[], datetime], rate_of: Callable[[str], Rate]) -> None:
        self._clock = clock
        self._rate_of = rate_of
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, method: str) -> float:
        """Take a token; returns the seconds to wait before the call may leave, 0 for none."""
        rate = self._rate_of(method)
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(method, _Bucket(rate.burst, now))
            passed = max(0.0, (now - bucket.filled_at).total_seconds())
            bucket.tokens = min(rate.burst, bucket.tokens + passed * rate.per_second)
            bucket.filled_at = now
            bucket.tokens -= 1
            return max(0.0, -bucket.tokens / rate.per_second)

"""How often an app may call: so many times a day, and so many times a second for one method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.sandbox.gateway.clock import PLATFORM_ZONE, seconds_to_midnight
from connectors.sandbox.gateway.refusal import call_limited

LISTED_APP_CALLS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``daily_calls`` over all methods; calls a second by full method name, else ``per_second``.

    None means no limit. Windows are whole seconds and days of the sandbox clock.
    """

    daily_calls: int | None = LISTED_APP_CALLS
    per_second: int | None = None
    by_method: Mapping[str, int] = field(default_factory=dict)


class Meter:
    """Counts calls against ``Limits``; a refused call does not count."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._day = 0
        self._today = 0
        self._second = 0
        self._in_second: dict[str, int] = {}

    @property
    def calls_today(self) -> int:
        """Calls counted on the last day seen."""
        return self._today

    def count(self, method: str, now: datetime) -> None:
        """Count a call of ``method``; raises TopError 7 when it is one too many."""
        self._roll(now)
        if self.limits.daily_calls is not None and self._today >= self.limits.daily_calls:
            raise call_limited(seconds_to_midnight(now))
        rate = self.limits.by_method.get(method, self.limits.per_second)
        if rate is not None and self._in_second.get(method, 0) >= rate:
            raise call_limited(1)
        self._today += 1
        self._in_second[method] = self._in_second.get(method, 0) + 1

    def _roll(self, now: datetime) -> None:
        day = now.astimezone(PLATFORM_ZONE).date().toordinal()
        second = int(now.timestamp())
        if day != self._day:
            self._day, self._today = day, 0
        if second != self._second:
            self._second, self._in_second = second, {}

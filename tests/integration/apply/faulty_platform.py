"""The sandbox shop behind a line that fails on demand, with a record of what really happened."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from connectors.errors import (
    AnswerError,
    AuthorisationError,
    ConnectorError,
    PermanentError,
    QuotaError,
    RetryableError,
    TransportError,
    UnknownOutcomeError,
)
from connectors.platform import AdPlatform, BidChange, Page, Roster


class CrashError(BaseException):
    """Stands for SIGKILL inside one process: nothing of ours catches it."""


@dataclass(frozen=True)
class Effect:
    """A bid that really changed hands: set by us, at this instant."""

    at: datetime
    day: date
    keyword_id: str
    before_fen: int
    bid_fen: int


@dataclass
class FaultyPlatform:
    """``faults`` maps (call name, how many calls of it came before) to what goes wrong then.

    ``calls`` None means that no quota is known.
    """

    inner: AdPlatform
    clock: Callable[[], datetime]
    today: Callable[[], date]
    rng: random.Random
    faults: dict[tuple[str, int], str] = field(default_factory=dict)
    calls: int | None = None
    effects: list[Effect] = field(default_factory=list)
    budgets: dict[str, int] = field(default_factory=dict)
    writes: list[list[BidChange]] = field(default_factory=list)
    _done: dict[str, int] = field(default_factory=dict)
    _late: list[BidChange] = field(default_factory=list)
    _shown: dict[str, int] = field(default_factory=dict)

    name = "faulty"

    @property
    def attribution_days(self) -> int:
        return self.inner.attribution_days

    def calls_left(self) -> int | None:
        return self.calls

    def roster(self) -> Roster:
        now = self.inner.roster()
        return replace(
            now,
            campaigns=tuple(
                replace(row, daily_budget_fen=self.budgets.get(row.campaign_id, 10_000_000))
                for row in now.campaigns
            ),
        )

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        yield from self.inner.keyword_days(first, last)

    def true_bids(self, keyword_ids: Sequence[str]) -> Mapping[str, int]:
        """What stands on the platform, whatever the line says."""
        return self.inner.live_bids(keyword_ids)

    def settle_late(self) -> None:
        """Time has passed: late writes arrive, readings are fresh again."""
        self._shown.clear()
        late, self._late = self._late, []
        if late:
            self._write(late)

    def edit(self, keyword_id: str, bid_fen: int) -> None:
        """A person sets a bid in the back office."""
        before = self.true_bids([keyword_id])[keyword_id]
        self.inner.set_bids([change(keyword_id, before, bid_fen)])

    def live_bids(self, keyword_ids: Sequence[str]) -> Mapping[str, int]:
        fault = self._next("live_bids")
        if fault is not None:
            raise error_of(fault)
        return {**self.inner.live_bids(keyword_ids)} | {
            word: bid for word, bid in self._shown.items() if word in keyword_ids
        }

    def set_bids(self, changes: Sequence[BidChange]) -> Mapping[str, int]:
        self.writes.append(list(changes))
        fault = self._next("set_bids") or ""
        if fault in ("late",):
            self._late += changes
            raise UnknownOutcomeError("no answer came")
        if fault == "lagging":
            self._shown |= dict(self.inner.live_bids([one.keyword_id for one in changes]))
        if fault == "partial":
            changes = [one for one in changes if self.rng.random() < 0.5]
        untouched = ("timeout_before", "cut_before", "busy", "quota", "session", "refused")
        if fault in untouched:
            raise error_of(fault)
        answer = self._write(changes)
        if fault in ("timeout_after", "cut_after", "garbled"):
            raise error_of(fault)
        return answer

    def _write(self, changes: Sequence[BidChange]) -> Mapping[str, int]:
        before = self.inner.live_bids([one.keyword_id for one in changes])
        answer = self.inner.set_bids(changes)
        for word, bid in answer.items():
            self.effects.append(Effect(self.clock(), self.today(), word, before[word], bid))
        return answer

    def _next(self, call: str) -> str | None:
        number = self._done.get(call, 0)
        self._done[call] = number + 1
        if self.calls is not None:
            self.calls -= 1
        return self.faults.pop((call, number), None)

    def arm(self, call: str, fault: str, *, after: int = 0) -> None:
        """Let ``fault`` strike at the call that comes ``after`` so many others of its name."""
        self.faults[call, self._done.get(call, 0) + after] = fault


def change(keyword_id: str, before: int, bid_fen: int) -> BidChange:
    return BidChange(keyword_id=keyword_id, bid_before_fen=before, bid_fen=bid_fen)


def error_of(fault: str) -> ConnectorError:
    errors = {
        "timeout": UnknownOutcomeError("no answer came in 30 s"),
        "cut": TransportError("the connection was cut off", wait_seconds=5),
        "busy": RetryableError("the platform is busy", wait_seconds=5),
        "quota": QuotaError("the day's calls are used up", wait_seconds=30_000),
        "session": AuthorisationError("the session of the shop has expired"),
        "refused": PermanentError("包含了不属于该客户的关键词Id"),
        "garbled": AnswerError("the answer has no list of words"),
    }
    return errors[fault.partition("_")[0]]

"""What is on record of a month: everything that the report is worked out from, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from service.ledger import LedgerState
from service.reading.nights import NightOutcome
from service.report.calendar import Month
from service.store.months import AdgroupSums, BatchDay, BatchSums, Decided, KeywordSums
from service.store.rows import DayTotals, StatedDay

EventKind = Literal[
    "stale",
    "failed",
    "missed",
    "retried",
    "stopped",
    "resumed",
    "raised",
    "limits",
    "unauthorised",
    "authorised",
    "overridden",
    "halted",
    "elsewhere",
]
GRAVE: frozenset[EventKind] = frozenset(
    {"stale", "failed", "missed", "stopped", "unauthorised", "halted"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a person should know of; ``values`` fill its sentence."""

    kind: EventKind
    day: date
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def grave(self) -> bool:
        """Whether work stood still for it."""
        return self.kind in GRAVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A rollback that somebody asked for: how many words, how many of them are back, and why."""

    day: date
    actor: str
    reason: str
    lines: int
    left: int
    restored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a yuan of an adgroup's gross revenue leaves, and what share is refunded where stated."""

    margin_rate: float
    organic_rate: float = 0.0
    refund_rate: float | None = None

    @property
    def rate(self) -> float:
        """Contribution per yuan of gross revenue, natural traffic's share included."""
        return self.margin_rate + self.organic_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The figures of the days from ``first`` to ``last``: as reported, and as the ledger has them."""

    first: date
    last: date
    days: tuple[DayTotals, ...] = ()
    booked: tuple[StatedDay, ...] = ()
    adgroups: tuple[AdgroupSums, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One account's month. ``ours`` are the days whose bids kaiche's nights proposed, ``before`` the
    days of the month before the first night, ``previous`` the month before; each may be empty.
    ``worth`` is by adgroup, ``campaigns`` are names by id, ``texts`` the words by keyword id.

    ``terms`` are the allowance of each night, by date. ``nights`` are in order of date, and so are
    ``events``; ``runs`` counts the nights that were begun.
    """

    account_id: str
    name: str
    month: Month
    today: date
    first_night: date | None
    ours: Span
    before: Span
    previous: Span
    worth: Mapping[str, Worth]
    campaigns: Mapping[str, str]
    keywords: tuple[KeywordSums, ...]
    texts: Mapping[str, str]
    nights: tuple[NightOutcome, ...]
    terms: Mapping[date, LedgerState]
    decided: tuple[Decided, ...]
    batches: tuple[BatchSums, ...]
    batch_days: tuple[BatchDay, ...]
    rollbacks: tuple[Undone, ...]
    events: tuple[Event, ...]
    runs: int = 0

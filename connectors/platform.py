"""What every advertising platform looks like to kaiche.

Rows are frozen, slotted, keyword-only scalars. Platform ids are ``str`` (17-digit ids do not
survive a float), money is integer fen (分, 1/100 yuan), rates are fractions, dates are business
days of the account's time zone, instants are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, runtime_checkable

Match = Literal["exact", "phrase", "broad", "auto"]
BidType = Literal["custom_bid", "max_amount", "cost_control", "roi_control", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """A campaign (计划) as the platform shows it now. ``daily_budget_fen`` None = unlimited or unknown."""

    campaign_id: str
    name: str
    daily_budget_fen: int | None = None
    bid_type: BidType = "custom_bid"
    online: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AdgroupRow:
    """An adgroup (单元): one promoted item (宝贝) and its words."""

    adgroup_id: str
    campaign_id: str
    name: str
    item_id: str | None = None
    item_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordRow:
    """A keyword (词) of the roster with its bid in force.

    ``bid_fen`` None means that the bid is not known; such a word is never biddable.
    ``not_biddable_reason`` is a sentence for a specialist, set exactly when ``biddable`` is False.
    """

    keyword_id: str
    adgroup_id: str
    campaign_id: str
    word: str
    match: Match | None = None
    bid_fen: int | None = None
    quality_score: float | None = None
    biddable: bool = True
    not_biddable_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordDayRow:
    """One keyword on one business day, as known today; recent days are restated later.

    ``bid_fen`` is the bid in force that day, None where the platform does not tell.
    ``budget_hit`` says that the day's budget ran out, None where the platform does not tell.
    """

    keyword_id: str
    adgroup_id: str
    campaign_id: str
    date: date
    impressions: int
    clicks: int
    spend_fen: int
    orders: int
    revenue_fen: int
    bid_fen: int | None = None
    carts: int | None = None
    favourites: int | None = None
    avg_rank: float | None = None
    budget_hit: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A piece of the source that was not taken, in words a specialist understands.

    ``row`` counts as a spreadsheet does (first line is 1); None means the whole file.
    """

    source: str
    row: int | None
    column: str | None
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everything that can be bid on, as of one moment, in ascending order of ids."""

    campaigns: tuple[CampaignRow, ...]
    adgroups: tuple[AdgroupRow, ...]
    keywords: tuple[KeywordRow, ...]
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A bounded piece of the report, so that memory grows with the page and not the account."""

    rows: tuple[KeywordDayRow, ...]
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BidChange:
    """An absolute bid to set, and the bid the decision was taken at."""

    keyword_id: str
    bid_before_fen: int
    bid_fen: int


@runtime_checkable
class AdPlatformReader(Protocol):
    """The read half of a platform: what every connector offers."""

    @property
    def name(self) -> str:
        """Short name of the connector (``reports``, ``sandbox``, …)."""
        ...

    @property
    def attribution_days(self) -> int:
        """Days after which a day's orders are final."""
        ...

    def roster(self) -> Roster:
        """Campaigns, adgroups and keywords with the bids in force now."""
        ...

    def keyword_days(self, first: date, last: date) -> Iterator[Page]:
        """All keyword-days from ``first`` to ``last`` inclusive, in pages, each key at most once.

        A keyword-day without any impression may be absent.
        """
        ...


@runtime_checkable
class Exported(AdPlatformReader, Protocol):
    """A reader of exports: what it tells is as old as they are. Others tell what is true now."""

    @property
    def newest_day(self) -> date | None:
        """The newest business day that any report tells; None without a report."""
        ...

    @property
    def bids_exported_at(self) -> datetime | None:
        """When the roster's bids were exported: naive, in the account's time zone; None if unknown.

        Where only the day is known, the day's last instant.
        """
        ...


@runtime_checkable
class AdPlatform(AdPlatformReader, Protocol):
    """A platform that can also be written to."""

    def live_bids(self, keyword_ids: Sequence[str]) -> Mapping[str, int]:
        """Bids in force right now, fen; a keyword that no longer exists is absent."""
        ...

    def set_bids(self, changes: Sequence[BidChange]) -> Mapping[str, int]:
        """Set absolute bids; returns the keywords that the platform says were set, with their bids.

        At most 200 changes a call. Success is partial: what is absent was not set.
        """
        ...


@runtime_checkable
class MeteredPlatform(AdPlatform, Protocol):
    """A platform whose calls are counted and limited."""

    def calls_left(self) -> int | None:
        """Calls that the day's quota still allows; None where no quota is known."""
        ...

"""Steps 2 and 3: the platform's figures, fetched first and stored in one transaction afterwards.

What is fetched waits in a temporary file: memory grows with a page, and no lock of the database
is held while a platform takes its time.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import IO, Any, Self

from sqlalchemy.orm import Session

from connectors.platform import (
    AdPlatformReader,
    Exported,
    KeywordDayRow,
    Page,
    Reject,
    Roster,
)
from service import inputs, tonight
from service.audit import Origin
from service.confirm import confirm
from service.inputs import Given
from service.outside import note_budgets
from service.settings.models import Account
from service.store import applications, pulls, roster, runs
from service.store.rows import DayTotals, RunRow

_RUNS_ASKED = 10  # nights that failed before they had pulled say nothing


@dataclass(slots=True)
class Pulled:
    """The roster, and the report's pages in the order in which they came. Use it in a ``with``.

    ``bids_at`` is the instant, in the account's zone, whose bids the roster tells, None if unknown;
    ``newest_day`` the newest day of any export, also of those outside of what was asked for;
    ``first`` the first day asked for.
    """

    roster: Roster
    bids_at: datetime | None
    newest_day: date | None
    attribution_days: int
    rejects: list[Reject]
    first: date
    rows: int = 0
    _pages: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    _count: int = 0

    def add(self, page: Page) -> None:
        """Put a page aside."""
        pickle.dump(page.rows, self._pages, protocol=pickle.HIGHEST_PROTOCOL)
        self._count += 1
        self.rows += len(page.rows)
        self.rejects.extend(page.rejects)

    def keyword_days(self) -> Iterator[KeywordDayRow]:
        """Every row, page by page."""
        self._pages.seek(0)
        for _ in range(self._count):
            yield from pickle.load(self._pages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pages.close()


def first_day(
    business_date: date,
    history_days: int,
    attribution_days: int,
    known: list[DayTotals],
    asked_from: date | None = None,
) -> date:
    """Where the pull begins: at the first day that is missing, at the latest with the window.

    Days inside the attribution window are always pulled anew, since their orders still change.
    ``asked_from`` is the first day that was ever asked for: between it and the first day that is
    known the shop had nothing to tell.
    """
    start = business_date - timedelta(days=history_days)
    window = business_date - timedelta(days=attribution_days + 1)
    have = {day.date for day in known}
    day = start
    if have and asked_from is not None and asked_from <= start:
        day = max(start, min(have))
    while day < window and day in have:
        day += timedelta(days=1)
    return max(start, min(day, window))


def fetch(
    platform: AdPlatformReader,
    first: date,
    last: date,
    progress: Callable[[int], None],
    *,
    now: datetime,
    zone: tzinfo,
) -> Pulled:
    """Read the roster and every keyword-day from ``first`` to ``last``; ``progress`` counts rows.

    ``now`` is the instant before the first call, ``zone`` the account's. A pull that fails half-way
    leaves nothing behind.
    """
    roster_now = platform.roster()
    pulled = Pulled(
        roster=roster_now,
        bids_at=bids_at(platform, now, zone),
        newest_day=platform.newest_day if isinstance(platform, Exported) else None,
        attribution_days=platform.attribution_days,
        rejects=list(roster_now.rejects),
        first=first,
    )
    with ExitStack() as failed:
        failed.enter_context(pulled)
        for page in platform.keyword_days(first, last):
            pulled.add(page)
            progress(pulled.rows)
        failed.pop_all()
    return pulled


def bids_at(platform: AdPlatformReader, now: datetime, zone: tzinfo) -> datetime | None:
    """The instant in ``zone`` whose bids the platform's roster tells: an export's, else ``now``."""
    if not isinstance(platform, Exported):
        return now.astimezone(zone)
    local = platform.bids_exported_at
    return None if local is None else local.replace(tzinfo=zone)


def given_of(account: Account, business_date: date, pulled: Pulled) -> Given:
    """What the decision is given beside figures and roster: dates and the rates of adgroups."""
    rates = tonight.rates(account, pulled.roster.adgroups, pulled.roster.keywords)
    return Given(
        as_of=business_date,
        history_days=account.history_days,
        attribution_days=pulled.attribution_days,
        rates={
            adgroup_id: {"margin_rate": rate.margin_rate, "organic_rate": rate.organic_rate}
            for adgroup_id, rate in rates.items()
        },
        promotions=tuple(day.isoformat() for day in account.named_days(business_date)),
    )


def store(
    session: Session, run: RunRow, pulled: Pulled, given: Given, origin: Origin
) -> dict[str, Any]:
    """Keep everything that was pulled; returns the instant of the pull and the run's counts.

    The bid list first settles approved lines, then becomes the roster. Works in the caller's
    transaction, so that figures, confirmations and their audit events are one.
    """
    pulled_at = pulls.next_pull_at(session, run.account_id, origin.at)
    found = confirm(session, run.account_id, pulled.roster, origin, bids_at=pulled.bids_at)
    raised = note_budgets(session, run.account_id, pulled.roster.campaigns, origin)
    roster.upsert_roster(session, run.account_id, pulled.roster, seen_at=pulled_at)
    _keep_newer_bids(session, run.account_id, pulled)
    changed = pulls.upsert_facts(
        session,
        run.account_id,
        pulled.keyword_days(),
        pulled_at=pulled_at,
        pulled_on=run.business_date,
        bids=_bids_of_yesterday(session, run, pulled),
    )
    rejects = runs.save_rejects(session, run.run_id, pulled.rejects)
    runs.save_input(session, run.run_id, "roster", inputs.pack_roster(pulled.roster))
    runs.save_input(session, run.run_id, "given", inputs.pack_given(given))
    counts = {
        "campaigns": len(pulled.roster.campaigns),
        "adgroups": len(pulled.roster.adgroups),
        "keywords": len(pulled.roster.keywords),
        "pulled": pulled.rows,
        "changed": changed,
        "rejects": rejects,
        "newest_day": pulled.newest_day and pulled.newest_day.isoformat(),
        "asked_from": _asked_from(session, run, pulled).isoformat(),
        **asdict(found),
        "budgets_raised": raised,
    }
    return {"cutoff_at": pulled_at, "counts": counts}


def asked_from(session: Session, account_id: str) -> date | None:
    """The first day that any pull of the account has asked for, None when that is not on record."""
    for run in runs.page(session, account_id=account_id, limit=_RUNS_ASKED):
        told = run.counts.get("asked_from")
        if told is not None:
            return date.fromisoformat(told)
    return None


def _asked_from(session: Session, run: RunRow, pulled: Pulled) -> date:
    before = asked_from(session, run.account_id)
    return pulled.first if before is None else min(before, pulled.first)


def _bids_of_yesterday(
    session: Session, run: RunRow, pulled: Pulled
) -> tuple[date, Mapping[str, int]] | None:
    """The bids in force when yesterday ended: the roster's, but those from before for words that
    kaiche has changed today. None where the roster is not of the run's own day.
    """
    if pulled.bids_at is None or pulled.bids_at.date() != run.business_date:
        return None
    bids = {row.keyword_id: row.bid_fen for row in pulled.roster.keywords if row.bid_fen}
    before = applications.bids_before(session, run.account_id, run.business_date)
    return run.business_date - timedelta(days=1), bids | dict(before)


def _keep_newer_bids(session: Session, account_id: str, pulled: Pulled) -> None:
    """Bids that were applied after the roster had been read are newer than the roster's."""
    if pulled.bids_at is not None:
        newer = applications.settled_since(session, account_id, pulled.bids_at)
        roster.note_bids(session, account_id, newer)

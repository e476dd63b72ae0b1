"""Rows a second into the store and out of it, in several ways by turns, on both databases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from statistics import median
from typing import Any
from unittest import mock

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from connectors.platform import KeywordDayRow
from service.store import Store, bulk, open_store, pulls
from service.store.chunks import insert_many, insert_or
from service.store.facts import FACT_COLUMNS, FIGURES, KEY, NEWEST
from tests.benchmarks.databases import databases
from tests.benchmarks.extent import Extent
from tests.benchmarks.reading import ways_out
from tests.benchmarks.tables import Row, Table

DAYS = 30
FIRST = date(2026, 1, 1)
LAST = FIRST + timedelta(days=DAYS - 1)
SHOP = "shop"

Seconds = dict[str, float]
Insert = Callable[[Session, Any, Iterable[Sequence[Any]]], None]


def run(extent: Extent) -> list[Table]:
    """Two tables: in and out; a row a database, a size and a way."""
    into: list[Row] = []
    out: list[Row] = []
    with databases() as fresh:
        for size in extent.store_rows:
            known = account(size)
            for name, make in fresh.items():
                into += _rows(name, size, _rounds(extent.store_rounds, _ways_in(make, known)))
                with _opened(make()) as store:
                    _pull(store, known, 1)
                    ways = _ways_out(store, name)
                    out += _rows(name, size, _rounds(extent.store_rounds, ways))
    return [Table("Keyword-days a second in", into), Table("Keyword-days a second out", out)]


def account(size: int, *, restated: bool = False) -> list[KeywordDayRow]:
    """``size`` keyword-days over 30 days; ``restated``: every tenth has one more order."""
    rng = np.random.default_rng(0)
    clicks = rng.poisson(3.0, size)
    words = max(size // DAYS, 1)
    return [
        KeywordDayRow(
            keyword_id=f"7228150{place % words:010d}",
            adgroup_id=f"6402{place % words // 20:09d}",
            campaign_id=f"7228{place % words // 2000:07d}",
            date=FIRST + timedelta(days=place // words),
            impressions=int(clicks[place]) * 20,
            clicks=int(clicks[place]),
            spend_fen=int(clicks[place]) * 83,
            orders=int(clicks[place]) // 7 + int(restated and place % 10 == 0),
            revenue_fen=int(clicks[place]) // 7 * 9_900,
            bid_fen=60 + place % words % 50,
            carts=int(clicks[place]) // 3,
            favourites=None,
            avg_rank=1.0 + float(clicks[place]) / 3.0,
            budget_hit=None,
        )
        for place in range(words * DAYS)
    ]


def _rounds(rounds: int, ways: Mapping[str, Callable[[], Seconds]]) -> dict[str, list[Seconds]]:
    """Every way once a round, each round beginning with another one."""
    names = list(ways)
    taken: dict[str, list[Seconds]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            taken[name].append(ways[name]())
    return taken


def _rows(database: str, size: int, taken: Mapping[str, list[Seconds]]) -> Iterator[Row]:
    """Rows a second by step, and the last step's ratio over the first way, medians of the rounds."""
    first = next(iter(taken.values()))
    for way, rounds in taken.items():
        row: Row = {"database": database, "rows": size, "way": way}
        for step in rounds[0]:
            row[f"{step}_per_s"] = round(size / median(seconds[step] for seconds in rounds))
            ratios = [base[step] / own[step] for base, own in zip(first, rounds, strict=True)]
            row[f"{step}_ratio"] = round(median(ratios), 2)
        yield row


def _ways_in(
    make: Callable[[], str], known: list[KeywordDayRow]
) -> Mapping[str, Callable[[], Seconds]]:
    """The product's upsert with its rows sent in either way, and a bare upsert without versions."""
    restated = account(len(known), restated=True)
    return {
        "batched": lambda: _taken(make(), _patched(batched), known, restated),
        "bulk": lambda: _taken(make(), _patched(bulk.insert_rows), known, restated),
        "bare upsert": lambda: _taken(make(), _bare, known, restated),
    }


def _taken(
    url: str,
    take: Callable[[Store, list[KeywordDayRow], int], None],
    known: list[KeywordDayRow],
    restated: list[KeywordDayRow],
) -> Seconds:
    """Seconds of a first pull, of the same again, and of one that restates a tenth."""
    taken: Seconds = {}
    with _opened(url) as store:
        for day, (step, rows) in enumerate(
            (("first", known), ("same", known), ("restated", restated)), start=1
        ):
            begun = time.perf_counter()
            take(store, rows, day)
            taken[step] = time.perf_counter() - begun
    return taken


def batched(session: Session, table: Any, rows: Iterable[Sequence[Any]]) -> None:
    """SQLAlchemy's own way: many rows a statement, each value through its type."""
    insert_many(session, insert(table), (dict(zip(FACT_COLUMNS, row, strict=True)) for row in rows))


def _patched(way: Insert) -> Callable[[Store, list[KeywordDayRow], int], None]:
    def take(store: Store, rows: list[KeywordDayRow], day: int) -> None:
        with mock.patch.object(bulk, "insert_rows", way):
            _pull(store, rows, day)

    return take


def _pull(store: Store, rows: list[KeywordDayRow], day: int) -> None:
    at = datetime(2026, 3, day, tzinfo=UTC)
    with store.begin() as session:
        pulls.upsert_facts(session, SHOP, rows, pulled_at=at, pulled_on=at.date())


def _bare(store: Store, rows: list[KeywordDayRow], day: int) -> None:
    """ON CONFLICT straight into the table of newest figures, in batches."""
    values = attrgetter(*FACT_COLUMNS)
    stamp = {"account_id": SHOP, "pulled_at": datetime(2026, 3, day, tzinfo=UTC)}
    with store.begin() as session:
        statement = insert_or(session, NEWEST)
        statement = statement.on_conflict_do_update(
            index_elements=["account_id", *KEY],
            set_={name: statement.excluded[name] for name in (*FIGURES, "pulled_at")},
        )
        given = (dict(zip(FACT_COLUMNS, values(row), strict=True)) | stamp for row in rows)
        insert_many(session, statement, given)


def _ways_out(store: Store, database: str) -> Mapping[str, Callable[[], Seconds]]:
    """The night's history, read and made into its frame."""

    def timed(way: Callable[[Session], object]) -> Callable[[], Seconds]:
        def take() -> Seconds:
            with store.read() as session:
                begun = time.perf_counter()
                way(session)
                return {"frame": time.perf_counter() - begun}

        return take

    return {name: timed(way) for name, way in ways_out(database, SHOP, FIRST, LAST).items()}


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    store = open_store(url)
    store.migrate()
    try:
        yield store
    finally:
        store.close()

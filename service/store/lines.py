"""Lines: filtered, sorted, paged, summed, and changed in bulk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Table,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store import cursors
from service.store.chunks import chunked
from service.store.rows import LineRow, columns_of, fetch, fetch_one
from service.store.tables import Line

LINES: Table = Line.metadata.tables["line"]

Sort = Literal[
    "spend_after",
    "spend_change",
    "contribution_after",
    "contribution_change",
    "change_rate",
    "change_size",
    "at_stake",
    "bid",
    "keyword_id",
    "word",
    "line_id",
]
SORTS: Mapping[Sort, ColumnElement[Any]] = {
    "spend_after": LINES.c.spend_after_fen,
    "spend_change": LINES.c.spend_after_fen - LINES.c.spend_before_fen,
    "contribution_after": LINES.c.contribution_after_fen,
    "contribution_change": LINES.c.contribution_after_fen - LINES.c.contribution_before_fen,
    "change_rate": LINES.c.change_rate,
    "change_size": func.abs(LINES.c.change_rate),
    "at_stake": func.coalesce(LINES.c.at_stake_fen, -1),
    "bid": func.coalesce(LINES.c.bid_fen, -1),
    "keyword_id": LINES.c.keyword_id,
    "word": LINES.c.word,
    "line_id": LINES.c.line_id,
}


Group = Literal["campaign_id", "reason", "risk", "state", "size"]
GROUPS: Mapping[Group, ColumnElement[Any]] = {
    "campaign_id": LINES.c.campaign_id,
    "reason": LINES.c.reason,
    "risk": LINES.c.risk,
    "state": LINES.c.state,
    "size": case(
        # literal, since PostgreSQL must see the same expression where it groups
        (func.abs(LINES.c.change_rate) < literal_column("0.05"), literal_column("'small'")),
        (func.abs(LINES.c.change_rate) < literal_column("0.15"), literal_column("'middle'")),
        else_=literal_column("'large'"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFilter:
    """Which lines; every field that is set must hold. Changes are fractions of ``bid_before``.

    ``min_change`` and ``max_change`` bound the size |change_rate|, both inclusive.
    ``word`` is a piece of the keyword's text, letters of either case; ``not_of`` leaves a proposal out.
    """

    proposal_id: str | None = None
    account_id: str | None = None
    campaign_ids: tuple[str, ...] = ()
    adgroup_ids: tuple[str, ...] = ()
    keyword_ids: tuple[str, ...] = ()
    line_ids: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    bindings: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    min_change: float | None = None
    max_change: float | None = None
    word: str | None = None
    explore: bool | None = None
    changed: bool | None = None
    not_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTotals:
    """Sums over a filtered set, a day: ``before`` at the bids in force, ``after`` at the new ones."""

    lines: int
    raises: int
    cuts: int
    spend_before_fen: int
    spend_after_fen: int
    contribution_before_fen: int
    contribution_after_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePage:
    """A piece of a list; ``next_cursor`` None means that it was the last."""

    rows: tuple[LineRow, ...]
    next_cursor: str | None


def page(
    session: Session,
    wanted: LineFilter,
    *,
    sort: Sort = "spend_after",
    descending: bool = True,
    cursor: str | None = None,
    limit: int = 100,
) -> LinePage:
    """Lines in a total order (ties by line_id); raises InputError for a foreign cursor."""
    key, order = SORTS[sort], f"{sort}.{'desc' if descending else 'asc'}"
    query = columns_of(LineRow, LINES).add_columns(key.label("sort_value"))
    query = query.where(*_conditions(wanted))
    if cursor is not None:
        value, line_id = cursors.decode(order, cursor)
        position = tuple_(key, LINES.c.line_id)
        last = tuple_(bindparam(None, value, key.type), bindparam(None, line_id, BigInteger))
        query = query.where(position < last if descending else position > last)
    sorting = [key.desc(), LINES.c.line_id.desc()] if descending else [key, LINES.c.line_id]
    found = [dict(m) for m in session.execute(query.order_by(*sorting).limit(limit + 1)).mappings()]
    values = [mapping.pop("sort_value") for mapping in found]
    rows = tuple(LineRow(**mapping) for mapping in found[:limit])
    more = len(found) > limit
    return LinePage(
        rows=rows,
        next_cursor=cursors.encode(order, values[limit - 1], rows[-1].line_id) if more else None,
    )


def window(
    session: Session,
    wanted: LineFilter,
    *,
    sort: Sort,
    descending: bool,
    start: int,
    limit: int,
) -> list[LineRow]:
    """``limit`` lines from place ``start`` of the order of ``page``: for a grid that is scrolled."""
    key = SORTS[sort]
    order = [key.desc(), LINES.c.line_id.desc()] if descending else [key, LINES.c.line_id]
    # Only ids are sorted and skipped: whole lines, with all their figures, fill the sorter's memory.
    places = select(LINES.c.line_id).where(*_conditions(wanted)).order_by(*order)
    line_ids = list(session.scalars(places.offset(start).limit(limit)))
    found: dict[int, LineRow] = {}
    for piece in chunked(line_ids):
        query = columns_of(LineRow, LINES).where(LINES.c.line_id.in_(piece))
        found |= {row.line_id: row for row in fetch(session, LineRow, query)}
    return [found[line_id] for line_id in line_ids]


def totals(session: Session, wanted: LineFilter) -> LineTotals:
    """Sums over everything that the filter holds."""
    query = select(*_sums()).where(*_conditions(wanted))
    return LineTotals(**session.execute(query).mappings().one())


def totals_by(session: Session, wanted: LineFilter, group: Group) -> dict[str, LineTotals]:
    """The sums of each group of the filtered set, the largest change of spend first."""
    key = GROUPS[group]
    query = select(key.label("key"), *_sums()).where(*_conditions(wanted)).group_by(key)
    found = {}
    for mapping in session.execute(query).mappings():
        sums = dict(mapping)
        name = str(sums.pop("key"))
        found[name] = LineTotals(**sums)
    return dict(sorted(found.items(), key=lambda item: (-_moved(item[1]), item[0])))


def _moved(totals: LineTotals) -> int:
    return abs(totals.spend_after_fen - totals.spend_before_fen)


def _sums() -> list[ColumnElement[Any]]:
    money = [
        cast_to(func.coalesce(func.sum(LINES.c[name]), 0), BigInteger).label(name)
        for name in (
            "spend_before_fen",
            "spend_after_fen",
            "contribution_before_fen",
            "contribution_after_fen",
        )
    ]
    raises = func.count().filter(LINES.c.change_rate > 0).label("raises")
    cuts = func.count().filter(LINES.c.change_rate < 0).label("cuts")
    return [func.count().label("lines"), raises, cuts, *money]


def count_by(
    session: Session, wanted: LineFilter, column: Literal["reason", "risk", "state", "campaign_id"]
) -> Mapping[str, int]:
    """value → number of lines of the filtered set."""
    key: Any = LINES.c[column]
    query = select(key, func.count()).where(*_conditions(wanted)).group_by(key).order_by(key)
    return {row[0]: row[1] for row in session.execute(query)}


def get(session: Session, line_id: int) -> LineRow:
    """One line; raises NotFoundError."""
    row = fetch_one(session, LineRow, columns_of(LineRow, LINES).where(LINES.c.line_id == line_id))
    if row is None:
        raise NotFoundError.of("line_unknown", line_id=line_id)
    return row


def select_lines(
    session: Session, wanted: LineFilter, *, for_update: bool = False
) -> list[LineRow]:
    """Every line of the filtered set, by id. Any number of ``line_ids`` may be asked for."""
    query = columns_of(LineRow, LINES).order_by(LINES.c.line_id)
    if for_update:
        query = query.with_for_update()
    if not wanted.line_ids:
        return fetch(session, LineRow, query.where(*_conditions(wanted)))
    found: list[LineRow] = []
    for piece in chunked(sorted(set(wanted.line_ids))):
        one = replace(wanted, line_ids=tuple(piece))
        found += fetch(session, LineRow, query.where(*_conditions(one)))
    return found


def past_of_keyword(
    session: Session, account_id: str, keyword_id: str, *, limit: int = 100
) -> list[LineRow]:
    """Lines of one keyword in all proposals, newest first."""
    query = columns_of(LineRow, LINES).where(
        LINES.c.account_id == account_id, LINES.c.keyword_id == keyword_id
    )
    return fetch(session, LineRow, query.order_by(LINES.c.line_id.desc()).limit(limit))


def shown_hash(session: Session, wanted: LineFilter) -> str:
    """sha256 over id, version, state and bid of every line of the filtered set.

    What a person was shown, as one value: it changes with any change of any of these lines, and
    when a line enters or leaves the set.
    """
    query = select(LINES.c.line_id, LINES.c.version, LINES.c.state, LINES.c.bid_fen)
    query = query.where(*_conditions(wanted)).order_by(LINES.c.line_id)
    digest = hashlib.sha256()
    for piece in session.execute(query.execution_options(yield_per=20_000)).partitions():
        digest.update("".join(f"{a}:{b}:{c}:{d}\n" for a, b, c, d in piece).encode())
    return digest.hexdigest()


def hash_of(rows: Iterable[LineRow]) -> str:
    """``shown_hash`` of lines at hand."""
    ordered = sorted(rows, key=lambda row: row.line_id)
    text = "".join(f"{r.line_id}:{r.version}:{r.state}:{r.bid_fen}\n" for r in ordered)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """A line's new state; ``version`` is the one it was read at."""

    line_id: int
    version: int
    state: str
    bid_fen: int | None
    change_rate: float
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    risk: str
    at_stake_fen: int | None
    author: str | None = None


def apply_changes(session: Session, changes: Sequence[LineChange]) -> int:
    """Write new states; returns how many lines were still at the version they were read at."""
    statement = (
        update(LINES)
        .where(LINES.c.line_id == bindparam("b_line_id"), LINES.c.version == bindparam("b_version"))
        .values(
            version=LINES.c.version + 1,
            **{name: bindparam(f"b_{name}") for name in _CHANGED},
        )
    )
    written = 0
    connection = session.connection()
    for piece in chunked(changes, 10_000):
        rows = [
            {f"b_{name}": getattr(change, name) for name in ("line_id", "version", *_CHANGED)}
            for change in piece
        ]
        written += cast("CursorResult[Any]", connection.execute(statement, rows)).rowcount
    return written


def set_author(session: Session, line_ids: Iterable[int], author: str) -> None:
    """Note whose the bids of new lines are."""
    for piece in chunked(line_ids):
        session.execute(update(LINES).where(LINES.c.line_id.in_(piece)).values(author=author))


_CHANGED = (
    "state",
    "bid_fen",
    "change_rate",
    "decided_by",
    "decided_at",
    "note",
    "author",
    "risk",
    "at_stake_fen",
)


def _conditions(wanted: LineFilter) -> list[ColumnElement[bool]]:
    column = LINES.c
    conditions: list[ColumnElement[bool]] = []
    for name, values in (
        ("campaign_id", wanted.campaign_ids),
        ("adgroup_id", wanted.adgroup_ids),
        ("keyword_id", wanted.keyword_ids),
        ("line_id", wanted.line_ids),
        ("reason", wanted.reasons),
        ("binding", wanted.bindings),
        ("risk", wanted.risks),
        ("state", wanted.states),
    ):
        if values:
            conditions.append(column[name].in_(values))
    for name, value in (("proposal_id", wanted.proposal_id), ("account_id", wanted.account_id)):
        if value is not None:
            conditions.append(column[name] == value)
    if wanted.not_of is not None:
        conditions.append(column.proposal_id != wanted.not_of)
    return conditions + _size_and_text(wanted)


def _size_and_text(wanted: LineFilter) -> list[ColumnElement[bool]]:
    column, size = LINES.c, func.abs(LINES.c.change_rate)
    conditions: list[ColumnElement[bool]] = []
    if wanted.min_change is not None:
        conditions.append(size >= wanted.min_change)
    if wanted.max_change is not None:
        conditions.append(size <= wanted.max_change)
    if wanted.word:
        conditions.append(column.word.icontains(wanted.word, autoescape=True))
    if wanted.explore is not None:
        conditions.append(column.explore == wanted.explore)
    if wanted.changed is not None:
        differs = column.bid_fen.is_distinct_from(column.bid_before_fen)
        conditions.append(differs if wanted.changed else ~differs)
    return conditions

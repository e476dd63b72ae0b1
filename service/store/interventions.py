"""What people order and what they have to know: stop orders, words left to them, alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.store.applied_tables import Alert, HandsOff, Rollback, StopOrder, Undo
from service.store.chunks import chunked, insert_many, insert_or, written
from service.store.rows import columns_of, fetch, fetch_one
from service.store.tables import Line

STOPS: Table = StopOrder.metadata.tables["stop_order"]
HANDS_OFF: Table = HandsOff.metadata.tables["hands_off"]
ALERTS: Table = Alert.metadata.tables["alert"]
ROLLBACKS: Table = Rollback.metadata.tables["rollback"]
UNDOS: Table = Undo.metadata.tables["undo"]

LINES: Table = Line.metadata.tables["line"]

EVERYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRow:
    """A stop order in force; ``scope`` is an account id, or ``*`` for all."""

    scope: str
    ordered_at: datetime
    ordered_by: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsOffRow:
    """A word left to people since somebody changed its bid elsewhere."""

    account_id: str
    keyword_id: str
    since_at: datetime
    bid_before_fen: int | None
    bid_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """An alert before it is saved."""

    at: datetime
    account_id: str
    kind: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    message_zh: str
    message_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow(NewAlert):
    """Something a person has to know, until one acknowledges it."""

    alert_id: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRow:
    """A proposal that undoes an application or a batch; ``left`` are the words it leaves alone."""

    proposal_id: str
    account_id: str
    undoes: str
    left: tuple[Mapping[str, Any], ...]
    created_at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "left", tuple(self.left))


def stops(session: Session, account_id: str | None = None) -> list[StopRow]:
    """Stop orders in force; with an account, those that hold it up."""
    query = columns_of(StopRow, STOPS)
    if account_id is not None:
        query = query.where(STOPS.c.scope.in_((account_id, EVERYTHING)))
    return fetch(session, StopRow, query.order_by(STOPS.c.scope))


def put_stop(session: Session, stop: StopRow) -> bool:
    """Order a stop; returns False when one of this scope stands already, which is left as it is."""
    return bool(
        written(session, insert_or(session, STOPS).values(asdict(stop)).on_conflict_do_nothing())
    )


def take_stop(session: Session, scope: str) -> bool:
    """Take a stop order away; returns whether there was one."""
    return written(session, delete(STOPS).where(STOPS.c.scope == scope)) == 1


def put_hands_off(session: Session, rows: Iterable[HandsOffRow]) -> None:
    """Leave words to people; a word that is theirs already keeps its first date."""
    statement = insert_or(session, HANDS_OFF)
    newest = {"bid_fen": statement.excluded.bid_fen}
    insert_many(
        session,
        statement.on_conflict_do_update(index_elements=["account_id", "keyword_id"], set_=newest),
        (asdict(row) for row in rows),
    )


def hands_off(session: Session, account_id: str | None = None) -> list[HandsOffRow]:
    """Words left to people, newest first."""
    query = columns_of(HandsOffRow, HANDS_OFF)
    if account_id is not None:
        query = query.where(HANDS_OFF.c.account_id == account_id)
    order = (HANDS_OFF.c.since_at.desc(), HANDS_OFF.c.keyword_id)
    return fetch(session, HandsOffRow, query.order_by(*order))


def hands_off_word(session: Session, account_id: str, keyword_id: str) -> HandsOffRow | None:
    """Why a word is left to people, None when it is not."""
    query = columns_of(HandsOffRow, HANDS_OFF).where(
        HANDS_OFF.c.account_id == account_id, HANDS_OFF.c.keyword_id == keyword_id
    )
    return fetch_one(session, HandsOffRow, query)


def release(session: Session, account_id: str, keyword_id: str) -> HandsOffRow:
    """Give a word back to the machine; raises NotFoundError when it is not left to people."""
    known = hands_off_word(session, account_id, keyword_id)
    if known is None:
        raise NotFoundError(
            f"the word {keyword_id} of {account_id} is not left to people; "
            "`kaiche hands-off` lists those that are"
        )
    session.execute(
        delete(HANDS_OFF).where(
            HANDS_OFF.c.account_id == account_id, HANDS_OFF.c.keyword_id == keyword_id
        )
    )
    return known


def add_alerts(session: Session, alerts: Iterable[NewAlert]) -> None:
    """Raise alerts."""
    insert_many(session, insert(ALERTS), (asdict(alert) for alert in alerts))


def alerts(
    session: Session,
    *,
    account_id: str | None = None,
    kind: str | None = None,
    open_only: bool = False,
    before: int | None = None,
    limit: int = 1_000,
) -> list[AlertRow]:
    """Alerts, newest first; ``before`` = alert_id of the last one seen."""
    query = columns_of(AlertRow, ALERTS)
    for column, value in ((ALERTS.c.account_id, account_id), (ALERTS.c.kind, kind)):
        if value is not None:
            query = query.where(column == value)
    if open_only:
        query = query.where(ALERTS.c.acknowledged_at.is_(None))
    if before is not None:
        query = query.where(ALERTS.c.alert_id < before)
    return fetch(session, AlertRow, query.order_by(ALERTS.c.alert_id.desc()).limit(limit))


def alert(session: Session, alert_id: int) -> AlertRow:
    """One alert; raises NotFoundError."""
    query = columns_of(AlertRow, ALERTS).where(ALERTS.c.alert_id == alert_id)
    row = fetch_one(session, AlertRow, query)
    if row is None:
        raise NotFoundError.of("alert_unknown", alert_id=alert_id)
    return row


def acknowledge(session: Session, alert_id: int, *, by: str, at: datetime) -> bool:
    """Mark an alert as known; returns False when it was already."""
    statement = update(ALERTS).where(
        ALERTS.c.alert_id == alert_id, ALERTS.c.acknowledged_at.is_(None)
    )
    return written(session, statement.values(acknowledged_at=at, acknowledged_by=by)) == 1


def add_rollback(session: Session, row: RollbackRow, undone: Mapping[int, int]) -> None:
    """Note what a rollback proposal undoes; ``undone`` is its line_id → the applied line's."""
    session.execute(insert(ROLLBACKS), [asdict(row)])
    insert_many(
        session,
        insert(UNDOS),
        ({"line_id": line, "undone_line_id": applied} for line, applied in undone.items()),
    )


def rollback(session: Session, proposal_id: str) -> RollbackRow | None:
    """What a proposal undoes, None for a night's."""
    query = columns_of(RollbackRow, ROLLBACKS).where(ROLLBACKS.c.proposal_id == proposal_id)
    return fetch_one(session, RollbackRow, query)


def rollbacks_of(session: Session, ids: Iterable[str]) -> list[RollbackRow]:
    """Rollbacks of any of these applications or batches, oldest first."""
    query = columns_of(RollbackRow, ROLLBACKS).where(ROLLBACKS.c.undoes.in_(tuple(ids)))
    return fetch(session, RollbackRow, query.order_by(ROLLBACKS.c.created_at))


def undone_by(session: Session, line_ids: Iterable[int]) -> Mapping[int, int]:
    """Of these lines those that undo another: line_id → the line that it undoes."""
    found: dict[int, int] = {}
    for piece in chunked(line_ids):
        query = select(UNDOS.c.line_id, UNDOS.c.undone_line_id).where(UNDOS.c.line_id.in_(piece))
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def undoing(session: Session, line_ids: Iterable[int], states: Sequence[str]) -> Mapping[int, int]:
    """Of these lines those that a line in one of ``states`` is to undo: line_id → that line."""
    found: dict[int, int] = {}
    for piece in chunked(line_ids):
        query = (
            select(UNDOS.c.undone_line_id, UNDOS.c.line_id)
            .join(LINES, LINES.c.line_id == UNDOS.c.line_id)
            .where(UNDOS.c.undone_line_id.in_(piece), LINES.c.state.in_(states))
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found

"""Sessions that see some accounts only: one place where rows of others are kept out.

Every SELECT, UPDATE and DELETE of such a session gets ``account_id IN (…)`` for each of its tables
that has accounts, whoever wrote the statement. One that cannot be narrowed is refused, not run.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Delete, Insert, Select, Table, Update, event
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql import visitors

from service.errors import StoreError

ACCOUNTS: Final = "kaiche_accounts"
EVERYTHING: Final = "*"  # the scope of a stop order that concerns everybody


class ScopedSession(Session):
    """A session within ``info["kaiche_accounts"]``."""


@event.listens_for(ScopedSession, "do_orm_execute")
def _narrow(execution: ORMExecuteState) -> None:
    if not isinstance(execution.statement, Insert):
        execution.statement = narrowed(execution.session, execution.statement)


def narrowed(session: Session, statement: Any) -> Any:
    """The statement within the session's accounts, or as it is where the session has none.

    For what does not go through ``session.execute``. Raises StoreError for what cannot be narrowed.
    """
    if not isinstance(session, ScopedSession):
        return statement
    accounts: frozenset[str] = session.info[ACCOUNTS]
    if not isinstance(statement, (Select, Update, Delete)):
        raise StoreError(f"a {type(statement).__name__} cannot be kept within accounts")
    here = _tables_of(statement)
    anywhere = {table for table in visitors.iterate(statement) if isinstance(table, Table)}
    if hidden := {
        table.name for table in anywhere - here if _condition(table, accounts) is not None
    }:
        raise StoreError(f"rows of {', '.join(sorted(hidden))} cannot be kept within accounts here")
    for table in sorted(here, key=lambda each: each.name):
        condition = _condition(table, accounts)
        if condition is not None:
            statement = statement.where(condition)
    return statement


def _tables_of(statement: Select[Any] | Update | Delete) -> set[Table]:
    """The tables whose rows a condition of the statement itself can reach."""
    if not isinstance(statement, Select):
        return {statement.table} if isinstance(statement.table, Table) else set()
    found = set()
    for source in statement.get_final_froms():
        # A join holds its tables; a subquery holds a whole SELECT, out of reach.
        pieces = visitors.iterate(source) if source.__visit_name__ == "join" else [source]
        found |= {piece for piece in pieces if isinstance(piece, Table)}
    return found


def _condition(table: Table, accounts: frozenset[str]) -> ColumnElement[bool] | None:
    """What keeps a table's rows within the accounts; None for a table that has none."""
    if "account_id" in table.c:
        return table.c.account_id.in_(accounts)
    if table.name == "stop_order":
        return table.c.scope.in_(accounts | {EVERYTHING})
    return None

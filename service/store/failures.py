"""What went wrong with the database, told so that a person can act on it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFreeError

from service.errors import StoreBusyError, StoreError
from service.settings.database import Database

ENDED = "57014"  # PostgreSQL's code of a statement that it ended


def is_missing_table(error: DBAPIError) -> bool:
    """Whether the database has no tables of kaiche."""
    return type(error.orig).__name__ == "UndefinedTable" or "no such table" in str(error.orig)


def told(error: SQLAlchemyError, name: str, limits: Database) -> StoreError:
    """The error for people; ``name`` is the database's address without a password."""
    if isinstance(error, NoneFreeError):
        most = limits.pool_size + limits.max_overflow
        return StoreBusyError(
            f"all {most} connections of this process to {name} are in use, and none came free within "
            f"{limits.pool_wait_seconds} s; try again soon, or raise `database.pool_size`"
        )
    if not isinstance(error, DBAPIError):
        return StoreError(f"the database {name} cannot be used: {error}")
    if is_missing_table(error):
        return StoreError(f"{name} has no tables of kaiche yet; run `kaiche database migrate`")
    if getattr(error.orig, "sqlstate", None) == ENDED:
        return StoreError(
            f"{name} ended a statement before it was done: a statement may take "
            f"{limits.statement_seconds} s. Nothing was changed; try again when less is going on, or "
            "raise `database.statement_seconds`"
        )
    if getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
        return StoreBusyError(
            f"somebody else has been writing to {name} for longer than {limits.busy_seconds} s; try "
            "again soon, or raise `database.busy_seconds`"
        )
    cause = str(error.orig).strip().splitlines()[0]
    return StoreError(
        f"the database {name} cannot be used: {cause}; "
        "check that it is running and that `database` in the configuration is right"
    )

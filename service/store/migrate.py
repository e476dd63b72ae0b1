"""Migrations from Python: no ini file, no working folder, the caller's connection."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table

from service.store.message_tables import METADATA

FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations that are missing, inside the caller's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Undo migrations down to ``revision`` (``base`` = all)."""
    config = _config()
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


def current(connection: Connection) -> str | None:
    """The revision of the connected database, None when it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def tables() -> list[Table]:
    """Every table of the code, none before one that it refers to."""
    return METADATA.sorted_tables


def knows(revision: str) -> bool:
    """Whether this code has the migration that made a revision."""
    return revision in {
        one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()
    }


def differences(connection: Connection) -> tuple[str, ...]:
    """What a new migration would have to do so that the tables are those of ``tables.py``."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return tuple(repr(change) for change in compare_metadata(context, METADATA))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config

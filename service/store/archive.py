"""A whole database in one file: a zip of the tables and a manifest of what has to be in it.

SQLite goes in as a copy made by its online backup, PostgreSQL as one COPY a table from a single
snapshot, so neither stops a writer and no program of the server's has to be installed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sqlalchemy import Connection, text

from service.errors import InputError, StoreError
from service.store import audit, migrate
from service.store.chain import Head
from service.store.engine import Store, open_store

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.sqlite3"
PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One table of the archive."""

    name: str
    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """When an archive was made, as an instant in ISO form, and by which version of kaiche."""

    at: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive holds. ``sha256`` is by member; ``tables`` in an order that they can be filled."""

    engine: str
    revision: str
    made_at: str
    made_by: str
    head: Head | None
    tables: tuple[Held, ...]
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)


def write(store: Store, file: Path, made: Made) -> Manifest:
    """Write the whole database to a new file that only its owner can read.

    Raises InputError when the file is there already or cannot be written.
    """
    part = file.with_name(f"{file.name}.part")
    if file.exists():
        raise InputError(f"{file} is there already and is not written over; name a new file")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as raw:
            with ZipFile(raw, "w", ZIP_DEFLATED, compresslevel=1) as pack:
                fill = _from_sqlite if store.dialect == "sqlite" else _from_server
                manifest = fill(store, pack, file.parent, made)
                pack.writestr(MANIFEST, json.dumps({"format": FORMAT} | asdict(manifest), indent=1))
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(file)
    except FileExistsError as error:
        raise InputError(
            f"{part} is there: another backup is being written, or delete it"
        ) from error
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{file} cannot be written: {error.strerror or error}") from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return manifest


def read(file: Path) -> Manifest:
    """What a file says it holds, once every member has been held against its hash.

    Raises InputError for a file that is no archive, is damaged, or of a newer kaiche.
    """
    with _opened(file) as pack:
        manifest = _manifest_of(_told(pack, file), file)
        for name, digest in manifest.sha256.items():
            with pack.open(name) as member:
                if _digest(iter(lambda: member.read(PIECE), b"")) != digest:
                    raise InputError(f"{file} is damaged: {name} is not what was written")
    if not migrate.knows(manifest.revision):
        raise InputError(
            f"{file} was made by a newer kaiche ({manifest.made_by}, tables at version "
            f"{manifest.revision}); install that one"
        )
    return manifest


def restore(store: Store, file: Path, manifest: Manifest) -> None:
    """Fill an empty database of the same kind with what ``read`` found, and migrate it.

    Raises StoreError for a database with tables in it, InputError for an archive of another kind.
    """
    if manifest.engine != store.dialect:
        raise InputError(
            f"{file} is a backup of {manifest.engine}, {store.name} is {store.dialect}; "
            "name a database of the same kind"
        )
    found = store.tables()
    if found:
        raise StoreError(
            f"{store.name} is not empty ({', '.join(found[:3])} …); a backup is restored only into "
            "an empty database: name a new one in `database`"
        )
    with _opened(file) as pack:
        if store.dialect == "sqlite":
            _into_sqlite(store, pack, file.parent)
        else:
            _into_server(store, pack, manifest)
    _require_rows(store, manifest, file)
    store.migrate()


def _from_sqlite(store: Store, pack: ZipFile, folder: Path, made: Made) -> Manifest:
    with TemporaryDirectory(prefix=".kaiche-backup-", dir=folder) as name:
        copy = Path(name) / DATABASE
        with closing(sqlite3.connect(store.file)) as live, closing(sqlite3.connect(copy)) as kept:
            live.backup(kept)
            kept.execute("PRAGMA journal_mode = DELETE")
        copied = open_store(f"sqlite:///{copy}")
        try:
            with copied.connection() as connection:
                manifest = _manifest(connection, made)
        finally:
            copied.close()
        with copy.open("rb") as source:
            digest = _store(pack, DATABASE, iter(lambda: source.read(PIECE), b""))
    return replace(manifest, sha256={DATABASE: digest})


def _from_server(store: Store, pack: ZipFile, _folder: Path, made: Made) -> Manifest:
    digests = {}
    with store.connection() as connection:
        manifest = _manifest(connection, made)
        driver: Any = connection.connection.driver_connection
        for table in manifest.tables:
            with driver.cursor() as cursor, cursor.copy(f"COPY {_named(table)} TO STDOUT") as rows:
                digests[_member(table)] = _store(pack, _member(table), map(bytes, rows))
    return replace(manifest, sha256=digests)


def _into_sqlite(store: Store, pack: ZipFile, folder: Path) -> None:
    with TemporaryDirectory(prefix=".kaiche-restore-", dir=folder) as name:
        copy = Path(pack.extract(DATABASE, name))
        store.close()  # nobody may hold the old, empty file
        with closing(sqlite3.connect(copy)) as kept, closing(sqlite3.connect(store.file)) as live:
            kept.backup(live)


def _into_server(store: Store, pack: ZipFile, manifest: Manifest) -> None:
    with store.connection(writing=True) as connection:
        migrate.upgrade(connection, manifest.revision)
        driver: Any = connection.connection.driver_connection
        for table in manifest.tables:
            with (
                pack.open(_member(table)) as member,
                driver.cursor() as cursor,
                cursor.copy(f"COPY {_named(table)} FROM STDIN") as rows,
            ):
                while piece := member.read(PIECE):
                    rows.write(piece)
            _advance_sequences(connection, table)


def _advance_sequences(connection: Connection, table: Held) -> None:
    """The next row gets a number after those that were restored."""
    for column in table.columns:
        sequence = connection.execute(
            text("SELECT pg_get_serial_sequence(:table, :column)"),
            {"table": table.name, "column": column},
        ).scalar_one()
        if sequence:
            connection.execute(
                text(
                    f'SELECT setval(:name, COALESCE(MAX("{column}"), 0) + 1, false) FROM {table.name}'
                ),
                {"name": sequence},
            )


def _manifest(connection: Connection, made: Made) -> Manifest:
    tables = [
        Held(
            name=table.name,
            columns=tuple(column.name for column in table.columns),
            rows=_count(connection, table.name),
        )
        for table in migrate.tables()
    ]
    last = connection.execute(audit.HEAD_QUERY).first()
    return Manifest(
        engine=connection.dialect.name,
        revision=str(migrate.current(connection)),
        made_at=made.at,
        made_by=made.by,
        head=None if last is None else Head(*last),
        tables=tuple(tables),
    )


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f'SELECT COUNT(*) FROM "{table}"')).scalar_one())


def _require_rows(store: Store, manifest: Manifest, file: Path) -> None:
    with store.connection() as connection:
        for table in manifest.tables:
            found = _count(connection, table.name)
            if found != table.rows:
                raise StoreError(
                    f"{table.name} has {found} rows after restoring {file}, not {table.rows}; "
                    "empty the database and restore again"
                )


def _named(table: Held) -> str:
    """The table with its columns as SQL; names come from the archive, so they are held to letters."""
    names = (table.name, *table.columns)
    strange = [name for name in names if not name.replace("_", "").isalnum() or not name.isascii()]
    if strange:
        raise InputError(
            f"the archive names a table or column {strange[0]!r}; it is no backup of kaiche"
        )
    columns = ", ".join(f'"{name}"' for name in table.columns)
    return f'"{table.name}" ({columns})'


def _member(table: Held) -> str:
    return f"tables/{table.name}"


def _store(pack: ZipFile, name: str, pieces: Iterable[bytes]) -> str:
    hasher = sha256()
    with pack.open(name, "w", force_zip64=True) as member:
        for piece in pieces:
            hasher.update(piece)
            member.write(piece)
    return hasher.hexdigest()


def _digest(pieces: Iterable[bytes]) -> str:
    hasher = sha256()
    for piece in pieces:
        hasher.update(piece)
    return hasher.hexdigest()


@contextmanager
def _opened(file: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(file) as pack:
            yield pack
    except (BadZipFile, KeyError, zlib.error) as error:
        raise InputError(f"{file} is no backup of kaiche, or is damaged: {error}") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from error


def _manifest_of(told: dict[str, Any], file: Path) -> Manifest:
    try:
        tables = (one | {"columns": tuple(one["columns"])} for one in told["tables"])
        head = Head(**told["head"]) if told["head"] else None
        return Manifest(**told | {"head": head, "tables": tuple(Held(**one) for one in tables)})
    except (KeyError, TypeError) as error:
        raise InputError(f"{file} is no backup of kaiche: its manifest lacks {error}") from error


def _told(pack: ZipFile, file: Path) -> dict[str, Any]:
    try:
        with pack.open(MANIFEST) as member:
            told: dict[str, Any] = json.load(member)
    except (KeyError, ValueError) as error:
        raise InputError(f"{file} is no backup of kaiche: it has no manifest") from error
    if told.pop("format", None) != FORMAT:
        raise InputError(f"{file} is in another format; restore it with the kaiche that made it")
    return told

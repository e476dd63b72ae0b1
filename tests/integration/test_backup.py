"""The whole database in one file, and back: on both engines, damaged, into the wrong place."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import text

from connectors.platform import Reject
from service.audit import AuditRecord, Origin
from service.auditing import prove
from service.backup import back_up, restore
from service.decisions import decide
from service.errors import InputError, StoreError
from service.store import Store, audit, guards, ledger, migrate, open_store, pulls, runs
from service.store.lines import LineFilter
from service.store.rows import LedgerDay

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)


@pytest.fixture
def empty_like(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Store]]:
    """Opens new databases without any table, of the kind of ``store``."""
    opened: list[Store] = []

    def make() -> Store:
        if store.dialect == "sqlite":
            url = f"sqlite:///{tmp_path / f'empty{len(opened)}' / 'kaiche.db'}"
        else:
            url = request.getfixturevalue("empty_database")()
        opened.append(open_store(url))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def filled(
    store: Store, make_proposal: Any, make_line: Any, make_day: Any, origin: Origin
) -> Store:
    """Something in the tables that are hardest to keep: text, JSON, bytes, nulls, instants."""
    lines = make_proposal([make_line("1", word="裙\t\\N\n'\"="), make_line("2", after=100)])
    with store.begin() as session:
        decide(session, "approve", origin, LineFilter(line_ids=(lines[0].line_id,)))  # type: ignore[arg-type]
        rows = [make_day("1", DAY), make_day("2", DAY, bid_fen=None, avg_rank=1 / 3)]
        pulls.upsert_facts(session, "shop", rows, pulled_at=NOW, pulled_on=DAY)
        ledger.keep(session, "shop", DAY, [LedgerDay(date=DAY, spend_fen=1, contribution_fen=2)])
        run_id = session.execute(text("SELECT run_id FROM run")).scalar_one()
        runs.save_input(session, run_id, "given", bytes(range(256)) * 9)
        piece = Reject(source="a.csv", row=4, column="词ID", value="3.04E+11", reason="已损坏")
        runs.save_rejects(session, run_id, [piece, piece])
    return store


def everything(store: Store) -> dict[str, list[Any]]:
    with store.connection() as connection:
        found = {}
        for table in migrate.tables():
            rows = connection.execute(table.select()).all()
            found[table.name] = sorted(map(repr, rows))
        return found


def test_what_was_backed_up_comes_back_and_goes_on(
    filled: Store, empty_like: Callable[[], Store], tmp_path: Path
) -> None:
    before, file = everything(filled), tmp_path / "kaiche.backup"
    manifest = back_up(filled, file, NOW)
    with filled.begin() as session:  # afterwards; not in the backup
        audit.append(session, [AuditRecord(at=NOW, actor="li", source="cli", action="late")])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part"))
    target = empty_like()
    restored = restore(target, file)
    assert restored.manifest == manifest
    assert restored.proof.whole
    assert restored.proof.head == manifest.head
    assert everything(target) == before
    assert target.check() == ()
    target.ready()
    with target.begin() as session:  # numbers go on after the last ones
        audit.append(session, [AuditRecord(at=NOW, actor="li", source="cli", action="next")])
        insert = "INSERT INTO reject (run_id, source, reason) SELECT run_id, 'a', 'b' FROM run"
        session.execute(text(insert))
        session.execute(text(insert))
    assert prove(target).whole
    with pytest.raises(StoreError, match="is not empty"):
        restore(target, file)


def test_an_empty_database_can_be_kept_too(
    store: Store, empty_like: Callable[[], Store], tmp_path: Path
) -> None:
    manifest = back_up(store, tmp_path / "empty.backup", NOW)
    assert (manifest.rows, manifest.head) == (0, None)
    assert restore(empty_like(), tmp_path / "empty.backup").proof.whole


def test_a_forged_record_comes_back_and_is_told(
    filled: Store, empty_like: Callable[[], Store], tmp_path: Path
) -> None:
    with filled.begin() as session:
        if filled.dialect == "sqlite":
            for name in guards.GUARDS["sqlite"]:
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE audit_event SET actor = 'nobody' WHERE event_id = 1"))
    back_up(filled, tmp_path / "forged.backup", NOW)
    proof = restore(empty_like(), tmp_path / "forged.backup").proof
    assert ("altered", 1) in [(one.kind, one.event_id) for one in proof.findings]


def rewritten(file: Path, to: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A copy of an archive with members changed, or left out (None)."""
    with ZipFile(file) as old, ZipFile(to, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return to


def test_a_damaged_or_foreign_file_changes_nothing(
    filled: Store, empty_like: Callable[[], Store], tmp_path: Path
) -> None:
    good = tmp_path / "good.backup"
    back_up(filled, good, NOW)

    def told(**changes: Any) -> Callable[[str, bytes], bytes]:
        def change(name: str, content: bytes) -> bytes:
            if name != "manifest.json":
                return content
            return json.dumps(json.loads(content) | changes).encode()

        return change

    def bitten(name: str, content: bytes) -> bytes:
        return content if name == "manifest.json" else content + b"\x00"

    other = "postgresql" if filled.dialect == "sqlite" else "sqlite"
    target = empty_like()
    for change, says in (
        (bitten, "is damaged: "),
        (told(revision="9999"), "newer kaiche"),
        (told(format=7), "another format"),
        (told(engine=other), "same kind"),
        (told(tables=[{"name": "line"}]), "manifest lacks"),
        (lambda name, content: None if name == "manifest.json" else content, "no manifest"),
        (lambda name, content: content if name == "manifest.json" else None, "or is damaged"),
    ):
        bad = rewritten(good, tmp_path / "bad.backup", change)
        with pytest.raises(InputError, match=says):
            restore(target, bad)
        assert target.tables() == ()
    whole = good.read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    middle = len(whole) // 3
    (tmp_path / "bitten").write_bytes(whole[:middle] + b"\xff" * 64 + whole[middle + 64 :])
    for name in ("cut", "bitten"):
        with pytest.raises(InputError, match="damaged"):
            restore(target, tmp_path / name)
    (tmp_path / "text").write_text("no zip")
    for name, says in (("text", "no backup"), ("absent", "cannot be read")):
        with pytest.raises(InputError, match=says):
            restore(target, tmp_path / name)


def test_a_backup_is_never_written_over_nor_left_half(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "kaiche.backup"
    back_up(store, file, NOW)
    with pytest.raises(InputError, match="there already"):
        back_up(store, file, NOW)
    (tmp_path / "other.part").touch()
    with pytest.raises(InputError, match="another backup"):
        back_up(store, tmp_path / "other", NOW)
    with pytest.raises(InputError, match="cannot be written"):
        back_up(store, tmp_path / "nowhere" / "kaiche.backup", NOW)

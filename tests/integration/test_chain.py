"""The audit record in the database: refused changes, proof of what was forced, many writers."""

from __future__ import annotations

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.audit import AuditRecord
from service.auditing import export, prove
from service.errors import StoreError
from service.store import Store, audit, guards, migrate
from service.store.audit import AuditFilter
from service.store.chain import GENESIS, Head

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
EVERYTHING = AuditFilter()


def record(number: int, **changes: Any) -> AuditRecord:
    values: dict[str, Any] = {
        "at": NOW + timedelta(seconds=number, microseconds=number),
        "actor": "小王",
        "source": "rest",
        "action": "approve",
        "account_id": "shop",
        "keyword_id": str(number),
        "before": {"state": "pending"},
        "after": {"state": "approved", "bid_fen": number, "share": number / 7},
        "request_id": f"r-{number}",
    }
    return AuditRecord(**values | changes)


def write(store: Store, *numbers: int) -> None:
    with store.begin() as session:
        audit.append(session, map(record, numbers))


def force(store: Store, *statements: str) -> None:
    """What somebody with the database's password does: without the guards."""
    with store.begin() as session:
        if store.dialect == "sqlite":
            for name in guards.GUARDS["sqlite"]:
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement))


def wrong(store: Store, **how: Any) -> list[tuple[str, int | None]]:
    """What the proof finds, but for the guards that ``force`` dropped."""
    found = prove(store, **how).findings
    return [(one.kind, one.event_id) for one in found if one.kind != "unguarded"]


REFUSED = [
    "UPDATE audit_event SET actor = 'nobody' WHERE event_id = 2",
    "UPDATE audit_event SET actor = actor",
    "DELETE FROM audit_event WHERE event_id = 3",
    "DELETE FROM audit_event",
    "UPDATE audit_head SET event_id = 1",
    "UPDATE audit_head SET hash = 'x'",
    "DELETE FROM audit_head",
]
ONLY = {
    "sqlite": ["INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE event_id = 2"],
    "postgresql": ["TRUNCATE audit_event CASCADE", "TRUNCATE audit_head"],
}


def test_the_database_refuses_to_change_or_delete_what_happened(store: Store) -> None:
    write(store, 1, 2, 3)
    for statement in REFUSED + ONLY[store.dialect]:
        with pytest.raises(DBAPIError, match=r"never|only advances"), store.begin() as session:
            session.execute(text(statement))
    assert prove(store).whole
    assert prove(store).events == 3


def test_events_are_numbered_without_a_gap_also_after_one_was_undone(store: Store) -> None:
    assert prove(store).whole
    write(store, 1)
    with pytest.raises(DBAPIError), store.begin() as session:
        audit.append(session, [record(2), replace(record(2), action=None)])  # type: ignore[arg-type]
    write(store, 3, 4)
    with store.read() as session:
        events = audit.chained(session, EVERYTHING, after=0, until=99)
        head = audit.head(session)
    assert [(event.event_id, event.keyword_id) for event in events] == [
        (1, "1"),
        (2, "3"),
        (3, "4"),
    ]
    assert [event.prev_hash for event in events] == [GENESIS, events[0].hash, events[1].hash]
    assert head == Head(3, events[-1].hash)


def test_events_are_appended_only_where_their_commit_chains_them(store: Store) -> None:
    with store.read() as session, pytest.raises(StoreError, match=r"Store\.begin"):
        audit.append(session, [record(1)])


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit_event SET reason = 'fine' WHERE event_id = 3", [("altered", 3)]),
        ("UPDATE audit_event SET after = '{}' WHERE event_id = 6", [("altered", 6)]),
        ("DELETE FROM audit_event WHERE event_id IN (2, 3)", [("missing", 2)]),
        ("DELETE FROM audit_event WHERE event_id > 4", [("missing", 5)]),
        (
            "UPDATE audit_event SET event_id = 99 WHERE event_id = 2; "
            "UPDATE audit_event SET event_id = 2 WHERE event_id = 4; "
            "UPDATE audit_event SET event_id = 4 WHERE event_id = 99",
            [("reordered", 2), ("reordered", 4)],
        ),
        (
            "INSERT INTO audit_event (event_id, at, actor, source, action, prev_hash, hash) "
            "SELECT 7, at, 'nobody', source, action, hash, hash FROM audit_event WHERE event_id = 6",
            [("altered", 7), ("inserted", 7)],
        ),
        ("DELETE FROM audit_head", [("head", None)]),
    ],
    ids=["altered", "altered json", "deleted", "cut off", "swapped", "inserted", "headless"],
)
def test_what_was_forced_is_found_and_named(
    own_store: Store, statement: str, found: list[tuple[str, int | None]]
) -> None:
    write(own_store, 1, 2, 3, 4, 5, 6)
    noted = prove(own_store).head
    force(own_store, *statement.split("; "))
    assert wrong(own_store) == found
    unguarded = [one for one in prove(own_store).findings if one.kind == "unguarded"]
    assert len(unguarded) == (6 if own_store.dialect == "sqlite" else 0)
    assert wrong(own_store, anchors=[noted])[: len(found)]


def test_nothing_is_recorded_after_the_head_was_taken_away(own_store: Store) -> None:
    write(own_store, 1)
    force(own_store, "DELETE FROM audit_head")
    with pytest.raises(StoreError, match="lost its head"):
        write(own_store, 2)


def test_a_missing_guard_is_found_by_the_check_of_the_database(own_store: Store) -> None:
    name = "audit_event_keeps"
    on = "" if own_store.dialect == "sqlite" else " ON audit_event"
    with own_store.begin() as session:
        session.execute(text(f"DROP TRIGGER {name}{on}"))
    assert own_store.check() == (f"the trigger {name} is not there",)


def test_events_from_before_the_chain_are_chained_by_the_migration(own_store: Store) -> None:
    write(own_store, 1, 2, 3)
    with own_store.begin() as session:
        migrate.downgrade(session.connection(), "0004")
        columns = "at, actor, source, action, keyword_id, after"
        session.execute(  # numbers that a rollback has left out
            text(
                f"INSERT INTO audit_event (event_id, {columns}) "
                f"SELECT 9, {columns} FROM audit_event WHERE event_id = 2"
            )
        )
    own_store.migrate()
    own_store.ready()
    assert own_store.check() == ()
    write(own_store, 4)
    told = prove(own_store)
    assert (told.whole, told.events, told.head.event_id) == (True, 5, 10)


def test_writers_at_once_chain_one_after_the_other_and_never_lock_each_other_out(
    store: Store,
) -> None:
    """Each transaction writes rows in its own order between its events: heads come last."""
    with store.begin() as session:
        for row in range(6):
            session.execute(
                text(
                    "INSERT INTO platform_calls (app_key, day, calls) VALUES (:k, '2026-03-02', 0)"
                ),
                {"k": f"k{row}"},
            )

    def work(writer: int) -> None:
        for turn in range(8):
            with store.begin() as session:
                audit.append(session, [record(writer * 100 + turn)])
                session.execute(
                    text("UPDATE platform_calls SET calls = calls + 1 WHERE app_key = :k"),
                    {"k": f"k{(writer + turn) % 6}"},
                )
                audit.append(session, [record(writer * 100 + turn, action="apply")])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    told = prove(store)
    assert (told.whole, told.events, told.head.event_id) == (True, 128, 128)
    with store.read() as session:
        events = audit.chained(session, EVERYTHING, after=0, until=128)
        calls = session.execute(text("SELECT SUM(calls) FROM platform_calls")).scalar_one()
    assert calls == 64
    pairs = zip(events[::2], events[1::2], strict=True)
    assert all(first.keyword_id == second.keyword_id for first, second in pairs)


def test_the_export_can_be_checked_without_kaiche(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PIECE", 2)
    write(store, 1, 2, 3, 4, 5)
    last = "0" * 64
    for line in export(store, EVERYTHING, "jsonl"):
        event = json.loads(line)
        own, before = event.pop("hash"), event.pop("prev_hash")
        body = json.dumps(event, sort_keys=True, separators=(",", ":"))
        assert before == last
        assert own == sha256(f"{before}\n{body}".encode()).hexdigest()
        last = own
    assert last == prove(store).head.hash


def test_the_export_as_csv_opens_in_a_spreadsheet_and_carries_nothing_out(store: Store) -> None:
    with store.begin() as session:
        audit.append(session, [record(1, reason="=1+1"), record(2, actor="小李", reason="好, 行")])
    wanted = AuditFilter(actor="小王")
    for form, events in ((EVERYTHING, 2), (wanted, 1)):
        page = "".join(export(store, form, "csv"))
        assert page.startswith("\ufeffevent_id,")
        rows = list(csv.DictReader(StringIO(page.removeprefix("\ufeff"))))
        assert len(rows) == events
        assert rows[0]["reason"] == "'=1+1"
        assert json.loads(rows[0]["after"])["bid_fen"] == 1
        assert rows[0]["at"] == "2026-03-02T00:30:01.000001+00:00"

"""Audit records: complete, true to the table, and free of secrets."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict, fields
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from service import audit
from service.approval import Action, State
from service.audit import MACHINE, AuditRecord, LineRef, Origin
from service.errors import ConflictError, InputError
from service.store.tables import AuditEvent

AT = datetime(2026, 8, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))
LI = Origin(at=AT, actor="token/li", source="rest", request_id="r-1")
NIGHT = Origin(at=AT, actor=MACHINE, source="schedule")
LINE = LineRef(account_id="shop", proposal_id="p-1", line_id=7, keyword_id="30481")
RUN: dict[str, str] = {"account_id": "shop", "run_id": "run-1"}


def test_a_record_mirrors_the_table_without_its_place_in_the_chain() -> None:
    columns = {column.name for column in AuditEvent.__table__.columns}
    chained = {"event_id", "prev_hash", "hash"}
    assert {field.name for field in fields(AuditRecord)} == columns - chained


def test_an_origin_is_kept_as_utc() -> None:
    assert LI.at == AT
    assert LI.at.tzinfo is UTC


@pytest.mark.parametrize(
    "changed", [{"at": datetime(2026, 8, 1)}, {"actor": " "}], ids=["naive", "nobody"]
)
def test_an_origin_needs_an_instant_and_an_actor(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="an audit record needs an"):
        Origin(**({"at": AT, "actor": "li", "source": "cli"} | changed))


def test_an_approval() -> None:
    record = audit.line_action("approve", LI, LINE, state="pending", bid_fen=85)
    assert asdict(record) == {
        "at": datetime(2026, 8, 1, 1, 30, tzinfo=UTC),
        "actor": "token/li",
        "source": "rest",
        "action": "approve",
        "account_id": "shop",
        "run_id": None,
        "proposal_id": "p-1",
        "line_id": 7,
        "keyword_id": "30481",
        "before": {"state": "pending"},
        "after": {"state": "approved", "bid_fen": 85},
        "reason": None,
        "request_id": "r-1",
    }


def test_an_edit_holds_both_bids() -> None:
    record = audit.line_action(
        Action.EDIT, LI, LINE, state=State.APPROVED, bid_fen=85, new_bid_fen=90, reason=" promo "
    )
    assert record.before == {"state": "approved", "bid_fen": 85}
    assert record.after == {"state": "pending", "bid_fen": 90}
    assert record.reason == "promo"


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        ("pending", "reject", {"state": "rejected"}),
        ("approved", "dispatch", {"state": "applying", "bid_fen": 85}),
        ("applying", "confirm_applied", {"state": "applied", "bid_fen": 85}),
        ("approved", "withdraw", {"state": "pending"}),
        ("pending", "supersede", {"state": "superseded"}),
    ],
)
def test_the_state_that_follows_comes_from_the_table(
    state: str, action: str, after: dict[str, Any]
) -> None:
    record = audit.line_action(action, LI, LINE, state=state, bid_fen=85, reason="why")
    assert (record.before, record.after) == ({"state": state}, after)
    json.dumps([record.before, record.after])


def test_what_the_table_does_not_know_cannot_be_recorded() -> None:
    with pytest.raises(ConflictError, match="rejected cannot take the action approve"):
        audit.line_action("approve", LI, LINE, state="rejected", bid_fen=85)


@pytest.mark.parametrize(("action", "bid"), [("edit", None), ("approve", 90)])
def test_a_new_bid_belongs_to_an_edit(action: str, bid: int | None) -> None:
    with pytest.raises(ValueError, match="a new bid belongs to an edit"):
        audit.line_action(action, LI, LINE, state="pending", bid_fen=85, new_bid_fen=bid)


def test_a_rejection_needs_a_reason() -> None:
    with pytest.raises(InputError, match="needs a reason"):
        audit.line_action("reject", LI, LINE, state="pending", bid_fen=85)


@pytest.mark.parametrize(
    ("action", "state", "bid"),
    [("edit", "pending", 90), ("override", "blocked", None), ("reject", "pending", None)],
)
def test_the_machine_does_not_take_the_actions_of_people(
    action: str, state: str, bid: int | None
) -> None:
    with pytest.raises(ConflictError, match="is a person's"):
        audit.line_action(
            action, NIGHT, LINE, state=state, bid_fen=85, new_bid_fen=bid, reason="why"
        )


def test_a_conflict_holds_both_numbers() -> None:
    record = audit.conflict_found(
        NIGHT, LINE, state="approved", expected_bid_fen=85, found_bid_fen=70
    )
    assert record.before == {"state": "approved", "bid_fen": 85}
    assert record.after == {"state": "conflict", "bid_fen": 70}
    assert record.action == "mark_conflict"
    with pytest.raises(ConflictError):
        audit.conflict_found(NIGHT, LINE, state="applied", expected_bid_fen=85, found_bid_fen=70)


def test_a_bid_that_somebody_else_changed() -> None:
    pull = Origin(at=AT, actor="platform", source="pull")
    record = audit.bid_changed_elsewhere(
        pull, account_id="shop", keyword_id="30481", bid_before_fen=80, bid_fen=None
    )
    assert (record.before, record.after) == ({"bid_fen": 80}, {"bid_fen": None})
    assert (record.source, record.keyword_id, record.line_id) == ("pull", "30481", None)


def test_a_night() -> None:
    day = date(2026, 8, 1)
    started = audit.run_started(NIGHT, business_date=day, attempt=1, **RUN)
    assert started.action == "run_started"
    assert started.after == {"state": "running", "business_date": "2026-08-01", "attempt": 1}
    assert audit.run_started(NIGHT, business_date=day, attempt=2, **RUN).action == "run_resumed"
    ended = audit.run_succeeded(NIGHT, counts={"lines": 3}, **RUN)
    assert (ended.before, ended.after) == ({"state": "running"}, {"state": "succeeded", "lines": 3})
    failed = audit.run_failed(NIGHT, step="pull", cause="yesterday is missing", **RUN)
    assert failed.after == {"state": "failed", "step": "pull"}
    assert (failed.reason, failed.run_id) == ("yesterday is missing", "run-1")


def test_a_proposal() -> None:
    saved = audit.proposal_saved(
        NIGHT, proposal_id="p-1", state="open", content_hash="h", lines=3, **RUN
    )
    assert saved.after == {"state": "open", "content_hash": "h", "lines": 3}
    blocked = audit.proposal_saved(
        NIGHT,
        proposal_id="p-1",
        state="blocked",
        content_hash="h",
        lines=3,
        breaches=("step_up",),
        **RUN,
    )
    assert blocked.after is not None
    assert blocked.after["breaches"] == ["step_up"]
    sheet = audit.sheet_exported(LI, account_id="shop", proposal_id="p-1", lines=2, sha256="s")
    assert sheet.after == {"lines": 2, "sha256": "s"}


def test_an_override_of_a_proposal_is_a_persons_and_has_a_reason() -> None:
    shop: dict[str, str] = {"account_id": "shop", "proposal_id": "p-1", "before": "blocked"}
    record = audit.proposal_changed("override", LI, after="open", reason="promotion", **shop)
    assert (record.action, record.reason) == ("proposal_override", "promotion")
    assert (record.before, record.after) == ({"state": "blocked"}, {"state": "open"})
    with pytest.raises(ConflictError, match="overridden by a person"):
        audit.proposal_changed("override", NIGHT, after="open", reason="why", **shop)
    with pytest.raises(InputError, match="needs a reason"):
        audit.proposal_changed("override", LI, after="open", **shop)
    assert audit.proposal_changed("expire", NIGHT, after="expired", **shop).reason is None


def test_no_secret_enters_by_any_field() -> None:
    poisoned = {
        "app_secret": "sesame",
        "deep": [{"password": "sesame"}, "postgresql://u:sesame@h/d"],
        "note": "Bearer sesame-sesame",
    }
    record = AuditRecord(
        at=LI.at,
        actor="li https://li:sesame@host",
        source="rest",
        action="run_failed",
        before=poisoned,
        after=poisoned,
        reason="could not connect to postgresql://u:sesame@h/d",
        request_id="https://x:sesame@h",
    )
    assert "sesame" not in repr(record)
    assert record.at == LI.at
    failed = audit.run_failed(NIGHT, step="open", cause="db://u:sesame@h is down", **RUN)
    assert failed.reason == "db://u:********@h is down"


def test_a_record_cannot_be_changed() -> None:
    record = audit.line_action("approve", LI, LINE, state="pending", bid_fen=85)
    with pytest.raises(FrozenInstanceError):
        record.actor = "someone"  # type: ignore[misc]

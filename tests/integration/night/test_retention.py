"""Old figures give way; what nights and the ledger rest on stays, and a replay says what is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.audit import Origin
from service.auditing import prove
from service.errors import NotFoundError
from service.nightly import NightResult
from service.replay import replay
from service.retention import carry_out, due, whole_from
from service.settings.models import Account
from service.settings.retention import Retention
from service.store import Store, audit, facts, ledger
from service.store.audit import AuditFilter

DAY = date(2026, 3, 2)
ORIGIN = Origin(at=datetime(2026, 6, 1, tzinfo=UTC), actor="owner", source="cli")
KEEP = Retention(versions_days=60, facts_days=200)


def versions(store: Store) -> int:
    with store.read() as session:
        first, last = DAY - timedelta(days=40), DAY + timedelta(days=40)
        return sum(len(piece) for piece in facts.iter_facts(session, "shop", first, last))


def test_figures_give_way_by_age_and_nights_say_when_they_cannot_be_repeated(
    store: Store, plan: Callable[..., NightResult], account: Account
) -> None:
    import optimizer

    run = plan(DAY).run
    plan(DAY + timedelta(days=1))
    door: Any = optimizer
    known = versions(store)
    with store.read() as session:
        assert due(session, account, Retention(), date(2030, 1, 1)).rows == 0
        early = due(session, account, KEEP, DAY + timedelta(days=46))
        late = due(session, account, KEEP, DAY + timedelta(days=100))
        days = ledger.as_of(session, "shop", DAY - timedelta(days=40), DAY)
    assert (early.versions_from, early.rows) == (DAY - timedelta(days=14), 0)
    carry_out(store, early, ORIGIN)
    assert replay(store, door, run.run_id).same
    assert late.versions_from == DAY + timedelta(days=40)
    assert (late.facts_from, late.facts) == (DAY - timedelta(days=100), {})
    assert 0 < late.rows == sum(late.versions.values())
    carry_out(store, late, ORIGIN)
    assert versions(store) == known
    with store.read() as session:
        assert due(session, account, KEEP, DAY + timedelta(days=100)).rows == 0
        assert whole_from(session, "shop") == DAY + timedelta(days=40)
        (event,) = audit.page(session, AuditFilter(action="facts_compacted"))
    assert (event.actor, event.after and event.after["rows"]) == ("owner", late.rows)
    with pytest.raises(NotFoundError, match="were compacted"):
        replay(store, door, run.run_id)
    with store.read() as session:
        old = due(session, account, KEEP, DAY + timedelta(days=300))
    assert sum(old.facts.values()) == old.rows == known
    carry_out(store, old, ORIGIN)
    assert versions(store) == 0
    with store.read() as session:
        assert ledger.as_of(session, "shop", DAY - timedelta(days=40), DAY) == days
    assert prove(store).whole


def test_what_the_next_nights_need_stays_however_short_the_days(
    store: Store, account: Account
) -> None:
    long = account.model_copy(update={"history_days": 365})
    with store.read() as session:
        found = due(session, long, KEEP, DAY)
    assert found.versions_from == found.facts_from == DAY - timedelta(days=395)

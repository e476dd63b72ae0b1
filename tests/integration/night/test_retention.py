"""Old figures give way; what nights and the ledger rest on stays, and a replay says what is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.audit import Origin
from service.auditing import prove
from service.errors import NotFoundError
from service.nightly import NightResult
from service.recall import Recall
from service.replay import replay
from service.retention import carry_out, due, whole_from
from service.settings.models import Account
from service.settings.retention import Retention
from service.store import Store, audit, facts, ledger, pulls
from service.store.audit import AuditFilter
from service.store.retention import drop_superseded

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
    second = plan(DAY + timedelta(days=1)).run
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
    assert replay(store, door, second.run_id).same  # what it saw is the newest of every day
    with store.read() as session:
        old = due(session, account, KEEP, DAY + timedelta(days=300))
    assert sum(old.facts.values()) == old.rows == known
    carry_out(store, old, ORIGIN)
    assert versions(store) == 0
    with pytest.raises(NotFoundError, match="14 days from 2026-02-17 to 2026-03-02"):
        replay(store, door, second.run_id)
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


def restate(store: Store, day: date) -> None:
    """A pull on ``day`` after which every known keyword-day has one more order."""
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    with store.begin() as session:
        known = facts.facts_as_of(session, "shop", DAY - timedelta(days=40), day, at)
        rows = [replace(row, orders=row.orders + 1) for row in known]
        assert pulls.upsert_facts(session, "shop", rows, pulled_at=at, pulled_on=day) == len(rows)


def test_restated_figures_do_not_reach_the_replay_of_the_night_before(
    store: Store, plan: Callable[..., NightResult], account: Account, real: Any
) -> None:
    night = plan(DAY).run
    restate(store, DAY + timedelta(days=1))
    restate(store, DAY + timedelta(days=2))
    again = replay(store, real, night.run_id)
    assert (again.same, again.inputs_same) == (True, True)
    with store.read() as session:
        late = due(session, account, KEEP, DAY + timedelta(days=100))
    carry_out(store, late, ORIGIN)
    seen = night.counts["pulled"]
    told = rf"nothing was compared.* {seen} keyword-days on 14 days from 2026-02-16 to 2026-03-01"
    with pytest.raises(NotFoundError, match=told):
        replay(store, real, night.run_id)


def test_a_night_that_is_half_compacted_says_how_much_is_gone(
    store: Store, plan: Callable[..., NightResult], account: Account, real: Any
) -> None:
    night = plan(DAY).run
    restate(store, DAY + timedelta(days=1))
    with store.read() as session:
        late = due(session, account, KEEP, DAY + timedelta(days=75))
    two = {day: late.versions[day] for day in sorted(late.versions)[:2]}
    carry_out(store, replace(late, versions=two), ORIGIN)
    told = f"{sum(two.values())} keyword-days on 2 days from 2026-02-16 to 2026-02-17"
    with pytest.raises(NotFoundError, match=told):
        replay(store, real, night.run_id)
    with pytest.raises(NotFoundError, match=told):
        Recall(store, real).forecast(night.run_id, "k", [50])


def test_figures_that_no_compaction_took_are_missed_too(
    store: Store, plan: Callable[..., NightResult], real: Any
) -> None:
    night = plan(DAY).run
    restate(store, DAY + timedelta(days=1))
    with store.begin() as session:
        drop_superseded(session, "shop", DAY - timedelta(days=3))
    with pytest.raises(NotFoundError, match=r"on 1 days.*somebody changed the database"):
        replay(store, real, night.run_id)

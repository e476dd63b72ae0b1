"""A month read from a database: whose days, which nights, what was sent, and what a person should know."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from service import audit, stop
from service.approval import State
from service.audit import LineRef, Origin
from service.ledger import LedgerState
from service.report.calendar import Month
from service.report.figures import Report
from service.report.gather import known_months, newest_month
from service.report.publishing import publish, report_of
from service.settings.models import Account, Allowance, Budgets, Economics, ReportsConnector
from service.store import Store, applications, interventions, ledger, pulls, roster, runs
from service.store import audit as events
from service.store.applications import ApplicationRow, BatchLineRow, BatchRow
from service.store.audit import AuditFilter
from service.store.interventions import NewAlert
from service.store.rows import LedgerDay, LineRow

DAY = date(2026, 3, 2)
ONE = timedelta(days=1)
NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
TODAY = date(2026, 3, 5)


def account(**changes: Any) -> Account:
    values: dict[str, Any] = {
        "id": "shop",
        "name": "店",
        "connector": ReportsConnector(kind="reports", path=Path("reports")),
        "objective": "slight_loss",
        "budgets": Budgets(daily=Decimal(300)),
        "allowance": Allowance(
            amount=Decimal(10), window_days=30, window_cap=Decimal(100), end_date=date(2027, 1, 1)
        ),
        "economics": (Economics(margin_rate=0.5),),
    }
    return Account(**{**values, **changes})


def terms(day: date) -> dict[str, Any]:
    state = LedgerState(
        day=day, start_date=None, end_date=date(2027, 1, 1), amount_fen=1_000, window_days=30,
        window_cap_fen=10_000, window_first=day, window_last=day + 29 * ONE, days_left=30,
        days_known=0, window_loss_fen=0, row_loss_fen=0, used_fen=0, left_fen=10_000,
        tonight_fen=333, limit="window",
    )  # fmt: skip
    record = asdict(state)
    return {key: str(one) if isinstance(one, date) else one for key, one in record.items()}


@pytest.fixture
def lived(
    store: Store,
    make_proposal: Any,
    make_line: Any,
    make_day: Any,
    make_roster: Any,
    origin: Origin,
) -> list[LineRow]:
    """Two nights of March with figures of four days, one of them in February; returns the first's lines."""
    money = {"value": 30.0, "p05": 20.0, "p95": 40.0}
    totals = {
        "spend": money,
        "contribution": money,
        "spend_before": money,
        "contribution_before": money,
    }
    first = make_proposal(
        [make_line("k1", state="applied"), make_line("k2", 100, 90, state="rejected", reason="lower_budget")],
        day=DAY, totals=totals, policy={"allowance": terms(DAY)},
    )  # fmt: skip
    make_proposal(
        [make_line("k1")], day=DAY + ONE, totals=totals, policy={"allowance": terms(DAY + ONE)}
    )
    figures = {
        "clicks": 10,
        "impressions": 300,
        "spend_fen": 2_000,
        "orders": 2,
        "revenue_fen": 5_000,
    }
    days = [date(2026, 2, 27), DAY - ONE, DAY, DAY + ONE]
    rows = [make_day(word, day, **figures) for day in days for word in ("k1", "k2")]
    booked = [
        LedgerDay(date=day, spend_fen=4_000, contribution_fen=5_000, clicks=20) for day in days
    ]
    with store.begin() as session:
        roster.upsert_roster(session, "shop", make_roster({"k1": 110, "k2": 100}), seen_at=NOW)
        pulls.upsert_facts(session, "shop", rows, pulled_at=NOW, pulled_on=DAY + 2 * ONE)
        ledger.keep(session, "shop", DAY + 2 * ONE, booked)
    _send(store, first[0], origin)
    return first


def _send(store: Store, line: LineRow, origin: Origin) -> None:
    """One batch with one word, approved and set on its day."""
    ref = LineRef(
        account_id="shop", proposal_id=line.proposal_id, line_id=line.line_id, keyword_id=line.keyword_id
    )  # fmt: skip
    approved = audit.line_action("approve", origin, ref, state=State.PENDING, bid_fen=line.bid_fen)
    with store.begin() as session:
        events.append(session, [approved])
    with store.begin() as session:
        (event,) = events.page(session, AuditFilter(line_id=line.line_id))
        row = ApplicationRow(
            application_id="a1", account_id="shop", business_date=DAY, state="done", halt=None,
            cause=None, actor="小王", source="cli", counts={"applied": 1}, created_at=NOW,
            finished_at=NOW,
        )  # fmt: skip
        applications.add(session, row)
        batch = BatchRow(
            batch_id="b1", application_id="a1", account_id="shop", number=1, business_date=DAY,
            state="done", cause=None, created_at=NOW, dispatched_at=NOW, finished_at=NOW,
        )  # fmt: skip
        sent = BatchLineRow(
            batch_id="b1", line_id=line.line_id, account_id="shop", keyword_id="k1",
            approval_event_id=event.event_id, bid_before_fen=100, bid_fen=110, outcome="applied",
        )  # fmt: skip
        applications.add_batch(session, batch, [sent])


def read(
    store: Store, month: str | None = "2026-03", today: date = TODAY, of: Account | None = None
) -> Report:
    with store.within(frozenset({"shop"})).read() as session:
        return report_of(session, of or account(), month, today)


@pytest.mark.usefixtures("lived")
def test_the_days_before_the_first_night_and_the_month_before_stand_apart(
    store: Store,
) -> None:
    report = read(store)
    assert report.totals is not None
    assert report.before is not None
    assert report.previous is not None
    assert (report.totals.days, report.totals.spend_fen, report.totals.orders) == (2, 8_000, 8)
    assert (report.before.days, report.before.first) == (1, DAY - ONE)
    assert (report.previous.days, report.previous.first) == (1, date(2026, 2, 27))
    assert report.totals.loss.fen == -2_000
    assert (report.state, report.as_of, report.first_night) == ("running", DAY + 2 * ONE, DAY)
    february = read(store, "2026-02")
    assert (february.state, february.totals and february.totals.spend_fen) == ("before", 4_000)


@pytest.mark.usefixtures("lived")
def test_nights_changes_and_batches(store: Store) -> None:
    report = read(store)
    assert [day.allowed_fen for day in report.days] == [None, 333, 333]
    assert report.use is not None
    assert (report.use.permitted_fen, report.use.verdict) == (2_000, "profit")
    assert [(one.reason, one.proposed, one.sent) for one in report.reasons] == [
        ("raise_marginal_return", 2, 1), ("lower_budget", 1, 0),
    ]  # fmt: skip
    (sent,) = report.batches
    assert (sent.key, sent.lines, sent.actor, sent.clicks, sent.orders) == ("b1", 1, "小王", 10, 2)
    assert (sent.spend_fen, sent.contribution_fen) == (
        2_000,
        2_500,
    )  # half of 50.00, nothing to come
    assert (sent.spend_without_fen, sent.spend_with_fen) == (100, 110)
    assert (report.spend.judged, report.spend.hits) == (2, 2)  # 40.00 within 20 … 40.1
    assert report.spend.nights[0].expected.value == pytest.approx(3_010)


@pytest.mark.usefixtures("lived")
def test_campaigns_and_words_are_of_kaiche_s_days(store: Store) -> None:
    report = read(store)
    assert [(one.name, one.spend_fen, one.earned_fen) for one in report.campaigns] == [
        ("计划", 8_000, 10_000)
    ]
    assert [(one.word, one.spend_fen) for one in report.words.spend] == [
        ("裙", 4_000),
        ("裙", 4_000),
    ]


def test_what_a_person_should_know_is_told(
    store: Store, lived: list[LineRow], make_run: Any, origin: Origin
) -> None:
    later = Origin(at=datetime(2026, 3, 31, 15, 59, tzinfo=UTC), actor="老板", source="rest")
    april = Origin(at=datetime(2026, 3, 31, 16, 0, tzinfo=UTC), actor="老板", source="rest")
    failed = make_run(
        business_date=date(2026, 3, 4), state="failed", step="gate", cause="旧 / stale"
    )
    tried = make_run(business_date=date(2026, 3, 5), state="succeeded", attempt=2)
    broken = make_run(business_date=date(2026, 3, 8), state="failed", step="pull", cause="no file")
    with store.begin() as session:
        for run in (failed, tried, broken):
            runs.open_run(session, run, is_gone=lambda _: False)
        stop.order(session, later, "shop", "moving house")
        stop.order(session, later, "*", "of everybody")
        alert = NewAlert(
            at=NOW, account_id="shop", kind="budget_raised", subject="c1", before={}, after={},
            message_zh="预算被提高", message_en="a budget was raised",
        )  # fmt: skip
        interventions.add_alerts(session, [alert])
        events.append(
            session,
            [
                audit.stop_lifted(april, scope="shop"),
                audit.authorisation_changed(origin, account_id="shop", authorised=False, cause="x"),
                *(
                    audit.bid_changed_elsewhere(
                        origin, account_id="shop", keyword_id=word, bid_before_fen=1, bid_fen=2
                    )
                    for word in ("k1", "k2")
                ),
                audit.application_ended(
                    origin, account_id="shop", application_id="a1", state="halted", counts={}, cause="quota"
                ),
                audit.application_ended(
                    origin, account_id="shop", application_id="a1", state="done", counts={}, cause=None
                ),
                audit.rollback_proposed(
                    origin, account_id="shop", proposal_id=lived[0].proposal_id, undoes="b1", lines=2,
                    left=1, reason="wrong season",
                ),
            ],
        )  # fmt: skip
    report = read(store, today=date(2026, 3, 10))
    assert [(one.day.day, one.kind) for one in report.events] == [
        (2, "halted"), (2, "unauthorised"), (2, "elsewhere"), (2, "raised"), (4, "stale"),
        (5, "retried"), (6, "missed"), (8, "failed"), (9, "missed"), (31, "stopped"),
    ]  # fmt: skip
    assert report.events[2].values == {"count": 2}
    assert report.events[6].values == {"count": 2, "last": date(2026, 3, 7)}
    (undone,) = report.rollbacks
    assert (undone.lines, undone.left, undone.restored, undone.reason) == (2, 1, 1, "wrong season")
    with store.read() as session:  # who may see all accounts sees the stop of all
        everybody = report_of(session, account(), "2026-03", date(2026, 3, 10))
    assert [one.values["reason"] for one in everybody.events if one.kind == "stopped"] == [
        "moving house", "of everybody",
    ]  # fmt: skip


@pytest.mark.usefixtures("lived")
def test_a_refund_rate_gives_a_net_return(store: Store) -> None:
    goods = Economics(
        adgroup="g1", price=Decimal(99), goods=Decimal(50), fee_rate=0.006, freight=Decimal(3),
        freight_back=Decimal(5), refund_rate=0.25, damage_rate=0.05,
    )  # fmt: skip
    report = read(store, of=account(economics=(Economics(margin_rate=0.5), goods)))
    assert report.totals is not None
    net = report.totals.net
    assert (net.share, net.roas) == (1.0, pytest.approx(20_000 * 0.75 / 8_000))
    assert net.break_even == pytest.approx(2.3622, abs=1e-3)  # the worked case of the handbooks


@pytest.mark.usefixtures("lived")
def test_the_newest_month_with_figures_is_shown_unless_asked(store: Store) -> None:
    assert str(read(store, None).month) == "2026-03"
    with store.read() as session:
        assert known_months(session, "shop", 12) == (Month(2026, 3), Month(2026, 2))
        assert known_months(session, "shop", 1) == (Month(2026, 3),)
        assert known_months(session, "nobody", 12) == ()
        assert newest_month(session, "nobody", TODAY) == Month(2026, 3)


def test_a_shop_without_anything_has_a_report(store: Store) -> None:
    report = read(store, None)
    assert (report.state, report.totals, report.events) == ("empty", None, ())
    assert "没有任何记录" in publish(report, "html", "zh").content.decode()
    assert publish(report, "xlsx", "en").name == "kaiche-report-shop-2026-03-en.xlsx"


@pytest.mark.usefixtures("lived")
def test_another_account_is_not_read(store: Store) -> None:
    with store.within(frozenset({"other"})).read() as session:
        assert report_of(session, account(), "2026-03", TODAY).state == "empty"

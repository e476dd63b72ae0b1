"""Nights keep the ledger: tonight's allowance opens to days that are restated as orders mature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from connectors.platform import Page
from service import books
from service.ledger import assess
from service.nightly import NightResult
from service.settings.models import Account
from service.store import Store, ledger

DAY = date(2026, 3, 2)
NEXT = date(2026, 3, 3)
YESTERDAY = date(2026, 3, 1)
Plan = Callable[..., NightResult]


def losing(account: Account) -> Account:
    """The shop at a margin that loses, with an allowance for it; validated as the YAML is."""
    allowance = {"amount": 50, "window_days": 7, "window_cap": 2000, "end_date": "2026-03-31"}
    return Account.model_validate(
        account.model_dump()
        | {
            "economics": [{"margin_rate": 0.12}],
            "objective": "slight_loss",
            "allowance": allowance,
        }
    )


def late_orders(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One order of 10 yuan a clicked word of ``YESTERDAY`` that arrives between the two nights."""
    reports = shop.keyword_days

    def with_late_orders(first: date, last: date) -> Iterator[Page]:
        for page in reports(first, last):
            rows = [
                replace(row, orders=row.orders + 1, revenue_fen=row.revenue_fen + 1_000)
                if shop.today == NEXT and row.date == YESTERDAY and row.clicks
                else row
                for row in page.rows
            ]
            yield replace(page, rows=tuple(rows))

    monkeypatch.setattr(shop, "keyword_days", with_late_orders)


def test_the_allowance_opens_to_days_that_are_restated_as_their_orders_mature(
    store: Store, shop: Any, plan: Plan, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = losing(account)
    late_orders(shop, monkeypatch)
    plan(DAY, account=stated)
    plan(NEXT, account=stated)
    with store.read() as session:
        first = books.open_at(session, "shop", DAY, 1)
        second = books.open_at(session, "shop", days=14)
        window = books.open_at(session, "shop")
        versions = ledger.versions(session, "shop", YESTERDAY)
    assert (first.night, second.night) == (DAY, NEXT)
    assert second.allowance is not None
    assert second.budget is not None
    assert stated.allowance is not None
    assert second.allowance == assess([e.day for e in second.days], stated.allowance, NEXT)
    assert second.allowance.used_fen == second.days[-1].used_fen > 0
    assert window.days[0].day.date == second.allowance.window_first
    spent = [entry.day.spend_fen for entry in second.days if entry.day.date.month == 3]
    assert second.budget.spent_this_month_fen == sum(spent) > 0
    young, older = versions
    assert [young.stated_on, older.stated_on] == [DAY, NEXT]
    assert [entry.day for entry in first.days] == [young]
    assert max(young.reported_share, older.reported_share) < 1.0
    assert (older.settled_fen - young.settled_fen) % 120 == 0  # 12 % of each 10 yuan
    assert older.settled_fen > young.settled_fen


def test_a_shop_without_any_night_has_an_empty_ledger(store: Store) -> None:
    with store.read() as session:
        opened = books.open_at(session, "shop")
    assert (opened.night, opened.days) == (None, ())


def test_after_the_end_date_nothing_may_be_lost(store: Store, plan: Plan, account: Account) -> None:
    over = losing(account).model_dump()
    over["allowance"]["end_date"] = date(2026, 3, 1)
    result: Any = plan(DAY, account=Account.model_validate(over))
    with store.read() as session:
        opened = books.open_at(session, "shop")
    assert opened.allowance is not None
    assert (opened.allowance.tonight_fen, opened.allowance.limit) == (0, "ended")
    assert result.proposal.policy["policy"]["max_loss"] == 0
    assert [(e.day.date, e.since) for e in opened.days] == [(date(2026, 3, 1), date(2026, 2, 23))]

from __future__ import annotations

from datetime import date

from service.settings.models import Account

ACCOUNT = {
    "id": "shop",
    "connector": {"kind": "sandbox"},
    "budgets": {"daily": "2000"},
    "economics": [{"margin_rate": 0.4}],
    "objective": "profit",
}


def test_a_day_belongs_to_the_promotion_that_holds_it() -> None:
    waves = [
        {"name": "预售", "first": "2027-10-31", "last": "2027-11-03"},
        {"name": "双11", "first": "2027-11-11", "last": "2027-11-11"},
    ]
    account = Account.model_validate(ACCOUNT | {"promotions": waves})

    def name(month: int, day: int) -> str | None:
        found = account.promotion_on(date(2027, month, day))
        return found and found.name

    assert [name(10, 30), name(10, 31), name(11, 3), name(11, 4)] == [None, "预售", "预售", None]
    assert name(11, 11) == "双11"


def test_a_night_looks_at_the_named_days_of_its_history_and_its_own() -> None:
    waves = [
        {"name": "双11", "first": "2027-11-10", "last": "2027-11-11"},
        {"name": "国庆", "first": "2027-10-01", "last": "2027-10-07"},
    ]
    account = Account.model_validate(ACCOUNT | {"promotions": waves, "history_days": 36})
    assert account.named_days(date(2027, 11, 10)) == tuple(
        date(2027, *day) for day in ((10, 5), (10, 6), (10, 7), (11, 10))
    )
    assert account.named_days(date(2027, 9, 30)) == ()

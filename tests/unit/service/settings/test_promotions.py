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

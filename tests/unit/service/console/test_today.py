"""What the plan says of a promotion is what the night could know of it."""

from datetime import date

import pytest

from service.console.pages.today import promotion_told
from service.console.texts import Texts
from service.settings.models import Account

ACCOUNT = Account.model_validate(
    {
        "id": "shop",
        "connector": {"kind": "sandbox"},
        "budgets": {"daily": "2000"},
        "economics": [{"margin_rate": 0.4}],
        "objective": "profit",
        "history_days": 30,
        "promotions": [{"name": "双11", "first": "2027-11-10", "last": "2027-11-11"}],
    }
)


@pytest.mark.parametrize(
    ("day", "zh"),
    [(10, "没有大促日可参照"), (11, "按以往大促日估计")],
)
def test_a_first_day_is_not_said_to_go_by_earlier_ones(day, zh):
    assert zh in promotion_told(Texts("zh"), ACCOUNT, date(2027, 11, day))


def test_a_usual_day_says_nothing():
    assert promotion_told(Texts("en"), ACCOUNT, date(2027, 11, 12)) is None

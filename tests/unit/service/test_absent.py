"""Names in the configuration that the account does not have."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.platform import AdgroupRow, CampaignRow, KeywordRow
from service.absent import absent
from service.settings.models import Account

CAMPAIGNS = (CampaignRow(campaign_id="c1", name="计划"),)
ADGROUPS = (AdgroupRow(adgroup_id="g1", campaign_id="c1", name="单元", item_id="i1"),)
KEYWORDS = (
    KeywordRow(keyword_id="k1", adgroup_id="g1", campaign_id="c1", word="裙"),
    KeywordRow(keyword_id="k2", adgroup_id="g2", campaign_id="c2", word="裤"),
)


def named(**sections: Any) -> tuple[str, ...]:
    values: dict[str, Any] = {
        "id": "shop",
        "connector": {"kind": "sandbox"},
        "objective": "profit",
        "budgets": {"daily": 300},
        "economics": [{"margin_rate": 0.4}],
    }
    account = Account.model_validate(values | sections)
    return absent(account, CAMPAIGNS, ADGROUPS, KEYWORDS)


def test_names_that_the_account_has_are_no_news() -> None:
    default = {"margin_rate": 0.4}
    assert (
        named(
            budgets={"daily": 300, "campaigns": {"c1": 100, "c2": 50}},
            economics=[default, *({**default, **of} for of in ({"adgroup": "g2"}, {"item": "i1"}))],
            locked_keywords=["k1", "k2"],
        )
        == ()
    )


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"budgets": {"daily": 300, "campaigns": {"c1": 9, "c9": 9}}}, "budgets.campaigns: c9"),
        (
            {"economics": [{"margin_rate": 0.4}, {"margin_rate": 0.4, "adgroup": "i1"}]},
            "economics: adgroup i1",
        ),
        (
            {"economics": [{"margin_rate": 0.4}, {"margin_rate": 0.4, "item": "g1"}]},
            "economics: item g1",
        ),
        ({"locked_keywords": ["k2", "k9"]}, "locked_keywords: k9"),
    ],
)
def test_a_name_that_nothing_has_is_told_with_its_place(
    sections: dict[str, Any], told: str
) -> None:
    assert named(**sections) == (told,)

"""Break-even and margins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.platform import AdgroupRow
from service.economics import BreakEven, break_even, margins, unused
from service.settings.models import Account, Economics

WORKED_CASE: dict[str, Any] = {
    "price": Decimal(99),
    "goods": Decimal(50),
    "fee_rate": 0.006,
    "damage_rate": 0.05,
    "refund_rate": 0.25,
    "freight": Decimal(3),
    "freight_back": Decimal(5),
}


def of(**changed: Any) -> BreakEven:
    return break_even(Economics(**(WORKED_CASE | changed)))


def test_the_worked_case() -> None:
    worked = of()
    assert worked.unit_margin == Decimal("41.906")
    assert worked.net_roas == pytest.approx(2.3624, abs=5e-5)
    assert worked.gross_roas == pytest.approx(3.1499, abs=5e-5)
    assert worked.margin_rate == pytest.approx(41.906 * 0.75 / 99)
    assert worked.margin_rate == pytest.approx(1 / (worked.gross_roas or 0))
    assert not worked.loses_at_any_bid


def test_every_figure_opens_to_its_inputs() -> None:
    terms = {term.code: term.yuan for term in of().terms}
    assert list(terms) == ["price", "fee", "goods", "damage", "freight", "freight_back"]
    assert terms["price"] == 99
    assert terms["fee"] == Decimal("-0.594")
    assert terms["goods"] == -50
    assert float(terms["damage"]) == pytest.approx(-50 * 0.05 * 0.25 / 0.75)
    assert float(terms["freight"]) == -4
    assert float(terms["freight_back"]) == pytest.approx(-5 * 0.25 / 0.75)
    assert float(sum(terms.values())) == pytest.approx(float(of().unit_margin or 0))
    assert all(term.label_zh and term.label_en and term.formula for term in of().terms)


@pytest.mark.parametrize("goods", [Decimal("92.75"), Decimal(99)])
def test_an_item_that_leaves_nothing_has_no_break_even(goods: Decimal) -> None:
    lost = of(goods=goods, damage_rate=0.0)
    assert lost.unit_margin is not None
    assert lost.unit_margin <= 0
    assert lost.net_roas is None
    assert lost.gross_roas is None
    assert lost.margin_rate <= 0
    assert lost.loses_at_any_bid


def test_a_third_that_cancels_is_exactly_zero() -> None:
    """10 − 0.2 / 0.3 − 4 · 0.7 / 0.3 is 0 only when no quotient is rounded on the way."""
    even = of(
        price=Decimal(10),
        goods=Decimal(0),
        fee_rate=0.0,
        damage_rate=0.0,
        freight=Decimal("0.20"),
        freight_back=Decimal(4),
        refund_rate=0.7,
    )
    assert (even.unit_margin, even.gross_roas, even.loses_at_any_bid) == (0, None, True)


def test_a_unit_margin_of_exactly_zero_has_no_break_even() -> None:
    even = of(
        goods=Decimal(99),
        fee_rate=0.0,
        freight=Decimal(0),
        freight_back=Decimal(0),
        damage_rate=0.0,
    )
    assert (even.unit_margin, even.gross_roas, even.loses_at_any_bid) == (0, None, True)


def test_a_given_margin_is_taken_as_it_is() -> None:
    given_rate = break_even(Economics(margin_rate=0.4))
    assert (given_rate.margin_rate, given_rate.gross_roas) == (0.4, 2.5)
    assert (given_rate.terms, given_rate.unit_margin, given_rate.net_roas) == ((), None, None)
    for rate in (0.0, -0.2):
        lost = break_even(Economics(margin_rate=rate))
        assert lost.gross_roas is None
        assert lost.loses_at_any_bid


MONEY = st.decimals(0, 1000, places=2)
RATE = st.integers(0, 99).map(lambda percent: percent / 100)


@given(
    price=st.decimals("0.01", 1000, places=2),
    goods=MONEY,
    freight=MONEY,
    back=MONEY,
    fee=RATE,
    refund=RATE,
    damage=RATE,
)
def test_spending_at_break_even_earns_nothing(
    price: Decimal,
    goods: Decimal,
    freight: Decimal,
    back: Decimal,
    fee: float,
    refund: float,
    damage: float,
) -> None:
    """Sell 1 / (1 − r) units, keep one: what is left after ads at the gross break-even is zero."""
    found = of(
        price=price,
        goods=goods,
        freight=freight,
        freight_back=back,
        fee_rate=fee,
        refund_rate=refund,
        damage_rate=damage,
    )
    sent = 1 / (1 - refund)
    returned = sent - 1
    left = (
        float(price) * (1 - fee)
        - float(goods) * (1 + damage * returned)
        - float(freight) * sent
        - float(back) * returned
    )
    assert float(found.unit_margin or 0) == pytest.approx(left, abs=1e-6)
    assert (found.gross_roas is None) == (found.margin_rate <= 0)
    if found.gross_roas is not None and found.net_roas is not None:
        assert found.margin_rate * found.gross_roas == pytest.approx(1)
        assert found.net_roas == pytest.approx(found.gross_roas * (1 - refund))
        assert float(price) / found.net_roas == pytest.approx(left)


def shop(*economics: Economics) -> Account:
    return Account.model_validate(
        {
            "id": "shop",
            "connector": {"kind": "sandbox"},
            "budgets": {"daily": 100},
            "objective": "profit",
            "economics": economics,
        }
    )


def adgroup(number: str, item: str | None = None) -> AdgroupRow:
    return AdgroupRow(adgroup_id=number, campaign_id="c", name="", item_id=item)


def test_the_adgroup_beats_the_item_beats_the_default() -> None:
    account = shop(
        Economics(margin_rate=0.1),
        Economics(item="i", margin_rate=0.2, organic_rate=0.05),
        Economics(adgroup="a", **WORKED_CASE),
    )
    found = margins(
        account, [adgroup("a", "i"), adgroup("b", "i"), adgroup("i"), adgroup("d", "x")]
    )
    assert {key: margin.source for key, margin in found.items()} == {
        "a": "adgroup",
        "b": "item",
        "i": "default",
        "d": "default",
    }
    assert found["a"].margin_rate == pytest.approx(0.317, abs=5e-4)
    assert (found["b"].margin_rate, found["b"].organic_rate) == (0.2, 0.05)
    assert (found["d"].margin_rate, found["d"].organic_rate) == (0.1, 0.0)


def test_entries_that_fit_nothing_are_named() -> None:
    account = shop(
        Economics(margin_rate=0.1),
        Economics(item="i", margin_rate=0.2),
        Economics(item="a", margin_rate=0.2),
        Economics(adgroup="a", margin_rate=0.3),
        Economics(adgroup="i", margin_rate=0.3),
    )
    assert [(entry.adgroup, entry.item) for entry in unused(account, [adgroup("a", "i")])] == [
        (None, "a"),
        ("i", None),
    ]

"""Break-even and margins."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.platform import AdgroupRow
from service.economics import (
    BreakEven,
    break_even,
    break_even_cpc,
    entry_for,
    margins,
    source_of,
    unused,
)
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


# Worked by hand, U = S(1 − k) − C − [C·d·r + F + Fb·r] / (1 − r), net = S / U, gross = net / (1 − r):
# S, C, k, d, r, F, Fb                     U          net       gross
GOLDEN = {
    # 98.406 − 50 − (0.625 + 3 + 1.25) / 0.75 = 48.406 − 6.5
    "worked case": ("99 50 .006 .05 .25 3 5", "41.906", "2.3624", "3.1499"),
    # 100 − 40; nothing comes back, so net and gross are one and the naive 1 / margin is right
    "no refunds, no freight, no fee": ("100 40 0 0 0 0 0", "60", "1.6667", "1.6667"),
    # 99 − 0.594 − 50 − 3: with r = 0 the damage rate and the freight back never count
    "no refunds": ("99 50 .006 .05 0 3 5", "45.406", "2.1803", "2.1803"),
    # 48.406 − 0.625 / 0.75: freight paid by the buyer both ways
    "no freight": ("99 50 .006 .05 .25 0 0", "47.5727", "2.0810", "2.7747"),
    # 28.405 − 12 − (0.24 + 4 + 0.6) / 0.9 = 16.405 − 5.3778
    "a cheap thing": ("29.9 12 .05 .2 .1 4 6", "11.0272", "2.7115", "3.0127"),
    # 495 − 200 − (0 + 12 + 9.6) / 0.2 = 295 − 108; of five dresses sent four come back
    "dresses": ("500 200 .01 0 .8 12 12", "187", "2.6738", "13.3690"),
    # 9.5 − 9 − 1 / 0.8
    "freight eats it": ("10 9 .05 0 .2 1 0", "-0.75", None, None),
    # 100 − 60 − (0 + 20) / 0.5
    "exactly nothing": ("100 60 0 0 .5 20 0", "0", None, None),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_cases_worked_by_hand(name: str) -> None:
    written, unit, net, gross = GOLDEN[name]
    keys = ("price", "goods", "fee_rate", "damage_rate", "refund_rate", "freight", "freight_back")
    found = break_even(Economics.model_validate(dict(zip(keys, written.split(), strict=True))))
    assert round(found.unit_margin or Decimal(0), 4) == Decimal(unit)
    assert [
        None if one is None else f"{one:.4f}" for one in (found.net_roas, found.gross_roas)
    ] == [net, gross]
    assert found.loses_at_any_bid == (net is None)


def test_the_naive_rule_forgets_refunds_and_freight() -> None:
    assert of().naive_roas == pytest.approx(2.0204, abs=5e-5)
    assert of(goods=Decimal(99)).naive_roas is None
    assert break_even(Economics(margin_rate=0.4)).naive_roas is None


def test_a_click_is_worth_what_it_leaves() -> None:
    """3 orders of 99 a hundred clicks leave 41.906 · 0.75 each: 0.9429 a click."""
    margin = of().margin_rate
    assert break_even_cpc(margin, 0.0, 0.03, 99.0) == pytest.approx(0.03 * 41.906 * 0.75)
    assert break_even_cpc(margin, 0.1, 0.03, 99.0) == pytest.approx(0.942885 + 0.297)
    assert break_even_cpc(-0.2, 0.1, 0.03, 99.0) == 0.0
    assert break_even_cpc(margin, 0.0, 0.0, 99.0) == 0.0


def test_what_the_owner_wrote_has_the_symbols_of_the_formulas() -> None:
    given = {one.symbol: str(one.value) for one in of().inputs}
    assert given == {
        "S": "99",
        "C": "50",
        "k": "0.006",
        "d": "0.05",
        "r": "0.25",
        "F": "3",
        "Fb": "5",
        "o": "0.0",
    }
    used = set(re.findall(r"[A-Z]b?|[a-z]", " ".join(term.formula for term in of().terms)))
    assert used == given.keys() - {"o"}
    rate = break_even(Economics(margin_rate=0.4, organic_rate=0.05)).inputs
    assert [(one.symbol, str(one.value)) for one in rate] == [("m", "0.4"), ("o", "0.05")]
    assert all(one.label_zh and one.label_en for one in rate)


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


def test_the_entry_that_counts() -> None:
    account = shop(
        Economics(margin_rate=0.1),
        Economics(item="i", margin_rate=0.2),
        Economics(adgroup="a", margin_rate=0.3),
    )
    asked = [("a", "i"), ("b", "i"), (None, "i"), ("b", None), (None, None), ("i", "a")]
    found = [entry_for(account, *names) for names in asked]
    assert [entry.margin_rate for entry in found] == [0.3, 0.2, 0.2, 0.1, 0.1, 0.1]
    assert [source_of(entry) for entry in found[:4]] == ["adgroup", "item", "item", "default"]

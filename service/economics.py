"""What a yuan of revenue leaves, and the return on ads at which nothing is earned or lost.

Per kept unit of price S, with goods C, fee rate k, freight out F, freight back Fb, refund rate r
and damage rate d (share of returned goods that cannot be sold again):

    U = S(1 − k) − C − [C·d·r + F + Fb·r] / (1 − r)

Each kept unit pays for 1 / (1 − r) units sent and r / (1 − r) returned. The break-even return on
ads is S / U of net revenue (what is kept) and S / (U(1 − r)) of gross revenue (what the platform
reports). The margin that the optimizer takes is contribution per yuan of gross revenue,
U(1 − r) / S. U ≤ 0 has no break-even: the item loses at any bid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from connectors.platform import AdgroupRow
from service.settings.margins import Economics
from service.settings.models import Account

Source = Literal["adgroup", "item", "default"]
Key = tuple[Source, str | None]
TermCode = Literal["price", "fee", "goods", "damage", "freight", "freight_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One addend of U, yuan per kept unit with its sign, and how it came about."""

    code: TermCode
    yuan: Decimal
    label_zh: str
    label_en: str
    formula: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One number of the owner's entry; ``symbol`` is its name in the formulas of the terms."""

    symbol: str
    value: Decimal
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """The break-even of one economics entry, opened to its inputs.

    ``inputs`` are what the owner wrote. ``terms`` add up to ``unit_margin`` (U, yuan per kept unit);
    both are empty when the owner gave ``margin_rate`` directly. ``net_roas`` and ``gross_roas`` are
    None where no return on ads breaks even; ``net_roas`` also where the refund rate is not known.
    """

    given: Economics
    inputs: tuple[Input, ...]
    terms: tuple[Term, ...]
    unit_margin: Decimal | None
    margin_rate: float
    net_roas: float | None
    gross_roas: float | None

    @property
    def loses_at_any_bid(self) -> bool:
        """Whether no bid can earn: a raise must not be proposed."""
        return self.margin_rate <= 0

    @property
    def naive_roas(self) -> float | None:
        """1 ÷ (share of the price above goods), which forgets refunds and freight; to compare."""
        price, goods = self.given.price, self.given.goods
        if price is None or goods is None or goods >= price:
            return None
        return float(price / (price - goods))


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What an adgroup's revenue leaves: rates are contribution per yuan of gross revenue."""

    margin_rate: float
    organic_rate: float
    source: Source


def break_even(economics: Economics) -> BreakEven:
    """The break-even of ``economics``, from its goods block or its ``margin_rate``."""
    if economics.margin_rate is not None:
        return BreakEven(
            given=economics,
            inputs=_inputs(economics),
            terms=(),
            unit_margin=None,
            margin_rate=economics.margin_rate,
            net_roas=None,
            gross_roas=1 / economics.margin_rate if economics.margin_rate > 0 else None,
        )
    price, kept = _exact(economics.price), 1 - _exact(economics.refund_rate)
    unit = _contribution_of_sent(economics) / kept
    return BreakEven(
        given=economics,
        inputs=_inputs(economics),
        terms=_terms(economics),
        unit_margin=unit,
        margin_rate=float(unit * kept / price),
        net_roas=float(price / unit) if unit > 0 else None,
        gross_roas=float(price / (unit * kept)) if unit > 0 else None,
    )


def break_even_cpc(
    margin_rate: float, organic_rate: float, cvr: float, order_value_yuan: float
) -> float:
    """The price of a click, yuan, at which the ad earns nothing: cvr × order value × contribution.

    ``order_value_yuan`` is gross, as the platform reports it; 0 where no click is worth its price.
    """
    return max(0.0, cvr * order_value_yuan * (margin_rate + organic_rate))


def entry_for(account: Account, adgroup: str | None, item: str | None) -> Economics:
    """The owner's entry that counts for an adgroup of an item: its own, the item's, the default."""
    entries = _entries(account)
    return entries[_key(entries, adgroup, item)]


def margins(account: Account, adgroups: Sequence[AdgroupRow]) -> Mapping[str, Margin]:
    """The margin of every adgroup by adgroup_id: its own entry, else its item's, else the default."""
    entries = _entries(account)
    found = {
        key: Margin(
            margin_rate=break_even(entry).margin_rate,
            organic_rate=entry.organic_rate,
            source=key[0],
        )
        for key, entry in entries.items()
    }
    return {row.adgroup_id: found[_key(entries, row.adgroup_id, row.item_id)] for row in adgroups}


def unused(account: Account, adgroups: Sequence[AdgroupRow]) -> tuple[Economics, ...]:
    """Entries that name an adgroup or item which the roster does not have: likely a wrong id."""
    known: set[Key] = {("adgroup", row.adgroup_id) for row in adgroups}
    known.update(("item", row.item_id) for row in adgroups)
    return tuple(
        entry
        for entry in account.economics
        if source_of(entry) != "default" and (source_of(entry), _name(entry)) not in known
    )


def _entries(account: Account) -> Mapping[Key, Economics]:
    return {(source_of(entry), _name(entry)): entry for entry in account.economics}


def _key(entries: Mapping[Key, Economics], adgroup: str | None, item: str | None) -> Key:
    named: tuple[Key, ...] = (("adgroup", adgroup), ("item", item))
    return next((key for key in named if key in entries), ("default", None))


def _contribution_of_sent(economics: Economics) -> Decimal:
    """U(1 − r), what a sent unit leaves; without a division, so that its sign is exact."""
    price, goods = _exact(economics.price), _exact(economics.goods)
    refund = _exact(economics.refund_rate)
    kept_earns = price * (1 - _exact(economics.fee_rate)) - goods
    returned_costs = goods * _exact(economics.damage_rate) + _exact(economics.freight_back)
    return kept_earns * (1 - refund) - returned_costs * refund - _exact(economics.freight)


def _inputs(economics: Economics) -> tuple[Input, ...]:
    written = (
        ("m", economics.margin_rate, "毛利率", "margin rate"),
        ("S", economics.price, "售价", "price"),
        ("C", economics.goods, "货品成本", "goods"),
        ("k", economics.fee_rate, "平台扣点率", "platform fee rate"),
        ("d", economics.damage_rate, "退货破损率", "damage rate"),
        ("r", economics.refund_rate, "退款率", "refund rate"),
        ("F", economics.freight, "发货运费", "freight out"),
        ("Fb", economics.freight_back, "退货运费", "freight back"),
        ("o", economics.organic_rate, "自然流量贡献率", "organic rate"),
    )
    return tuple(
        Input(symbol=symbol, value=_exact(value), label_zh=zh, label_en=en)
        for symbol, value, zh, en in written
        if value is not None
    )


def _terms(economics: Economics) -> tuple[Term, ...]:
    price, goods = _exact(economics.price), _exact(economics.goods)
    freight, back = _exact(economics.freight), _exact(economics.freight_back)
    fee, refund = _exact(economics.fee_rate), _exact(economics.refund_rate)
    damage = _exact(economics.damage_rate)
    kept = 1 - refund
    return (
        _term("price", price, "售价", "price", "S"),
        _term("fee", -price * fee, "平台扣点", "platform fee", "-S*k"),
        _term("goods", -goods, "货品成本", "goods", "-C"),
        _term(
            "damage", -goods * damage * refund / kept, "退货破损", "damaged returns", "-C*d*r/(1-r)"
        ),
        _term("freight", -freight / kept, "发货运费", "freight out", "-F/(1-r)"),
        _term("freight_back", -back * refund / kept, "退货运费", "freight back", "-Fb*r/(1-r)"),
    )


def _term(code: TermCode, yuan: Decimal, zh: str, en: str, formula: str) -> Term:
    return Term(code=code, yuan=yuan, label_zh=zh, label_en=en, formula=formula)


def _exact(number: Decimal | float | None) -> Decimal:
    """The decimal number that the owner wrote: 0.006, not its nearest binary fraction."""
    return Decimal(str(number))


def source_of(entry: Economics) -> Source:
    """Whether the entry is an adgroup's, an item's or the account's default."""
    if entry.adgroup is not None:
        return "adgroup"
    return "item" if entry.item is not None else "default"


def _name(entry: Economics) -> str | None:
    return entry.adgroup if entry.adgroup is not None else entry.item

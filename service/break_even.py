"""A break-even opened for a person: whose entry, every input and term, and the price of a click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from service import economics
from service.economics import BreakEven, Source
from service.errors import InputError, NotFoundError
from service.settings.models import Account
from service.store import lines, roster

Clicks = tuple[float | None, float | None, int | None]  # cvr, order value in yuan, line_id
PAST = 30  # lines of a word to look through for one that says what its clicks are worth


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickPrice:
    """The break-even price of a click, yuan, and what it came from.

    ``line_id`` is set where ``cvr`` and ``order_value_yuan`` (gross) are what a night held a word to
    convert and bring; otherwise the asker gave them.
    """

    cvr: float
    order_value_yuan: float
    line_id: int | None
    cpc_yuan: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One entry of the owner's economics, opened."""

    source: Source
    break_even: BreakEven
    click: ClickPrice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whose economics, and for which clicks. A word stands for its adgroup and its own figures."""

    adgroup: str | None = None
    item: str | None = None
    keyword: str | None = None
    cvr: float | None = None
    order_value_yuan: float | None = None


def open_entries(session: Session, account: Account, asked: Question) -> tuple[Opened, ...]:
    """The entry that counts for what is asked; all entries when nothing is named.

    Raises NotFoundError for a word that no night has planned, InputError when only one of ``cvr``
    and ``order_value_yuan`` is given.
    """
    if (asked.cvr is None) != (asked.order_value_yuan is None):
        raise InputError("give the conversion rate and the order value together, or neither")
    adgroup = asked.adgroup
    clicks: Clicks = (asked.cvr, asked.order_value_yuan, None)
    if asked.keyword is not None:
        adgroup, of_word = _of_word(session, account, asked.keyword)
        clicks = of_word if asked.cvr is None else clicks
    entries = account.economics
    if adgroup is not None or asked.item is not None:
        known = roster.adgroup(session, account.id, adgroup) if adgroup is not None else None
        item = known.item_id if known is not None else asked.item
        entries = (economics.entry_for(account, adgroup, item),)
    return tuple(
        Opened(
            source=economics.source_of(entry),
            break_even=(opened := economics.break_even(entry)),
            click=_click(opened, *clicks),
        )
        for entry in entries
    )


def _click(
    opened: BreakEven, cvr: float | None, order_value_yuan: float | None, line_id: int | None
) -> ClickPrice | None:
    if cvr is None or order_value_yuan is None:
        return None
    return ClickPrice(
        cvr=cvr,
        order_value_yuan=order_value_yuan,
        line_id=line_id,
        cpc_yuan=economics.break_even_cpc(
            opened.margin_rate, opened.given.organic_rate, cvr, order_value_yuan
        ),
    )


def _of_word(session: Session, account: Account, keyword_id: str) -> tuple[str, Clicks]:
    """The adgroup of a word, and what the newest night held its clicks to be worth."""
    past = lines.past_of_keyword(session, account.id, keyword_id, limit=PAST)
    if not past:
        raise NotFoundError(f"no night of {account.id} has planned the word {keyword_id}")
    for line in past:
        rates: Mapping[str, Any] = line.expected.get("rates") or {}
        if rates:
            cvr, value = (rates[name]["mean"] for name in ("cvr", "order_value"))
            return line.adgroup_id, (cvr, value, line.line_id)
    return past[0].adgroup_id, (None, None, None)

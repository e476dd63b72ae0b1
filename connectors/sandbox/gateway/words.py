"""What both generations do to words: set prices, add, delete. Units are fen and market indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from connectors.sandbox.gateway.refusal import (
    FOREIGN_WORD,
    PRICE_RANGE,
    TOO_MANY_WORDS,
    business,
)
from connectors.sandbox.gateway.storefront import BROAD, EXACT, Storefront
from connectors.sandbox.market import MAX_BID_FEN, MIN_BID_FEN

API = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """A wish for one word; None keeps what is. ``price_fen`` None with ``use_default`` = default."""

    keyword_id: str
    price_fen: int | None = None
    use_default: bool = False
    match_scope: int | None = None
    mobile_price_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWord:
    """A word to add to an adgroup."""

    word: str
    price_fen: int
    match_scope: int | None = None


def set_prices(
    front: Storefront, changes: Sequence[PriceChange], partial: int | None = None
) -> list[int]:
    """Set what can be set and return those words; the last of several wishes for a word counts.

    ``partial`` draws about half of the words, one at least, that are left out all the same.
    Raises TopError, and sets nothing, for a word of another shop or a price out of range.
    """
    index, ground = front.shop.directory.index, front.shop.market.ground
    wishes: dict[int, PriceChange] = {}
    for change in changes:
        if change.keyword_id not in index:
            raise business(FOREIGN_WORD)
        wishes[index[change.keyword_id]] = change
    prices: dict[int, int] = {}
    for word, wish in wishes.items():
        default = front.default_price_fen[int(ground.adgroup[word])]
        price = default if wish.use_default or wish.price_fen is None else wish.price_fen
        check_price(price)
        check_scope(wish.match_scope)
        if wish.mobile_price_fen:
            check_price(wish.mobile_price_fen)
        prices[word] = price
    if partial is not None:
        prices = _some_of(prices, partial)
    taken = front.shop.set_bids(prices, API)
    for word in taken:
        _show(front, word, wishes[word])
    front.refresh()
    return list(taken)


def _some_of(prices: Mapping[int, int], draw: int) -> dict[int, int]:
    rng = np.random.default_rng(np.random.SeedSequence([draw, 0x9A27]))
    order = rng.permutation(len(prices))
    taken = order[: rng.integers(0, len(prices))]
    words = list(prices)
    return {words[i]: prices[words[i]] for i in taken.tolist()}


def add_words(front: Storefront, adgroup: int, news: Sequence[NewWord]) -> list[int]:
    """Add words and return those added.

    The market has no demand for words it does not know: only words that once were in the adgroup,
    or were about to come, can be added; others are left out.
    """
    if len(news) > front.room(adgroup):
        raise business(TOO_MANY_WORDS)
    names, bids = front.shop.directory.word_names(), front.shop.bids_now()
    absent = {names[i]: int(i) for i in front.words_of(adgroup) if bids[i] == 0}
    prices: dict[int, int] = {}
    for new in news:
        check_price(new.price_fen)
        check_scope(new.match_scope)
        word = absent.get(new.word)
        if word is not None and front.shop.directory.bid_by_word[word]:
            prices[word] = new.price_fen
            if new.match_scope is not None:
                front.shown.match_scope[word] = new.match_scope
    front.shop.log_bids(prices, API)
    front.refresh()
    return list(prices)


def delete_words(front: Storefront, campaign: int, keyword_ids: Sequence[str]) -> list[int]:
    """Delete words of a campaign and return those that were there."""
    index, ground = front.shop.directory.index, front.shop.market.ground
    words = []
    for keyword_id in keyword_ids:
        word = index.get(keyword_id)
        if word is None or ground.campaign[word] != campaign:
            raise business(FOREIGN_WORD)
        words.append(word)
    bids = front.shop.bids_now()
    gone = [word for word in dict.fromkeys(words) if bids[word] > 0]
    front.shop.log_bids(dict.fromkeys(gone, 0), API)
    for word in gone:
        front.shown.default_price.discard(word)
    front.refresh()
    return gone


def check_price(fen: int) -> None:
    """Raises TopError for a price that the platform does not take."""
    if not MIN_BID_FEN <= fen <= MAX_BID_FEN:
        raise business(PRICE_RANGE)


def check_scope(scope: int | None) -> None:
    """Raises TopError for a match that the platform does not know."""
    if scope not in (None, EXACT, BROAD):
        raise business("匹配方式只能是1(精准)或4(广泛)")


def _show(front: Storefront, word: int, wish: PriceChange) -> None:
    if wish.use_default:
        front.shown.default_price.add(word)
    else:
        front.shown.default_price.discard(word)
    if wish.match_scope is not None:
        front.shown.match_scope[word] = wish.match_scope
    if wish.mobile_price_fen is not None:
        front.shown.mobile_price_fen[word] = wish.mobile_price_fen

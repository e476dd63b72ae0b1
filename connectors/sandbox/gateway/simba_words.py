"""``taobao.simba.*``: words, their prices in whole fen, quality, changes and ranks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import numpy as np

from connectors.sandbox.auction import IntArray
from connectors.sandbox.gateway.answer import Body, wrapped
from connectors.sandbox.gateway.arguments import Fields
from connectors.sandbox.gateway.call import Call
from connectors.sandbox.gateway.clock import stamp
from connectors.sandbox.gateway.refusal import FOREIGN_WORD, business, invalid
from connectors.sandbox.gateway.simba_roster import adgroup_index, campaign_index, known_nick
from connectors.sandbox.gateway.storefront import Storefront
from connectors.sandbox.gateway.words import (
    NewWord,
    PriceChange,
    add_words,
    delete_words,
    set_prices,
)

BATCH: Final = 200
DELETE_BATCH: Final = 100
RANK_BATCH: Final = 20
CHANGES_PAGE: Final = 1_000
_LOOK_BACK: Final = timedelta(days=31)
# (worst average rank, mobile_rank): first place, first three, 4-6, 7-10, 11-15, 16-20, beyond.
_RANKS: Final = ((1.5, 0), (3.5, 1), (6.5, 3), (10.5, 6), (15.5, 10), (20.5, 11))
_BEYOND: Final = 12
_NOT_SHOWN: Final = -1


def of_adgroup(call: Call) -> Body:
    """``keywordsbyadgroupid.get``: at most 200, all at once."""
    front = known_nick(call)
    return _keywords(front, front.living(front.words_of(adgroup_index(call))).tolist())


def by_ids(call: Call) -> Body:
    """``keywordsbykeywordids.get``: ids that do not exist are absent; no quality score."""
    front = known_nick(call)
    index, bids = front.shop.directory.index, front.shop.bids_now()
    asked = (index.get(keyword_id) for keyword_id in call.arguments.ids("keyword_ids", BATCH))
    found = dict.fromkeys(word for word in asked if word is not None and bids[word] > 0)
    return _keywords(front, found, with_score=False)


def set_price(call: Call) -> Body:
    """``keywords.pricevon.set``: answers with the words that were set, and only those."""
    front = known_nick(call)
    items = call.arguments.items("keywordid_prices", BATCH)
    taken = set_prices(front, [_price_change(item) for item in items], call.partial)
    return _keywords(front, taken, bids=front.shop.bids_now())


def add(call: Call) -> Body:
    """``keywordsvon.add``."""
    front, group = known_nick(call), adgroup_index(call)
    news = [
        NewWord(
            word=item.text("word"),
            price_fen=front.default_price_fen[group]
            if item.number("isDefaultPrice", 0)
            else item.number("maxPrice"),
            match_scope=_optional(item, "matchScope"),
        )
        for item in call.arguments.items("keyword_prices", BATCH)
    ]
    return _keywords(front, add_words(front, group, news))


def delete(call: Call) -> Body:
    """``keywords.delete``."""
    front, campaign = known_nick(call), campaign_index(call)
    gone = delete_words(front, campaign, call.arguments.ids("keyword_ids", DELETE_BATCH))
    return _keywords(front, gone)


def changed(call: Call) -> Body:
    """``keywords.changed.get``: words that exist and were set since; total on page 1 only."""
    front, words, number, size = _changes(call, living=True)
    ground, directory = front.shop.market.ground, front.shop.directory
    rows: list[object] = [
        {
            "keyword_id": int(directory.keyword_ids[word]),
            "adgroup_id": int(directory.adgroup_ids[ground.adgroup[word]]),
            "nick": front.nick,
            "modified_time": stamp(front.changed_at(word)),
        }
        for word in words[(number - 1) * size : number * size]
    ]
    found: Body = {"keyword_list": wrapped("keyword", rows), "page_no": number, "page_size": size}
    if number == 1:
        found["total_item"] = len(words)
    return {"keywords": found}


def deleted(call: Call) -> Body:
    """``keywordids.deleted.get``."""
    front, words, number, size = _changes(call, living=False)
    ids = [int(name) for name in front.ids(words[(number - 1) * size : number * size])]
    return {"deleted_keyword_ids": wrapped("number", ids)}


def scores(call: Call) -> Body:
    """``keywords.qscore.get``."""
    front = known_nick(call)
    ground, names = front.shop.market.ground, front.shop.directory.word_names()
    rows: list[object] = []
    for word in front.living(front.words_of(adgroup_index(call))).tolist():
        score = str(int(ground.quality_score[word]))
        parts = ("qscore", "cust_score", "creative_score", "rele_score", "cvr_score")
        rows.append({**_ids_of(front, word), "word": names[word], **dict.fromkeys(parts, score)})
    return {"keyword_qscore_list": wrapped("keyword_qscore", rows)}


def ranks(call: Call) -> Body:
    """``keywords.realtime.ranking.batch.get``: where today's bids put the words."""
    front, group = known_nick(call), adgroup_index(call, "ad_group_id")
    index, ground = front.shop.directory.index, front.shop.market.ground
    today = front.shop.day(front.shop.today)
    rows: list[object] = []
    for keyword_id in call.arguments.ids("bidword_ids", RANK_BATCH):
        word = index.get(keyword_id)
        if word is None or ground.adgroup[word] != group:
            raise business(FOREIGN_WORD)
        place = _place(float(today.avg_rank[word]))
        rows.append(
            {"bidwordid": int(keyword_id), "stat": "0", "pc_rank": _NOT_SHOWN, "mobile_rank": place}
        )
    return {"result": {"realtime_rank_list": wrapped("result", rows)}}


def _place(rank: float) -> int:
    if np.isnan(rank):
        return _NOT_SHOWN
    return next((place for worst, place in _RANKS if rank <= worst), _BEYOND)


def _changes(call: Call, *, living: bool) -> tuple[Storefront, list[int], int, int]:
    front, start = known_nick(call), call.arguments.moment("start_time")
    number, size = call.arguments.page(CHANGES_PAGE, BATCH)
    if call.now - start > _LOOK_BACK:
        raise invalid("start_time", "must not be more than a month ago")
    return front, front.changed_since(start, living=living), number, size


def _price_change(item: Fields) -> PriceChange:
    use_default = bool(item.number("isDefaultPrice", 0))
    mobile = _optional(item, "maxMobilePrice")
    return PriceChange(
        keyword_id=str(item.number("keywordId")),
        price_fen=None if use_default else item.number("maxPrice"),
        use_default=use_default,
        match_scope=_optional(item, "matchScope"),
        mobile_price_fen=0 if item.number("mobileIsDefaultPrice", 0) else mobile,
    )


def _optional(item: Fields, key: str) -> int | None:
    return None if item.find(key) is None else item.number(key)


def _ids_of(front: Storefront, word: int) -> Body:
    ground, directory = front.shop.market.ground, front.shop.directory
    return {
        "keyword_id": int(directory.keyword_ids[word]),
        "adgroup_id": int(directory.adgroup_ids[ground.adgroup[word]]),
        "campaign_id": int(directory.campaign_ids[ground.campaign[word]]),
    }


def _keywords(
    front: Storefront,
    words: Iterable[int],
    *,
    with_score: bool = True,
    bids: IntArray | None = None,
) -> Body:
    """Rows of words, at ``bids`` where given, else as readings show them."""
    ground, directory = front.shop.market.ground, front.shop.directory
    told, names = front.bids_told() if bids is None else bids, directory.word_names()
    rows: list[object] = []
    for word in words:
        mobile = front.shown.mobile_price_fen.get(word, 0)
        row: Body = {
            **_ids_of(front, word),
            "nick": front.nick,
            "word": names[word],
            "max_price": int(told[word]) if directory.bid_by_word[word] else 0,
            "max_mobile_price": mobile,
            "match_scope": str(front.match_scope(word)),
            "is_default_price": word in front.shown.default_price,
            "mobile_is_default_price": 0 if mobile else 1,
            "audit_status": "audit_reject" if ground.rejected[word] else "audit_pass",
            "is_garbage": False,
            "create_time": stamp(front.born_at(word)),
            "modified_time": stamp(front.changed_at(word)),
        }
        if with_score:
            row["qscore"] = str(int(ground.quality_score[word]))
        rows.append(row)
    return {"keywords": wrapped("keyword", rows)}

"""``taobao.universalbp.new.bidword.*`` and ``suggest.*``: words. Prices are yuan in text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from connectors.sandbox.auction import IntArray
from connectors.sandbox.gateway.answer import Body, yuan
from connectors.sandbox.gateway.arguments import Fields
from connectors.sandbox.gateway.call import Call
from connectors.sandbox.gateway.clock import stamp
from connectors.sandbox.gateway.new_campaigns import bulk, campaign_of, in_scene, result
from connectors.sandbox.gateway.refusal import (
    FOREIGN_WORD,
    NO_ADGROUP,
    batch_size,
    business,
    invalid,
)
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
ADGROUPS: Final = 20


def find_list(call: Call) -> Body:
    """``bidword.findlist``: all words of at most 20 adgroups."""
    front, query = in_scene(call), call.arguments.object("word_query_v_o")
    campaigns = {front.campaigns.get(found) for found in _some(query, "campaign_id_list", ADGROUPS)}
    words: list[int] = []
    for adgroup_id in dict.fromkeys(_some(query, "adgroup_id_list", ADGROUPS)):
        group = front.adgroups.get(adgroup_id)
        if group is None:
            raise business(NO_ADGROUP)
        if int(front.shop.market.ground.campaign_of_adgroup[group]) in campaigns:
            words.extend(front.living(front.words_of(group)).tolist())
    return _words(front, words)


def update(call: Call) -> Body:
    """``bidword.update``: answers with the words that were set, and only those."""
    front = in_scene(call)
    items = call.arguments.object("word_update_request_v_o").items("bidword_list", BATCH)
    taken = set_prices(front, [_price_change(item) for item in items], call.partial)
    return _words(front, taken, bids=front.shop.bids_now())


def add(call: Call) -> Body:
    """``bidword.add``: answers with the words that were added."""
    front = in_scene(call)
    items = call.arguments.object("word_add_request_v_o").items("bidword_list", BATCH)
    by_adgroup: dict[int, list[NewWord]] = {}
    for item in items:
        campaign, group = (
            campaign_of(front, item),
            front.adgroups.get(str(item.number("adgroup_id"))),
        )
        if group is None or int(front.shop.market.ground.campaign_of_adgroup[group]) != campaign:
            raise business(NO_ADGROUP)
        new = NewWord(
            word=item.text("word"), price_fen=item.yuan("bid_price"), match_scope=_scope(item)
        )
        by_adgroup.setdefault(group, []).append(new)
    added = [word for group, news in by_adgroup.items() for word in add_words(front, group, news)]
    return _words(front, added)


def delete(call: Call) -> Body:
    """``bidword.delete``."""
    front, query = in_scene(call), call.arguments.object("bid_word_delete_v_o")
    gone = delete_words(
        front, campaign_of(front, query), _some(query, "bidword_id_list", DELETE_BATCH)
    )
    return _words(front, gone)


def scores(call: Call) -> Body:
    """``bidword.qscore``."""
    front = in_scene(call)
    ground = front.shop.market.ground
    rows: list[object] = []
    for word, keyword_id in _chosen(front, call.arguments.object("qscore_real_query_v_o")):
        score = int(ground.quality_score[word])
        parts = ("qscore", "creative_score", "rele_score", "cvr_score")
        rows.append({"bidword_id": int(keyword_id), **dict.fromkeys(parts, score)})
    return result(bulk("qscore_v_o", rows))


def suggest_price(call: Call) -> Body:
    """``suggest.bidword.price``: what others pay about now; not what is best for the shop."""
    front = in_scene(call)
    typical = front.shop.market.typical_bids()
    rows: list[object] = [
        {"bidword_id": int(keyword_id), "suggest_price": yuan(int(np.round(typical[word])))}
        for word, keyword_id in _chosen(front, call.arguments.object("bidword_price_query_v_o"))
    ]
    return result(bulk("suggest_price_v_o", rows))


def _some(query: Fields, key: str, limit: int) -> list[str]:
    query.get(key)
    ids = query.ids(key)
    if not 1 <= len(ids) <= limit:
        raise batch_size(limit, len(ids))
    return ids


def _chosen(front: Storefront, query: Fields) -> list[tuple[int, str]]:
    index, bids = front.shop.directory.index, front.shop.bids_now()
    found = []
    for keyword_id in _some(query, "bidword_id_list", BATCH):
        word = index.get(keyword_id)
        if word is None:
            raise business(FOREIGN_WORD)
        if bids[word] > 0:
            found.append((word, keyword_id))
    return found


def _price_change(item: Fields) -> PriceChange:
    if item.find("online_status") is not None and item.number("online_status") != 1:
        raise invalid("online_status", "the sandbox cannot pause a word; delete it instead")
    return PriceChange(
        keyword_id=str(item.number("bidword_id")),
        price_fen=item.yuan("bid_price"),
        match_scope=_scope(item),
    )


def _scope(item: Fields) -> int | None:
    return None if item.find("match_scope") is None else item.number("match_scope")


def _words(front: Storefront, words: Iterable[int], *, bids: IntArray | None = None) -> Body:
    """Rows of words, at ``bids`` where given, else as readings show them."""
    ground, directory = front.shop.market.ground, front.shop.directory
    told, names = front.bids_told() if bids is None else bids, directory.word_names()
    rows: list[object] = []
    for word in words:
        row: Body = {
            "bidword_id": int(directory.keyword_ids[word]),
            "campaign_id": int(directory.campaign_ids[ground.campaign[word]]),
            "adgroup_id": int(directory.adgroup_ids[ground.adgroup[word]]),
            "word": names[word],
            "match_scope": front.match_scope(word),
            "status": _status(front, word),
            "online_status": 1,
            "modified_time": stamp(front.changed_at(word)),
        }
        if directory.bid_by_word[word]:
            row["bid_price"] = yuan(int(told[word]))
        rows.append(row)
    return result(bulk("word_v_o", rows))


def _status(front: Storefront, word: int) -> str:
    ground = front.shop.market.ground
    if ground.rejected[word]:
        return "reject"
    return "launch" if ground.searches[word] > 0 else "noflow"

"""Faults of price writes, in both generations: words left out, writes that come late, old readings."""

from __future__ import annotations

import httpx
import pytest
from gateway_calls import NICK

from connectors.sandbox.gateway import Fault, Kind

RAISE_FEN = 7


class Simba:
    """Twelve words and their prices through the older generation."""

    def __init__(self, caller):
        self.caller = caller
        self.before = {row["keyword_id"]: row["max_price"] for row in caller.priced()[:12]}

    def set(self):
        """Raise every price; returns the prices that the answer names."""
        wish = [
            {"keywordId": word, "maxPrice": price + RAISE_FEN}
            for word, price in self.before.items()
        ]
        answer = self.caller.simba("keywords.pricevon.set", keywordid_prices=wish)
        rows = answer["keywords"].get("keyword", [])
        return {row["keyword_id"]: row["max_price"] for row in rows}

    def live(self):
        return self.caller.prices(list(self.before))


class Universalbp(Simba):
    """The same words through the newer generation."""

    def set(self):
        wish = [
            {"bidword_id": word, "bid_price": f"{(price + RAISE_FEN) / 100:.2f}"}
            for word, price in self.before.items()
        ]
        _, rows = self.caller.listed(
            "bidword.update", "word_v_o", word_update_request_v_o={"bidword_list": wish}
        )
        return {row["bidword_id"]: round(float(row["bid_price"]) * 100) for row in rows}


@pytest.fixture(params=[Simba, Universalbp])
def words(request, caller):
    return request.param(caller)


def raised(words):
    return {word: price + RAISE_FEN for word, price in words.before.items()}


def befall(words, kind, **more):
    words.caller.gateway.faults.queue(Fault(kind=kind, **more))


@pytest.mark.parametrize("draw", range(5))
def test_a_partial_success_names_what_was_set_and_sets_no_more(words, draw):
    befall(words, Kind.PARTIAL, draw=draw)
    told = words.set()
    assert told.items() < raised(words).items()
    assert words.live() == words.before | told
    assert words.set() == raised(words)


def test_partial_successes_differ_and_one_word_alone_is_left_out(words):
    found = set()
    for draw in range(8):
        befall(words, Kind.PARTIAL, draw=draw)
        found.add(frozenset(words.set()))
    assert len(found) > 4
    words.before = dict(list(words.before.items())[:1])
    befall(words, Kind.PARTIAL)
    assert words.set() == {}


def test_a_late_write_comes_when_its_time_has_come(words):
    befall(words, Kind.LATE, seconds=90)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        words.set()
    assert words.live() == words.before
    clock = words.caller.gateway.clock
    clock.advance(seconds=89)
    assert words.live() == words.before
    clock.advance(seconds=1)
    assert words.live() == raised(words)
    changes = words.caller.gateway.front(NICK).shop.changes()
    clock.advance(seconds=500)
    assert words.live() == raised(words)
    assert words.caller.gateway.front(NICK).shop.changes() == changes


def test_a_late_write_that_nobody_may_make_never_comes(words):
    front = words.caller.gateway.front(NICK)
    front.expired = True
    befall(words, Kind.LATE, seconds=1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        words.set()
    front.expired = False
    words.caller.gateway.clock.advance(seconds=5)
    assert words.live() == words.before


def test_stale_readings_end(words):
    befall(words, Kind.STALE, seconds=30)
    assert words.set() == raised(words)
    assert words.live() == words.before
    shop = words.caller.gateway.front(NICK).shop
    directory = shop.directory
    standing = dict(zip(map(int, directory.keyword_ids), shop.bids_now().tolist(), strict=True))
    assert {word: standing[word] for word in words.before} == raised(words)
    words.caller.gateway.clock.advance(seconds=30)
    assert words.live() == raised(words)

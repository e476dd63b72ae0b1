"""What every connector's write half promises."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.errors import PermanentError
from connectors.platform import AdPlatform, BidChange, KeywordRow

if TYPE_CHECKING:
    from tests.contract.conftest import WritableLeg

MOST = 200


def biddable(writer: WritableLeg) -> list[KeywordRow]:
    return [word for word in writer.platform.roster().keywords if word.biddable]


def change(word: KeywordRow, bid_fen: int, before: int | None = None) -> BidChange:
    known = word.bid_fen or 5
    return BidChange(
        keyword_id=word.keyword_id,
        bid_before_fen=known if before is None else before,
        bid_fen=bid_fen,
    )


def test_it_can_be_written_to(writer: WritableLeg) -> None:
    assert isinstance(writer.platform, AdPlatform)


def test_live_bids_are_those_of_the_roster(writer: WritableLeg) -> None:
    words = biddable(writer)
    live = writer.platform.live_bids([word.keyword_id for word in words])
    assert live == {word.keyword_id: word.bid_fen for word in words}


def test_a_word_that_does_not_exist_has_no_live_bid(writer: WritableLeg) -> None:
    word = biddable(writer)[0]
    live = writer.platform.live_bids([word.keyword_id, "99999999999999999", ""])
    assert set(live) == {word.keyword_id}
    assert writer.platform.live_bids([]) == {}


def test_what_was_set_is_read_again(writer: WritableLeg) -> None:
    words = biddable(writer)[:20]
    wanted = {word.keyword_id: 100 + i for i, word in enumerate(words)}
    answer = writer.platform.set_bids([change(word, wanted[word.keyword_id]) for word in words])
    assert answer == wanted
    assert writer.platform.live_bids(list(wanted)) == wanted
    roster = {word.keyword_id: word.bid_fen for word in writer.platform.roster().keywords}
    assert {word: roster[word] for word in wanted} == wanted


def test_bids_are_absolute(writer: WritableLeg) -> None:
    """Setting twice is setting once, and the bid believed to be in force changes nothing."""
    word = biddable(writer)[0]
    for before in (None, 9_999):
        assert writer.platform.set_bids([change(word, 222, before)]) == {word.keyword_id: 222}
        assert writer.platform.live_bids([word.keyword_id]) == {word.keyword_id: 222}


def test_other_words_stay_as_they_were(writer: WritableLeg) -> None:
    first, *others = biddable(writer)
    writer.platform.set_bids([change(first, 222)])
    live = writer.platform.live_bids([word.keyword_id for word in others])
    assert live == {word.keyword_id: word.bid_fen for word in others}


def test_success_is_partial(writer: WritableLeg) -> None:
    good = biddable(writer)[0]
    fixed = next(word for word in writer.platform.roster().keywords if not word.biddable)
    unknown = BidChange(keyword_id="99999999999999999", bid_before_fen=50, bid_fen=60)
    answer = writer.platform.set_bids([unknown, change(fixed, 60), change(good, 60)])
    assert answer == {good.keyword_id: 60}


@pytest.mark.parametrize("bid_fen", [0, 4, 10_000, -50])
def test_a_price_out_of_range_is_not_set(writer: WritableLeg, bid_fen: int) -> None:
    bad, good = biddable(writer)[:2]
    assert writer.platform.set_bids([change(bad, bid_fen), change(good, 60)]) == {
        good.keyword_id: 60
    }
    assert writer.platform.live_bids([bad.keyword_id]) == {bad.keyword_id: bad.bid_fen}


@pytest.mark.parametrize("bid_fen", [5, 9_999])
def test_the_limits_themselves_are_prices(writer: WritableLeg, bid_fen: int) -> None:
    word = biddable(writer)[0]
    assert writer.platform.set_bids([change(word, bid_fen)]) == {word.keyword_id: bid_fen}


def test_two_hundred_changes_a_call_and_no_more(writer: WritableLeg) -> None:
    words = biddable(writer)
    assert len(words) > MOST
    full = [change(word, 77) for word in words[:MOST]]
    assert len(writer.platform.set_bids(full)) == MOST
    before = writer.platform.live_bids([word.keyword_id for word in words])
    with pytest.raises(PermanentError, match="200"):
        writer.platform.set_bids([change(word, 88) for word in words[: MOST + 1]])
    assert writer.platform.live_bids([word.keyword_id for word in words]) == before


def test_a_new_bid_is_reported_from_its_day_on_and_never_before(writer: WritableLeg) -> None:
    words = biddable(writer)[:150]
    past = writer.today - timedelta(days=1)
    before = {(row.keyword_id, row.date): row.bid_fen for row in writer.days(last=past)}
    writer.platform.set_bids([change(word, 333) for word in words])
    set_on, chosen = writer.today, {word.keyword_id for word in words}
    writer.advance(2)
    after = {(row.keyword_id, row.date): row.bid_fen for row in writer.days()}
    assert {key: after[key] for key in before} == before
    recent = [fen for (word, day), fen in after.items() if word in chosen and day >= set_on]
    assert len(recent) > 50
    assert set(recent) == {333 if writer.tells_past_bids else None}
    assert set(writer.platform.live_bids(sorted(chosen)).values()) == {333}

"""The roster as last seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from connectors.platform import Roster
from service.store import Store, roster

MakeRoster = Callable[[dict[str, int | None]], Roster]


def at(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=UTC)


def test_what_left_the_platform_leaves_the_roster_but_is_remembered(
    store: Store, make_roster: MakeRoster
) -> None:
    with store.begin() as session:
        roster.upsert_roster(session, "shop", make_roster({"k1": 60, "k2": None}), seen_at=at(1))
        roster.upsert_roster(session, "shop", make_roster({"k2": 75, "k10": 80}), seen_at=at(2))
    with store.read() as session:
        words = roster.keywords(session, "shop")
        gone = roster.keyword(session, "shop", "k1")
        assert roster.keyword(session, "shop", "k9") is None
        assert roster.last_bids(session, "shop") == {"k1": 60, "k2": 75, "k10": 80}
        assert roster.names(session, "shop", ["c1", "c2"]) == {"c1": "计划"}
        assert roster.campaigns(session, "shop") == make_roster({}).campaigns
        assert roster.adgroups(session, "shop") == make_roster({}).adgroups
        assert roster.keywords(session, "other") == ()
    assert [(word.keyword_id, word.bid_fen) for word in words] == [("k10", 80), ("k2", 75)]
    assert gone is not None
    assert (gone.bid_fen, gone.seen_at) == (60, at(1))

"""What may leave, when, and in which order: leases, windows, quota, approvals on record, caps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from apply_desk import Desk

from service import raises
from service.errors import RunInProgressError
from service.people import register
from service.people.roles import EVERYWHERE, Role
from service.store import audit, standing_limits
from service.store.audit import AuditFilter


def raised(desk: Desk, words: int = 12, by: int = 3) -> dict[str, int]:
    return {word: bid + by for word, bid in list(desk.live().items())[:words]}


def events(desk: Desk, action: str) -> int:
    with desk.store.read() as session:
        return len(audit.page(session, AuditFilter(action=action), limit=1000))


def test_one_process_walks_an_account_at_a_time(desk: Desk) -> None:
    desk.night(raised(desk))

    def another(point: str) -> None:
        if point == "compared":
            with pytest.raises(RunInProgressError, match="are being applied by"):
                desk.apply(is_gone=lambda _: False)

    assert desk.apply(after=another).counts["applied"] == 12
    assert len(desk.platform.writes) == 1


def test_a_process_that_slept_past_its_lease_sends_nothing(desk: Desk) -> None:
    approved = desk.night(raised(desk))

    def sleep(point: str) -> None:
        if point == "dispatching":
            desk.later(hours=1)

    with pytest.raises(RunInProgressError, match="nothing was sent"):
        desk.apply(after=sleep)
    assert desk.platform.writes == []
    assert set(desk.states(approved).values()) == {"applying"}
    desk.process += 1
    for _ in range(2):
        desk.apply()
        desk.later(minutes=11)
    assert set(desk.states(approved).values()) == {"applied"}


def test_a_word_changes_once_a_day(desk: Desk) -> None:
    wanted = raised(desk, 4)
    desk.night(wanted)
    desk.apply()
    desk.later(hours=2)
    again = desk.night({word: bid + 3 for word, bid in wanted.items()}, ahead=1)
    held = desk.apply()
    assert (held.counts["waiting"], held.counts["still_approved"]) == ({"changed_today": 4}, 4)
    assert set(desk.states(again).values()) == {"approved"}
    desk.next_morning()
    assert desk.apply().counts["applied"] == 4


def test_cuts_go_first_then_what_brings_most(desk: Desk) -> None:
    desk.batch_size = 2
    live = desk.live()
    words = desk.words[:8]
    bids = {word: live[word] + (5 if i % 2 else -2) for i, word in enumerate(words)}
    spends = {word: (100, 100 + 10 * i) for i, word in enumerate(words)}
    desk.night(bids, spends=spends)
    desk.apply()
    order = [[one.keyword_id for one in batch] for batch in desk.platform.writes]
    cuts, rises = words[0::2], words[1::2][::-1]
    assert [set(batch) for batch in order] == [
        set(cuts[:2]),
        set(cuts[2:]),
        set(rises[:2]),
        set(rises[2:]),
    ]


def test_short_quota_is_spent_on_whole_batches_and_kept_in_order(desk: Desk) -> None:
    desk.batch_size = 4
    live = desk.live()
    bids = {word: live[word] + (3 if i < 8 else -3) for i, word in enumerate(desk.words[:12])}
    desk.night(bids)
    desk.platform.calls = 7
    held = desk.apply()
    assert (held.halt, held.counts["applied"], held.counts["still_approved"]) == ("quota", 8, 4)
    sent = [one for batch in desk.platform.writes for one in batch]
    assert [one.bid_fen < one.bid_before_fen for one in sent] == [True] * 4 + [False] * 4
    assert "1 calls" in (held.cause or "")


def test_an_approval_that_has_run_out_expires(desk: Desk) -> None:
    approved = desk.night(raised(desk, 3))
    desk.later(hours=3)
    done = desk.apply(approval_life=timedelta(hours=3))
    assert done.counts["expired"] == 3
    assert set(desk.states(approved).values()) == {"expired"}
    assert desk.platform.writes == []


def test_a_proposal_past_its_time_takes_its_approved_lines_along(desk: Desk) -> None:
    approved = desk.night(raised(desk, 3))
    desk.later(hours=48)
    assert desk.apply(approval_life=timedelta(days=7)).counts["expired"] == 3
    assert set(desk.states(approved).values()) == {"expired"}


def test_a_line_withdrawn_at_the_last_moment_stays_behind(desk: Desk) -> None:
    approved = desk.night(raised(desk, 3))
    kept, *_ = approved.values()

    def withdraw(point: str) -> None:
        if point == "resolved":
            desk.approve([])
            desk.withdraw([kept.line_id])

    done = desk.apply(after=withdraw)
    assert done.counts["applied"] == 2
    assert desk.line(kept.line_id).state == "pending"


def test_a_line_without_its_approval_on_record_never_leaves(desk: Desk) -> None:
    from sqlalchemy import text

    approved = desk.night(raised(desk, 3))
    forged = next(iter(approved.values()))
    with desk.store.begin() as session:
        session.execute(
            text("UPDATE line SET bid_fen = bid_fen + 100 WHERE line_id = :id"),
            {"id": forged.line_id},
        )
    done = desk.apply()
    assert (done.counts["applied"], done.counts["waiting"]) == (2, {"without_approval": 1})
    assert desk.live()[forged.keyword_id] == forged.bid_before_fen


def test_a_line_whose_approval_vanishes_on_the_way_never_leaves(desk: Desk) -> None:
    from sqlalchemy import text

    desk.night(raised(desk, 3))

    def forge(point: str) -> None:
        if point == "compared":
            with desk.store.begin() as session:
                session.execute(text("UPDATE batch_line SET bid_fen = bid_fen + 100"))
                session.execute(text("DROP TRIGGER audit_event_keeps"))
                session.execute(
                    text("UPDATE audit_event SET after = '{}' WHERE action = 'approve'")
                )

    held = desk.apply(after=forge)
    assert (held.halt, held.counts["still_approved"]) == ("refused", 3)
    assert "without an approval" in (held.cause or "")
    assert desk.platform.writes == []


def test_raises_wait_for_room_under_the_account_cap(desk: Desk) -> None:
    """40 words at 1.00 a day; 3 raises of 0.50 each and a cut of 0.60 under a cap of 40.50."""
    live = desk.live()
    cut, *rises = desk.words[:4]
    bids = {cut: live[cut] - 3} | {word: live[word] + 3 for word in rises}
    spends = {word: (100, 150 if word in rises else 40) for word in desk.words}
    desk.account = desk.account.model_copy(
        update={"budgets": desk.account.budgets.model_copy(update={"daily": Decimal("40.30")})}
    )
    desk.night(bids, spends=spends)
    desk.platform.arm("set_bids", "refused")
    held = desk.apply()
    assert (held.counts["failed"], held.halt) == (1, "refused")  # the cut brought no relief
    done = desk.apply()
    assert (done.counts.get("applied", 0), done.counts["waiting"]) == (1, {"cap": 2})


def test_a_cap_that_nobody_has_acknowledged_gives_no_room(desk: Desk) -> None:
    """A cap of 41.20 leaves room for two raises of 0.50; the YAML now says a million."""
    live = desk.live()
    rises = desk.words[:3]
    with desk.store.begin() as session:
        owner = {EVERYWHERE: Role.OWNER}
        register.add(session, desk.origin(), "zhang", password_hash="x", roles=owner)
        limits = raises.limits_of(desk.account) | {raises.DAILY: 4_120}
        standing_limits.put(session, "shop", limits, at=desk.now)
    desk.night(
        {word: live[word] + 3 for word in rises},
        spends=dict.fromkeys(desk.words, (100, 150)),
    )
    done = desk.apply()
    assert (done.counts["applied"], done.counts["waiting"]) == (2, {"cap": 1})


def test_raises_wait_for_room_under_their_campaign_cap(desk: Desk) -> None:
    live = desk.live()
    rises = desk.words[:3]
    with desk.store.read():
        campaign = desk.platform.roster().campaigns[0].campaign_id
    desk.platform.budgets[campaign] = 4_060
    desk.night(
        {word: live[word] + 3 for word in rises},
        spends=dict.fromkeys(desk.words, (100, 150)),
    )
    done = desk.apply()
    assert (done.counts["applied"], done.counts["waiting"]) == (1, {"cap": 2})


def test_a_word_waits_while_an_earlier_bid_of_it_is_in_the_dark(desk: Desk) -> None:
    word = desk.words[0]
    first = desk.live()[word]
    desk.night({word: first + 3})
    desk.platform.arm("set_bids", "timeout_before")
    desk.apply()
    newer = desk.night({word: first + 6}, ahead=1)
    held = desk.apply()
    assert held.counts["waiting"] == {"under_way": 1}
    assert set(desk.states(newer).values()) == {"approved"}
    assert len(desk.platform.writes) == 1


def test_a_line_given_back_gives_way_to_a_newer_approval_of_its_word(desk: Desk) -> None:
    word = desk.words[0]
    first = desk.live()[word]
    older = desk.night({word: first + 3})
    desk.platform.arm("set_bids", "timeout_before")
    desk.apply()
    newer = desk.night({word: first + 6}, ahead=1)
    desk.later(minutes=11)
    desk.apply()
    assert (desk.states(older), desk.states(newer)) == ({word: "superseded"}, {word: "applied"})
    assert desk.live()[word] == first + 6


def test_what_a_batch_costs_is_learned_from_the_dearest(desk: Desk) -> None:
    desk.batch_size = 2
    desk.night(raised(desk, 6))
    desk.platform.calls = 20
    read = desk.platform.live_bids

    def dear(words: Sequence[str]) -> Mapping[str, int]:
        assert desk.platform.calls is not None
        desk.platform.calls -= 4  # as a platform that pages through adgroups
        return read(words)

    desk.platform.live_bids = dear  # type: ignore[method-assign]
    held = desk.apply()
    assert (held.halt, held.counts["applied"]) == ("quota", 2)
    assert "9 calls of today's quota are left and a batch needs 11" in (held.cause or "")

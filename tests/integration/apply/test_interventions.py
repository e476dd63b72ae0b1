"""The kill switch, edits made elsewhere, budgets that the platform raises."""

from __future__ import annotations

from decimal import Decimal

import pytest
from apply_desk import Desk

from service import outside, stop, tonight
from service.errors import ConflictError, NotFoundError
from service.store import audit, interventions, roster
from service.store.audit import AuditFilter
from service.store.interventions import AlertRow


def ready(desk: Desk, words: int = 6) -> dict[str, int]:
    live = desk.live()
    bids = {word: live[word] + 4 for word in desk.words[:words]}
    desk.night(bids)
    return bids


@pytest.mark.parametrize("scope", ["shop", "*"])
def test_a_stop_order_holds_everything_until_it_is_lifted(desk: Desk, scope: str) -> None:
    ready(desk)
    with desk.store.begin() as session:
        assert stop.order(session, desk.origin(), scope, "价格不对")
        assert not stop.order(session, desk.origin("other"), scope, None)
    held = desk.apply()
    assert (held.state, held.halt, held.counts["still_approved"]) == ("halted", "stopped", 6)
    assert "小王" in (held.cause or "")
    assert "价格不对" in (held.cause or "")
    assert desk.platform.writes == []
    with desk.store.begin() as session:
        assert stop.lift(session, desk.origin(), scope)
        assert not stop.lift(session, desk.origin(), scope)
    with desk.store.read() as session:
        actions = [event.action for event in audit.page(session, AuditFilter(), limit=3)]
    assert actions[0] == "stop_lifted"
    assert desk.apply().counts["applied"] == 6


def test_a_stop_of_another_account_holds_nothing_here(desk: Desk) -> None:
    ready(desk)
    with desk.store.begin() as session:
        stop.order(session, desk.origin(), "other-shop", None)
    assert desk.apply().counts["applied"] == 6


def test_a_file_stops_everything(desk: Desk) -> None:
    ready(desk)
    (desk.folder / "STOP").write_text("促销改价中\n", encoding="utf-8")
    held = desk.apply()
    assert held.halt == "stopped"
    assert "促销改价中" in (held.cause or "")
    assert str(desk.folder / "STOP") in (held.cause or "")
    (desk.folder / "STOP").unlink()
    assert desk.apply().counts["applied"] == 6


@pytest.mark.parametrize("point", ["intended", "compared"])
def test_a_switch_thrown_at_the_last_moment_still_stops(desk: Desk, point: str) -> None:
    ready(desk)

    def throw(reached: str) -> None:
        if reached == point:
            (desk.folder / "STOP").touch()

    held = desk.apply(after=throw)
    assert (held.halt, held.counts["still_approved"]) == ("stopped", 6)
    assert desk.platform.writes == []
    assert [batch.state for batch in desk.batches()] == ["released"]


def test_a_switch_thrown_between_batches_stops_the_next(desk: Desk) -> None:
    desk.batch_size = 2
    ready(desk)

    def throw(reached: str) -> None:
        if reached == "verified":
            (desk.folder / "STOP").touch()

    held = desk.apply(after=throw)
    assert (held.halt, held.counts["applied"], held.counts["still_approved"]) == ("stopped", 2, 4)


def test_an_edit_made_elsewhere_is_recorded_and_the_word_left_to_people(desk: Desk) -> None:
    desk.plan({})
    word = desk.words[0]
    before = desk.live()[word]
    desk.platform.edit(word, 432)
    desk.next_morning()
    desk.plan({})
    with desk.store.read() as session:
        (event,) = audit.page(session, AuditFilter(action="bid_changed_elsewhere"))
        locked = outside.locked_words(session, "shop")
        (row,) = interventions.hands_off(session, "shop")
    assert (event.before, event.after) == ({"bid_fen": before}, {"bid_fen": 432})
    assert locked == {word}
    assert (row.bid_before_fen, row.bid_fen, row.since_at) == (before, 432, desk.now)
    limits = tonight.decide(desk.account, desk.today, (), 0, (), locked)
    assert limits.policy["locked"] == [word]


def test_a_released_word_is_the_machines_again(desk: Desk) -> None:
    desk.plan({})
    word = desk.words[0]
    desk.platform.edit(word, 432)
    desk.next_morning()
    desk.plan({})
    with desk.store.begin() as session:
        outside.release(session, "shop", word, desk.origin())
    with desk.store.read() as session:
        (event,) = audit.page(session, AuditFilter(action="word_released"))
        with pytest.raises(NotFoundError, match="not left to people"):
            outside.release(session, "shop", word, desk.origin())
    assert (event.actor, event.keyword_id) == ("小王", word)
    assert desk.hands_off() == set()
    desk.next_morning()
    desk.plan({})
    assert desk.hands_off() == set()


def test_what_we_applied_is_no_edit_made_elsewhere(desk: Desk) -> None:
    ready(desk)
    desk.apply()
    desk.next_morning()
    desk.plan({})
    assert desk.hands_off() == set()


def test_what_we_applied_while_a_night_was_reading_is_no_edit_either(desk: Desk) -> None:
    """The roster was read before the bids were set and is stored after."""
    bids = ready(desk)
    stale = desk.platform.roster()
    desk.later(minutes=1)
    desk.apply()
    desk.later(minutes=1)
    fresh, desk.platform.roster = desk.platform.roster, lambda: stale  # type: ignore[method-assign]
    desk.later(minutes=-2)
    run_at = desk.now
    desk.pull(ahead=1)
    desk.platform.roster = fresh  # type: ignore[method-assign]
    assert run_at <= desk.now
    assert {word: desk.known_bids()[word] for word in bids} == bids
    desk.later(hours=1)
    desk.pull(ahead=2)
    assert desk.hands_off() == set()


def alerts(desk: Desk, *, open_only: bool = False) -> list[AlertRow]:
    with desk.store.read() as session:
        return interventions.alerts(session, account_id="shop", open_only=open_only)


def trusted_budget(desk: Desk) -> int | None:
    with desk.store.read() as session:
        return outside.trusted(session, "shop", roster.campaigns(session, "shop"))[
            0
        ].daily_budget_fen


def test_a_budget_raised_by_the_platform_counts_once_a_person_knows_of_it(desk: Desk) -> None:
    campaign = desk.platform.roster().campaigns[0].campaign_id
    desk.platform.budgets[campaign] = 30_000
    desk.plan({})
    assert alerts(desk) == []
    for morning, budget in enumerate((30_000, 45_000, 50_000)):
        desk.platform.budgets[campaign] = budget
        desk.next_morning()
        desk.plan({})
        assert len(alerts(desk)) == morning
    newest, first = alerts(desk)
    assert (first.before, first.after) == (
        {"daily_budget_fen": 30_000},
        {"daily_budget_fen": 45_000},
    )
    assert "300.00" in first.message_en
    assert "450.00" in first.message_zh
    assert trusted_budget(desk) == 30_000
    with desk.store.begin() as session:
        outside.acknowledge(session, first.alert_id, desk.origin())
        with pytest.raises(ConflictError, match="acknowledged by 小王"):
            outside.acknowledge(session, first.alert_id, desk.origin("other"))
    with desk.store.read() as session:
        assert len(audit.page(session, AuditFilter(action="budget_raised_elsewhere"))) == 2
        assert len(audit.page(session, AuditFilter(action="alert_acknowledged"))) == 1
    assert trusted_budget(desk) == 45_000
    with desk.store.begin() as session:
        outside.acknowledge(session, newest.alert_id, desk.origin())
    assert (trusted_budget(desk), alerts(desk, open_only=True)) == (50_000, [])


def test_a_budget_taken_off_is_a_raise_and_a_cut_is_none(desk: Desk) -> None:
    campaign = desk.platform.roster().campaigns[0].campaign_id
    for budget in (30_000, 20_000):
        desk.platform.budgets[campaign] = budget
        desk.next_morning()
        desk.plan({})
    assert alerts(desk) == []
    desk.platform.budgets[campaign] = None  # type: ignore[assignment]
    desk.next_morning()
    desk.plan({})
    (alert,) = alerts(desk)
    assert (alert.before, alert.after) == ({"daily_budget_fen": 20_000}, {"daily_budget_fen": None})
    assert "no limit" in alert.message_en
    assert trusted_budget(desk) == 20_000


def test_raises_do_not_use_what_the_platform_added_by_itself(desk: Desk) -> None:
    """40 words at 1.00 a day under a budget of 40.60; the platform makes it 100.00."""
    campaign = desk.platform.roster().campaigns[0].campaign_id
    desk.platform.budgets[campaign] = 4_060
    desk.plan({}, spends=dict.fromkeys(desk.words, (100, 100)))
    desk.platform.budgets[campaign] = 10_000
    desk.next_morning()
    live = desk.live()
    bids = {word: live[word] + 4 for word in desk.words[:3]}
    desk.night(bids, spends=dict.fromkeys(desk.words, (100, 150)))
    done = desk.apply()
    assert (done.counts["applied"], done.counts["waiting"]) == (1, {"cap": 2})
    with desk.store.begin() as session:
        outside.acknowledge(session, alerts(desk)[0].alert_id, desk.origin())
    assert desk.apply().counts["applied"] == 2


def test_the_month_leaves_less_than_the_day(desk: Desk) -> None:
    desk.night({desk.words[0]: desk.live()[desk.words[0]] + 4})
    tight = desk.account.budgets.model_copy(update={"monthly": Decimal(30)})
    desk.account = desk.account.model_copy(update={"budgets": tight})
    assert desk.apply().counts["waiting"] == {"cap": 1}

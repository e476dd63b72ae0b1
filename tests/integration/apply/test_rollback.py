"""Undoing a batch: through the same door, exactly, and only what nobody has touched since."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from apply_desk import Desk

from service.approval import Action
from service.decisions import decide
from service.errors import ConflictError, InputError, NotFoundError
from service.store import applications, audit, interventions, lines, proposals
from service.store.audit import AuditFilter
from service.store.interventions import RollbackRow
from service.store.lines import LineFilter
from service.store.rows import LineRow


def applied(desk: Desk, words: int) -> tuple[str, dict[str, int], dict[str, LineRow]]:
    """An application of so many words: about half raised, half cut."""
    live = desk.live()
    cut = {word for word in desk.words[:words:2] if live[word] > 20}
    bids = {word: live[word] + (-4 if word in cut else 5) for word in desk.words[:words]}
    approved = desk.night(bids)
    return desk.apply().application_id, bids, approved


def lines_of(desk: Desk, row: RollbackRow) -> list[LineRow]:
    with desk.store.read() as session:
        return lines.select_lines(session, LineFilter(proposal_id=row.proposal_id))


def test_five_hundred_words_go_back_exactly_and_twenty_edited_ones_stay(big_desk: Desk) -> None:
    desk = big_desk
    before = desk.live()
    application, bids, approved = applied(desk, 500)
    assert [batch.state for batch in desk.batches()] == ["done"] * 4  # cuts and raises, 200 a batch
    edited = list(bids)[::25]
    for word in edited:
        desk.platform.edit(word, 666)
    row = desk.roll_back(application)
    assert {entry["keyword_id"]: entry for entry in row.left} == {
        word: {
            "line_id": approved[word].line_id,
            "keyword_id": word,
            "word": approved[word].word,
            "why": "edited",
            "bid_before_fen": before[word],
            "set_fen": bids[word],
            "found_fen": 666,
        }
        for word in edited
    }
    proposed = lines_of(desk, row)
    assert (len(proposed), len(row.left)) == (480, 20)
    assert {line.reason for line in proposed} == {"rollback"}
    assert desk.live() == before | bids | dict.fromkeys(edited, 666)  # nothing moves by itself
    desk.approve(line.line_id for line in proposed)
    assert desk.apply().counts["applied"] == 480
    assert desk.live() == before | dict.fromkeys(edited, 666)
    states = desk.states(approved)
    assert {word for word, state in states.items() if state == "applied"} == set(edited)
    assert {states[word] for word in bids if word not in edited} == {"rolled_back"}


def test_one_batch_of_several_goes_back_alone(desk: Desk) -> None:
    desk.batch_size = 5
    before = desk.live()
    _, bids, _ = applied(desk, 12)
    batch = desk.batches()[0]
    with desk.store.read() as session:
        words = {line.keyword_id for line in applications.batch_lines(session, [batch.batch_id])}
    row = desk.roll_back(batch.batch_id)
    desk.approve(line.line_id for line in lines_of(desk, row))
    desk.apply()
    assert desk.live() == before | {word: bids[word] for word in bids if word not in words}


def test_the_undone_lines_say_by_what(desk: Desk) -> None:
    application, _, approved = applied(desk, 2)
    row = desk.roll_back(application, "价格看错了")
    undoing = {line.keyword_id: line for line in lines_of(desk, row)}
    desk.approve(line.line_id for line in undoing.values())
    desk.apply()
    word, line = next(iter(approved.items()))
    with desk.store.read() as session:
        (ended,) = audit.page(session, AuditFilter(line_id=line.line_id, action="roll_back"))
        (asked,) = audit.page(session, AuditFilter(action="rollback_proposed"))
    assert ended.reason == f"rolled back by line {undoing[word].line_id}"
    assert (asked.actor, asked.reason) == ("小王", "价格看错了")
    assert asked.after == {"undoes": application, "lines": 2, "left": 0}


def test_a_rollback_lies_beside_the_nights_proposal(desk: Desk) -> None:
    application, _, _ = applied(desk, 4)
    row = desk.roll_back(application)
    with desk.store.read() as session:
        undoing = proposals.get(session, row.proposal_id)
        night = proposals.page(session, kind="night")[0]
        assert proposals.of_run(session, undoing.run_id) == night
    assert (undoing.kind, undoing.state, night.state) == ("rollback", "open", "open")
    desk.next_morning()
    desk.plan({})
    with desk.store.read() as session:
        states = {one.kind: one.state for one in proposals.page(session, limit=3)}
        assert proposals.page(session, kind="night")[0].state == "open"
    assert states["rollback"] == "superseded"
    assert {line.state for line in lines_of(desk, row)} == {"superseded"}


def test_the_figures_of_a_rollback_are_those_of_the_line_turned_round(desk: Desk) -> None:
    application, _, approved = applied(desk, 1)
    (line,) = approved.values()
    (back,) = lines_of(desk, desk.roll_back(application))
    assert (back.bid_before_fen, back.bid_fen) == (line.bid_fen, line.bid_before_fen)
    assert (back.spend_before_fen, back.spend_after_fen) == (110, 100)
    assert back.expected["spend"]["before"] == line.expected["spend"]["after"]
    assert back.change_rate == pytest.approx(line.bid_before_fen / (line.bid_fen or 1) - 1)


def why(row: RollbackRow) -> Mapping[str, str]:
    return {entry["keyword_id"]: entry["why"] for entry in row.left}


def test_a_word_is_undone_once_at_a_time(desk: Desk) -> None:
    application, bids, _ = applied(desk, 3)
    first = desk.roll_back(application)
    with pytest.raises(ConflictError, match="being_rolled_back"):
        desk.roll_back(application)
    taken, *rest = lines_of(desk, first)
    with desk.store.begin() as session:
        chosen = LineFilter(line_ids=tuple(line.line_id for line in rest))
        decide(session, Action.REJECT, desk.origin(), chosen, reason="doch nicht")
    again = desk.roll_back(application)
    assert why(again) == {taken.keyword_id: "being_rolled_back"}
    assert len(lines_of(desk, again)) == len(bids) - 1


def test_what_is_rolled_back_cannot_be_again(desk: Desk) -> None:
    application, _, _ = applied(desk, 3)
    desk.approve(line.line_id for line in lines_of(desk, desk.roll_back(application)))
    desk.apply()
    with pytest.raises(ConflictError, match="rolled_back"):
        desk.roll_back(application)


def test_an_undone_change_can_be_redone_by_undoing_the_rollback(desk: Desk) -> None:
    before = desk.live()
    application, bids, _ = applied(desk, 3)
    desk.approve(line.line_id for line in lines_of(desk, desk.roll_back(application)))
    undone = desk.apply().application_id
    assert desk.live() == before
    desk.approve(line.line_id for line in lines_of(desk, desk.roll_back(undone)))
    desk.apply()
    assert desk.live() == before | bids


def test_words_whose_write_nobody_saw_are_listed_not_touched(desk: Desk) -> None:
    desk.batch_size = 2
    live = desk.live()
    desk.night({word: live[word] + 4 for word in desk.words[:4]})
    desk.platform.arm("set_bids", "timeout_after")
    application = desk.apply().application_id
    row = desk.roll_back(application)
    assert sorted(why(row).values()) == ["unknown", "unknown"]
    assert len(lines_of(desk, row)) == 2


def test_nothing_to_roll_back(desk: Desk) -> None:
    desk.night({})
    empty = desk.apply().application_id
    with pytest.raises(NotFoundError, match=f"no batch {empty}"):
        desk.roll_back(empty)
    with pytest.raises(NotFoundError, match="no batch nothing"):
        desk.roll_back("nothing")


def test_a_batch_that_applied_nothing(desk: Desk) -> None:
    desk.night({desk.words[0]: 500})
    desk.platform.edit(desk.words[0], 333)
    application = desk.apply().application_id
    with pytest.raises(ConflictError, match="has applied no bid"):
        desk.roll_back(application)


def test_a_rollback_needs_a_reason(desk: Desk) -> None:
    application, _, _ = applied(desk, 1)
    with pytest.raises(InputError, match="needs a reason"):
        desk.roll_back(application, "  ")
    with desk.store.read() as session:
        assert proposals.page(session, kind="rollback") == []
        assert interventions.rollbacks_of(session, [application]) == []


def test_a_rollback_that_is_confirmed_by_the_next_pull(desk: Desk) -> None:
    """A person sets the old bids by hand after approving: the pull finds them in force."""
    application, bids, approved = applied(desk, 2)
    row = desk.roll_back(application)
    desk.approve(line.line_id for line in lines_of(desk, row))
    for line in lines_of(desk, row):
        desk.platform.edit(line.keyword_id, line.bid_fen or 0)
    desk.later(hours=1)
    desk.pull(ahead=1)
    assert set(desk.states(approved).values()) == {"rolled_back"}
    assert desk.hands_off() == set()
    assert len(bids) == 2


def test_only_what_a_rollback_raises_is_its_askers_own(desk: Desk) -> None:
    application, _, _ = applied(desk, 6)
    proposed = lines_of(desk, desk.roll_back(application))
    raised = {line.keyword_id for line in proposed if line.change_rate > 0}
    assert raised
    assert len(raised) < len(proposed)
    assert {line.keyword_id for line in proposed if line.author is not None} == raised

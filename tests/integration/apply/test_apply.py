"""Approved lines leave, each once, and every one ends where the platform was found to be."""

from __future__ import annotations

import pytest
from apply_desk import Desk
from faulty_platform import CrashError

from service.applying import POINTS
from service.store import account_states, applications, audit
from service.store.audit import AuditFilter


def raised(desk: Desk, words: int = 12, by: int = 3) -> dict[str, int]:
    return {word: bid + by for word, bid in list(desk.live().items())[:words]}


def events(desk: Desk, action: str) -> int:
    with desk.store.read() as session:
        return len(audit.page(session, AuditFilter(action=action), limit=1000))


def test_approved_bids_stand_on_the_platform_and_in_the_store(desk: Desk) -> None:
    before = desk.live()
    wanted = raised(desk)
    approved = desk.night(wanted)
    done = desk.apply()
    assert (done.state, done.halt, done.counts["applied"]) == ("done", None, 12)
    assert done.counts["still_approved"] == 0
    assert desk.live() == before | wanted
    assert set(desk.states(approved).values()) == {"applied"}
    assert {word: desk.known_bids()[word] for word in wanted} == wanted
    assert [batch.state for batch in desk.batches()] == ["done"]
    assert desk.line(next(iter(approved.values())).line_id).decided_by == "小王"
    assert (events(desk, "dispatch"), events(desk, "confirm_applied")) == (12, 12)


def test_a_second_walk_has_nothing_to_do(desk: Desk) -> None:
    desk.night(raised(desk))
    desk.apply()
    again = desk.apply()
    assert (again.state, again.counts["batches"]) == ("done", 0)
    assert len(desk.platform.writes) == 1


def test_what_nobody_approved_stays(desk: Desk) -> None:
    desk.plan(raised(desk))
    before = desk.live()
    desk.apply()
    assert desk.live() == before
    assert desk.platform.writes == []


def test_a_word_that_somebody_moved_is_left_alone_and_to_people(desk: Desk) -> None:
    wanted = raised(desk)
    approved = desk.night(wanted)
    moved, gone_to_ours = list(wanted)[:2]
    desk.platform.edit(moved, 777)
    desk.platform.edit(gone_to_ours, wanted[gone_to_ours])
    done = desk.apply()
    assert (done.counts["conflict"], done.counts["applied"]) == (1, 11)
    assert desk.live()[moved] == 777
    assert desk.states(approved)[moved] == "conflict"
    assert desk.states(approved)[gone_to_ours] == "applied"
    assert gone_to_ours not in {one.keyword_id for batch in desk.platform.writes for one in batch}
    assert "7.77" in (desk.line(approved[moved].line_id).note or "")
    assert desk.hands_off() == {moved}
    assert desk.known_bids()[moved] == 777


def test_a_word_that_is_gone_is_a_conflict(desk: Desk) -> None:
    wanted = raised(desk, 2)
    approved = desk.night(wanted)
    gone = next(iter(wanted))
    inner = desk.platform.inner
    desk.platform.inner = Without(inner, gone)  # type: ignore[assignment]
    done = desk.apply()
    assert (done.counts["conflict"], done.counts["applied"]) == (1, 1)
    assert desk.states(approved)[gone] == "conflict"
    assert desk.hands_off() == set()


class Without:
    """The platform without one word."""

    def __init__(self, inner: object, word: str) -> None:
        self._inner, self._word = inner, word

    def live_bids(self, words: list[str]) -> dict[str, int]:
        found = dict(self._inner.live_bids(words))  # type: ignore[attr-defined]
        found.pop(self._word, None)
        return found

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def test_what_the_platform_did_not_set_is_failed(desk: Desk) -> None:
    wanted = raised(desk)
    approved = desk.night(wanted)
    desk.platform.arm("set_bids", "partial")
    done = desk.apply()
    live = desk.live()
    states = desk.states(approved)
    assert done.counts["failed"] + done.counts["applied"] == 12
    assert done.counts["failed"] > 0
    for word, bid in wanted.items():
        assert states[word] == ("applied" if live[word] == bid else "failed")


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "cut_before", "garbled"])
def test_a_write_that_nobody_saw_is_decided_by_two_reads(desk: Desk, fault: str) -> None:
    wanted = raised(desk)
    approved = desk.night(wanted)
    desk.platform.arm("set_bids", fault)
    first = desk.apply()
    assert (first.state, first.counts["unknown"]) == ("done", 12)
    assert set(desk.states(approved).values()) == {"unknown"}
    for minutes in (1, 8):  # too early for a second read: nothing is decided, nothing sent
        desk.later(minutes=minutes)
        desk.apply()
        assert set(desk.states(approved).values()) == {"unknown"}
    assert len(desk.platform.writes) == 1
    desk.later(minutes=2)
    last = desk.apply()
    took_effect = fault in ("timeout_after", "garbled")
    assert len(desk.platform.writes) == (1 if took_effect else 2)
    assert last.counts.get("applied", 0) == (0 if took_effect else 12)
    assert set(desk.states(approved).values()) == {"applied"}
    assert {word: desk.live()[word] for word in wanted} == wanted
    assert len(desk.platform.effects) == 12


def test_a_write_that_arrives_late_is_not_sent_again(desk: Desk) -> None:
    wanted = raised(desk)
    approved = desk.night(wanted)
    desk.platform.arm("set_bids", "late")
    desk.apply()
    desk.later(minutes=11)
    desk.apply()
    assert set(desk.states(approved).values()) == {"applied"}
    assert len(desk.platform.writes) == 1


def test_an_answer_that_reads_do_not_show_yet_is_waited_for(desk: Desk) -> None:
    approved = desk.night(raised(desk))
    desk.platform.arm("set_bids", "lagging")
    assert desk.apply().counts["unknown"] == 12
    desk.later(minutes=11)
    assert desk.resume() is None
    assert set(desk.states(approved).values()) == {"applied"}
    assert len(desk.platform.writes) == 1


def test_after_three_vain_sends_a_person_looks(desk: Desk) -> None:
    approved = desk.night(raised(desk, 2))
    for number in range(3):
        desk.platform.arm("set_bids", "timeout_before")
        desk.apply()
        desk.later(minutes=11)
        assert len(desk.platform.writes) == number + 1
        assert set(desk.states(approved).values()) == {"unknown"}
    desk.apply()
    assert set(desk.states(approved).values()) == {"failed"}
    assert len(desk.platform.writes) == 3


@pytest.mark.parametrize(
    ("call", "fault", "halt"),
    [
        ("live_bids", "busy", "busy"),
        ("live_bids", "cut", "busy"),
        ("live_bids", "quota", "quota"),
        ("live_bids", "session", "authorisation"),
        ("live_bids", "garbled", "refused"),
        ("set_bids", "quota", "quota"),
        ("set_bids", "session", "authorisation"),
    ],
)
def test_what_did_not_leave_stays_approved(desk: Desk, call: str, fault: str, halt: str) -> None:
    wanted = raised(desk)
    approved = desk.night(wanted)
    before = desk.live()
    desk.platform.arm(call, fault)
    held = desk.apply()
    assert (held.state, held.halt, held.counts["still_approved"]) == ("halted", halt, 12)
    assert held.cause
    assert set(desk.states(approved).values()) == {"approved"}
    assert desk.live() == before
    assert {line.decided_by for line in (desk.line(one.line_id) for one in approved.values())} == {
        "小王"
    }
    assert desk.apply().counts["applied"] == 12
    assert desk.live() == before | wanted


def test_a_refused_batch_is_failed_and_ends_the_walk(desk: Desk) -> None:
    desk.batch_size = 5
    approved = desk.night(raised(desk))
    desk.platform.arm("set_bids", "refused")
    held = desk.apply()
    assert (held.halt, held.counts["failed"], held.counts["still_approved"]) == ("refused", 5, 7)
    assert "不属于该客户" in (held.cause or "")
    assert sorted(set(desk.states(approved).values())) == ["approved", "failed"]


def test_a_shop_that_must_be_authorised_again_says_so_until_it_answers(desk: Desk) -> None:
    desk.night(raised(desk))
    desk.platform.arm("live_bids", "session")
    assert "re-authorisation" in (desk.apply().cause or "")
    with desk.store.read() as session:
        state = account_states.get(session, "shop")
    assert state.unauthorised_since_at == desk.now
    assert "expired" in (state.unauthorised_cause or "")
    desk.apply()
    with desk.store.read() as session:
        assert account_states.get(session, "shop").unauthorised_since_at is None
    assert (events(desk, "authorisation_lost"), events(desk, "authorisation_regained")) == (1, 1)


def test_the_verifying_read_that_fails_leaves_lines_unknown(desk: Desk) -> None:
    approved = desk.night(raised(desk))
    desk.platform.arm("live_bids", "cut", after=1)
    held = desk.apply()
    assert (held.halt, held.counts["unknown"]) == ("busy", 12)
    desk.resume()
    assert set(desk.states(approved).values()) == {"unknown"}
    desk.later(minutes=11)
    desk.resume()
    assert set(desk.states(approved).values()) == {"applied"}


@pytest.mark.parametrize("point", [point for point in POINTS if point != "closed"])
def test_a_walk_that_dies_anywhere_is_taken_up_without_a_second_write(
    desk: Desk, point: str
) -> None:
    wanted = raised(desk)
    approved = desk.night(wanted)

    def die(reached: str) -> None:
        if reached == point:
            raise CrashError(reached)

    with pytest.raises(CrashError):
        desk.apply(after=die)
    desk.process += 1
    for _ in range(3):
        desk.apply()
        desk.later(minutes=11)
    assert set(desk.states(approved).values()) == {"applied"}
    assert len(desk.platform.effects) == 12
    assert {word: desk.live()[word] for word in wanted} == wanted
    with desk.store.read() as session:
        rows = applications.page(session)
    assert {row.state for row in rows} <= {"done", "failed"}

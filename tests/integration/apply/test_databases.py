"""The same walks on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from apply_desk import Desk
from faulty_platform import CrashError

from service.store import Store, applications, lines
from service.store.lines import LineFilter


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(store.name, tmp_path, opened=store, batch_size=4)


def test_a_day_of_everything(desk: Desk) -> None:
    """Set, edited elsewhere, in the dark, resumed, undone, pulled, raised by the platform."""
    before = desk.live()
    wanted = {word: bid + 5 for word, bid in list(before.items())[:10]}
    approved = desk.night(wanted)
    moved, *_ = wanted
    desk.platform.edit(moved, 500)
    desk.platform.arm("set_bids", "timeout_after")

    def die(point: str) -> None:
        if point == "verified" and len(desk.platform.writes) == 2:
            raise CrashError(point)

    with pytest.raises(CrashError):
        desk.apply(after=die)
    desk.process += 1
    for _ in range(2):
        desk.later(minutes=11)
        done = desk.apply()
    assert done.state == "done"
    states = desk.states(approved)
    assert states.pop(moved) == "conflict"
    assert set(states.values()) == {"applied"}
    assert desk.live() == before | wanted | {moved: 500}
    assert len(desk.platform.effects) == 9
    assert desk.hands_off() == {moved}
    first = desk.batches()[0]
    row = desk.roll_back(first.batch_id)
    with desk.store.read() as session:
        undoing = lines.select_lines(session, LineFilter(proposal_id=row.proposal_id))
    desk.approve(line.line_id for line in undoing)
    assert desk.apply().counts["applied"] == len(undoing)
    restored = {line.keyword_id for line in undoing}
    assert desk.live() == {
        word: before[word] if word in restored else bid
        for word, bid in (before | wanted | {moved: 500}).items()
    }
    campaign = desk.platform.roster().campaigns[0].campaign_id
    desk.platform.budgets[campaign] = 99_000_000
    desk.next_morning()
    desk.plan({})
    assert desk.hands_off() == {moved}


def test_what_stood_before_the_day_s_first_change_is_on_record(desk: Desk) -> None:
    before = desk.live()
    wanted = {word: bid + 5 for word, bid in list(before.items())[:3]}
    moved, *stayed = wanted
    desk.night(wanted)
    desk.platform.edit(moved, 500)
    desk.apply()

    def told() -> dict[str, int]:
        with desk.store.read() as session:
            return dict(applications.bids_before(session, "shop", desk.today))

    assert told() == {word: before[word] for word in stayed}
    desk.next_morning()
    assert told() == {}

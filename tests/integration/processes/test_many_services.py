"""Three services want the same night, and the same approved bids, at once: one night, one write a bid.

And when the one that has them is killed, another goes on, and nothing is lost or done twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from crew_of_workers import Crew
from held_shop import MORNING, REPORT, WRITE, HeldShop

from service.approval import Action
from service.audit import Origin
from service.auditing import prove
from service.decisions import decide
from service.store import Store, proposals, runs
from service.store import audit as events
from service.store.audit import AuditFilter
from service.store.lines import LineFilter, select_lines
from service.store.rows import LineRow, RunRow

PERSON = Origin(at=MORNING, actor="li", source="rest")


def the_run(store: Store) -> RunRow:
    with store.read() as session:
        (run,) = runs.page(session)
    return run


def on_record(store: Store, action: str) -> int:
    with store.read() as session:
        return len(events.page(session, AuditFilter(action=action), limit=1000))


def approved(store: Store) -> list[LineRow]:
    """Everything of the one proposal, approved by a person."""
    with store.begin() as session:
        (proposal,) = proposals.page(session)
        decide(
            session,
            Action.APPROVE,
            PERSON,
            LineFilter(proposal_id=proposal.proposal_id, states=("pending",)),
        )
        found = select_lines(
            session, LineFilter(proposal_id=proposal.proposal_id, states=("approved",))
        )
    assert len(found) > 4  # several batches
    return found


def wanted(lines: list[LineRow]) -> Mapping[tuple[str, int], int]:
    """Each bid set once."""
    return Counter((line.keyword_id, line.bid_fen) for line in lines)


def states(store: Store, lines: list[LineRow]) -> set[str]:
    with store.read() as session:
        now = select_lines(session, LineFilter(line_ids=tuple(line.line_id for line in lines)))
    return {line.state for line in now}


def test_of_three_that_want_the_night_and_then_its_bids_one_has_each(
    store: Store, shop: HeldShop, crew: Crew
) -> None:
    came_to = Counter(crew.all_do("night"))
    assert came_to["planned"] == 1
    assert set(came_to) <= {"planned", "found", "refused"}
    assert (the_run(store).state, the_run(store).attempt) == ("succeeded", 1)
    assert on_record(store, "run_started") == 1
    lines = approved(store)
    came_to = Counter(crew.all_do("apply"))
    assert came_to[f"done {len(lines)}"] == 1
    assert set(came_to) <= {f"done {len(lines)}", "done 0", "refused"}
    crew.all_do("apply")
    assert shop.written() == wanted(lines)
    assert states(store, lines) == {"applied"}
    assert prove(store).whole


def test_a_night_whose_process_is_killed_is_taken_up_by_another(
    store: Store, shop: HeldShop, crew: Crew
) -> None:
    first, *others = crew.workers
    shop.hold(REPORT)
    crew.tell(first, "night")
    shop.until_held()
    for one in others:
        crew.tell(one, "night")
    assert [crew.hear(one) for one in others] == ["refused", "refused"]
    crew.kill(first)
    shop.let_go()
    came_to = crew.all_do("catch up")
    assert "succeeded" in came_to
    assert (the_run(store).state, the_run(store).attempt) == ("succeeded", 2)
    assert [on_record(store, f"run_{begun}") for begun in ("started", "resumed")] == [1, 1]
    with store.read() as session:
        assert len(proposals.page(session)) == 1
    assert prove(store).whole


def test_bids_whose_process_is_killed_leave_once(store: Store, shop: HeldShop, crew: Crew) -> None:
    first, *others = crew.workers
    crew.tell(first, "night")
    assert crew.hear(first) == "planned"
    lines = approved(store)
    shop.hold(WRITE)  # the bids are set, and nobody hears of it
    crew.tell(first, "apply")
    shop.until_held()
    for one in others:
        crew.tell(one, "apply")
    assert [crew.hear(one) for one in others] == ["refused", "refused"]
    crew.kill(first)
    shop.let_go()
    came_to: list[str] = []
    for minutes in (0, 11, 11):
        shop.later(minutes)
        crew.all_do(f"wait {minutes}")
        came_to += crew.all_do("apply")
    assert sum(int(one.split()[1]) for one in came_to if one != "refused") == len(lines) - 4
    assert shop.written() == wanted(lines)
    assert states(store, lines) == {"applied"}
    assert prove(store).whole

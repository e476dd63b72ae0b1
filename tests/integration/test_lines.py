"""Lines: filters, orders, pages, sums, hashes, and changes guarded by version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service import risk
from service.errors import InputError, NotFoundError
from service.store import Store, lines, proposals
from service.store.lines import SORTS, LineChange, LineFilter
from service.store.rows import LineRow, NewLine

MakeLine = Callable[..., NewLine]
MakeProposal = Callable[..., list[LineRow]]


def worth(earned: float) -> dict[str, Any]:
    """A yuan more is spent and brings so much, or half of it where it turns out badly."""
    return {
        "spend": {"before": 1.0, "after": 2.0},
        "contribution": {"before": 1.0, "after": 1.0 + earned},
        "rates": {"value_per_click": {"mean": 2.0, "p05": 1.0, "p95": 3.0}},
    }


@pytest.fixture
def some(make_line: MakeLine, make_proposal: MakeProposal) -> list[LineRow]:
    """Seven words: raises, cuts and holds in two campaigns."""
    return make_proposal(
        [
            make_line("k1", 100, 110, word="Silk 连衣裙", expected=worth(1.2)),
            make_line(
                "k2",
                100,
                130,
                expected=worth(0.9),
                campaign_id="c2",
                adgroup_id="g2",
                spend_after_fen=500,
            ),
            make_line("k3", 100, 70, reason="lower_unprofitable", binding="step"),
            make_line("k4", 100, 100),
            make_line("k5", 100, 100, campaign_id="c2", word="100%_棉"),
            make_line("k6", 200, 190, explore=True, contribution_after_fen=10, expected=worth(1.1)),
            make_line("k7", 100, 110, spend_after_fen=110),
        ],
        assess=risk.assess,
    )


def ids(store: Store, **wanted: Any) -> str:
    with store.read() as session:
        page = lines.page(session, LineFilter(**wanted), sort="keyword_id", descending=False)
    return " ".join(row.keyword_id for row in page.rows)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"campaign_ids": ("c2",)}, "k2 k5"),
        ({"adgroup_ids": ("g2", "g9")}, "k2"),
        ({"keyword_ids": ("k7", "k1")}, "k1 k7"),
        ({"reasons": ("lower_unprofitable",)}, "k3"),
        ({"bindings": ("step",)}, "k3"),
        ({"states": ("held",)}, "k4 k5"),
        ({"risks": ("none",)}, "k4 k5"),
        ({"risks": ("high", "middle")}, "k1 k2 k6"),
        ({"min_change": 0.2}, "k2 k3"),
        ({"min_change": 0.01, "max_change": 0.1}, "k6"),
        ({"word": "silk"}, "k1"),
        ({"word": "100%_"}, "k5"),
        ({"word": "%"}, "k5"),
        ({"explore": True}, "k6"),
        ({"changed": True}, "k1 k2 k3 k6 k7"),
        ({"changed": False, "campaign_ids": ("c1",)}, "k4"),
        ({"account_id": "other"}, ""),
    ],
)
def test_filters(store: Store, some: list[LineRow], wanted: dict[str, Any], found: str) -> None:
    assert len(some) == 7
    assert ids(store, **wanted) == found


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize("descending", [True, False])
def test_pages_of_every_order_join_without_gap_or_double(
    store: Store, some: list[LineRow], sort: lines.Sort, descending: bool
) -> None:
    wanted = LineFilter(proposal_id=some[0].proposal_id)
    with store.read() as session:
        whole = lines.page(session, wanted, sort=sort, descending=descending)
        assert whole.next_cursor is None
        seen, cursor = list[LineRow](), None
        for _ in range(4):
            page = lines.page(
                session, wanted, sort=sort, descending=descending, cursor=cursor, limit=2
            )
            seen += page.rows
            cursor = page.next_cursor
    assert cursor is None
    assert seen == list(whole.rows)
    assert sorted(row.line_id for row in seen) == [row.line_id for row in some]


def test_orders_follow_the_figures(store: Store, some: list[LineRow]) -> None:
    def first(sort: lines.Sort) -> str:
        with store.read() as session:
            return lines.page(session, LineFilter(), sort=sort, limit=1).rows[0].keyword_id

    assert len(some) == 7
    assert [first(s) for s in ("spend_after", "change_rate", "change_size", "bid", "at_stake")] == [
        "k2",
        "k2",
        "k3",
        "k6",
        "k2",
    ]


@pytest.mark.parametrize("cursor", ["", "rubbish!", "bnVsbA", "W10", "é"])
def test_a_cursor_from_elsewhere_is_refused(store: Store, cursor: str) -> None:
    with store.read() as session, pytest.raises(InputError, match="cursor"):
        lines.page(session, LineFilter(), cursor=cursor)


def test_a_cursor_of_another_order_is_refused(store: Store, some: list[LineRow]) -> None:
    assert some
    with store.read() as session:
        cursor = lines.page(session, LineFilter(), limit=1).next_cursor
        with pytest.raises(InputError, match=r"spend_after\.desc"):
            lines.page(session, LineFilter(), sort="word", cursor=cursor)


def test_totals_are_of_the_filtered_set(store: Store, some: list[LineRow]) -> None:
    with store.read() as session:
        whole = lines.totals(session, LineFilter(proposal_id=some[0].proposal_id))
        none = lines.totals(session, LineFilter(proposal_id="none"))
        cut = lines.totals(session, LineFilter(reasons=("lower_unprofitable",)))
        assert lines.count_by(session, LineFilter(campaign_ids=("c2",)), "state") == {
            "held": 1,
            "pending": 1,
        }
    assert (whole.lines, whole.raises, whole.cuts) == (7, 3, 2)
    assert whole.spend_after_fen == 500 + 6 * 110
    assert whole.contribution_after_fen == 10 + 6 * 95
    assert (none.lines, none.spend_after_fen, none.raises) == (0, 0, 0)
    assert (cut.lines, cut.cuts) == (1, 1)


def change(line: LineRow, **changes: Any) -> LineChange:
    same = LineChange(
        line_id=line.line_id,
        version=line.version,
        state=line.state,
        bid_fen=line.bid_fen,
        change_rate=line.change_rate,
        decided_by="me",
        decided_at=None,
        note=None,
        risk=line.risk,
        at_stake_fen=line.at_stake_fen,
    )
    return replace(same, **changes)


def test_changes_count_versions_and_change_the_hash_of_what_was_shown(
    store: Store, some: list[LineRow]
) -> None:
    wanted = LineFilter(campaign_ids=("c1",))
    with store.begin() as session:
        shown = lines.shown_hash(session, wanted)
        elsewhere = lines.shown_hash(session, LineFilter(campaign_ids=("c2",)))
        assert shown == lines.hash_of(lines.select_lines(session, wanted))
        assert lines.apply_changes(session, [change(some[0], state="approved")]) == 1
        assert lines.get(session, some[0].line_id).version == 2
        assert lines.shown_hash(session, wanted) != shown
        assert lines.shown_hash(session, LineFilter(campaign_ids=("c2",))) == elsewhere


def test_a_change_on_an_older_version_does_nothing(store: Store, some: list[LineRow]) -> None:
    with store.begin() as session:
        assert lines.apply_changes(session, [change(line) for line in some[:2]]) == 2
        late = [change(line, state="rejected") for line in some[1:4]]
        assert lines.apply_changes(session, late) == 2
        assert lines.get(session, some[1].line_id).state == "pending"


def test_any_number_of_ids_may_be_asked_for(store: Store, some: list[LineRow]) -> None:
    many = tuple(range(100_000, 160_000)) + tuple(line.line_id for line in some)
    with store.begin() as session:
        found = lines.select_lines(session, LineFilter(line_ids=many), for_update=True)
    assert found == some


def test_the_past_of_a_word_newest_first(
    store: Store, some: list[LineRow], make_line: MakeLine, make_proposal: MakeProposal
) -> None:
    (later,) = make_proposal([make_line("k3", 70, 75)], day=date(2026, 3, 3))
    with store.read() as session:
        past = lines.past_of_keyword(session, "shop", "k3")
        with pytest.raises(NotFoundError, match="no line 999"):
            lines.get(session, 999)
    assert past == [later, some[2]]


def test_proposals_come_back_as_saved(
    store: Store, some: list[LineRow], make_line: MakeLine, make_proposal: MakeProposal
) -> None:
    (later,) = make_proposal([make_line("k3", 70, 75)], day=date(2026, 3, 3), state="blocked")
    with store.read() as session:
        proposal = proposals.get(session, some[0].proposal_id)
        assert proposals.of_run(session, proposal.run_id) == proposal
        assert proposals.of_run(session, "none") is None
        newest, *older = proposals.page(session, account_id="shop", limit=2)
        assert newest.proposal_id == later.proposal_id
        assert older == [proposal]
        before = (newest.business_date, newest.proposal_id)
        assert proposals.page(session, state="open", before=before) == [proposal]
        assert proposals.in_states(session, "shop", ("open",)) == [proposal]
        assert proposals.line_states(session, proposal.proposal_id) == {"held": 2, "pending": 5}
        assert proposals.line_reasons(session, later.proposal_id) == {"raise_marginal_return": 1}
        with pytest.raises(NotFoundError, match="no proposal none"):
            proposals.get(session, "none")
    assert proposal.totals["loss"] == {"value": 1.5, "p05": -1.0, "p95": 4.0}
    assert proposal.frontier[0]["marginal_return"] == 3.0

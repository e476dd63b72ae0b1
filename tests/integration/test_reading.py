"""What people are shown: what needs them, and nights held against what came of them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from service import stop
from service.reading.needs import needs
from service.reading.nights import nights
from service.store import Store, interventions, ledger, lines, pulls, runs
from service.store.interventions import NewAlert
from service.store.lines import LineFilter
from service.store.rows import LedgerDay

DAY = date(2026, 3, 2)


@pytest.fixture
def told(store: Store, tmp_path: Path) -> Any:
    """The kinds of need of ``shop`` on a morning, in order."""

    def tell(day: date = DAY) -> list[str]:
        with store.read() as session:
            return [need.kind for need in needs(session, "shop", day, tmp_path / "STOP")]

    return tell


def test_a_shop_without_a_night_needs_one(told: Any) -> None:
    assert told() == ["no_night"]


def test_lines_that_wait_are_told_and_a_blocked_proposal_comes_first(
    told: Any, make_proposal: Any, make_line: Any
) -> None:
    make_proposal([make_line("k1"), make_line("k2", state="approved")])
    assert told() == ["pending", "unsent"]
    make_proposal([make_line("k1", state="blocked")], day=DAY + timedelta(days=1), state="blocked")
    assert told(DAY + timedelta(days=1)) == ["blocked", "pending", "unsent"]


def test_a_plan_under_review_says_so(told: Any, make_proposal: Any, make_line: Any) -> None:
    make_proposal([make_line("k1")], review="REVIEW")
    assert told() == ["review", "pending"]


def test_a_night_that_failed_and_one_that_is_missing(
    told: Any, store: Store, make_run: Any
) -> None:
    with store.begin() as session:
        row, _ = make_run(), runs.open_run(session, make_run(), is_gone=lambda _: False)
        night = runs.page(session, account_id="shop", limit=1)[0]
        runs.finish(session, night, "failed", at=row.started_at, cause="spend fell 95 %")
    assert told() == ["run_failed"]
    assert told(DAY + timedelta(days=1)) == ["no_night"]


def test_stops_alerts_and_words_left_to_people(
    told: Any, store: Store, origin: Any, make_proposal: Any, make_line: Any
) -> None:
    make_proposal([make_line("k1")])
    with store.begin() as session:
        stop.order(session, origin, "shop", "the shop moves house")
        alert = NewAlert(
            at=origin.at, account_id="shop", kind="budget_raised", subject="c1",
            before={}, after={}, message_zh="预算被提高", message_en="a budget was raised",
        )  # fmt: skip
        interventions.add_alerts(session, [alert])
        left = interventions.HandsOffRow(
            account_id="shop", keyword_id="k1", since_at=origin.at, bid_before_fen=10, bid_fen=20
        )
        interventions.put_hands_off(session, [left])
    assert told() == ["stopped", "alert", "pending", "hands_off"]


def test_a_file_that_stops_everything_is_told(told: Any, tmp_path: Path) -> None:
    (tmp_path / "STOP").write_text("holidays")
    assert told()[0] == "stopped"


def test_a_night_is_held_against_its_day_by_what_was_sent(
    store: Store, make_proposal: Any, make_line: Any, make_day: Any, origin: Any
) -> None:
    money = {"value": 100.0, "p05": 80.0, "p95": 130.0}
    totals = {
        "spend": money, "spend_before": money | {"value": 90.0},
        "contribution": money, "contribution_before": money,
    }  # fmt: skip
    sent = make_line("k1", state="applied", spend_before_fen=1_000, spend_after_fen=1_500)
    make_proposal([sent, make_line("k2")], totals=totals)
    day = LedgerDay(date=DAY, spend_fen=9_000, contribution_fen=7_000, waiting_fen=500)
    with store.begin() as session:
        pulls.upsert_facts(
            session, "shop", [make_day("k1", DAY, spend_fen=9_000)], pulled_at=origin.at,
            pulled_on=DAY + timedelta(days=1),
        )  # fmt: skip
        ledger.keep(session, "shop", DAY + timedelta(days=1), [day])
    with store.read() as session:
        (night,) = nights(session, "shop")
    assert (night.changed, night.sent) == (2, 1)
    assert night.spend_expected.value == pytest.approx(9_000 + 500)
    assert night.spend_expected.p05 == pytest.approx(9_500 - 2_000)
    assert (night.spend_fen, night.contribution_fen, night.waiting_fen) == (9_000, 7_000, 500)
    assert night.spend_within is True


def test_nothing_sent_is_judged_by_the_interval_at_the_old_bids(
    store: Store, make_proposal: Any, make_line: Any
) -> None:
    before = {"value": 50.0, "p05": 40.0, "p95": 70.0}
    after = {"value": 100.0, "p05": 80.0, "p95": 130.0}
    make_proposal(
        [make_line("k1")],
        totals={"spend": after, "spend_before": before, "contribution": 7.0},
    )
    with store.read() as session:
        (night,) = nights(session, "shop")
    assert (night.spend_expected.p05, night.spend_expected.p95) == (4_000, 7_000)
    assert night.contribution_expected.p05 is None
    assert night.spend_within is None
    assert night.spend_fen is None


def test_a_grid_reads_the_list_by_places_in_the_order_of_the_pages(
    store: Store, make_proposal: Any, make_line: Any
) -> None:
    rows = make_proposal([make_line(f"k{i:02d}", 100, 101 + i) for i in range(25)])
    wanted = LineFilter(proposal_id=rows[0].proposal_id)
    with store.read() as session:
        paged = lines.page(session, wanted, sort="bid", limit=25).rows
        seen = [
            line
            for start in range(0, 30, 10)
            for line in lines.window(
                session, wanted, sort="bid", descending=True, start=start, limit=10
            )
        ]
    assert [line.line_id for line in seen] == [line.line_id for line in paged]


def test_groups_sum_to_the_whole_and_the_largest_change_comes_first(
    store: Store, make_proposal: Any, make_line: Any
) -> None:
    rows = make_proposal(
        [
            make_line("k1", 100, 103),
            make_line("k2", 100, 110, spend_after_fen=900),
            make_line("k3", 100, 70, campaign_id="c2"),
        ]
    )
    wanted = LineFilter(proposal_id=rows[0].proposal_id)
    with store.read() as session:
        whole = lines.totals(session, wanted)
        for group in lines.GROUPS:
            found = lines.totals_by(session, wanted, group)
            assert sum(sums.lines for sums in found.values()) == whole.lines
            assert sum(sums.spend_after_fen for sums in found.values()) == whole.spend_after_fen
        assert list(lines.totals_by(session, wanted, "size")) == ["middle", "large", "small"]

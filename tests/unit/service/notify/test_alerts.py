"""Alerts: what is told at once, and that a cause keeps its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.notify.alerts import alerts
from service.notify.words import Words
from service.reading.needs import Need

ZH, EN = Words("zh"), Words("en")
AT = datetime(2026, 3, 2, tzinfo=UTC)
Make = Callable[..., Any]

FAILED = Need(kind="run_failed", values={"cause": "spend fell 95 %"}, target="r-1")
LOST = Need(kind="unauthorised", values={"cause": "expired", "since": AT})
FILE = Need(kind="stopped", values={"by": "STOP", "reason": "", "since": None})
RAISED = Need(kind="alert", values={"zh": "预算被提高", "en": "a budget was raised"}, target="7")


def test_a_cause_has_one_name_in_every_language(make_watched: Make) -> None:
    watched = make_watched(needs=(FAILED, LOST, FILE, RAISED))
    zh, en = alerts(ZH, watched), alerts(EN, watched)
    assert [one.kind for one in zh] == [one.kind for one in en]
    assert len({one.kind for one in zh}) == 4
    assert all(len(one.kind) <= 96 for one in zh)
    assert zh[3].said == "预算被提高"
    assert en[0].said == "Tonight could not be worked out: spend fell 95 %"


@pytest.mark.parametrize(
    "other",
    [
        Need(kind="run_failed", values=FAILED.values, target="r-2"),
        Need(kind="unauthorised", values={"cause": "expired", "since": AT.replace(day=3)}),
        Need(kind="stopped", values={"by": "STOP", "reason": "again", "since": None}),
        Need(kind="alert", values=RAISED.values, target="8"),
    ],
    ids=lambda need: need.kind,
)
def test_another_cause_has_another_name(make_watched: Make, other: Need) -> None:
    known = {one.kind for one in alerts(EN, make_watched(needs=(FAILED, LOST, FILE, RAISED)))}
    assert alerts(EN, make_watched(needs=(other,)))[0].kind not in known


def test_what_can_wait_for_the_digest_is_no_alert(make_watched: Make) -> None:
    assert alerts(EN, make_watched(needs=(Need(kind="pending", values={"count": 3}),))) == ()


@pytest.mark.parametrize(
    ("share", "promised", "day", "told"),
    [
        (0.85, 0.9, 2, True),
        (0.9, 0.9, 2, False),
        (0.85, None, 2, False),
        (None, 0.9, 2, False),
        (0.85, 0.9, 1, False),
    ],
)
def test_a_plan_that_may_break_the_promise(
    make_watched: Make, make_proposal: Make, share, promised, day, told
) -> None:
    plan = make_proposal(totals={"p_within_loss": share}, business_date=date(2026, 3, day))
    found = alerts(EN, make_watched(proposal=plan, confidence=promised))
    assert bool(found) is told


@pytest.mark.parametrize(
    ("used", "cap", "told"), [(54_000, 60_000, 1), (53_999, 60_000, 0), (0, 0, 0)]
)
def test_a_window_that_is_nearly_used_up(
    make_watched: Make, make_ledger: Make, make_state: Make, used: int, cap: int, told: int
) -> None:
    state = make_state(used_fen=used, window_cap_fen=cap)
    assert len(alerts(EN, make_watched(ledger=make_ledger(state)))) == told


@pytest.mark.parametrize(
    ("losses", "amount", "told"),
    [((4_001,), 4_000, 1), ((4_000,), 4_000, 0), ((), 4_000, 0), ((9_000,), None, 0)],
)
def test_a_day_that_lost_more_than_it_may(
    make_watched: Make, make_ledger: Make, losses, amount, told: int
) -> None:
    found = alerts(EN, make_watched(ledger=make_ledger(losses=losses), amount_fen=amount))
    assert [one.said for one in found] == [
        "03-01 lost ¥40.01, more than the ¥40.00 allowed a day."
    ][:told]

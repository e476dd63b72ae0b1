"""Approved bids that leave by themselves: the same walk, and no record where there is nothing to do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from apply_desk import Desk

from connectors.errors import AuthorisationError, ConnectorError, QuotaError, TransportError
from service import applying
from service.errors import RunInProgressError
from service.store import applications
from service.store.applications import ApplicationRow


def due(desk: Desk, **more: Any) -> ApplicationRow | None:
    return applying.apply_if_due(desk.context(**more), desk.account)


def on_record(desk: Desk) -> int:
    with desk.store.read() as session:
        return len(applications.page(session, account_id="shop", limit=100))


def raised(desk: Desk, words: int = 6, by: int = 3) -> dict[str, int]:
    return {word: bid + by for word, bid in list(desk.live().items())[:words]}


def test_what_is_approved_leaves_once_in_the_name_of_the_machine(desk: Desk) -> None:
    assert due(desk) is None
    planned = desk.plan(raised(desk))
    assert due(desk) is None
    desk.approve(line.line_id for line in planned if line.state == "pending")
    row = due(desk)
    assert row is not None
    assert (row.state, row.actor, row.source) == ("done", "kaiche", "schedule")
    assert row.counts["applied"] == 6
    assert due(desk) is None
    assert on_record(desk) == len(desk.platform.writes) == 1


def test_a_stop_is_kept_without_a_record(desk: Desk) -> None:
    desk.night(raised(desk))
    (desk.folder / "STOP").write_text("", encoding="utf-8")
    assert due(desk) is None
    assert (on_record(desk), desk.platform.writes) == (0, [])
    (desk.folder / "STOP").unlink()
    assert due(desk) is not None


def test_raises_that_no_cap_lets_through_wait_in_silence(desk: Desk) -> None:
    wanted = raised(desk, 2)
    desk.night(wanted, spends=dict.fromkeys(wanted, (100, 5000)))
    tight = desk.account.budgets.model_copy(update={"daily": Decimal("0.01")})
    desk.account = desk.account.model_copy(update={"budgets": tight})
    assert due(desk) is None
    assert on_record(desk) == 0


def test_a_word_changed_today_waits_for_tomorrow(desk: Desk) -> None:
    wanted = raised(desk, 2)
    desk.night(wanted)
    assert due(desk) is not None
    desk.night({word: bid + 3 for word, bid in wanted.items()}, ahead=1)
    assert due(desk) is None
    desk.next_morning()
    row = due(desk)
    assert row is not None
    assert row.counts["applied"] == 2


def test_an_approval_that_ran_out_is_ended(desk: Desk) -> None:
    approved = desk.night(raised(desk, 1))
    desk.later(hours=49)
    row = due(desk)
    assert row is not None
    assert set(desk.states(approved).values()) == {"expired"}
    assert due(desk) is None


@pytest.mark.parametrize(
    ("error", "again_after"),
    [
        (AuthorisationError("the session has expired"), timedelta(hours=1)),
        (QuotaError("used up", wait_seconds=9_000), timedelta(hours=1)),
        (TransportError("nobody answers", wait_seconds=1), timedelta(0)),
    ],
    ids=["authorisation", "quota", "busy"],
)
def test_a_halt_that_lasts_is_not_repeated_every_time(
    desk: Desk, error: ConnectorError, again_after: timedelta
) -> None:
    desk.night(raised(desk))

    def refuses(*_: object) -> object:
        raise error

    row = due(desk, platform=refuses)
    assert row is not None
    assert row.state == "halted"
    if again_after:
        desk.later(seconds=again_after.total_seconds() - 1)
        assert due(desk, platform=refuses) is None
        desk.later(seconds=1)
    row = due(desk)
    assert row is not None
    assert row.counts["applied"] == 6


def test_two_clocks_do_not_walk_at_once(desk: Desk) -> None:
    desk.night(raised(desk))

    def another(point: str) -> None:
        if point == "opened":
            with pytest.raises(RunInProgressError):
                due(desk, is_gone=lambda _: False)

    row = due(desk, after=another)
    assert row is not None
    assert row.counts["applied"] == len(desk.platform.writes[0]) == 6
    assert len(desk.platform.writes) == 1


class DiedError(BaseException):
    """What ends a process."""


def test_a_process_that_died_is_followed_by_the_next_time(desk: Desk) -> None:
    approved = desk.night(raised(desk))

    def dies(point: str) -> None:
        if point == "sent":
            raise DiedError

    with pytest.raises(DiedError):
        due(desk, after=dies)
    desk.process += 1
    assert set(desk.states(approved).values()) == {"applying"}
    for _ in range(2):
        assert desk.resume() is None
        assert due(desk) is None
        desk.later(minutes=11)
    assert set(desk.states(approved).values()) == {"applied"}
    assert len(desk.platform.writes) == 1

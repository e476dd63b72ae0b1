"""Applying, looking up and undoing over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.platform import BidChange
from service import applying
from service.applying import Who
from service.settings.models import Account, SandboxConnector
from service.store import audit, proposals
from service.store.audit import AuditFilter
from service.wiring import Wiring

RAISED = 8


class Shelf:
    """A platform that keeps bids in a dictionary."""

    name, attribution_days = "shelf", 15

    def __init__(self, bids: dict[str, int]) -> None:
        self.bids = bids

    def roster(self) -> Any:
        raise NotImplementedError

    def keyword_days(self, first: Any, last: Any) -> Any:
        raise NotImplementedError

    def live_bids(self, keyword_ids: Sequence[str]) -> Mapping[str, int]:
        return {word: self.bids[word] for word in keyword_ids}

    def set_bids(self, changes: Sequence[BidChange]) -> Mapping[str, int]:
        self.bids |= {change.keyword_id: change.bid_fen for change in changes}
        return {change.keyword_id: change.bid_fen for change in changes}


def on_a_shelf(wiring: Wiring, shelf: Shelf) -> Wiring:
    """The same wiring over shops that can be written to."""

    def writable(account: Account) -> Account:
        wide = account.budgets.model_copy(
            update={"daily": account.budgets.daily * 100, "campaigns": {}}
        )
        return account.model_copy(
            update={"connector": SandboxConnector(kind="sandbox"), "budgets": wide}
        )

    settings = wiring.settings.model_copy(
        update={"accounts": tuple(writable(one) for one in wiring.settings.accounts)}
    )
    night = replace(wiring.night, platform=lambda *_: shelf)
    return replace(wiring, settings=settings, night=night)


@pytest.fixture
def shelf(client: Any) -> Shelf:
    found = client.get("/api/v1/proposals/proposal-1/lines?limit=50").json()["items"]
    return Shelf({line["keyword_id"]: line["bid_before_fen"] for line in found})


@pytest.fixture
def desk(client: Any, wiring: Wiring, shelf: Shelf, application: Any) -> Any:
    """The client over the shelf; ``walk`` carries out what it has queued."""
    context = application[0].state.context
    written = on_a_shelf(wiring, shelf)
    application[0].state.context = replace(context, wiring=written)

    def walk() -> None:
        for account_id, application_id, who in context.walks.started:
            account = written.account(account_id)
            applying.apply(written.applying, account, who, application_id=application_id)
        context.walks.started.clear()

    client.walk, client.walks = walk, context.walks
    return client


def approve_all(client: Any, proposal_id: str = "proposal-1") -> None:
    lines = client.get(f"/api/v1/proposals/{proposal_id}/lines?state=pending&limit=50")
    answer = client.post(
        f"/api/v1/proposals/{proposal_id}/decisions",
        json={"action": "approve", "filter": {"state": ["pending"]}},
        headers={"if-match": lines.headers["etag"], "idempotency-key": f"approve-{proposal_id}"},
    )
    assert answer.status_code == 200, answer.text


def apply(client: Any, key: str = "k-1") -> Any:
    return client.post("/api/v1/accounts/shop-1/apply", json={}, headers={"idempotency-key": key})


def test_approved_lines_are_sent_and_looked_up(desk: Any, shelf: Shelf) -> None:
    before = dict(shelf.bids)
    approve_all(desk)
    queued = apply(desk)
    assert (queued.status_code, queued.json()["state"]) == (200, "queued")
    desk.walk()
    done = desk.get(f"/api/v1/applications/{queued.json()['application_id']}").json()
    assert (done["state"], done["halt"], done["counts"]["applied"]) == ("done", None, RAISED)
    assert (done["actor"], done["source"]) == ("loopback", "rest")
    (batch,) = done["batches"]
    opened = desk.get(f"/api/v1/batches/{batch['batch_id']}").json()
    assert {line["outcome"] for line in opened["lines"]} == {"applied"}
    assert {line["keyword_id"]: line["found_fen"] for line in opened["lines"]} == {
        word: bid for word, bid in shelf.bids.items() if bid != before[word]
    }
    listed = desk.get("/api/v1/applications?account_id=shop-1").json()
    assert [one["application_id"] for one in listed["items"]] == [done["application_id"]]


def test_the_same_request_is_carried_out_once(desk: Any) -> None:
    approve_all(desk)
    first, second = apply(desk), apply(desk)
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert [started[1] for started in desk.walks.started] == [first.json()["application_id"]]
    assert desk.walks.started[0][2] == Who(actor="loopback", source="rest")


def test_applications_come_in_pages(desk: Any) -> None:
    made = {apply(desk, f"k-{number}").json()["application_id"] for number in range(5)}
    seen, cursor = [], ""
    while cursor is not None:
        page = desk.get(f"/api/v1/applications?limit=2{cursor and '&cursor=' + cursor}").json()
        seen += [one["application_id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize("cursor", ["nonsense", "WyJmMDAiLFsieCIsInkiXV0"])
def test_a_cursor_of_somebody_elses_is_refused(desk: Any, cursor: str) -> None:
    answer = desk.get(f"/api/v1/applications?cursor={cursor}")
    assert (answer.status_code, answer.json()["type"][-10:]) == (400, "bad-cursor")


def test_reports_cannot_be_written_to(client: Any) -> None:
    answer = apply(client)
    assert answer.status_code == 409
    assert "download the sheet" in answer.json()["detail"]


@pytest.mark.parametrize("place", ["applications/nothing", "batches/nothing"])
def test_what_is_not_there(client: Any, place: str) -> None:
    assert client.get(f"/api/v1/{place}").status_code == 404
    assert (
        client.post(
            "/api/v1/accounts/nobody/apply", json={}, headers={"idempotency-key": "k"}
        ).status_code
        == 404
    )


def test_a_rollback_is_a_proposal_through_the_same_door(desk: Any, shelf: Shelf) -> None:
    before = dict(shelf.bids)
    approve_all(desk)
    application = apply(desk).json()["application_id"]
    desk.walk()
    edited = next(word for word, bid in shelf.bids.items() if bid != before[word])
    shelf.bids[edited] = 999
    answer = desk.post(
        f"/api/v1/batches/{application}/rollback",
        json={"reason": "价格看错了"},
        headers={"idempotency-key": "undo"},
    )
    undone = answer.json()
    assert (answer.status_code, undone["lines"], len(undone["left"])) == (200, RAISED - 1, 1)
    assert (undone["left"][0]["keyword_id"], undone["left"][0]["found_fen"]) == (edited, 999)
    proposal = desk.get(f"/api/v1/proposals/{undone['proposal_id']}").json()
    assert (proposal["kind"], proposal["state"]) == ("rollback", "open")
    assert proposal["rollback"] == undone
    approve_all(desk, undone["proposal_id"])
    apply(desk, "again")
    desk.walk()
    assert shelf.bids == before | {edited: 999}
    again = desk.post(
        f"/api/v1/batches/{application}/rollback",
        json={"reason": "noch einmal"},
        headers={"idempotency-key": "undo-2"},
    )
    assert again.status_code == 409


def test_a_rollback_needs_a_reason_and_something_to_undo(desk: Any) -> None:
    headers = {"idempotency-key": "undo"}
    url = "/api/v1/batches/nothing/rollback"
    assert desk.post(url, json={"reason": "x"}, headers=headers).status_code == 404
    approve_all(desk)
    url = f"/api/v1/batches/{apply(desk).json()['application_id']}/rollback"
    assert desk.post(url, json={}, headers=headers).status_code == 422


def test_an_opened_line_of_a_rollback_shows_the_night_it_undoes(desk: Any, wiring: Wiring) -> None:
    approve_all(desk)
    application = apply(desk).json()["application_id"]
    desk.walk()
    undone = desk.post(
        f"/api/v1/batches/{application}/rollback",
        json={"reason": "x"},
        headers={"idempotency-key": "undo"},
    ).json()
    listed = desk.get(f"/api/v1/proposals/{undone['proposal_id']}/lines").json()["items"]
    opened = desk.get(f"/api/v1/lines/{listed[0]['line_id']}").json()
    assert (opened["reason"], len(opened["facts"])) == ("rollback", 3)
    with wiring.store.read() as session:
        assert audit.page(session, AuditFilter(action="rollback_proposed"))[0].actor == "loopback"
        assert proposals.page(session, kind="night")[0].proposal_id == "proposal-1"


def test_an_approval_that_ran_out_is_told_by_the_application(desk: Any, application: Any) -> None:
    approve_all(desk)
    context = application[0].state.context
    later = context.wiring.clock() + timedelta(hours=60)
    application[0].state.context = replace(
        context, wiring=replace(context.wiring, clock=lambda: later)
    )
    queued = apply(desk).json()
    assert queued["created_at"].startswith(f"{later:%Y-%m-%dT%H:%M}")

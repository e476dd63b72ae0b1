"""SIGTERM to ``kaiche serve`` while it is at something: answered or left at a safe point, in time, with 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from crew_of_workers import Crew
from held_shop import REPORT, WRITE, HeldShop
from served import Served
from sqlalchemy import select

from service.auditing import prove
from service.store import Store, applications, runs
from service.store.lines import LINES
from service.store.rows import RunRow

Start = Callable[..., Served]
# What is left at a safe point does not depend on the database; what is in flight or half done may.
ONE_DATABASE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def shop(living_shop: HeldShop) -> HeldShop:
    """What the server and whoever comes after it are at."""
    return living_shop


def begin_night(served: Served) -> None:
    assert served.client.post("/runs", json={"account_id": "shop"}).status_code == 202


def ended_night(served: Served) -> dict[str, Any]:
    """The night, once it has ended."""
    while True:
        (run,) = served.client.get("/runs").json()["items"]
        if run["state"] != "running":
            return dict(run)


def the_run(store: Store) -> RunRow:
    with store.read() as session:
        (run,) = runs.page(session)
    return run


def lines_of(store: Store) -> dict[str, list[tuple[str, int]]]:
    """state → (word, bid) of every line that is to change."""
    found: dict[str, list[tuple[str, int]]] = {}
    with store.read() as session:
        for row in session.execute(select(LINES).order_by(LINES.c.line_id)):
            found.setdefault(row.state, []).append((row.keyword_id, row.bid_fen))
    found.pop("held", None)
    return found


def shown(served: Served) -> tuple[str, dict[str, str]]:
    """Where to decide on the newest proposal, and what says that it is what was shown."""
    newest = served.client.get("/proposals?limit=1").json()["items"][0]["proposal_id"]
    found = served.client.get(f"/proposals/{newest}/lines?state=pending&limit=1")
    return f"/proposals/{newest}", {"if_match": found.headers["etag"], "idempotency_key": "all"}


APPROVE_ALL = {"action": "approve", "filter": {"state": ["pending"]}}


def approve_everything(served: Served) -> None:
    where, proof = shown(served)
    headers = {name.replace("_", "-"): value for name, value in proof.items()}
    done = served.client.post(f"{where}/decisions", json=APPROVE_ALL, headers=headers)
    assert done.status_code == 200, done.text


def test_a_request_in_flight_is_answered_and_no_other_is_taken(
    store: Store, start_serving: Start
) -> None:
    served = start_serving()
    begin_night(served)
    assert ended_night(served)["state"] == "succeeded"
    where, proof = shown(served)
    with store.begin() as session:  # holds up whoever writes to the lines
        session.execute(select(LINES).with_for_update())
        request = served.begin("POST", f"{where}/decisions", APPROVE_ALL, **proof)
        served.ask_to_end()
    status, said = request.answer()
    assert served.ended() == 0
    assert status == 200
    (state, changed), *others = lines_of(store).items()
    assert (state, len(changed), others) == ("approved", len(said["changed"]), [])
    assert prove(store).whole


@ONE_DATABASE
def test_a_night_ends_between_two_steps_and_the_next_start_goes_on(
    store: Store, shop: HeldShop, start_serving: Start
) -> None:
    served = start_serving()
    shop.hold(REPORT)
    begin_night(served)
    shop.until_held()
    served.ask_to_end()
    shop.let_go()
    assert served.ended() == 0
    left = the_run(store)
    assert (left.state, left.attempt, left.lease_owner) == ("running", 1, None)
    again = start_serving()
    begin_night(again)
    assert ended_night(again)["state"] == "succeeded"
    again.ask_to_end()
    assert again.ended() == 0
    assert the_run(store).attempt == 2
    assert prove(store).whole


@ONE_DATABASE
def test_a_night_that_does_not_end_in_time_is_left_and_anybody_may_go_on(
    store: Store, shop: HeldShop, start_serving: Start
) -> None:
    served = start_serving(stop_seconds=1)
    shop.hold(REPORT)
    begin_night(served)
    shop.until_held()
    served.ask_to_end()
    assert served.ended() == 0
    left = the_run(store)
    assert (left.state, left.lease_owner) == ("running", None)
    shop.let_go()
    another = Crew(store, shop, size=1)
    assert another.all_do("night") == ["planned"]
    another.dismiss()
    assert the_run(store).attempt == 2


def apply_and_hold(served: Served, shop: HeldShop) -> str:
    """Begin to send everything; returns when the first batch has been set and waits for its answer."""
    begin_night(served)
    assert ended_night(served)["state"] == "succeeded"
    approve_everything(served)
    shop.hold(WRITE)
    headers = {"idempotency-key": "apply"}
    asked = served.client.post("/accounts/shop/apply", json={}, headers=headers)
    assert asked.status_code == 200, asked.text
    shop.until_held()
    return str(asked.json()["application_id"])


@ONE_DATABASE
def test_an_application_ends_after_the_batch_under_way(
    store: Store, shop: HeldShop, start_serving: Start
) -> None:
    served = start_serving()
    application = apply_and_hold(served, shop)
    served.ask_to_end()
    shop.let_go()
    assert served.ended() == 0
    with store.read() as session:
        row = applications.get(session, application)
    assert (row.state, row.halt) == ("halted", "ending")
    lines = lines_of(store)
    assert set(lines) == {"applied", "approved"}
    assert shop.written() == Counter(lines["applied"])
    finish(store, shop, minutes=(0,))


def test_an_application_that_does_not_end_in_time_is_settled_by_the_next(
    store: Store, shop: HeldShop, start_serving: Start
) -> None:
    served = start_serving(stop_seconds=1)
    apply_and_hold(served, shop)
    served.ask_to_end()
    assert served.ended() == 0
    assert set(lines_of(store)) == {"applying", "approved"}
    shop.let_go()
    finish(store, shop, minutes=(0, 11, 11))


def finish(store: Store, shop: HeldShop, *, minutes: tuple[int, ...]) -> None:
    """Another process sends what is left: every bid was set exactly once."""
    another = Crew(store, shop, size=1)
    for some in minutes:
        shop.later(some)
        another.all_do(f"wait {some}")
        another.all_do("apply")
    another.dismiss()
    lines = lines_of(store)
    assert set(lines) == {"applied"}
    assert shop.written() == Counter(lines["applied"])
    assert prove(store).whole

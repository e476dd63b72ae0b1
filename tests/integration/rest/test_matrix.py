"""Every route by every role, in one's own account and in another's, with a cookie, a token, neither.

The table below is the promise; a route that is not in it fails the first test.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.people.roles import Role
from service.store import Store, interventions
from service.store import audit as events
from service.store.audit import AuditFilter
from service.store.lines import LineFilter, select_lines

sys.path.insert(0, str(Path(__file__).parent))

from two_shops import NOWHERE, OURS, THEIRS, World

VIEWER, SPECIALIST, OWNER = Role
# operation: (role, where). Where: "one" account, a "list" of what may be seen,
# "all" accounts, one's "self", or one's own "key" (tests/unit/service/api/test_sessions.py).
PROMISED: dict[str, tuple[Role, str]] = {
    "listAccounts": (VIEWER, "list"),
    "getAccount": (VIEWER, "one"),
    "getLedger": (VIEWER, "one"),
    "listRestatements": (VIEWER, "one"),
    "listBreakEvens": (VIEWER, "one"),
    "getReport": (VIEWER, "one"),
    "downloadReport": (VIEWER, "one"),
    "listRuns": (VIEWER, "list"),
    "startRun": (SPECIALIST, "one"),
    "getRun": (VIEWER, "one"),
    "listRejects": (VIEWER, "one"),
    "listProposals": (VIEWER, "list"),
    "getProposal": (VIEWER, "one"),
    "overrideProposal": (OWNER, "one"),
    "downloadSheet": (SPECIALIST, "one"),
    "listLines": (VIEWER, "one"),
    "groupLines": (VIEWER, "one"),
    "exportLines": (VIEWER, "one"),
    "previewImport": (SPECIALIST, "one"),
    "importLines": (SPECIALIST, "one"),
    "getLine": (VIEWER, "one"),
    "approveLine": (SPECIALIST, "one"),
    "rejectLine": (SPECIALIST, "one"),
    "withdrawLine": (SPECIALIST, "one"),
    "editLine": (SPECIALIST, "one"),
    "decideLines": (SPECIALIST, "one"),
    "applyAccount": (SPECIALIST, "one"),
    "listApplications": (VIEWER, "list"),
    "getApplication": (VIEWER, "one"),
    "getBatch": (VIEWER, "one"),
    "rollBack": (SPECIALIST, "one"),
    "listStops": (VIEWER, "list"),
    "stopApplying": (SPECIALIST, "one"),
    "resumeApplying": (OWNER, "one"),
    "listHandsOff": (VIEWER, "list"),
    "releaseWord": (SPECIALIST, "one"),
    "listAlerts": (VIEWER, "list"),
    "acknowledgeAlert": (OWNER, "one"),
    "listAuditEvents": (VIEWER, "list"),
    "exportAuditEvents": (VIEWER, "list"),
    "getAuditHead": (VIEWER, "self"),
    "getMetrics": (VIEWER, "all"),
    "listUsers": (OWNER, "all"),
    "addUser": (OWNER, "all"),
    "setRole": (OWNER, "all"),
    "resetPassword": (OWNER, "all"),
    "disableUser": (OWNER, "all"),
    "enableUser": (OWNER, "all"),
    "listTokens": (OWNER, "all"),
    "revokeToken": (OWNER, "all"),
    "getProblemKind": (VIEWER, "self"),
    "getSession": (VIEWER, "self"),
    "signOut": (VIEWER, "key"),
    "changePassword": (VIEWER, "key"),
}
ASKS_NOBODY = {"getHealth", "getReadiness", "signIn"}
LISTS_BY_ACCOUNT = {
    "listRuns",
    "listProposals",
    "listApplications",
    "listHandsOff",
    "listAlerts",
    "listAuditEvents",
    "exportAuditEvents",
}


@pytest.fixture
def world(store: Store) -> Iterator[World]:
    made = World(store)
    yield made
    made.close()


def operations(world: World) -> dict[str, tuple[str, str, Any]]:
    """operation → method, path, an example of its body."""
    found = {}
    for path, methods in world.app.openapi()["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            found[operation["operationId"]] = (method.upper(), path, body.get("example"))
    return found


def ask(world: World, operation: str, whose: str, headers: dict[str, str]) -> Any:
    method, path, body = operations(world)[operation]
    ids = world.ids[whose]
    if operation == "decideLines":
        body = {"action": "approve", "lines": [{"line_id": ids["line_id"], "etag": "1-0"}]}
    elif operation == "releaseWord":
        body = {"account_id": whose, "keyword_id": "k9"}
    elif isinstance(body, dict) and "account_id" in body:
        body = body | {"account_id": whose}
    url = path.format_map(ids)
    if operation in LISTS_BY_ACCOUNT and whose != OURS:
        url += f"?account_id={whose}"
    tags = {"idempotency-key": "k", "if-match": '"1-' + "0" * 64 + '"'}
    return world.ask(method, url, headers | tags, body)


def remains(world: World) -> Any:
    """What there is of the other shop: its lines and its record."""
    with world.store.read() as session:
        return (
            select_lines(session, LineFilter(account_id=THEIRS)),
            events.page(session, AuditFilter(account_id=THEIRS)),
            interventions.hands_off(session, THEIRS),
            interventions.stops(session, THEIRS),
        )


def kind(answer: Any) -> str:
    """``forbidden``, ``not-found``, …; "" for what is no refusal."""
    if answer.headers.get("content-type") != "application/problem+json":
        return ""
    return str(answer.json()["type"]).rpartition("/")[2]


def test_every_route_is_in_the_table(world: World) -> None:
    assert set(operations(world)) == set(PROMISED) | ASKS_NOBODY


@pytest.mark.parametrize("operation", PROMISED)
def test_nobody_is_refused(world: World, operation: str) -> None:
    for whose in (OURS, THEIRS):
        refused = ask(world, operation, whose, {})
        assert (refused.status_code, kind(refused)) == (401, "unauthorized")


@pytest.mark.parametrize("operation", [name for name in PROMISED if PROMISED[name][1] != "key"])
def test_a_role_opens_what_is_promised_and_nothing_else(world: World, operation: str) -> None:
    needed, where = PROMISED[operation]
    for (role, by), headers in world.keys.items():
        case = f"{role} by {by}"
        ours = ask(world, operation, OURS, headers)
        if where == "all" or not Role(role).covers(needed):
            assert (ours.status_code, kind(ours)) == (403, "forbidden"), case
        else:
            assert kind(ours) not in ("forbidden", "unauthorized"), f"{case}: {ours.text}"
            # Only what a first caller has taken away already is not there for the second.
            assert kind(ours) != "not-found" or operation in ("releaseWord",), (
                f"{case}: {ours.text}"
            )
        assert THEIRS not in ours.text, case


@pytest.mark.parametrize("operation", [name for name in PROMISED if PROMISED[name][1] != "key"])
def test_another_shop_is_not_there(world: World, operation: str) -> None:
    where, told = PROMISED[operation][1], set()
    before = remains(world)
    for (role, by), headers in world.keys.items():
        theirs = ask(world, operation, THEIRS, headers)
        if where == "one" or operation in LISTS_BY_ACCOUNT:
            assert (theirs.status_code, kind(theirs)) == (404, "not-found"), f"{role} by {by}"
            told.add(anonymous(theirs, THEIRS))
        else:
            assert "连衣裙" not in theirs.text
            assert THEIRS not in theirs.text
    if told:  # and what is nowhere is told in the same words
        nothing = ask(world, operation, NOWHERE, headers)
        assert told == {anonymous(nothing, NOWHERE)}
    assert remains(world) == before


def anonymous(answer: Any, shop: str) -> tuple[int, str]:
    """An answer without the ids that were asked for: what it tells of a shop."""
    detail = answer.json()["detail"].replace(shop, "…")
    return answer.status_code, re.sub(r"[0-9]+", "…", detail)


def test_the_owner_of_everything_sees_both(world: World) -> None:
    with world.store.begin() as session:
        headers = world._token(session, "boss")
    for operation in ("listProposals", "listAuditEvents", "listAlerts", "listStops"):
        text = ask(world, operation, OURS, headers).text
        assert OURS in text
        assert THEIRS in text
    assert ask(world, "getMetrics", OURS, headers).status_code == 200

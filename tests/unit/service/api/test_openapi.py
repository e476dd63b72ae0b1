"""The OpenAPI document: complete, and its examples true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from service.api.openapi import example_of
from service.api.schemas import Page
from service.api.schemas.accounts import AccountSummary, AccountView
from service.api.schemas.applications import (
    ApplicationSummary,
    ApplicationView,
    ApplyDemand,
    BatchView,
    RollbackDemand,
    RollbackView,
)
from service.api.schemas.audit import AuditHeadView, AuditView
from service.api.schemas.decisions import (
    ApproveDemand,
    BulkDemand,
    BulkView,
    EditDemand,
    OverrideView,
    RejectDemand,
)
from service.api.schemas.health import Health, Readiness
from service.api.schemas.interventions import (
    AlertView,
    HandsOffView,
    ReleaseDemand,
    ResumeDemand,
    StopDemand,
    StopsView,
)
from service.api.schemas.ledger import BreakEvenView, LedgerView, StatedDayView
from service.api.schemas.lines import LineDetail, LineGroups, LinePage, LineView
from service.api.schemas.people import (
    AddUserDemand,
    NewPasswordView,
    RoleDemand,
    TokensView,
    TokenView,
    UsersView,
    UserView,
)
from service.api.schemas.problems import Problem, ProblemKind
from service.api.schemas.proposals import ProposalSummary, ProposalView
from service.api.schemas.runs import RejectView, RunDemand, RunSummary, RunView
from service.api.schemas.sessions import PasswordDemand, SessionView, SignInDemand
from service.api.schemas.sheets import DifferenceView, ImportDemand, ImportView

SHAPES: dict[str, tuple[Any, Any]] = {
    "getHealth": (None, Health),
    "getReadiness": (None, Readiness),
    "getMetrics": (None, None),
    "listAccounts": (None, Page[AccountSummary]),
    "getAccount": (None, AccountView),
    "getLedger": (None, LedgerView),
    "listRestatements": (None, Page[StatedDayView]),
    "listBreakEvens": (None, Page[BreakEvenView]),
    "getReport": (None, None),
    "downloadReport": (None, None),
    "listRuns": (None, Page[RunSummary]),
    "startRun": (RunDemand, RunView),
    "getRun": (None, RunView),
    "listRejects": (None, Page[RejectView]),
    "listProposals": (None, Page[ProposalSummary]),
    "getProposal": (None, ProposalView),
    "overrideProposal": (RejectDemand, OverrideView),
    "downloadSheet": (None, None),
    "listLines": (None, LinePage),
    "groupLines": (None, LineGroups),
    "exportLines": (None, None),
    "previewImport": (ImportDemand, DifferenceView),
    "importLines": (ImportDemand, ImportView),
    "getLine": (None, LineDetail),
    "approveLine": (ApproveDemand, LineView),
    "rejectLine": (RejectDemand, LineView),
    "withdrawLine": (ApproveDemand, LineView),
    "editLine": (EditDemand, LineView),
    "decideLines": (BulkDemand, BulkView),
    "applyAccount": (ApplyDemand, ApplicationView),
    "listApplications": (None, Page[ApplicationSummary]),
    "getApplication": (None, ApplicationView),
    "getBatch": (None, BatchView),
    "rollBack": (RollbackDemand, RollbackView),
    "listStops": (None, StopsView),
    "stopApplying": (StopDemand, StopsView),
    "resumeApplying": (ResumeDemand, StopsView),
    "listHandsOff": (None, Page[HandsOffView]),
    "releaseWord": (ReleaseDemand, HandsOffView),
    "listAlerts": (None, Page[AlertView]),
    "acknowledgeAlert": (None, AlertView),
    "listAuditEvents": (None, Page[AuditView]),
    "exportAuditEvents": (None, None),
    "getAuditHead": (None, AuditHeadView),
    "getProblemKind": (None, ProblemKind),
    "signIn": (SignInDemand, SessionView),
    "getSession": (None, SessionView),
    "signOut": (None, None),
    "changePassword": (PasswordDemand, SessionView),
    "listUsers": (None, UsersView),
    "addUser": (AddUserDemand, NewPasswordView),
    "setRole": (RoleDemand, UserView),
    "resetPassword": (None, NewPasswordView),
    "disableUser": (None, UserView),
    "enableUser": (None, UserView),
    "listTokens": (None, TokensView),
    "revokeToken": (None, TokenView),
}


@pytest.fixture
def document(client: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return answer


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def test_every_operation_is_known_and_named_once(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert sorted(names) == sorted(SHAPES)


def test_every_operation_is_told(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path


def test_every_parameter_has_an_example(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            schema = parameter.get("schema", {})
            shown = {"example", "examples"} & (parameter.keys() | schema.keys())
            assert shown, f"{path}: {parameter['name']}"


def test_every_request_and_answer_has_an_example_that_its_schema_takes(
    document: dict[str, Any],
) -> None:
    for path, operation in operations(document):
        demand, answer = SHAPES[operation["operationId"]]
        if demand is not None:
            example = operation["requestBody"]["content"]["application/json"]["example"]
            TypeAdapter(demand).validate_python(example)
        (good,) = [code for code in operation["responses"] if code < "400"]
        for media_type, media in operation["responses"][good].get("content", {}).items():
            assert "example" in media, f"{path}: {media_type}"
            if answer is not None:
                TypeAdapter(answer).validate_json(json_of(media["example"]))


def test_every_refusal_has_an_example_for_each_type_of_problem(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        for code, response in operation["responses"].items():
            if code < "400" or path == "/readyz":
                continue
            media = response["content"]["application/problem+json"]
            assert media["schema"] == {"$ref": "#/components/schemas/Problem"}
            for name, example in media["examples"].items():
                body = Problem.model_validate_json(json_of(example["value"]))
                assert (str(body.status), body.type) == (code, f"/api/v1/problems/{name}")
                assert example["summary"]


def test_every_guarded_operation_says_how_it_refuses(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        if path in ("/healthz", "/readyz"):
            assert operation["security"] == []
            continue
        entrance = operation["operationId"] == "signIn"
        assert operation["security"] == ([] if entrance else [{"token": []}, {"session": []}, {}])
        assert {"401", "403", "421", "500"} <= operation["responses"].keys(), path
        if operation["operationId"] not in WITHOUT_FIELDS:
            assert "422" in operation["responses"], path


WITHOUT_FIELDS = {
    "getAuditHead",
    "getMetrics",
    "listAccounts",
    "listStops",
    "listTokens",
    "listUsers",
    "getSession",
    "signOut",
}
# What was approved leaves, and what was applied is undone by a proposal: nothing shown is decided on.
NOTHING_SHOWN = {"applyAccount", "rollBack"}


# An answer with a password in it is kept nowhere, so nothing about people is remembered by key.
ABOUT_PEOPLE = {
    "addUser",
    "setRole",
    "resetPassword",
    "disableUser",
    "enableUser",
    "revokeToken",
}


def test_decisions_ask_for_what_was_shown_and_a_key(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        if "409" not in operation["responses"] or operation["operationId"] in (
            "startRun",
            *ABOUT_PEOPLE,
        ):
            continue
        parameters = {one["name"]: one for one in operation["parameters"]}
        assert parameters["idempotency-key"]["required"] is True, path
        if operation["operationId"] in NOTHING_SHOWN:
            continue
        assert "if-match" in parameters
        assert {"412", "428"} <= operation["responses"].keys()


def test_every_reference_leads_somewhere(document: dict[str, Any], client: Any) -> None:
    text = client.get("/api/v1/openapi.json").text
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', text)):
        assert name in document["components"]["schemas"], name


def test_the_document_is_made_once(client: Any) -> None:
    assert client.get("/api/v1/openapi.json").content == client.get("/api/v1/openapi.json").content


def test_no_page_that_loads_scripts_from_elsewhere(client: Any) -> None:
    assert [client.get(path).status_code for path in ("/docs", "/redoc")] == [404, 404]


def test_a_scalar_without_an_example_is_found() -> None:
    with pytest.raises(ValueError, match="no example"):
        example_of({"type": "object", "properties": {"a": {"type": "string"}}}, {})


def json_of(value: Any) -> str:
    return TypeAdapter(Any).dump_json(value).decode()

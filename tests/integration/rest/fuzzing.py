"""Requests that the OpenAPI document allows, and ones that it does not, made up by Schemathesis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from two_shops import OURS, World

BASE_URL = "http://127.0.0.1:8750"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass
class Tally:
    """(caller, operation) → status → how often it was answered; and what was wrong."""

    answers: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)
    faults: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def of(self, caller: str) -> Counter[int]:
        """The answers that one caller got, by status."""
        counts = (count for (who, _), count in self.answers.items() if who == caller)
        return sum(counts, Counter())

    def note(self, caller: str, operation: str, answer: httpx.Response) -> None:
        """Count one answer."""
        self.answers.setdefault((caller, operation), Counter())[answer.status_code] += 1


def fuzz(world: World, callers: Mapping[str, dict[str, str]], cases: int) -> Tally:
    """Every caller asks every operation ``cases`` times fitting and as often unfitting requests.

    Every second request names what there is: the ids of ``ours`` and the tag of what is shown. What
    is wrong is gathered, the first of each kind, so that one fault does not hide another.
    """
    tally = Tally()
    schema = schemathesis.openapi.from_dict(world.app.openapi())
    for result in schema.get_all_operations():
        for mode in GenerationMode:
            _fuzz_one(world, result.ok(), mode, callers, cases, tally)
    return tally


def _fuzz_one(
    world: World,
    operation: Any,
    mode: GenerationMode,
    callers: Mapping[str, dict[str, str]],
    cases: int,
    tally: Tally,
) -> None:
    try:
        strategy = operation.as_strategy(generation_mode=mode)
        strategy.validate()
    except Exception as error:
        if not _nothing_to_break(error):
            raise
        return
    name = operation.definition.raw["operationId"]

    @settings(
        max_examples=cases,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, known=st.booleans())
    def ask(case: Any, known: bool) -> None:
        for caller, headers in callers.items():
            if known:
                _name_what_there_is(world, case, headers)
            answer = send(world, case, headers)
            tally.note(caller, name, answer)
            for kind, told in faults_of(case, answer):
                tally.faults.setdefault((caller, name, kind), told)

    try:
        ask()
    except Exception as error:
        if not _nothing_to_break(error):
            raise


def _nothing_to_break(error: Exception) -> bool:
    """Whether an operation has no part that a request could get wrong."""
    return type(error).__name__ in ("Unsatisfiable", "UnsatisfiableParameter")


def _name_what_there_is(world: World, case: Any, headers: dict[str, str]) -> None:
    ids = world.ids[OURS]
    for name in case.path_parameters or {}:
        case.path_parameters[name] = str(ids[name])
    if "account_id" in (case.query or {}):
        case.query["account_id"] = OURS
    if isinstance(case.body, dict) and "account_id" in case.body:
        case.body["account_id"] = OURS
    if "If-Match" in (case.headers or {}):
        shown = case.operation.path.rpartition("/")[0].format_map(ids)
        tag = world.ask("GET", shown, headers, None).headers.get("etag")
        if tag is not None:
            case.headers["If-Match"] = tag


def send(world: World, case: Any, headers: Mapping[str, str]) -> httpx.Response:
    """One request as a program would put it on the wire."""
    wire = case.as_transport_kwargs(base_url=BASE_URL)
    told = requests.Request(
        **{
            name: wire[name]
            for name in ("method", "url", "headers", "params", "json", "data", "files", "cookies")
            if name in wire
        }
    ).prepare()
    sent = {name: value for name, value in told.headers.items() if name.lower() != "authorization"}
    return world.send(told.method, told.url, {**sent, **headers}, told.body)


def faults_of(case: Any, answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """Where an answer is not what the document says: the check that found it, and its words."""
    for check in CHECKS:
        if check is not_a_server_error and answer.status_code == 502:
            continue  # the shops of these tests have no platform; that it is told so is documented
        try:
            case.validate_response(answer, checks=[check])
        except (AssertionError, BaseExceptionGroup) as fault:
            several = getattr(fault, "exceptions", (fault,))
            told = "\n".join(str(each) for each in several)
            yield check.__name__, f"{answer.request.method} {answer.request.url}\n{told}"

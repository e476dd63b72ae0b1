"""No route is served that does not say which role it needs, and where."""

import re

import pytest
from fastapi import APIRouter, Depends, FastAPI
from tree import ROOT, python_files

from service.api import needs, places
from service.api.needs import ANYBODY, ENTERED, include
from service.people.roles import Role


def router_with(**options):
    router = APIRouter()

    @router.get("/somewhere", **options)
    def somewhere():
        """Nothing."""

    return router


def nested():
    outer = APIRouter()
    outer.include_router(router_with())
    return outer


@pytest.mark.parametrize(
    "router",
    [
        router_with(),
        router_with(dependencies=[Depends(list)]),
        router_with(dependencies=[needs.needs(Role.VIEWER, places.of_account), ENTERED]),
        nested(),
    ],
    ids=["nothing", "something else", "two things", "out of sight"],
)
def test_a_route_that_does_not_say_one_thing_is_refused(router):
    with pytest.raises(RuntimeError, match="which role they need"):
        include(FastAPI(), router)


@pytest.mark.parametrize(
    "one",
    [ENTERED, ANYBODY, needs.needs(Role.OWNER, places.everything)],
    ids=["entered", "anybody", "owner"],
)
def test_a_route_that_says_one_thing_is_taken(one):
    include(FastAPI(), router_with(dependencies=[one]))


def test_there_is_no_other_way_to_serve_a_route():
    ways = re.compile(r"\.(include_router|add_api_route|add_route|mount)\(|@app\.(get|post|put)")
    found = [
        str(path)
        for path in python_files("service")
        if ways.search((ROOT / path).read_text(encoding="utf-8"))
    ]
    assert found == ["service/api/needs.py"]


def test_only_a_named_few_ask_nobody():
    found = set()
    for path in python_files("service"):
        text = (ROOT / path).read_text(encoding="utf-8")
        for route in re.finditer(r"\n@\w+\.\w+\((.*?)\ndef ", text, re.DOTALL):
            if "ANYBODY" in route[1]:
                found.add(re.search(r'operation_id="(\w+)"', route[1])[1])
    pages = {"signInPage", "signInByPage", "leaveForProvider", "returnFromProvider"}
    assert found == {"getHealth", "getReadiness", "signIn"} | pages

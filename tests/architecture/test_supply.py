"""The check of what is installed, on packages made up for it; `make check` runs it on the real ones."""

import re

import pytest
from tree import ROOT

from tests.supply import (
    ELSEWHERE,
    OPTIONAL,
    READ,
    Installed,
    canonical,
    complaints,
    here,
    optional_groups,
    pinned,
)

PINS = {"good": "1.2.3", "other": "2.0"}


def made(name="good", version="1.2.3", licences=("MIT",), **changes):
    return Installed(name=name, version=version, licences=licences, **changes)


OTHER = made("Other", "2.0", ("Apache-2.0 OR GPL-3.0-only",))


def test_what_is_as_it_is_pinned_is_fine():
    ours = made("kaiche", "0.1.0", ())
    assert list(complaints([made(), OTHER, ours, made("pip", "23")], PINS)) == []


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (made("stray", "1.0"), "stray 1.0 is installed and not pinned"),
        (made(version="1.2.4"), "installed at 1.2.4 and pinned at 1.2.3"),
        (made(from_index=False), "from a place of its own"),
        (made("stray", "1.0+local"), "no release"),
        (made("stray", "1.0rc1"), "no release"),
        (made("stray", "yesterday"), "no release"),
        (made(licences=("GPL-3.0-only",)), "is under GPL-3.0-only"),
        (made(licences=()), "no licence it names"),
        (made(licences=("MIT AND GPL-3.0-only",)), "is under MIT AND GPL-3.0-only"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_is_told(odd, said):
    rest = [one for one in (made(), OTHER) if one.name != odd.name]
    assert said in "\n".join(complaints([odd, *rest], PINS))


def test_what_is_pinned_and_brought_by_nothing_is_told():
    assert list(complaints([made()], PINS)) == [
        "other is pinned and nothing brings it any more; remove it from constraints.txt"
    ]


def test_the_lists_of_the_check_name_nothing_that_is_gone():
    pins = pinned((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    assert pins.keys() >= OPTIONAL
    assert {canonical(one.name) for one in here()} | OPTIONAL >= READ.keys()
    groups = optional_groups()
    asked = {canonical(re.split(r"[><=]", one)[0]) for one in groups["bench"] + groups["audit"]}
    assert asked <= OPTIONAL
    assert not OPTIONAL & ELSEWHERE


def test_an_audit_that_could_not_ask_is_no_audit():
    """Without --strict the auditor ends green when its service knows none of the packages."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^\t\S*pip-audit .*--strict", makefile, re.MULTILINE)
    assert re.search(r"^check:.*\n(\t.*\n)*\t\S*python -m tests\.supply\n", makefile, re.MULTILINE)

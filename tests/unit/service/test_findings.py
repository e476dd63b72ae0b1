from __future__ import annotations

from string import Formatter
from typing import Any

import pytest

from optimizer.review import FINDINGS
from service.findings import FOUND, doubts, found


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_service_has_words_for_whatever_the_model_finds() -> None:
    assert set(FOUND) == set(FINDINGS)


@pytest.mark.parametrize("finding", FINDINGS)
def test_both_languages_tell_the_same_figures(finding: str) -> None:
    zh, en = FOUND[finding]
    assert places(zh) == places(en) == places(FINDINGS[finding])
    assert not zh.isascii()
    assert en.isascii() or "±" in en


def check(verdict: str = "REVIEW", **more: Any) -> dict[str, Any]:
    figures = {"seen": 380.0, "expected": 1204.4}
    return {"verdict": verdict, "finding": "newest_clicks", "figures": figures} | more


def test_a_check_is_told_with_its_figures() -> None:
    assert found(check(), "zh") == "最近几天点击 380 次, 模型预计 1204 次"
    assert found(check(), "en") == "380 clicks in the newest days; the model expects 1204"


def test_a_check_from_before_findings_had_keys_keeps_its_english() -> None:
    old = {"verdict": "REVIEW", "detail": "380 clicks where 1204 were expected"}
    assert found(old, "en") == "380 clicks where 1204 were expected"
    assert found(old, "zh") == ""


def test_doubts_leave_out_what_passed() -> None:
    other = check(finding="few_late", figures={})
    told = doubts([check("PASS"), check("FAIL"), other], "zh")
    assert told == "最近几天点击 380 次, 模型预计 1204 次; 预计回流的成交太少, 无法判断"

from __future__ import annotations

import pytest

from connectors.reports.cells import CellError
from connectors.reports.vocabulary import bid_type_of, is_total, is_word_package, parse_match


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("精准", "exact"),
        ("精准匹配", "exact"),
        ("1", "exact"),
        ("广泛", "broad"),
        ("4", "broad"),
        ("短语", "phrase"),
        ("中心词", "phrase"),
        ("智能", "auto"),
        (" 自动匹配 ", "auto"),
    ],
)
def test_matches(text: str, match: str) -> None:
    assert parse_match(text) == match


def test_an_unknown_match_is_refused() -> None:
    with pytest.raises(CellError, match="匹配方式无法识别"):
        parse_match("随便")


@pytest.mark.parametrize(
    ("text", "bid_type"),
    [
        ("", "custom_bid"),
        ("手动出价", "custom_bid"),
        ("最大化拿量", "max_amount"),
        ("控成本投放", "cost_control"),
        ("控投产比", "roi_control"),
        ("一种新的方式", "unknown"),
    ],
)
def test_bid_types(text: str, bid_type: str) -> None:
    assert bid_type_of(text) == bid_type


@pytest.mark.parametrize("text", ["合计", "汇总：", " 总计 ", "Total"])
def test_totals(text: str) -> None:
    assert is_total(text)


@pytest.mark.parametrize("text", ["", "连衣裙合计", "2026-05-01"])
def test_not_totals(text: str) -> None:
    assert not is_total(text)


@pytest.mark.parametrize(
    ("kind", "package"), [("关键词", False), ("", False), ("词包", True), ("流量智选", True)]
)
def test_word_packages(kind: str, package: bool) -> None:
    assert is_word_package(kind) is package

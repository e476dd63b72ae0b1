from __future__ import annotations

from typing import Any

import pytest

from connectors.reports.columns import LayoutError, is_column_name, recognise

OLD = (
    "日期,状态,推广计划,推广单元,关键词,质量分,展现量,点击量,花费,"
    "直接成交金额,间接成交金额,直接成交笔数,间接成交笔数"
)


def test_a_keyword_report(exports: Any) -> None:
    layout = recognise([exports.HEADER])
    assert layout.kind == "report"
    assert layout.header_index == 0
    assert layout.width == len(exports.HEADER)
    assert layout.spelling("word_id") == "词ID/词包ID"
    assert layout.has("orders")
    assert not layout.has("carts")


def test_title_lines_above_the_header_are_passed_over(exports: Any) -> None:
    layout = recognise([["关键词报表 2026-05"], [], ["店铺", "某店"], exports.HEADER])
    assert (layout.kind, layout.header_index) == ("report", 3)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("计划ID,单元ID,词ID/词包ID,关键词,匹配方式,出价", "bids"),
        ("计划ID,单元ID,词ID,关键词,出价,展现量,点击量,花费", "bids"),
        ("日期,词ID/词包ID,出价", "record"),
        ("日期,词ID/词包ID,原出价,出价", "record"),
        (OLD, "named_report"),
    ],
)
def test_kinds(header: str, kind: str) -> None:
    assert recognise([header.split(",")]).kind == kind


@pytest.mark.parametrize(
    ("spelling", "column"),
    [
        ("词 ID/词包ID", "word_id"),
        ("词ＩＤ／词包ＩＤ", "word_id"),
        ("\ufeff日期", "date"),
        ("统计日期", "date"),
        ("计划名称", "campaign_name"),
        ("单元名称", "adgroup_name"),
        ("花费(元)", "spend"),
        ("花费（元）", "spend"),
        ("宝贝收藏数", "item_favourites"),
        ("收藏宝贝数", "item_favourites"),
    ],
)
def test_spellings(exports: Any, spelling: str, column: str) -> None:
    assert is_column_name(spelling)
    original = {
        "word_id": "词ID/词包ID",
        "date": "日期",
        "campaign_name": "计划名字",
        "adgroup_name": "单元名字",
        "spend": "花费",
    }.get(column)
    header = [spelling if name == original else name for name in exports.HEADER]
    if original is None:
        header.append(spelling)
    assert recognise([header]).positions[column] == header.index(spelling)


def test_the_first_synonym_wins_over_a_later_one(exports: Any) -> None:
    for header in (["关键词", *exports.HEADER], [*exports.HEADER, "关键词"]):
        assert recognise([header]).spelling("word") == "词名字/词包名字"


def test_parts_stand_in_for_a_total(exports: Any) -> None:
    header = [name for name in exports.HEADER if name != "总成交笔数"]
    layout = recognise([[*header, "直接成交笔数", "间接成交笔数"]])
    assert not layout.has("orders")
    with pytest.raises(LayoutError, match="总成交笔数") as caught:
        recognise([[*header, "直接成交笔数"]])
    assert caught.value.column == "总成交笔数"


def test_a_missing_column_is_named_and_those_found_are_listed(exports: Any) -> None:
    header = [name for name in exports.HEADER if name != "花费"]
    with pytest.raises(LayoutError, match=r"缺少列“花费”.*现有列 found: .*展现量") as caught:
        recognise([header])
    assert caught.value.column == "花费"


def test_a_column_twice_is_refused(exports: Any) -> None:
    with pytest.raises(LayoutError, match="花费”出现了两次"):
        recognise([[*exports.HEADER, "花费"]])


def test_hours_are_refused(exports: Any) -> None:
    with pytest.raises(LayoutError, match="分小时"):
        recognise([[*exports.HEADER, "小时"]])


def test_a_period_sum_is_refused(exports: Any) -> None:
    with pytest.raises(LayoutError, match="按天"):
        recognise([exports.HEADER[1:]])


@pytest.mark.parametrize("rows", [[], [[]], [["姓名", "电话"], ["张", "1"]]])
def test_something_else(rows: list[list[str]]) -> None:
    with pytest.raises(LayoutError, match="不是关键词报表") as caught:
        recognise(rows)
    assert caught.value.column is None


def test_a_bid_list_without_word_ids() -> None:
    with pytest.raises(LayoutError, match="缺少列“词ID/词包ID”"):
        recognise([["计划ID", "单元ID", "关键词", "出价"]])


def test_a_report_of_another_level(exports: Any) -> None:
    header = [name for name in exports.HEADER if not name.startswith("词")]
    with pytest.raises(LayoutError, match="计划或单元层级") as caught:
        recognise([header])
    assert caught.value.column == "词ID/词包ID"


def test_known_columns_that_make_no_table() -> None:
    with pytest.raises(LayoutError, match=r"不是关键词报表.*计划名字"):
        recognise([["日期", "计划ID", "计划名字", "花费"]])


def test_a_long_header_is_listed_in_part(exports: Any) -> None:
    header = [name for name in exports.HEADER if name != "花费"] + [f"列{k}" for k in range(60)]
    with pytest.raises(LayoutError, match="…（共76列）"):
        recognise([header])

"""What a sound table says, in all the forms in which it may say it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.platform import KeywordDayRow

WORD = "30481986859300002"


def only(exports: Any, path: Path) -> KeywordDayRow:
    _, rows, rejects = exports.read(path)
    assert rejects == []
    (row,) = rows
    assert isinstance(row, KeywordDayRow)
    return row


def written(tmp_path: Path, data: bytes, name: str = "报表_20260515.csv") -> Path:
    (tmp_path / name).write_bytes(data)
    return tmp_path


PLAIN = KeywordDayRow(
    keyword_id=WORD,
    adgroup_id="21",
    campaign_id="11",
    date=date(2026, 5, 1),
    impressions=100,
    clicks=4,
    spend_fen=120,
    orders=1,
    revenue_fen=3000,
)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_the_same_row_in_every_encoding(exports: Any, tmp_path: Path, encoding: str) -> None:
    data = exports.csv([exports.row()], encoding=encoding)
    assert only(exports, written(tmp_path, data)) == PLAIN


def test_the_same_row_from_a_workbook_a_zip_and_a_wrong_name(exports: Any, tmp_path: Path) -> None:
    workbook = exports.xlsx(exports.lines([exports.row()]))
    for name, data in {
        "a.xlsx": workbook,
        "b.csv": workbook,
        "c.zip": exports.zip(**{"x.xlsx": workbook}),
        "d.xlsx": exports.csv([exports.row()]),
        "e": exports.zip(**{"x.csv": exports.csv([exports.row()])}),
    }.items():
        (tmp_path / name).write_bytes(data)
        assert only(exports, tmp_path / name) == PLAIN


def test_numbers_and_dates_of_a_workbook(exports: Any, tmp_path: Path) -> None:
    row: list[object] = list(exports.row().values())
    row[0], row[3], row[12:] = date(2026, 5, 1), 11, [100, 4.0, 1.2, 30, 1]
    data = exports.xlsx([["关键词报表"], exports.HEADER, row])
    assert only(exports, written(tmp_path, data)) == PLAIN


def test_a_page_of_notes_beside_the_report_is_no_reject(exports: Any, tmp_path: Path) -> None:
    data = exports.xlsx([["说明"], ["数据仅供参考"]], exports.lines([exports.row()]))
    assert only(exports, written(tmp_path, data)) == PLAIN


def test_totals_titles_and_blank_lines_are_passed_over(exports: Any, tmp_path: Path) -> None:
    blank = [""] * len(exports.HEADER)
    total = ["合计", *blank[1:12], "100", "4", "1.20", "30.00", "1"]
    by_campaign = [*blank[:3], "11", "小计", *blank[5:]]
    dashes = ["-", *["--"] * 9, "汇总", *blank[11:]]
    lines = exports.lines([total, blank, exports.row(), by_campaign, dashes])
    text = "关键词报表 2026-05-01至2026-05-01\n\n" + exports.text(lines) + "\n\n"
    assert only(exports, written(tmp_path, text.encode("gb18030"))) == PLAIN


def test_every_line_may_end_in_a_comma(exports: Any, tmp_path: Path) -> None:
    text = exports.text(exports.lines([exports.row()]))
    for data in (text.replace("\n", ",\n"), text.replace("1\n", "1,\n")):
        assert only(exports, written(tmp_path, data.encode())) == PLAIN


def test_a_word_that_reads_like_a_total_is_a_word(exports: Any, tmp_path: Path) -> None:
    data = exports.csv([exports.row(**{"词名字/词包名字": "汇总"})])
    assert only(exports, written(tmp_path, data)) == PLAIN


def test_blanks_are_zero_and_forms_of_numbers(exports: Any, tmp_path: Path) -> None:
    row = exports.row(
        日期="2026/5/1",
        展现量="1,234",
        点击量="--",
        花费="¥1,234.50",
        总成交金额="\\N",
        总成交笔数="-",
        **{"词ID/词包ID": f'="{WORD}"'},
    )
    read = only(exports, written(tmp_path, exports.csv([row])))
    assert (read.keyword_id, read.date) == (WORD, date(2026, 5, 1))
    assert (read.impressions, read.clicks, read.spend_fen) == (1234, 0, 123450)
    assert (read.orders, read.revenue_fen) == (0, 0)


def test_direct_and_indirect_make_a_total(exports: Any, tmp_path: Path) -> None:
    parts = {
        "直接成交笔数": "2",
        "间接成交笔数": "1",
        "直接成交金额": "20.10",
        "间接成交金额": "\\N",
        "直接购物车数": "3",
        "间接购物车数": "4",
        "宝贝收藏数": "5",
        "收藏店铺数": "6",
        "平均展现排名": "7.5",
    }
    header = [name for name in exports.HEADER if name != "总成交笔数"] + list(parts)
    row = exports.row(总成交金额="-", **parts)
    read = only(exports, written(tmp_path, exports.csv([row], header)))
    assert (read.orders, read.revenue_fen) == (3, 2010)
    assert (read.carts, read.favourites, read.avg_rank) == (7, 11, 7.5)


def test_a_stated_total_is_taken_as_stated(exports: Any, tmp_path: Path) -> None:
    parts = {"直接成交笔数": "2", "间接成交笔数": "0", "总购物车数": "9", "总收藏数": "8"}
    row = exports.row(总成交笔数="1", **parts)
    read = only(exports, written(tmp_path, exports.csv([row], [*exports.HEADER, *parts])))
    assert (read.orders, read.carts, read.favourites) == (1, 9, 8)


@pytest.mark.parametrize("rate", ["4.00%", "0.04", "4", "4.0%", "-", "", "约4%"])
def test_a_rate_that_agrees_or_says_nothing(exports: Any, tmp_path: Path, rate: str) -> None:
    data = exports.csv([exports.row(点击率=rate)], [*exports.HEADER, "点击率"])
    assert only(exports, written(tmp_path, data)) == PLAIN


def test_a_rate_may_be_cut_instead_of_rounded(exports: Any, tmp_path: Path) -> None:
    data = exports.csv(
        [exports.row(展现量="3", 点击量="2", 点击率="66.66%")], [*exports.HEADER, "点击率"]
    )
    assert only(exports, written(tmp_path, data)).clicks == 2


@pytest.mark.parametrize(("window", "days"), [("15天", 15), ("30天转化数据", 30), ("7天", 0)])
def test_the_attribution_window_of_the_export(
    exports: Any, tmp_path: Path, window: str, days: int
) -> None:
    data = exports.csv([exports.row(转化周期=window)], [*exports.HEADER, "转化周期"])
    _, rows, rejects = exports.read(written(tmp_path, data), attribution_days=days)
    assert rows == [PLAIN]
    assert rejects == []


def test_spend_without_clicks_and_costs_above_the_bid_are_real(
    exports: Any, tmp_path: Path
) -> None:
    row = exports.row(点击量="0", 花费="3.21")
    assert only(exports, written(tmp_path, exports.csv([row]))).spend_fen == 321


def test_a_day_may_be_as_late_as_the_export(exports: Any, tmp_path: Path) -> None:
    data = exports.csv([exports.row(日期="2026-05-15")])
    assert only(exports, written(tmp_path, data)).date == date(2026, 5, 15)


def test_ninety_days_are_allowed(exports: Any, tmp_path: Path) -> None:
    data = exports.csv([exports.row(日期="2026-02-01"), exports.row(日期="2026-05-01")])
    _, rows, rejects = exports.read(written(tmp_path, data))
    assert len(rows) == 2
    assert rejects == []


def test_a_name_with_quotes_commas_and_line_breaks(exports: Any, tmp_path: Path) -> None:
    rows = [exports.row(单元名字='夏季"新款",\n第二行'), exports.row(**{"词ID/词包ID": "7"})]
    roster, read, rejects = exports.read(written(tmp_path, exports.csv(rows)))
    assert rejects == []
    assert len(read) == 2
    assert roster.adgroups[0].name in ('夏季"新款",\n第二行', "单元甲")
    assert len(roster.adgroups) == 1


def test_longer_ids_that_end_in_zeros_beside_others_are_real(exports: Any, tmp_path: Path) -> None:
    ids = ["30481986859300000", "30481986859400000", "30481986859500000", "30481986859500001"]
    data = exports.csv([exports.row(**{"词ID/词包ID": one}) for one in ids])
    _, rows, rejects = exports.read(written(tmp_path, data))
    assert [row.keyword_id for row in rows] == ids
    assert rejects == []

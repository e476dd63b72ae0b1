"""Every way in which a person's folder has been found damaged, and what is said about it.

Each case is laid beside a sound report and a sound bid list, which must come through untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SourceError
from connectors.platform import Reject

NAME = "关键词报表_20260515_081502.csv"
LIST = "关键词出价_20260515.csv"
GOOD = 2  # rows of the damaged file that stand, unless the case says otherwise


@dataclass(frozen=True)
class Case:
    """A damaged file: how it is made, and the reject that must name it."""

    make: Callable[[Any], bytes]
    reason: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    name: str = NAME
    source: str | None = None
    good_rows: int = 0
    rejects: int = 1


def good(exports: Any) -> list[dict[str, str]]:
    """Two sound rows that belong to the damaged file."""
    return [exports.row(**{"词ID/词包ID": str(900 + k), "日期": "2026-05-02"}) for k in range(GOOD)]


def with_row(**changes: str) -> Callable[[Any], bytes]:
    """A report whose second data row is wrong."""

    def make(exports: Any) -> bytes:
        first, last = good(exports)
        return bytes(exports.csv([first, exports.row(**changes), last]))

    return make


def without(column: str) -> Callable[[Any], bytes]:
    return lambda exports: exports.csv(
        good(exports), [name for name in exports.HEADER if name != column]
    )


def raw(edit: Callable[[str, Any], str], encoding: str = "gb18030") -> Callable[[Any], bytes]:
    """The text of a sound report, edited."""

    def make(exports: Any) -> bytes:
        return edit(exports.text(exports.lines(good(exports))), exports).encode(encoding)

    return make


def bad_cell(column: str, value: str, reason: str, **more: Any) -> Case:
    return Case(
        with_row(**{column: value}),
        reason,
        row=3,
        column=column,
        value=value,
        good_rows=GOOD,
        **more,
    )


def bad_bid(column: str, value: str, reason: str) -> Case:
    return Case(
        lambda exports: exports.csv(
            [exports.bid(**{"词ID/词包ID": "901", column: value})], exports.BID_HEADER
        ),
        reason,
        row=2,
        column=column,
        value=value,
        name="出价_20260515_090000.csv",
        rejects=2,  # the row, and the file without any other
    )


def encrypted(exports: Any) -> bytes:
    data = bytearray(exports.zip(**{"b.csv": exports.csv(good(exports))}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def damaged_member(exports: Any) -> bytes:
    data = bytearray(exports.zip(**{"b.csv": exports.csv(good(exports) * 50)}))
    data[60:70] = b"\xff" * 10
    return bytes(data)


def long_period(exports: Any) -> bytes:
    return bytes(exports.csv([exports.row(日期="2026-01-01"), exports.row(日期="2026-05-01")]))


def merged(exports: Any) -> bytes:
    lines = exports.lines(good(exports)[:1])
    return bytes(exports.text([*lines, *exports.lines(good(exports)[1:])]).encode("gb18030"))


def two_tables(exports: Any) -> bytes:
    bids = exports.lines([exports.bid(), exports.bid()], exports.BID_HEADER)
    return bytes(exports.text([*exports.lines(good(exports)), *bids]).encode("gb18030"))


def other_template(exports: Any) -> bytes:
    """The same columns below in another order: clicks would be read as impressions."""
    swapped = list(exports.HEADER)
    swapped[12], swapped[13] = swapped[13], swapped[12]
    below = exports.lines(good(exports), swapped)
    return bytes(exports.text([*exports.lines(good(exports)), *below]).encode("gb18030"))


def rounded_ids(exports: Any) -> bytes:
    ids = ["30481986859300000", "30481986859400000", "30481986859500000"]
    return bytes(exports.csv([exports.row(**{"词ID/词包ID": one}) for one in ids]))


def numeric_id(exports: Any) -> bytes:
    first, last = good(exports)
    wrong = list(exports.row().values())
    wrong[10] = 30481986859300002
    lines = [exports.HEADER, first.values(), wrong, last.values()]
    return bytes(exports.xlsx([list(line) for line in lines]))


CASES: dict[str, Case] = {
    "empty file": Case(lambda _: b"", "空的"),
    "only a header": Case(lambda exports: exports.csv([]), "没有可用的数据行"),
    "truncated zip": Case(
        lambda exports: exports.zip(**{"b.csv": exports.csv(good(exports))})[:-30],
        "压缩包不完整",
    ),
    "empty zip": Case(lambda exports: exports.zip(), "压缩包里没有文件", name="a.zip"),
    "zip of an unknown kind": Case(
        lambda exports: exports.zip(**{"b.csv": b"x"}).replace(
            b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x4a"
        ),
        "压缩包不完整",
        name="a.zip",
    ),
    "zip with a password": Case(encrypted, "有密码", name="a.zip", source="a.zip/b.csv"),
    "damaged inside a zip": Case(damaged_member, "已损坏", name="a.zip", source="a.zip/b.csv"),
    "zip within a zip": Case(
        lambda exports: exports.zip(**{"b.zip": exports.zip(**{"c.csv": b"x"})}),
        "请先解压",
        name="a.zip",
        source="a.zip/b.zip",
    ),
    "truncated workbook": Case(
        lambda exports: exports.xlsx(exports.lines(good(exports)))[:-200], "XLSX"
    ),
    "old XLS": Case(lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "XLS"),
    "web page": Case(lambda _: b"<!doctype html><html>login</html>", "网页"),
    "picture": Case(lambda _: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "不是关键词报表"),
    "some other table": Case(lambda _: "姓名,电话\n张,1\n".encode(), "姓名、电话"),
    "wrong encoding": Case(
        lambda exports: exports.text(exports.lines(good(exports))).encode("utf-16-le"),
        "不是关键词报表",
    ),
    "broken bytes in a number": Case(
        lambda exports: with_row(花费="@")(exports).replace(b"@", b"\xff\xff"),
        "字节已损坏",
        row=3,
        column="花费",
        value="\ufffd\ufffd",
        good_rows=GOOD,
    ),
    "broken bytes in a name": Case(
        lambda exports: with_row(单元名字="@")(exports).replace(b"@", b"\xff"),
        "字节已损坏",
        row=3,
        column="单元名字",
        value="\ufffd",
        good_rows=GOOD,
    ),
    "NUL bytes": Case(
        with_row(展现量="1\x0000"),
        "字节已损坏",
        row=3,
        column="展现量",
        value="1\ufffd00",  # made visible
        good_rows=GOOD,
    ),
    "period sum": Case(without("日期"), "按天（分日）拆分", column="日期"),
    "no word id": Case(without("词ID/词包ID"), "缺少列“词ID/词包ID”", column="词ID/词包ID"),
    "no spend": Case(without("花费"), "缺少列“花费”", column="花费"),
    "column twice": Case(
        raw(lambda text, _: text.replace("总成交金额", "总成交笔数", 1)),
        "出现了两次",
        column="总成交笔数",
    ),
    "damaged id": bad_cell("词ID/词包ID", "3.04E+11", "末尾数字丢失"),
    "id stored as a number": Case(
        numeric_id,
        "末尾数字丢失",
        row=3,
        column="词ID/词包ID",
        value="3.04819868593e+16",
        good_rows=GOOD,
    ),
    "ids rounded": Case(rounded_ids, "末尾都是 0", column="词ID/词包ID", value="30481986859500000"),
    "no id": bad_cell("计划ID", "-", "缺少ID"),
    "more clicks than impressions": bad_cell("点击量", "101", "点击量 101 大于展现量 100"),
    "negative spend": bad_cell("花费", "-1.20", "负数"),
    "text in a number": bad_cell("总成交金额", "三十", "不是数字"),
    "count with decimals": bad_cell("点击量", "1.5", "整数"),
    "scientific spend": bad_cell("花费", "1.2E+02", "科学计数"),
    "unreadable date": bad_cell("日期", "五月一日", "无法识别"),
    "no such day": bad_cell("日期", "2026-02-30", "没有这一天"),
    "period in the date": bad_cell("日期", "2026-05-01 至 2026-05-07", "按天"),
    "date after the export": bad_cell("日期", "2026-05-16", "晚于导出日期 2026-05-15"),
    "too few cells": Case(
        raw(lambda text, _: text + "2026-05-02,376,关键词推广,11,计划\n"),
        "单元格数与表头不符",
        row=4,
        good_rows=GOOD,
    ),
    "too many cells": Case(
        raw(lambda text, exports: text + ",".join(exports.row().values()) + ",7\n"),
        "单元格数与表头不符",
        row=4,
        good_rows=GOOD,
    ),
    "cut in the middle of a line": Case(
        raw(lambda text, _: text[:-8]), "单元格数与表头不符", row=3, good_rows=1
    ),
    "unclosed quotation mark": Case(
        raw(lambda text, _: text + '"2026-05-02,376\n'), "第 4 行起引号没有配对"
    ),
    "header again: merged exports": Case(merged, "又出现一次表头", row=3, good_rows=GOOD),
    "another table below": Case(two_tables, "另一张表", row=4, good_rows=GOOD),
    "another template below": Case(other_template, "另一张表", row=4, good_rows=GOOD),
    "more than 90 days": Case(
        long_period, "共 121 天", column="日期", value="2026-01-01 … 2026-05-01"
    ),
    "split by hours": Case(
        raw(lambda text, _: text.replace("场景名字", "小时", 1)), "分小时", column="小时"
    ),
    "other attribution window": Case(
        raw(lambda text, _: text.replace("场景名字", "转化周期").replace("关键词推广", "7天")),
        "转化周期是 7 天，而配置为 15 天",
        column="转化周期",
        value="7天",
    ),
    "columns shifted": Case(
        lambda exports: exports.csv(
            [
                {**row, "点击率": rate}
                for row, rate in zip(good(exports), ["4.00%", "25.00%"], strict=True)
            ],
            [*exports.HEADER, "点击率"],
        ),
        "点击率与 点击量 4 ÷ 展现量 100 不符",
        row=3,
        column="点击率",
        value="25.00%",
        good_rows=1,
    ),
    "conflicting duplicate": Case(
        lambda exports: exports.csv([*good(exports), {**good(exports)[0], "花费": "1.10"}]),
        f"同一天同一词的数字不同：此处 1.10，{NAME} 第 2 行 1.20",
        row=4,
        column="花费",
        value="1.10",
        good_rows=GOOD,
    ),
    "bid below the floor": bad_bid("出价", "0.04", "0.05 至 99.99"),
    "bid above the ceiling": bad_bid("出价", "100.00", "0.05 至 99.99"),
    "bid with three decimals": bad_bid("出价", "0.505", "两位小数"),
    "unknown match": bad_bid("匹配方式", "随缘", "匹配方式无法识别"),
    "bid list without a date": Case(
        lambda exports: exports.csv([exports.bid(出价="9.99")], exports.BID_HEADER),
        "文件名没有日期",
        name="出价.csv",
    ),
    "the sheet to upload": Case(
        lambda exports: exports.csv(
            [{**exports.bid(出价="9.99"), "原出价": "0.50"}],
            [*exports.BID_HEADER[:-1], "原出价", "出价"],
        ),
        "要上传到平台的批量改价表，不是平台下载的出价表，不能确认任何调价",
        column="原出价",
        name="出价_20260516_090000.csv",  # newer than the list that stands
    ),
    "two bids for one word": Case(
        lambda exports: exports.csv(
            [exports.bid(**{"词ID/词包ID": "901", "出价": bid}) for bid in ("0.70", "0.60")],
            exports.BID_HEADER,
        ),
        "同一词有两个出价：此处 0.70，出价_20260515_090000.csv 第 3 行 0.60",
        row=2,
        column="出价",
        value="0.70",
        name="出价_20260515_090000.csv",
    ),
}


def lay(exports: Any, folder: Path, case: Case) -> None:
    (folder / case.name).write_bytes(case.make(exports))


def beside(exports: Any, folder: Path) -> None:
    (folder / "好的_20260510.csv").write_bytes(exports.csv([exports.row()]))
    (folder / LIST).write_bytes(exports.csv([exports.bid()], exports.BID_HEADER))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_damaged_is_named_and_disturbs_nothing_else(
    exports: Any, tmp_path: Path, case: Case
) -> None:
    beside(exports, tmp_path)
    lay(exports, tmp_path, case)
    roster, rows, rejects = exports.read(tmp_path)

    told = [reject for reject in rejects if case.reason in reject.reason]
    assert len(told) == 1, rejects
    assert len(rejects) == case.rejects, rejects
    assert told[0] == Reject(
        source=case.source or case.name,
        row=case.row,
        column=case.column,
        value=case.value,
        reason=told[0].reason,
    )
    assert told[0].reason.rstrip().endswith(")") or "found:" in told[0].reason

    sound = [row for row in rows if row.keyword_id == exports.row()["词ID/词包ID"]]
    assert [(row.impressions, row.clicks, row.spend_fen) for row in sound] == [(100, 4, 120)]
    assert len(rows) - len(sound) == case.good_rows
    kept = next(word for word in roster.keywords if word.keyword_id == sound[0].keyword_id)
    assert (kept.bid_fen, kept.biddable) == (50, True)


WHOLE = [name for name, case in CASES.items() if not case.good_rows and "bid" not in name]


@pytest.mark.parametrize("name", WHOLE)
def test_alone_it_is_a_source_error_that_says_why(exports: Any, tmp_path: Path, name: str) -> None:
    lay(exports, tmp_path, CASES[name])
    with pytest.raises(SourceError, match="没有可用的关键词报表") as caught:
        exports.read(tmp_path)
    assert CASES[name].reason in str(caught.value)


def test_there_are_many_kinds() -> None:
    assert len(CASES) >= 24


def test_an_empty_folder(exports: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="没有可用的关键词报表"):
        exports.read(tmp_path)


def test_many_damaged_files_are_counted_in_the_error(exports: Any, tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.csv").write_bytes(b"")
    with pytest.raises(SourceError, match="3 more"):
        exports.read(tmp_path)

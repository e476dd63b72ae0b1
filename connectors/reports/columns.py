"""What a table is, and where its columns are, from its header line alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.reports.cells import told

Kind = Literal["report", "named_report", "bids", "record"]

HEADER_SEARCH_ROWS = 40
_ENOUGH = 3  # known columns that make a line a header

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "date": ("日期", "统计日期", "时间", "date"),
    "scene_id": ("场景ID",),
    "campaign_id": ("计划ID", "推广计划ID", "campaign_id"),
    "campaign_name": ("计划名字", "计划名称", "推广计划名称", "推广计划", "计划"),
    "adgroup_id": ("单元ID", "推广单元ID", "adgroup_id"),
    "adgroup_name": ("单元名字", "单元名称", "推广单元名称", "推广单元", "单元"),
    "item_id": ("宝贝ID", "商品ID", "主体ID"),
    "item_name": ("宝贝名称", "商品名称", "主体名称"),
    "kind": ("词类型",),
    "word_id": ("词ID/词包ID", "词ID", "关键词ID", "bidword_id", "keyword_id"),
    "word": ("词名字/词包名字", "词名称/词包名称", "关键词", "词名字", "词名称", "关键词名称"),
    "match": ("匹配方式", "匹配类型", "匹配模式"),
    "bid": ("出价", "关键词出价", "当前出价", "词出价", "PC出价"),
    "bid_type": ("出价方式", "计划出价方式", "出价类型"),
    "daily_budget": ("日限额", "计划日限额", "每日预算", "日预算"),
    "quality": ("质量分", "质量得分"),
    "window": ("转化周期",),
    "hour": ("小时", "时段", "分时"),
    "impressions": ("展现量", "展现", "曝光量"),
    "clicks": ("点击量", "点击"),
    "spend": ("花费", "消耗", "总花费"),
    "ctr": ("点击率",),
    "orders": ("总成交笔数", "成交笔数"),
    "direct_orders": ("直接成交笔数",),
    "indirect_orders": ("间接成交笔数",),
    "revenue": ("总成交金额", "成交金额"),
    "direct_revenue": ("直接成交金额",),
    "indirect_revenue": ("间接成交金额",),
    "carts": ("总购物车数", "购物车数"),
    "direct_carts": ("直接购物车数",),
    "indirect_carts": ("间接购物车数",),
    "favourites": ("总收藏数",),
    "item_favourites": ("收藏宝贝数", "宝贝收藏数"),
    "shop_favourites": ("收藏店铺数", "店铺收藏数"),
    "avg_rank": ("平均展现排名", "平均排名"),
}

FIGURES = ("impressions", "clicks", "spend")
REPORT_IDS = ("campaign_id", "adgroup_id", "word_id")
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "report": ("date", *REPORT_IDS, *FIGURES, "orders", "revenue"),
    "named_report": ("date", "adgroup_name", "word", *FIGURES, "orders", "revenue"),
    "bids": (*REPORT_IDS, "bid"),
    "record": ("date", "word_id", "bid"),
}
PARTS: Mapping[str, tuple[str, str]] = {
    "orders": ("direct_orders", "indirect_orders"),
    "revenue": ("direct_revenue", "indirect_revenue"),
    "carts": ("direct_carts", "indirect_carts"),
}

BID_BEFORE = "原出价"  # only the sheet that goes to the platform tells it

_UNIT = re.compile(r"\((?:元|分|%|次|个|笔|天)\)$")


def spelled(text: str) -> str:
    """A column name with the differences that carry no meaning taken out."""
    name = "".join(unicodedata.normalize("NFKC", text.replace("\ufeff", "")).split())
    return _UNIT.sub("", name).casefold()


_CANONICAL = {
    spelled(name): (canonical, priority)
    for canonical, names in SYNONYMS.items()
    for priority, name in enumerate(names)
}


def is_column_name(text: str) -> bool:
    """Whether the cell spells a column known here."""
    return not text.isdigit() and spelled(text) in _CANONICAL


@dataclass(frozen=True, slots=True)
class Layout:
    """A recognised header: what the table is and at which position each known column stands."""

    kind: Kind
    header_index: int  # 0-based row of the sheet
    header: tuple[str, ...]  # as the file spells it, without trailing blanks
    positions: Mapping[str, int]

    @property
    def width(self) -> int:
        """Cells a full row has."""
        return len(self.header)

    def spelling(self, column: str) -> str:
        """The column as the file spells it."""
        return self.header[self.positions[column]].strip()

    def has(self, column: str) -> bool:
        """Whether the file has the column."""
        return column in self.positions


class LayoutError(ValueError):
    """A table that cannot be taken at all; ``str()`` is the reason, ``column`` what is missing."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.column = column


def _positions(header: Sequence[str]) -> dict[str, int]:
    best: dict[str, tuple[int, int]] = {}
    for position, name in enumerate(header):
        known = _CANONICAL.get(spelled(name))
        if known is None:
            continue
        canonical, priority = known
        if canonical in best and best[canonical][0] == priority:
            raise LayoutError(
                told(
                    f"列“{name.strip()}”出现了两次，无法判断用哪一列；请重新下载",
                    f"column {name.strip()} appears twice; download again",
                ),
                name.strip(),
            )
        if canonical not in best or priority < best[canonical][0]:
            best[canonical] = (priority, position)
    return {canonical: position for canonical, (_, position) in best.items()}


def _kind(columns: Mapping[str, int]) -> Kind | None:
    figures = sum(figure in columns for figure in FIGURES)
    if "bid" in columns and "word_id" in columns and "date" not in columns:
        return "bids"
    if figures >= 2:
        named = not any(column in columns for column in REPORT_IDS)
        return "named_report" if named and "adgroup_name" in columns else "report"
    if "bid" in columns:
        return "record" if "date" in columns else "bids"
    return None


def _found(header: Sequence[str]) -> str:
    names = [name.strip() for name in header if name.strip()]
    more = f" …（共{len(names)}列）" if len(names) > 40 else ""
    return "现有列 found: " + ("、".join(names[:40])[:400] or "空 nothing") + more


def _check_needed(kind: Kind, columns: Mapping[str, int], header: Sequence[str]) -> None:
    if kind == "bids":
        _check_direction(header)
    if kind in ("report", "named_report"):
        _check_level(columns, header)
        _check_split(columns, header)
    for column in NEEDED[kind]:
        parts = PARTS.get(column)
        if column in columns or (parts and all(part in columns for part in parts)):
            continue
        name = SYNONYMS[column][0]
        reason = told(
            f"缺少列“{name}”，请在下载模板中勾选",
            f"column {name} is missing; add it to the download template",
        )
        raise LayoutError(f"{reason} {_found(header)}", name)


def _check_direction(header: Sequence[str]) -> None:
    """The bids on their way to the platform must not be taken for what the platform has."""
    for name in header:
        if spelled(name) == BID_BEFORE:
            raise LayoutError(
                told(
                    "这是要上传到平台的批量改价表，不是平台下载的出价表，不能确认任何调价；"
                    "请上传后另行下载关键词出价",
                    "the sheet to upload to the platform, not the platform's bid list: it confirms "
                    "nothing; upload it, then download the bid list",
                ),
                name.strip(),
            )


def _check_level(columns: Mapping[str, int], header: Sequence[str]) -> None:
    if "word" not in columns and "word_id" not in columns:
        reason = told(
            "这是计划或单元层级的报表，没有词；请下载关键词报表",
            "a report by campaign or adgroup, without words; download the keyword report",
        )
        raise LayoutError(f"{reason} {_found(header)}", SYNONYMS["word_id"][0])


def _check_split(columns: Mapping[str, int], header: Sequence[str]) -> None:
    if "date" not in columns:
        raise LayoutError(
            told(
                "没有“日期”列，这是一段时间的合计；下载时请选择按天（分日）拆分",
                "no 日期 column: the sum of a period; choose the daily split when downloading",
            )
            + f" {_found(header)}",
            "日期",
        )
    if "hour" in columns:
        name = header[columns["hour"]].strip()
        raise LayoutError(
            told(
                f"有“{name}”列，这是分小时数据；下载时请选择按天（分日）拆分",
                "split by hours; choose the daily split when downloading",
            ),
            name,
        )


def recognise(rows: Sequence[Sequence[str]]) -> Layout:
    """The layout of a table from its first rows; title lines above the header are passed over.

    Raises ``LayoutError`` where no header is found, or where it lacks a column that is needed.
    """
    best: Sequence[str] = ()
    for index, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        header = list(row)
        while header and not header[-1].strip():
            header.pop()
        if len(header) > len(best):
            best = header
        if sum(is_column_name(cell) for cell in header) < _ENOUGH:
            continue
        positions = _positions(header)
        kind = _kind(positions)
        if kind is None:
            break
        _check_needed(kind, positions, header)
        return Layout(kind, index, tuple(header), positions)
    reason = told(
        "不是关键词报表、关键词出价或出价记录，请核对下载的是哪一种文件",
        "not a keyword report, bid list or bid record; check which file was downloaded",
    )
    raise LayoutError(f"{reason} {_found(best)}")

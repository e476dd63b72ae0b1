"""``taobao.universalbp.new.report.*``: paged and asynchronous reports of words.

Money is yuan, click and conversion rates are fractions, everything in text. Only the fields asked
for are answered, under ``report_index``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from connectors.sandbox.auction import IntArray
from connectors.sandbox.gateway.answer import Body, ratio, yuan
from connectors.sandbox.gateway.arguments import Fields
from connectors.sandbox.gateway.call import Call
from connectors.sandbox.gateway.clock import stamp
from connectors.sandbox.gateway.downloads import Task
from connectors.sandbox.gateway.figures import (
    Block,
    Figures,
    Period,
    daily,
    page,
    shown,
    summed,
    total,
)
from connectors.sandbox.gateway.new_campaigns import BIZ_CODE, bulk, in_scene, offset_page, result
from connectors.sandbox.gateway.refusal import DATES_REVERSED, business, invalid, missing
from connectors.sandbox.gateway.storefront import Storefront

REPORT_PAGE: Final = 500
DEEPEST_ROW: Final = 100_000
LONGEST_DAYS: Final = 90
WINDOWS: Final = (1, 3, 7, 15, 30)
_DEFAULT_PAGE: Final = 20
_CSV_ROWS: Final = 1_000
_BOM: Final = "\ufeff"
_SPLITS: Final = {"day": daily, "sum": summed}
_UNIFY: Final = ("zhai", "mta")

FIELDS: Final[Mapping[str, Callable[[Figures], str]]] = {
    "ad_pv": lambda f: str(f.impressions),
    "click": lambda f: str(f.clicks),
    "charge": lambda f: yuan(f.spend_fen),
    "ctr": lambda f: ratio(f.clicks, f.impressions, places=6),
    "ecpc": lambda f: ratio(f.spend_fen, 100 * f.clicks),
    "ecpm": lambda f: ratio(10 * f.spend_fen, f.impressions),
    "alipay_dir_amt": lambda f: yuan(f.revenue_fen - f.indirect_revenue_fen),
    "alipay_indir_amt": lambda f: yuan(f.indirect_revenue_fen),
    "alipay_inshop_amt": lambda f: yuan(f.revenue_fen),
    "alipay_dir_num": lambda f: str(f.orders - f.indirect_orders),
    "alipay_indir_num": lambda f: str(f.indirect_orders),
    "alipay_inshop_num": lambda f: str(f.orders),
    "cvr": lambda f: ratio(f.orders, f.clicks, places=6),
    "roi": lambda f: ratio(f.revenue_fen, f.spend_fen),
    "cart_inshop_num": lambda f: str(f.carts),
    "item_col_inshop_num": lambda f: str(f.favourites),
}


@dataclass(frozen=True, slots=True)
class Query:
    """What a report is about; ``fields`` are keys of ``FIELDS`` in the order asked for."""

    front: Storefront
    first: date
    last: date
    split: str
    window: int
    fields: tuple[str, ...]
    words: IntArray

    def blocks(self) -> Iterator[Block]:
        """The rows, as they are known when this is called."""
        period = Period.of(self.front.shop, self.first.toordinal(), self.last.toordinal())
        return _SPLITS[self.split](period, self.words, shown, self.window)


def paged(call: Call) -> Body:
    """``report.query.bidword``: a page by offset; the count of all rows is on every page."""
    front = in_scene(call)
    asked = call.arguments.object("top_bid_word_report_query_v_o")
    offset, size = offset_page(asked, REPORT_PAGE, _DEFAULT_PAGE)
    if offset + size > DEEPEST_ROW:
        raise invalid("offset", f"only the first {DEEPEST_ROW} rows; filter, or use the download")
    query = _query(front, asked)
    blocks = list(query.blocks())
    rows: list[object] = [_row(query, figures) for figures in page(blocks, offset, size)]
    return result(bulk("top_report_v_o", rows, total(blocks)))


def create_task(call: Call) -> Body:
    """``report.async.create.download.task``."""
    front, asked = in_scene(call), call.arguments.object("report_query_v_o")
    query = _query(front, asked)
    name = asked.text("file_name", "")
    task = call.downloads.create(front.session, name, call.now, lambda: _csv(query))
    return result({"top_report_download_v_o": {"task_id": task.task_id, "status": "init"}})


def find_tasks(call: Call) -> Body:
    """``report.async.download.find.task.page``: newest first."""
    front, asked = in_scene(call), call.arguments.object("async_rpt_query_v_o")
    offset, size = offset_page(asked, REPORT_PAGE, _DEFAULT_PAGE)
    chosen = [int(task_id) for task_id in asked.ids("task_id_list")]
    tasks = call.downloads.of(front.session, chosen)
    rows: list[object] = [_task(task, call) for task in tasks[offset : offset + size]]
    return result(bulk("top_report_download_v_o", rows, len(tasks)))


def task_url(call: Call) -> Body:
    """``report.async.download.get.url``."""
    front, asked = in_scene(call), call.arguments.object("async_rpt_query_v_o")
    task = call.downloads.tasks.get(asked.number("task_id"))
    if task is None or task.owner != front.session:
        raise business("下载任务不存在")
    if task.status(call.now) != "success":
        raise business("任务未完成", "isv.task-not-ready")
    url = f"{call.base_url}/download/{call.downloads.link(task, call.now)}"
    return result({"top_report_download_url_v_o": {"task_id": task.task_id, "url": url}})


def _query(front: Storefront, asked: Fields) -> Query:
    first, last = asked.day("start_time"), asked.day("end_time")
    if first > last:
        raise business(DATES_REVERSED)
    if (last - first).days >= LONGEST_DAYS:
        raise business("查询时间跨度不能超过90天")
    split, window = asked.text("split_type", "sum"), asked.number("effect_equal", 15)
    if split not in _SPLITS:
        raise invalid("split_type", "the sandbox knows sum and day")
    if window not in WINDOWS:
        raise invalid("effect_equal", f"must be one of {WINDOWS}")
    if asked.text("unify_type", _UNIFY[0]) not in _UNIFY:
        raise invalid("unify_type", f"must be one of {_UNIFY}")
    return Query(front, first, last, split, window, _fields(asked), _words(front, asked))


def _fields(asked: Fields) -> tuple[str, ...]:
    names = [_snake(name) for name in asked.texts("query_field_in_list")]
    if not names:
        raise missing("query_field_in_list")
    for name in names:
        if name not in FIELDS:
            raise invalid("query_field_in_list", f"{name} is not a field")
    return tuple(dict.fromkeys(names))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _words(front: Storefront, asked: Fields) -> IntArray:
    ground = front.shop.market.ground
    chosen = np.ones(len(ground.adgroup), dtype=np.bool_)
    filters = (
        ("strategy_campaign_id_in_list", front.campaigns, ground.campaign),
        ("strategy_adgroup_id_in_list", front.adgroups, ground.adgroup),
    )
    for key, known, belongs in filters:
        ids = asked.ids(key)
        if ids:
            chosen &= np.isin(belongs, [known[i] for i in ids if i in known])
    return np.flatnonzero(chosen)


def _row(query: Query, figures: Figures) -> Body:
    ground, directory = query.front.shop.market.ground, query.front.shop.directory
    group, campaign = int(ground.adgroup[figures.word]), int(ground.campaign[figures.word])
    row: Body = {
        "biz_code": BIZ_CODE,
        "campaign_id": directory.campaign_ids[campaign],
        "campaign_name": directory.campaign_names[campaign],
        "adgroup_id": directory.adgroup_ids[group],
        "adgroup_name": directory.adgroup_name(group),
        "bidword_id": directory.keyword_ids[figures.word],
        "original_word": directory.word_names()[figures.word],
        "bid_word_type": "word",
        "report_index": {name: FIELDS[name](figures) for name in query.fields},
    }
    if figures.day is not None:
        row["thedate"] = date.fromordinal(figures.day).isoformat()
    return row


def _csv(query: Query) -> Iterator[str]:
    """The whole report as CSV, some rows at a time."""
    ground, directory = query.front.shop.market.ground, query.front.shop.directory
    names = directory.word_names()
    whose = ("thedate", "campaign_id", "adgroup_id", "bidword_id", "original_word", "bid_word_type")
    yield _BOM + _lines([[*whose, *query.fields]])
    for block in query.blocks():
        when = "" if block.day is None else date.fromordinal(block.day).isoformat()
        for start in range(0, len(block.words), _CSV_ROWS):
            yield _lines(
                [
                    when,
                    directory.campaign_ids[ground.campaign[f.word]],
                    directory.adgroup_ids[ground.adgroup[f.word]],
                    directory.keyword_ids[f.word],
                    names[f.word],
                    "word",
                    *(FIELDS[name](f) for name in query.fields),
                ]
                for f in block.rows(start, start + _CSV_ROWS)
            )


def _lines(rows: Iterator[list[str]] | list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _task(task: Task, call: Call) -> Body:
    return {
        "task_id": task.task_id,
        "status": task.status(call.now),
        "file_name": task.file_name,
        "create_time": stamp(task.created_at),
    }

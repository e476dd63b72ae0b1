"""The daily report of words of the newer generation: by pages, or as one file made on request.

A page holds 500 rows and costs a call. A report of more than 20 pages is asked for as a file,
which costs a handful of calls however long it is; the file is read as it streams in.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Final

from connectors.errors import AnswerError, PermanentError, TransportError
from connectors.taobao import fields
from connectors.taobao.periods import ATTRIBUTION_DAYS
from connectors.taobao.replies import Json
from connectors.taobao.transport import Transport
from connectors.taobao.universalbp_rows import FIGURES

PAGE: Final = 500
MOST_PAGED: Final = 20 * PAGE
ROWS_AT_ONCE: Final = 2_000
FIRST_POLL_SECONDS: Final = 2.0
LONGEST_POLL_SECONDS: Final = 30.0
MOST_POLLS: Final = 30
DOWNLOADS: Final = 3
CONTEXT: Final = {"top_service_context": '{"biz_code":"onebpSearch"}'}
_REPORT: Final = "universalbp.new.report."


class WordReports:
    """The daily report of all words of a shop, as lists of rows with their figures beside the ids."""

    def __init__(self, transport: Transport, figures: Sequence[str] = FIGURES) -> None:
        self._transport = transport
        self._figures = list(figures)

    def rows(self, first: date, last: date) -> Iterator[list[Json]]:
        """All rows of at most 90 days, at most 2,000 at a time.

        Costs 1 + count ÷ 500 calls up to 10,000 rows, else about 6.
        """
        found, count = self.page(first, last, 0)
        if count <= MOST_PAGED:
            yield from self._paged(first, last, found, count)
            return
        address = self._file(first, last)
        if address is not None:
            yield from self._downloaded(address)
            return
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            yield from self._paged(day, day, *self.page(day, day, 0))

    def _paged(
        self, first: date, last: date, found: list[Json], count: int
    ) -> Iterator[list[Json]]:
        offset = 0
        while found:
            yield found
            offset += len(found)
            if offset >= count:
                return
            found, count = self.page(first, last, offset)

    def page(self, first: date, last: date, offset: int) -> tuple[list[Json], int]:
        """The rows from ``offset`` on, at most 500, and how many there are in all."""
        asked = _query(first, last, self._figures) | {
            "offset": offset,
            "page_size": PAGE,
            "by_page": True,
        }
        answer = self._top(
            "query.bidword", "top_bid_word_report_query_v_o", asked, "top_report_v_o_top_bulk_data"
        )
        rows = fields.listed(answer, "top_report_v_o_list", "top_report_v_o")
        flat: list[Json] = [{**row, **_figures(row)} for row in rows]
        return flat, fields.whole(answer, "count", len(flat))

    def _file(self, first: date, last: date) -> str | None:
        """The address of the finished file; None where the platform could not make it."""
        task = self._top(
            "async.create.download.task",
            "report_query_v_o",
            _query(first, last, self._figures),
            "top_report_download_v_o",
        )
        task_id = fields.identifier(task, "task_id")
        pause = FIRST_POLL_SECONDS
        for _ in range(MOST_POLLS):
            status = self._status(task_id)
            if status == "success":
                found = self._top(
                    "async.download.get.url",
                    "async_rpt_query_v_o",
                    {"task_id": int(task_id)},
                    "top_report_download_url_v_o",
                )
                return fields.text(found, "url")
            if status == "fail":
                return None
            self._transport.pause(pause)
            pause = min(LONGEST_POLL_SECONDS, pause * 2)
        return None

    def _status(self, task_id: str) -> str:
        answer = self._top(
            "async.download.find.task.page",
            "async_rpt_query_v_o",
            {"task_id_list": [int(task_id)], "offset": 0, "page_size": 20},
            "top_report_download_v_o_top_bulk_data",
        )
        for row in fields.listed(answer, "top_report_download_v_o_list", "top_report_download_v_o"):
            if fields.identifier(row, "task_id") == task_id:
                return fields.text(row, "status")
        return "init"

    def _downloaded(self, address: str) -> Iterator[list[Json]]:
        """The rows of the file; where it breaks off, it is fetched again and read on from there."""
        done = 0
        newest: Json | None = None
        for attempt in range(1, DOWNLOADS + 1):
            try:
                with self._transport.download(address) as content:
                    rows = parsed(content)
                    seen = deque(islice(rows, done), maxlen=1)
                    if newest is not None and _key(seen[0] if seen else {}) != _key(newest):
                        raise AnswerError("the report file changed while it was being read")
                    while piece := list(islice(rows, ROWS_AT_ONCE)):
                        done, newest = done + len(piece), piece[-1]
                        yield piece
                    return
            except TransportError:
                if attempt == DOWNLOADS:
                    raise
                self._transport.pause(float(attempt))

    def _top(self, method: str, name: str, asked: Mapping[str, object], data: str) -> Json:
        return top_result(self._transport, _REPORT + method, name, asked, data)


def top_result(
    transport: Transport,
    method: str,
    name: str,
    asked: Mapping[str, object],
    data: str,
    *,
    writing: bool = False,
) -> Json:
    """The ``data`` inside an answer of this generation; an absent one is empty.

    ``asked`` goes as JSON in the parameter ``name``. Raises AnswerError where the answer has no
    ``top_result``, PermanentError where its ``info`` says no.
    """
    body = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
    parameters = {**CONTEXT, name: body}
    answer = (transport.write if writing else transport.read)(method, parameters)
    result = answer.get("top_result")
    if not isinstance(result, dict):
        raise AnswerError(f"{method}: the answer has no top_result: {str(answer)[:200]}")
    info = result.get("info")
    if isinstance(info, dict) and not fields.flag(info, "ok"):
        raise PermanentError(f"shop {transport.shop.nick}, {method}: refused: {info}")
    found = result.get(data)
    return found if isinstance(found, dict) else {}


def parsed(content: Iterable[bytes]) -> Iterator[Json]:
    """The rows of a CSV in UTF-8 as it streams in.

    Raises TransportError for a row that breaks off, AnswerError for what is no CSV at all.
    """
    rows = csv.DictReader(_lines(content))
    try:
        for row in rows:
            if None in row.values():
                raise TransportError(
                    f"the report file breaks off in line {rows.line_num}; ask for it again",
                    wait_seconds=1,
                )
            yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise AnswerError(f"the report file cannot be read: {error}") from error


def _lines(content: Iterable[bytes]) -> Iterator[str]:
    """Lines ended by a newline alone: a word may hold any other separator."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    for piece in content:
        *whole, rest = (rest + decoder.decode(piece)).split("\n")
        for line in whole:
            yield line + "\n"
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def _query(first: date, last: date, figures: list[str]) -> dict[str, object]:
    return {
        "start_time": first.isoformat(),
        "end_time": last.isoformat(),
        "split_type": "day",
        "effect_equal": ATTRIBUTION_DAYS,
        "unify_type": "zhai",
        "query_domains": ["word", "date"],
        "query_field_in_list": figures,
    }


def _key(row: Json) -> tuple[object, object]:
    return row.get("thedate"), row.get("bidword_id")


def _figures(row: Json) -> Json:
    found = row.get("report_index")
    return found if isinstance(found, dict) else {}

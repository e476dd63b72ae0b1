"""The audit record read as a whole: proved, and exported as JSON Lines or CSV.

Events never change, so both read in short pieces up to the newest event there was at the beginning,
and hold no transaction open meanwhile.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, Literal

from service.proof import Proof, examine
from service.store import Store, audit, guards
from service.store.audit import AuditFilter
from service.store.chain import CONTENT, Head, content_of
from service.store.rows import ChainedRow

Format = Literal["jsonl", "csv"]
MEDIA_TYPES: dict[Format, str] = {
    "jsonl": "application/x-ndjson; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
EVERYTHING = AuditFilter()
COLUMNS = (*CONTENT, "prev_hash", "hash")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would carry out


def prove(store: Store, anchors: Sequence[Head] = ()) -> Proof:
    """Hold every event against the chain, its head and ``anchors``, heads noted down elsewhere."""
    with store.read() as session:
        head = audit.head(session)
        until = max(audit.newest_id(session), head.event_id if head else 0)
        lost = guards.missing(session.connection())

    def bearer(digest: str) -> int | None:
        with store.read() as session:
            return audit.with_hash(session, digest)

    events = _events(store, EVERYTHING, until)
    return examine(events, head, bearer=bearer, anchors=anchors, unguarded=lost)


def export(store: Store, wanted: AuditFilter, form: Format) -> Iterator[str]:
    """The events that are wanted, oldest first, as pieces of text.

    A line of JSON Lines is the hashed content of the event with its two hashes. In CSV, text that a
    spreadsheet would take for a formula carries an apostrophe in front.
    """
    with store.read() as session:
        until = audit.newest_id(session)
    events = _events(store, wanted, until)
    return _json_lines(events) if form == "jsonl" else _csv(events)


def _events(store: Store, wanted: AuditFilter, until: int) -> Iterator[ChainedRow]:
    last = 0
    while True:
        with store.read() as session:
            piece = audit.chained(session, wanted, after=last, until=until)
        yield from piece
        if len(piece) < audit.PIECE:
            return
        last = piece[-1].event_id


def _values(event: ChainedRow) -> dict[str, Any]:
    row = {name: getattr(event, name) for name in COLUMNS}
    return content_of(row) | {"prev_hash": event.prev_hash, "hash": event.hash}


def _json_lines(events: Iterator[ChainedRow]) -> Iterator[str]:
    for event in events:
        yield json.dumps(_values(event), ensure_ascii=False) + "\n"


def _csv(events: Iterator[ChainedRow]) -> Iterator[str]:
    page = StringIO()
    writer = csv.writer(page)
    writer.writerow(COLUMNS)
    yield "\ufeff" + page.getvalue()  # without the mark a Chinese spreadsheet reads GBK
    for event in events:
        page.seek(0)
        page.truncate()
        writer.writerow([_cell(value) for value in _values(event).values()])
        yield page.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value

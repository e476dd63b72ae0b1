"""Lines out to a spreadsheet and decisions back: confirmed as shown, by the rules of every decision."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import load_workbook

from service.approval import Action
from service.audit import Origin
from service.decisions import decide
from service.errors import ConflictError, InputError, NotFoundError
from service.people import register
from service.people.roles import EVERYWHERE, Role
from service.settings.models import Guardrails
from service.sheets import exchange
from service.sheets.columns import LETTERS
from service.sheets.exchange import Done, carry_out, export, preview
from service.store import Store, audit
from service.store.audit import AuditFilter
from service.store.lines import LineFilter, select_lines
from service.store.rows import LineRow

LIMITS = Guardrails()
MakeLine = Callable[..., Any]
MakeProposal = Callable[..., list[LineRow]]
MANY = 10_000


@pytest.fixture
def some(make_line: MakeLine, make_proposal: MakeProposal) -> list[LineRow]:
    return make_proposal(
        [make_line(f"k{number}", spend_after_fen=200 - number) for number in range(5)]
    )


def leaving(
    store: Store, some: list[LineRow], kind: exchange.Kind = "xlsx", **wanted: Any
) -> bytes:
    with store.read() as session:
        chosen = LineFilter(proposal_id=some[0].proposal_id, **wanted)
        return export(session, chosen, kind, "zh").content


def edited(content: bytes, cells: dict[str, Any]) -> bytes:
    book = load_workbook(BytesIO(content))
    for place, value in cells.items():
        book.worksheets[0][place] = value
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


def states(store: Store, some: list[LineRow]) -> list[tuple[str, int | None]]:
    with store.read() as session:
        found = select_lines(session, LineFilter(proposal_id=some[0].proposal_id))
    return [(line.state, line.bid_fen) for line in found]


def test_what_is_filtered_leaves_the_largest_spend_first(store: Store, some: list[LineRow]) -> None:
    sheet = load_workbook(
        BytesIO(leaving(store, some, line_ids=(some[3].line_id, some[1].line_id)))
    )
    words = [row[0].value for row in sheet.worksheets[0][f"{LETTERS['word']}3:{LETTERS['word']}4"]]
    assert words == [some[1].word, some[3].word]
    text = leaving(store, some, "csv", states=("approved",)).decode("utf-8-sig")
    assert text.count("\r\n") == 1


def test_a_sheet_is_of_one_proposal_and_not_endless(
    store: Store, some: list[LineRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.read() as session:
        with pytest.raises(InputError, match="one proposal"):
            export(session, LineFilter(account_id="shop"), "xlsx", "zh")
        with pytest.raises(NotFoundError):
            export(session, LineFilter(proposal_id="p"), "xlsx", "zh")
        monkeypatch.setitem(exchange.MOST_LINES, "csv", 4)
        with pytest.raises(InputError, match="5 lines are too many"):
            export(session, LineFilter(proposal_id=some[0].proposal_id), "csv", "zh")


def test_a_confirmed_sheet_edits_approves_and_rejects_on_record(
    store: Store, some: list[LineRow], origin: Origin
) -> None:
    content = edited(
        leaving(store, some),
        {"L3": 1.18, "N4": "批准", "N5": "驳回", "O5": "季末", "L6": 1.2, "N6": "批准", "O6": "试"},
    )
    proposal_id = some[0].proposal_id
    with store.read() as session:
        found = preview(session, proposal_id, content, LIMITS, origin.actor)
    assert states(store, some) == [("pending", 110)] * 5
    with store.begin() as session:
        done = carry_out(session, proposal_id, content, LIMITS, origin, found.hash)
    assert done == Done(edited=2, approved=2, rejected=1)
    assert states(store, some) == [
        ("pending", 118),
        ("approved", 110),
        ("rejected", 110),
        ("approved", 120),
        ("pending", 110),
    ]
    with store.read() as session:
        events = audit.page(session, AuditFilter())[::-1]
    assert [(one.action, one.line_id, one.reason, one.actor) for one in events] == [
        ("edit", some[0].line_id, None, "specialist"),
        ("edit", some[3].line_id, "试", "specialist"),
        ("approve", some[1].line_id, None, "specialist"),
        ("approve", some[3].line_id, "试", "specialist"),
        ("reject", some[2].line_id, "季末", "specialist"),
    ]


def test_nothing_is_done_once_a_line_or_the_file_is_another(
    store: Store, some: list[LineRow], origin: Origin
) -> None:
    content = edited(leaving(store, some), {"L3": 1.18, "N4": "批准"})
    proposal_id = some[0].proposal_id
    with store.read() as session:
        shown = preview(session, proposal_id, content, LIMITS, origin.actor).hash
    other = edited(content, {"N5": "批准"})
    with pytest.raises(ConflictError, match="not what was shown"), store.begin() as session:
        carry_out(session, proposal_id, other, LIMITS, origin, shown)
    with store.begin() as session:
        decide(session, Action.REJECT, origin, LineFilter(line_ids=(some[1].line_id,)), reason="x")
    told: list[Any] = []
    with pytest.raises(ConflictError), store.begin() as session:
        carry_out(session, proposal_id, content, LIMITS, origin, shown, told.append)
    assert [one.code for one in told[0].refused] == ["changed_since"]
    assert states(store, some)[0] == ("pending", 110)


def test_a_closed_proposal_takes_no_sheet(
    store: Store, make_line: MakeLine, make_proposal: MakeProposal, origin: Origin
) -> None:
    lines = make_proposal([make_line("k1")], state="superseded")
    content = edited(leaving(store, lines), {"N3": "批准"})
    with store.read() as session:
        shown = preview(session, lines[0].proposal_id, content, LIMITS, origin.actor).hash
    with pytest.raises(ConflictError, match="superseded"), store.begin() as session:
        carry_out(session, lines[0].proposal_id, content, LIMITS, origin, shown)


def test_four_eyes_hold_in_a_sheet(store: Store, some: list[LineRow], origin: Origin) -> None:
    zhang, li = replace(origin, actor="zhang"), replace(origin, actor="li")
    with store.begin() as session:
        for name in ("zhang", "li"):
            roles = {EVERYWHERE: Role.OWNER}
            register.add(session, origin, name, password_hash=None, roles=roles)
    proposal_id = some[0].proposal_id

    def bring(content: bytes, who: Origin) -> Done:
        with store.begin() as session:
            shown = preview(session, proposal_id, content, LIMITS, who.actor).hash
            return carry_out(session, proposal_id, content, LIMITS, who, shown)

    assert bring(edited(leaving(store, some), {"L3": 1.18}), zhang).edited == 1
    again = edited(leaving(store, some), {"N3": "批准"})
    assert bring(again, zhang) == Done(edited=0, approved=0, rejected=0)
    assert states(store, some)[0] == ("pending", 118)
    assert bring(again, li).approved == 1


def changed(content: bytes, kind: exchange.Kind) -> bytes:
    """Every odd row with another bid, every even one approved, without a spreadsheet's patience."""
    if kind == "csv":
        rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))
        text = StringIO()
        writer = csv.DictWriter(text, fieldnames=rows[0])
        writer.writeheader()
        for number, row in enumerate(rows):
            writer.writerow(row | ({"决定": "批准"} if number % 2 else {"出价": "1.25"}))
        return text.getvalue().encode("gb18030")
    bid = re.compile(rb'(<c r="L\d*[13579]" s="\d+" t="n"><v>)[\d.]+')
    decision = re.compile('(<c r="N\\d*[02468]" s="\\d+" t="inlineStr"><is><t>)不动'.encode())
    saved = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(saved, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name.endswith("sheet1.xml"):
                part = bid.sub(rb"\g<1>1.25", part)
                part = decision.sub(rb"\1approve", part)
            target.writestr(name, part)
    return saved.getvalue()


def test_ten_thousand_lines_go_out_and_come_back(
    store: Store, make_line: MakeLine, make_proposal: MakeProposal, origin: Origin
) -> None:
    lines = make_proposal([make_line(f"k{number:05d}") for number in range(MANY)])
    kind: exchange.Kind = "csv" if store.dialect == "postgresql" else "xlsx"
    content = changed(leaving(store, lines, kind), kind)
    proposal_id = lines[0].proposal_id
    with store.read() as session:
        found = preview(session, proposal_id, content, LIMITS, origin.actor)
    assert (len(found.edited), len(found.approved), found.refused) == (MANY // 2, MANY // 2, ())
    with store.begin() as session:
        carry_out(session, proposal_id, content, LIMITS, origin, found.hash)
    assert sorted(set(states(store, lines))) == [("approved", 110), ("pending", 125)]

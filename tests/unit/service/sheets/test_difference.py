"""What a sheet wants, and every cell that is refused, by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from service.settings.models import Guardrails
from service.sheets.difference import Difference, difference
from service.sheets.reading import read
from service.store.rows import LineRow

Make = Callable[..., LineRow]
Edited = Callable[..., bytes]
RAILS = Guardrails(min_bid=Decimal("0.05"), max_bid=Decimal(20))


def against(content: bytes, lines: list[LineRow], actor: str | None = "li") -> Difference:
    now = {line.line_id: line for line in lines}
    return difference("p", read(content), now, RAILS, actor=actor)


def test_what_was_not_touched_is_unchanged(make_line: Make, edited: Edited) -> None:
    lines = [make_line(1), make_line(2, bid_fen=None, bid_before_fen=None)]
    found = against(edited(lines, {}), [replace(lines[0], version=2), lines[1]])
    assert (found.wishes, found.refused, found.unchanged) == ((), (), 2)


def test_bids_and_decisions_are_wishes(make_line: Make, edited: Edited) -> None:
    lines = [make_line(number) for number in range(1, 6)]
    content = edited(
        lines,
        {
            ("bid", 0): 1.18,
            ("bid", 1): "¥1.2",
            ("decision", 2): "批准",
            ("decision", 3): "Reject",
            ("note", 3): "季末",
            ("decision", 4): None,
        },
    )
    found = against(content, lines)
    assert [(one.line_id, one.bid_fen, one.cell) for one in found.edited] == [
        (1, 118, "L3"),
        (2, 120, "L4"),
    ]
    assert [one.line_id for one in found.approved] == [3]
    assert [(one.line_id, one.note) for one in found.rejected] == [(4, "季末")]
    assert (found.unchanged, found.refused) == (1, ())
    assert found.approved[0].spend_change_fen == 100


def test_another_bid_is_approved_at_once_only_where_nobody_is_told_apart(
    make_line: Make, edited: Edited
) -> None:
    lines = [make_line(1)]
    content = edited(lines, {("bid", 0): 1.18, ("decision", 0): "approve"})
    (wish,) = against(content, lines, actor=None).wishes
    assert (wish.bid_fen, wish.decision) == (118, "approve")
    (refused,) = against(content, lines).refused
    assert (refused.cell, refused.code) == ("N3", "own")


@pytest.mark.parametrize(
    ("changes", "cells", "cell", "value", "code"),
    [
        ({}, {"line_id": "99"}, "A3", "99", "no_such_line"),
        ({}, {"line_id": "x"}, "A3", "x", "no_such_line"),
        ({}, {"tag": None, "decision": "批准"}, "X3", "", "tag"),
        ({}, {"bid": "一元"}, "L3", "一元", "no_number"),
        ({}, {"bid": True}, "L3", "True", "no_number"),
        ({}, {"bid": "nan"}, "L3", "nan", "no_number"),
        ({}, {"bid": 1.185}, "L3", "1.185", "no_fen"),
        ({}, {"bid": None}, "L3", "", "no_bid"),
        ({}, {"bid": 200}, "L3", "200", "outside"),
        ({}, {"bid": -1}, "L3", "-1", "outside"),
        ({}, {"bid": 1}, "L3", "1", "as_now"),
        ({"reason": "not_biddable"}, {"bid": 2}, "L3", "2", "not_biddable"),
        ({"bid_before_fen": None}, {"bid": 2}, "L3", "2", "not_biddable"),
        ({"state": "applied"}, {"bid": 2}, "L3", "2", "state"),
        ({"state": "approved"}, {"decision": "批准"}, "N3", "批准", "state"),
        ({"state": "held"}, {"decision": "驳回", "note": "x"}, "N3", "驳回", "state"),
        ({}, {"decision": "也许"}, "N3", "也许", "no_decision"),
        ({}, {"decision": "驳回"}, "O3", "", "no_reason"),
        ({}, {"decision": "驳回", "note": "长" * 501}, "O3", "长" * 100, "too_long"),
        ({}, {"decision": "驳回", "note": "x", "bid": 2}, "N3", "驳回", "two_wishes"),
        ({"author": "li"}, {"decision": "批准"}, "N3", "批准", "own"),
    ],
)
def test_each_refused_cell_is_named(
    make_line: Make,
    edited: Edited,
    changes: dict[str, Any],
    cells: dict[str, Any],
    cell: str,
    value: str,
    code: str,
) -> None:
    lines = [make_line(1, **changes)]
    found = against(edited(lines, {(key, 0): one for key, one in cells.items()}), lines)
    (refused,) = found.refused
    assert (refused.sheet, refused.cell, refused.value, refused.code) == ("明细", cell, value, code)
    assert found.wishes == ()
    for language in ("zh", "en"):
        assert "{" not in refused.why(language)
    if code == "outside":
        assert refused.why("zh") == "超出护栏 0.05–20.00 元"
        assert "0.05 to 20.00" in refused.why("en")


def test_a_line_that_changed_since_is_refused(make_line: Make, edited: Edited) -> None:
    lines = [make_line(1), make_line(2)]
    content = edited(lines, {("bid", 0): 1.3, ("decision", 1): "批准"})
    now = [replace(lines[0], version=2, bid_fen=120), replace(lines[1], version=2)]
    found = against(content, now)
    assert [(one.cell, one.code) for one in found.refused] == [
        ("L3", "changed_since"),
        ("N4", "changed_since"),
    ]


def test_a_line_that_stands_twice_counts_once(make_line: Make, edited: Edited) -> None:
    lines = [make_line(1), make_line(2)]
    found = against(edited(lines, {("line_id", 1): 1.0, ("decision", 0): "批准"}), lines)
    assert [(one.cell, one.code) for one in found.refused] == [("A4", "twice")]
    assert len(found.approved) == 1


def test_the_hash_binds_wishes_and_versions(make_line: Make, edited: Edited) -> None:
    lines = [make_line(1), make_line(2)]
    hashes = {
        against(edited(lines, {("bid", 0): 1.3}), lines).hash,
        against(edited(lines, {("bid", 0): 1.31}), lines).hash,
        against(edited(lines, {("bid", 1): 1.3}), lines).hash,
        against(edited(lines, {("bid", 0): 1.3, ("note", 0): "x"}), lines).hash,
    }
    assert len(hashes) == 4
    newer = [replace(lines[0], version=2), lines[1]]
    content = edited(newer, {("bid", 0): 1.3})
    assert against(content, newer).hash not in hashes
    assert against(content, newer).hash == against(content, newer[::-1]).hash

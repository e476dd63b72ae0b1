"""What a sheet that came back wants changed, cell by cell, and which of its cells are refused. Pure.

A row wants something when its bid is not the one it was exported with, or a decision is written
into it. A row with any refused cell is left alone as a whole; so is one whose line has changed since.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from service.approval import Action, State, allowed
from service.reading.words import STATES
from service.settings.models import Guardrails
from service.sheets.columns import tag_of
from service.sheets.reading import Row, Sheet
from service.sheets.words import ACTIONS, DECISIONS, REFUSALS, Language, said
from service.store.rows import LineRow

LONGEST_NOTE: Final = 500
_TAG: Final = re.compile(r"\d+-[0-9a-f]+-(\d*)")
_DECISION: Final = {
    spelled.casefold(): code for code, pair in DECISIONS.items() for spelled in (code, *pair)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A cell that cannot be taken: sheet, cell such as ``L12``, its value, and why, as a code."""

    sheet: str
    cell: str
    value: str
    code: str
    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def why(self, language: Language) -> str:
        """The reason in words."""
        filled = {name: said(pair, language) for name, pair in self.places.items()}
        return said(REFUSALS[self.code], language).format_map(filled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one row wants: another bid (fen), a decision, or both."""

    line_id: int
    tag: str
    word: str
    cell: str
    bid_before_fen: int | None
    bid_fen: int | None
    decision: str | None
    note: str | None
    spend_change_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A sheet against the lines as they are now. ``hash`` changes with any wish, or any of its lines."""

    proposal_id: str
    wishes: tuple[Wish, ...]
    refused: tuple[Refused, ...]
    unchanged: int

    @property
    def edited(self) -> tuple[Wish, ...]:
        """Rows with another bid."""
        return tuple(wish for wish in self.wishes if wish.bid_fen is not None)

    @property
    def approved(self) -> tuple[Wish, ...]:
        """Rows to approve."""
        return tuple(wish for wish in self.wishes if wish.decision == Action.APPROVE)

    @property
    def rejected(self) -> tuple[Wish, ...]:
        """Rows to reject."""
        return tuple(wish for wish in self.wishes if wish.decision == Action.REJECT)

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of what would be done to which version of which line."""
        done = [asdict(wish) for wish in sorted(self.wishes, key=lambda wish: wish.line_id)]
        text = json.dumps([self.proposal_id, done], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class _RefusedError(Exception):
    """One cell of a row is refused: the column's key, the reason's code, what its text names."""

    def __init__(self, key: str, code: str, **places: tuple[str, str]) -> None:
        super().__init__(code)
        self.key, self.code, self.places = key, code, places


def difference(
    proposal_id: str,
    sheet: Sheet,
    lines: Mapping[int, LineRow],
    guardrails: Guardrails,
    *,
    actor: str | None,
) -> Difference:
    """``lines`` are the proposal's, by id. ``actor`` None: nobody can be told apart yet."""
    wishes: list[Wish] = []
    refused: list[Refused] = []
    seen: set[int] = set()
    unchanged = 0
    for row in sheet.rows:
        try:
            line = _line(row, lines, seen)
            seen.add(line.line_id)
            wish = _wish(sheet, row, line, guardrails, actor)
        except _RefusedError as error:
            refused.append(_refused(sheet, row, error))
        else:
            if wish is None:
                unchanged += 1
            else:
                wishes.append(wish)
    return Difference(
        proposal_id=proposal_id,
        wishes=tuple(wishes),
        refused=tuple(refused),
        unchanged=unchanged,
    )


def _line(row: Row, lines: Mapping[int, LineRow], seen: Collection[int]) -> LineRow:
    number = _whole(row.values["line_id"])
    if number is None or number not in lines:
        raise _RefusedError("line_id", "no_such_line")
    if number in seen:
        raise _RefusedError("line_id", "twice")
    return lines[number]


def _wish(
    sheet: Sheet, row: Row, line: LineRow, guardrails: Guardrails, actor: str | None
) -> Wish | None:
    decision, note, bid = _decision(row), _note(row), _bid(row)
    exported = _TAG.fullmatch(str(row.values["tag"] or ""))
    if exported is None:
        raise _RefusedError("tag", "tag")
    same = str(bid if bid is not None else "") == exported[1]
    if same and decision is None:
        return None
    key = "bid" if decision is None else "decision"
    if row.values["tag"] != tag_of(line):
        raise _RefusedError(key, "changed_since")
    if not same:
        _check_bid(line, bid, guardrails)
    if decision is not None:
        _check_decision(line, decision, note, edited=not same, actor=actor)
    return Wish(
        line_id=line.line_id,
        tag=tag_of(line),
        word=line.word,
        cell=f"{sheet.letters[key]}{row.number}",
        bid_before_fen=line.bid_fen,
        bid_fen=None if same else bid,
        decision=decision,
        note=note,
        spend_change_fen=line.spend_after_fen - line.spend_before_fen,
    )


def _check_bid(line: LineRow, bid: int | None, guardrails: Guardrails) -> None:
    if bid is None:
        raise _RefusedError("bid", "no_bid")
    if line.bid_before_fen is None or line.reason == "not_biddable":
        raise _RefusedError("bid", "not_biddable")
    _allow(line, Action.EDIT, "bid")
    low, high = int(guardrails.min_bid * 100), int(guardrails.max_bid * 100)
    if not low <= bid <= high:
        raise _RefusedError("bid", "outside", low=_both(low), high=_both(high))
    if bid == line.bid_before_fen:
        raise _RefusedError("bid", "as_now")


def _check_decision(
    line: LineRow, decision: str, note: str | None, *, edited: bool, actor: str | None
) -> None:
    if decision == Action.REJECT:
        if edited:
            raise _RefusedError("decision", "two_wishes")
        _allow(line, Action.REJECT, "decision")
        if note is None:
            raise _RefusedError("note", "no_reason")
        return
    if not edited:  # else it waits again, and can be approved
        _allow(line, Action.APPROVE, "decision")
    if actor is not None and (edited or line.author == actor):
        raise _RefusedError("decision", "own")


def _allow(line: LineRow, action: Action, key: str) -> None:
    if action not in allowed(line.state):
        state = STATES.get(State(line.state), (line.state, line.state))
        raise _RefusedError(key, "state", state=state, action=ACTIONS[action])


def _decision(row: Row) -> str | None:
    written = row.values["decision"]
    code = "leave" if written is None else _DECISION.get(str(written).casefold())
    if code is None:
        raise _RefusedError("decision", "no_decision")
    return None if code == "leave" else code


def _note(row: Row) -> str | None:
    written = row.values.get("note")
    if written is not None and len(str(written)) > LONGEST_NOTE:
        raise _RefusedError("note", "too_long")
    return None if written is None else str(written)


def _bid(row: Row) -> int | None:
    """The bid, fen; None for an empty cell."""
    written = row.values["bid"]
    if written is None:
        return None
    # A product of a formula carries the dust of binary fractions.
    text = f"{written:.6f}" if isinstance(written, float) else str(written).lstrip("¥￥")
    try:
        fen = Decimal(text) * 100
    except InvalidOperation as error:
        raise _RefusedError("bid", "no_number") from error
    if isinstance(written, bool) or not fen.is_finite():
        raise _RefusedError("bid", "no_number")
    if fen != fen.to_integral_value():
        raise _RefusedError("bid", "no_fen")
    return int(fen)


def _whole(value: object) -> int | None:
    text = str(value).removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _refused(sheet: Sheet, row: Row, error: _RefusedError) -> Refused:
    value = row.values.get(error.key)
    return Refused(
        sheet=sheet.name,
        cell=f"{sheet.letters.get(error.key, sheet.letters['line_id'])}{row.number}",
        value="" if value is None else str(value)[:100],
        code=error.code,
        places=error.places,
    )


def _both(fen: int) -> tuple[str, str]:
    text = f"{Decimal(fen) / 100:.2f}"
    return text, text

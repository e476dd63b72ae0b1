"""What a newly pulled bid list says about approved lines, and about everybody else's changes.

Report exports cannot be written to: a person uploads the bulk-edit sheet. The next bid list shows
whether that happened. Equal to the approved bid: applied. Still the bid before: not uploaded yet.
Anything else: a conflict, with both numbers, and the word is left to people. A list from before the
approval says nothing about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from connectors.platform import Roster
from service import audit
from service.approval import Action, State, next_state
from service.audit import AuditRecord, Origin
from service.decisions import change, reference, roll_back_undone, write
from service.outside import Edit, leave_to_people, note_edits
from service.store import applications, lines, roster
from service.store.lines import LineChange, LineFilter
from service.store.rows import LineRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """How many approved lines were found applied, still wait, or conflict; and strange changes."""

    applied: int = 0
    waiting: int = 0
    conflicts: int = 0
    changed_elsewhere: int = 0


def confirm(
    session: Session,
    account_id: str,
    pulled: Roster,
    origin: Origin,
    *,
    bids_at: datetime | None,
) -> Confirmation:
    """Settle approved lines by the bids of ``pulled``; call before the roster itself is stored.

    ``bids_at`` is the instant whose bids ``pulled`` tells. Lines approved after it keep waiting,
    all of them when it is None (an export without a date). So does a word that has left the roster,
    or whose bid the list does not tell. No word has two approved lines: a later approval ends the
    earlier one. Works in the caller's transaction.
    """
    last_seen = roster.last_bids(session, account_id)
    now = {row.keyword_id: row.bid_fen for row in pulled.keywords}
    approved = lines.select_lines(
        session, LineFilter(account_id=account_id, states=(State.APPROVED,)), for_update=True
    )
    judged = [line for line in approved if _is_later(bids_at, line)]
    changes, records, conflicts = _settled(judged, now, origin)
    write(session, changes, records)
    roll_back_undone(
        session, [one.line_id for one in changes if one.state == State.APPLIED], origin
    )
    leave_to_people(session, account_id, conflicts, origin)
    explained = {line.keyword_id for line in judged}
    explained |= _ours(session, account_id, bids_at)
    strange = _changed_elsewhere(last_seen, now, explained)
    note_edits(session, account_id, strange, origin)
    wanted = {line.keyword_id: line.bid_fen for line in approved}
    foreign = [edit for edit in strange if wanted.get(edit.keyword_id) != edit.bid_fen]
    leave_to_people(session, account_id, foreign, origin)
    return Confirmation(
        applied=len(changes) - len(conflicts),
        waiting=len(approved) - len(changes),
        conflicts=len(conflicts),
        changed_elsewhere=len(strange),
    )


def _settled(
    judged: Iterable[LineRow], now: Mapping[str, int | None], origin: Origin
) -> tuple[list[LineChange], list[AuditRecord], list[Edit]]:
    """Changes, records and conflicts of the lines that the bids ``now`` decide; the rest waits."""
    changes: list[LineChange] = []
    records: list[AuditRecord] = []
    conflicts: list[Edit] = []
    for line in judged:
        found = now.get(line.keyword_id)
        if found is None or found == line.bid_before_fen:
            continue
        applied = found == line.bid_fen
        action = Action.CONFIRM_APPLIED if applied else Action.MARK_CONFLICT
        changes.append(
            change(line, next_state(line.state, action), origin, note=_note(line, found))
        )
        records.append(_applied(line, origin) if applied else _conflict(line, found, origin))
        if not applied:
            conflicts.append(_edit(line, found))
    return changes, records, conflicts


def _is_later(bids_at: datetime | None, line: LineRow) -> bool:
    """Whether the bids are of the line's approval or later."""
    return bids_at is not None and line.decided_at is not None and line.decided_at <= bids_at


def _applied(line: LineRow, origin: Origin) -> AuditRecord:
    return audit.line_action(
        Action.CONFIRM_APPLIED, origin, reference(line), state=line.state, bid_fen=line.bid_fen
    )


def _conflict(line: LineRow, found: int, origin: Origin) -> AuditRecord:
    return audit.conflict_found(
        origin,
        reference(line),
        state=line.state,
        expected_bid_fen=line.bid_fen or 0,
        found_bid_fen=found,
    )


def _note(line: LineRow, found: int) -> str | None:
    if found == line.bid_fen or line.bid_fen is None:
        return None
    return (
        f"批准出价 {line.bid_fen / 100:.2f} 元，平台上是 {found / 100:.2f} 元，未改动 / "
        f"approved {line.bid_fen / 100:.2f} yuan, found {found / 100:.2f} yuan, left alone"
    )


def _edit(line: LineRow, found: int) -> Edit:
    return Edit(keyword_id=line.keyword_id, bid_before_fen=line.bid_before_fen, bid_fen=found)


def _ours(session: Session, account_id: str, bids_at: datetime | None) -> set[str]:
    """Words whose bid may have moved by our own doing: under way, or set after the list was made."""
    moving = LineFilter(account_id=account_id, states=(State.APPLYING, State.UNKNOWN))
    under_way = {line.keyword_id for line in lines.select_lines(session, moving)}
    since = {} if bids_at is None else applications.settled_since(session, account_id, bids_at)
    return under_way | set(since)


def _changed_elsewhere(
    last_seen: Mapping[str, int | None], now: Mapping[str, int | None], explained: set[str]
) -> list[Edit]:
    """Words whose bid moved since it was last seen though no approved line wanted that."""
    return [
        Edit(keyword_id=keyword_id, bid_before_fen=last_seen[keyword_id], bid_fen=bid)
        for keyword_id, bid in now.items()
        if bid is not None
        and keyword_id not in explained
        and last_seen.get(keyword_id) not in (None, bid)
    ]

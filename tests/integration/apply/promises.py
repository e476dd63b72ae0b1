"""What must hold of every bid, told by two witnesses: the shop's own journal, and the store.

The store is read in plain SQL, so that a query of the product cannot hide what it did not write.
Every function returns sentences about what was broken; none is what everybody hopes for.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

API = "api"
PERSON = "person"
UNDER_WAY = ("applying", "unknown")
# Where an approved line may be found: decided, marked, or still on its way.
KEPT = (
    *("approved", "applied", "conflict", "failed", "unknown"),
    *("expired", "superseded", "rolled_back"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A bid that was really set: ``number`` counts all changes of the shop from 0."""

    number: int
    day: date
    keyword_id: str
    bid_fen: int
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A bid that a batch has committed to send, and the approval that it rests on."""

    line_id: int
    keyword_id: str
    bid_fen: int
    day: date
    approval: Mapping[str, Any] | None


def rewritten(session: Session, journal: Sequence[Change], since: date) -> list[str]:
    """Bids of ours without an approved line that was sent that day, and bids set twice for a line.

    A second write of the same bid is right only after somebody else has set the word in between.
    """
    lines: dict[tuple[date, str, int], set[int]] = defaultdict(set)
    broken: list[str] = []
    for one in sent(session, since):
        lines[one.day, one.keyword_id, one.bid_fen].add(one.line_id)
        broken += _unapproved(one)
    used: Counter[tuple[date, str, int]] = Counter()
    last: dict[str, Change] = {}
    for change in journal:
        before = last.get(change.keyword_id)
        last[change.keyword_id] = change
        if change.actor != API or change.day < since:
            continue
        key = (change.day, change.keyword_id, change.bid_fen)
        if key not in lines:
            broken.append(f"{change} was set and no line of that day was sent")
        if not (used[key] and before and before.actor == PERSON):
            used[key] += 1
        if used[key] > max(1, len(lines[key])):
            broken.append(f"{change} was set {used[key]} times")
    return broken


def sent(session: Session, since: date) -> list[Sent]:
    """Every bid of a batch that came as far as sending, on business dates from ``since``."""
    rows = session.execute(
        text(
            "SELECT bl.line_id, bl.keyword_id, bl.bid_fen, b.business_date AS day, "
            "e.action, e.line_id AS approved_line, e.after "
            "FROM batch_line bl JOIN batch b ON b.batch_id = bl.batch_id "
            "LEFT JOIN audit_event e ON e.event_id = bl.approval_event_id "
            "WHERE b.dispatched_at IS NOT NULL AND b.business_date >= :since"
        ),
        {"since": since.isoformat()},
    )
    return [
        Sent(
            line_id=row.line_id,
            keyword_id=row.keyword_id,
            bid_fen=row.bid_fen,
            day=date.fromisoformat(str(row.day)),
            approval=None
            if row.action is None
            else {
                "action": row.action,
                "line_id": row.approved_line,
                "bid_fen": _decoded(row.after).get("bid_fen"),
            },
        )
        for row in rows
    ]


def _unapproved(one: Sent) -> list[str]:
    wanted = {"action": "approve", "line_id": one.line_id, "bid_fen": one.bid_fen}
    return [] if one.approval == wanted else [f"{one} was sent without an approval"]


def _decoded(after: Any) -> Mapping[str, Any]:
    found = json.loads(after) if isinstance(after, str) else after
    return found or {}


def strays(
    session: Session, journal: Sequence[Change], live: Mapping[str, int], looked: int
) -> list[str]:
    """Words that stand elsewhere than the store says, unmarked.

    Right are only words under way, and those that somebody else has set since the journal was
    ``looked`` long, which is when the service last read the whole shop.
    """
    marked = set(words_in(session, UNDER_WAY))
    last = {change.keyword_id: change for change in journal}
    known = known_bids(session)
    return [
        f"{word} stands at {bid}, the store says {known[word]}; last: {last.get(word)}"
        for word, bid in live.items()
        if word in known
        and known[word] not in (None, bid)
        and word not in marked
        and not _unseen(last.get(word), looked)
    ]


def _unseen(change: Change | None, looked: int) -> bool:
    return change is not None and change.actor == PERSON and change.number >= looked


def lost(session: Session, approved: Iterable[int]) -> list[str]:
    """Approved lines that are neither decided nor on their way."""
    wanted = sorted(approved) or [0]
    query = text("SELECT line_id, state FROM line WHERE line_id IN :wanted").bindparams(
        bindparam("wanted", expanding=True)
    )
    states = {row.line_id: row.state for row in session.execute(query, {"wanted": wanted})}
    open_lines = {
        row.line_id
        for row in session.execute(
            text(
                "SELECT bl.line_id FROM batch_line bl JOIN batch b ON b.batch_id = bl.batch_id "
                "WHERE b.state IN ('prepared', 'dispatching', 'unknown')"
            )
        )
    }
    return [
        f"the approved line {line_id} is {states.get(line_id, 'gone')}"
        for line_id in approved
        if states.get(line_id) not in KEPT
        and not (states.get(line_id) == "applying" and line_id in open_lines)
    ]


def known_bids(session: Session) -> dict[str, int | None]:
    """What the store says stands on the platform."""
    rows = session.execute(text("SELECT keyword_id, bid_fen FROM keyword"))
    return {row.keyword_id: row.bid_fen for row in rows}


def words_in(session: Session, states: Sequence[str]) -> list[str]:
    """Words that have a line in one of ``states``."""
    query = text("SELECT keyword_id FROM line WHERE state IN :states").bindparams(
        bindparam("states", expanding=True)
    )
    return [row.keyword_id for row in session.execute(query, {"states": list(states)})]


def of_word(
    journal: Sequence[Change], known: Mapping[str, int | None], looked: int
) -> dict[str, int]:
    """What each word stands at, but for what somebody else set where nobody has looked since."""
    found: dict[str, int] = {}
    last = {change.keyword_id: change for change in journal}
    for word, change in last.items():
        bid = known.get(word) if _unseen(change, looked) else change.bid_fen
        found[word] = bid or 0
    return found


def budgets(session: Session) -> dict[str, int]:
    """Campaigns and the daily budgets (fen) that the last pull found; those without one are absent."""
    rows = session.execute(text("SELECT campaign_id, daily_budget_fen FROM campaign"))
    return {row.campaign_id: row.daily_budget_fen for row in rows if row.daily_budget_fen}


def under_way(session: Session) -> dict[str, int]:
    """Words whose line is on its way right now → the bid that was approved for it."""
    rows = session.execute(
        text(
            "SELECT l.keyword_id, l.bid_fen, bl.bid_fen AS sent, e.after FROM line l "
            "JOIN batch_line bl ON bl.line_id = l.line_id AND bl.outcome = 'sent' "
            "JOIN audit_event e ON e.event_id = bl.approval_event_id AND e.action = 'approve' "
            "AND e.line_id = l.line_id WHERE l.state = 'applying'"
        )
    )
    return {
        row.keyword_id: row.sent
        for row in rows
        if row.bid_fen == row.sent == _decoded(row.after).get("bid_fen")
    }


def forge(session: Session, more_fen: int) -> int:
    """Raise the bid of an approved line behind the back of whoever approved it."""
    done = session.execute(
        text(
            "UPDATE line SET bid_fen = bid_fen + :more "
            "WHERE line_id = (SELECT min(line_id) FROM line WHERE state = 'approved')"
        ),
        {"more": more_fen},
    )
    return int(done.rowcount)  # type: ignore[attr-defined] # as every UPDATE has it

"""Lines out to a spreadsheet and decisions back: for the console, REST and the terminal alike.

Nothing is kept between the difference that a person was shown and their yes: the file is read
again, and its difference must have the same hash, else nothing is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.orm import Session

from service import decisions
from service.approval import Action
from service.audit import Origin
from service.errors import ConflictError, InputError
from service.settings.models import Guardrails
from service.sheets import review
from service.sheets.cells import XLSX
from service.sheets.difference import Difference, difference
from service.sheets.reading import read
from service.sheets.words import Language
from service.store import lines, people, proposals, roster
from service.store.lines import LineFilter
from service.store.rows import ProposalRow

Kind = Literal["xlsx", "csv"]
MEDIA_TYPES: Final[dict[Kind, str]] = {"xlsx": XLSX, "csv": review.CSV}
# A workbook of more takes minutes to write; text does not.
MOST_LINES: Final[dict[Kind, int]] = {"xlsx": 20_000, "csv": 100_000}

# Called with the difference as it is now, when it is not the one that was shown; raises.
Stale = Callable[[Difference], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Lines as a file."""

    name: str
    media_type: str
    content: bytes
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an import did: how many lines got another bid, were approved, rejected."""

    edited: int
    approved: int
    rejected: int


def export(session: Session, wanted: LineFilter, kind: Kind, language: Language) -> Leaving:
    """The lines of a filter of one proposal, the largest expected spend first.

    Raises InputError beyond ``MOST_LINES``, NotFoundError for an unknown proposal.
    """
    most = MOST_LINES[kind]
    proposal = _proposal(session, wanted)
    count = lines.totals(session, wanted).lines
    if count > most:
        raise InputError.of(
            "sheet_too_long",
            count=count,
            kind=kind,
            most=most,
            more=", or take .csv" if kind == "xlsx" else "",
        )
    found = lines.window(session, wanted, sort="spend_after", descending=True, start=0, limit=most)
    names = roster.names(session, proposal.account_id, {line.campaign_id for line in found})
    write = review.workbook if kind == "xlsx" else review.comma
    return Leaving(
        name=f"kaiche-lines-{proposal.account_id}-{proposal.business_date:%Y%m%d}.{kind}",
        media_type=MEDIA_TYPES[kind],
        content=write(found, names, language),
        lines=len(found),
    )


def preview(
    session: Session,
    proposal_id: str,
    content: bytes,
    guardrails: Guardrails,
    actor: str,
    *,
    for_update: bool = False,
) -> Difference:
    """What a sheet would do to a proposal's lines, if ``actor`` said yes now. Changes nothing."""
    sheet = read(content)
    proposal = proposals.get(session, proposal_id)
    wanted = LineFilter(proposal_id=proposal.proposal_id)
    now = {
        line.line_id: line for line in lines.select_lines(session, wanted, for_update=for_update)
    }
    known = actor if people.anybody(session) else None
    return difference(proposal_id, sheet, now, guardrails, actor=known)


def carry_out(
    session: Session,
    proposal_id: str,
    content: bytes,
    guardrails: Guardrails,
    origin: Origin,
    shown: str,
    stale: Stale | None = None,
) -> Done:
    """Do what was shown: bids, then approvals, then rejections; all of it or nothing.

    ``shown`` is the hash of the difference that the person confirmed. Raises ConflictError, or what
    ``stale`` raises, when it is another one by now, and what ``service.decisions`` raises.
    """
    found = preview(session, proposal_id, content, guardrails, origin.actor, for_update=True)
    if found.hash != shown:
        if stale is not None:
            stale(found)
        raise ConflictError.of("sheet_changed")
    if found.edited:
        bids = {wish.line_id: wish.bid_fen for wish in found.edited if wish.bid_fen is not None}
        notes = {wish.line_id: wish.note for wish in found.edited}
        decisions.edit_all(session, origin, bids, guardrails, reasons=notes)
    for action, wishes in ((Action.APPROVE, found.approved), (Action.REJECT, found.rejected)):
        by_note: dict[str | None, list[int]] = defaultdict(list)
        for wish in wishes:
            by_note[wish.note].append(wish.line_id)
        for note, line_ids in by_note.items():
            wanted = LineFilter(proposal_id=proposal_id, line_ids=tuple(line_ids))
            decisions.decide(session, action, origin, wanted, reason=note)
    return Done(
        edited=len(found.edited), approved=len(found.approved), rejected=len(found.rejected)
    )


def _proposal(session: Session, wanted: LineFilter) -> ProposalRow:
    if wanted.proposal_id is None:
        raise InputError("a sheet holds the lines of one proposal; say which")
    return proposals.get(session, wanted.proposal_id)

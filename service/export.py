"""A proposal's approved lines leave as the platform's bulk-edit sheet, for REST and the terminal alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service import audit
from service.approval import State
from service.audit import AuditRecord, Origin
from service.errors import ConflictError
from service.sheets import upload
from service.store import lines
from service.store.lines import LineFilter
from service.store.rows import LineRow, ProposalRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedSheet:
    """The workbook of a proposal's approved lines; ``spend_fen`` is what they are expected to spend."""

    account_id: str
    proposal_id: str
    content: bytes
    lines: int
    spend_fen: int

    @property
    def sha256(self) -> str:
        """Hash of the workbook, hex."""
        return hashlib.sha256(self.content).hexdigest()

    def record(self, origin: Origin) -> AuditRecord:
        """That these lines left; to be appended once the workbook is in the reader's hands."""
        return audit.sheet_exported(
            origin,
            account_id=self.account_id,
            proposal_id=self.proposal_id,
            lines=self.lines,
            sha256=self.sha256,
        )


def approved_sheet(session: Session, proposal: ProposalRow) -> ApprovedSheet:
    """The sheet of what is approved now, with its header alone when nothing is."""
    wanted = LineFilter(proposal_id=proposal.proposal_id, states=(State.APPROVED,))
    approved = lines.select_lines(session, wanted)
    return ApprovedSheet(
        account_id=proposal.account_id,
        proposal_id=proposal.proposal_id,
        content=upload.workbook(_row(line) for line in approved),
        lines=len(approved),
        spend_fen=sum(line.spend_after_fen for line in approved),
    )


def _row(line: LineRow) -> upload.SheetRow:
    if line.bid_fen is None:
        raise ConflictError(f"line {line.line_id} ({line.word}) is approved without a bid")
    return upload.SheetRow(
        campaign_id=line.campaign_id,
        adgroup_id=line.adgroup_id,
        keyword_id=line.keyword_id,
        word=line.word,
        match=line.match,
        bid_before_fen=line.bid_before_fen,
        bid_fen=line.bid_fen,
    )

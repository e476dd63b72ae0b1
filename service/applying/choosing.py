"""Which approved lines may leave now, and in which order.

Bid cuts go first, then raises, each by what they are expected to bring; undoing goes before doing.
So when calls or room under a cap run short, what is left undone is what matters least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from service import audit
from service.applying.work import Work
from service.approval import Action, State, next_state
from service.caps import Spending
from service.decisions import change, reference, write
from service.ledger import daily_budget_tonight
from service.outside import trusted
from service.settings.models import Account
from service.standing import in_force
from service.store import applications, facts, interventions, lines, proposals, roster
from service.store import audit as events
from service.store.lines import LineFilter
from service.store.rows import AuditRow, LineRow
from service.tonight import campaign_caps


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """An approved line on its way out, with the event of its approval. There is no other way out."""

    line: LineRow
    approval: AuditRow
    undoes: bool

    def __post_init__(self) -> None:
        approved = (self.approval.after or {}).get("bid_fen")
        if self.approval.action != Action.APPROVE or self.approval.line_id != self.line.line_id:
            raise ValueError(f"the line {self.line.line_id} has no approval of its own")
        if approved != self.line.bid_fen or self.line.bid_before_fen is None:
            raise ValueError(f"the line {self.line.line_id} is not what was approved")

    @property
    def before_fen(self) -> int:
        """The bid that the decision was taken at."""
        assert self.line.bid_before_fen is not None
        return self.line.bid_before_fen

    @property
    def bid_fen(self) -> int:
        """The bid to set."""
        assert self.line.bid_fen is not None
        return self.line.bid_fen

    @property
    def cuts(self) -> bool:
        """Whether the bid goes down."""
        return self.bid_fen < self.before_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Lines in the order in which they leave."""

    cuts: tuple[Departure, ...]
    raises: tuple[Departure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stock:
    """The approved lines sorted out: what may leave, what ends (line ids), what waits by reason."""

    choice: Choice
    older: set[int]
    expired: set[int]
    waiting: Counter[str]


def choose(session: Session, work: Work) -> Choice:
    """Take stock of the account's approved lines.

    Those whose approval has run out expire here. A line that was given back while a newer one of its
    word was approved gives way to it: a word has one approved bid at a time. A word waits while an
    earlier bid of it is under way, or when it was changed today already (undoing excepted); a line
    without a proper approval never leaves.
    """
    stock = _take_stock(session, work, for_update=True)
    _end(session, work, Action.SUPERSEDE, stock.older)
    _end(session, work, Action.EXPIRE, stock.expired)
    work.expired += len(stock.expired)
    work.waiting += stock.waiting
    return stock.choice


def anything_leaves(session: Session, work: Work) -> bool:
    """Whether a walk now would send or end anything. Changes nothing."""
    stock = _take_stock(session, work, for_update=False)
    if stock.choice.cuts or stock.expired or stock.older:
        return True
    if not stock.choice.raises:
        return False
    spending = spending_now(session, work.account, work.day)
    return any(spending.fits(one.line, one.bid_fen) for one in stock.choice.raises)


def _take_stock(session: Session, work: Work, *, for_update: bool) -> _Stock:
    wanted = LineFilter(account_id=work.account_id, states=(State.APPROVED,))
    approved = lines.select_lines(session, wanted, for_update=for_update)
    ids = [line.line_id for line in approved]
    approvals = events.approvals(session, ids)
    undoing = interventions.undone_by(session, ids)
    older = _older(approved)
    expired = _expired(session, work, approved, approvals) - older
    busy = _words(session, work.account_id, (State.APPLYING, State.UNKNOWN))
    today = applications.words_changed(session, work.account_id, work.day)
    waiting: Counter[str] = Counter()
    ready: list[Departure] = []
    for line in approved:
        if line.line_id in expired or line.line_id in older:
            continue
        reason = _reason_to_wait(line, line.line_id in undoing, busy, today)
        departure = None if reason else _departure(line, approvals, line.line_id in undoing)
        if departure is not None:
            ready.append(departure)
        else:
            waiting[reason or "without_approval"] += 1
    choice = Choice(
        cuts=tuple(sorted((one for one in ready if one.cuts), key=_urgency)),
        raises=tuple(sorted((one for one in ready if not one.cuts), key=_urgency)),
    )
    return _Stock(choice=choice, older=older, expired=expired, waiting=waiting)


def spending_now(session: Session, account: Account, day: date) -> Spending:
    """What the account is expected to spend at the bids in force, under today's caps.

    A bid whose outcome nobody saw counts at the higher of the two it may stand at.
    """
    newest = proposals.page(session, account_id=account.id, kind="night", limit=1)
    known = (
        lines.select_lines(session, LineFilter(proposal_id=newest[0].proposal_id)) if newest else []
    )
    bids = {word: bid for word, bid in roster.last_bids(session, account.id).items() if bid}
    unsettled = (State.APPLYING, State.UNKNOWN)
    for line in lines.select_lines(session, LineFilter(account_id=account.id, states=unsettled)):
        bids[line.keyword_id] = max(line.bid_before_fen or 0, line.bid_fen or 0)
    yesterday = day - timedelta(days=1)
    spent = facts.spend(session, account.id, day.replace(day=1), yesterday)
    account = in_force(session, account)
    budget = daily_budget_tonight(account.budgets, spent, day)
    campaigns = trusted(session, account.id, roster.campaigns(session, account.id))
    return Spending(
        known,
        bids,
        account_cap_fen=budget.tonight_fen,
        campaign_caps_fen=campaign_caps(account, campaigns),
    )


def _reason_to_wait(line: LineRow, undoes: bool, busy: set[str], today: set[str]) -> str | None:
    if line.keyword_id in busy:
        return "under_way"
    if line.keyword_id in today and not undoes:
        return "changed_today"
    return None


def _departure(line: LineRow, approvals: Mapping[int, AuditRow], undoes: bool) -> Departure | None:
    approval = approvals.get(line.line_id)
    if approval is None:
        return None
    try:
        return Departure(line=line, approval=approval, undoes=undoes)
    except ValueError:
        return None


def _urgency(departure: Departure) -> tuple[bool, int, int]:
    """Undoing first; a cut by the profit that it brings, a raise by the contribution."""
    line = departure.line
    gain = line.contribution_after_fen - line.contribution_before_fen
    if departure.cuts:
        gain -= line.spend_after_fen - line.spend_before_fen
    return (not departure.undoes, -gain, line.line_id)


def _words(session: Session, account_id: str, states: Sequence[str]) -> set[str]:
    wanted = LineFilter(account_id=account_id, states=tuple(states))
    return {line.keyword_id for line in lines.select_lines(session, wanted)}


def _expired(
    session: Session, work: Work, approved: Sequence[LineRow], approvals: Mapping[int, AuditRow]
) -> set[int]:
    """Lines approved too long ago, or of a proposal past its time."""
    now, life = work.now(), work.context.approval_life
    names = {line.proposal_id for line in approved}
    ends = {name: proposals.get(session, name).expires_at for name in names}
    return {line.line_id for line in approved if _is_over(line, approvals, ends, now, life)}


def _is_over(
    line: LineRow,
    approvals: Mapping[int, AuditRow],
    ends: Mapping[str, datetime],
    now: datetime,
    life: timedelta,
) -> bool:
    approval = approvals.get(line.line_id)
    return ends[line.proposal_id] <= now or (approval is not None and approval.at + life <= now)


def _older(approved: Sequence[LineRow]) -> set[int]:
    """Approved lines that have a newer one of the same word."""
    newest = {
        line.keyword_id: line.line_id for line in sorted(approved, key=lambda one: one.line_id)
    }
    return {line.line_id for line in approved if newest[line.keyword_id] != line.line_id}


def _end(session: Session, work: Work, action: Action, line_ids: Iterable[int]) -> None:
    wanted = tuple(line_ids)
    if not wanted:
        return
    origin = work.origin()
    found = lines.select_lines(session, LineFilter(line_ids=wanted), for_update=True)
    records = [
        audit.line_action(action, origin, reference(line), state=line.state, bid_fen=line.bid_fen)
        for line in found
    ]
    after = [change(line, next_state(line.state, action), origin) for line in found]
    write(session, after, records)

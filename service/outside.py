"""What others change: bids edited elsewhere, budgets that the platform raises, sessions that end.

A word whose bid somebody else changed is left to people until one releases it. A raised budget
raises an alert, and until a person acknowledges it plans and caps keep to the budget as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from connectors.platform import CampaignRow
from service import audit, standing
from service.audit import Origin
from service.errors import ConflictError
from service.store import account_states, interventions, roster
from service.store import audit as events
from service.store.interventions import AlertRow, HandsOffRow, NewAlert

BUDGET_RAISED = "budget_raised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A bid that somebody else set: the bid last known here, and the one found, fen."""

    keyword_id: str
    bid_before_fen: int | None
    bid_fen: int


def note_edits(session: Session, account_id: str, edits: Sequence[Edit], origin: Origin) -> None:
    """Record bids changed elsewhere, with before and after."""
    events.append(
        session,
        [
            audit.bid_changed_elsewhere(
                origin,
                account_id=account_id,
                keyword_id=edit.keyword_id,
                bid_before_fen=edit.bid_before_fen,
                bid_fen=edit.bid_fen,
            )
            for edit in edits
        ],
    )


def leave_to_people(
    session: Session, account_id: str, edits: Iterable[Edit], origin: Origin
) -> None:
    """Lock words in the next policies until somebody releases them."""
    interventions.put_hands_off(
        session,
        [
            HandsOffRow(
                account_id=account_id,
                keyword_id=edit.keyword_id,
                since_at=origin.at,
                bid_before_fen=edit.bid_before_fen,
                bid_fen=edit.bid_fen,
            )
            for edit in edits
        ],
    )


def release(session: Session, account_id: str, keyword_id: str, origin: Origin) -> HandsOffRow:
    """Give a word back to the machine; raises NotFoundError when it is not left to people."""
    row = interventions.release(session, account_id, keyword_id)
    record = audit.word_released(
        origin, account_id=account_id, keyword_id=keyword_id, bid_fen=row.bid_fen
    )
    events.append(session, [record])
    return row


def locked_words(session: Session, account_id: str) -> set[str]:
    """Words that the next plans must leave alone."""
    return {row.keyword_id for row in interventions.hands_off(session, account_id)}


def note_budgets(
    session: Session, account_id: str, pulled: Iterable[CampaignRow], origin: Origin
) -> int:
    """Raise an alert for each campaign whose budget grew since the last pull; returns how many.

    Call before the roster itself is stored. kaiche never sets a campaign's budget, so any rise is
    the platform's or another person's. An unknown budget, as reports have it, says nothing.
    """
    known = {row.campaign_id: row.daily_budget_fen for row in roster.campaigns(session, account_id)}
    raised = []
    for row in pulled:
        before, after = known.get(row.campaign_id), row.daily_budget_fen
        if before is not None and (after is None or after > before):
            raised.append(_raised(account_id, row, before, origin))
    interventions.add_alerts(session, raised)
    events.append(
        session,
        [
            audit.budget_raised_elsewhere(
                origin,
                account_id=account_id,
                campaign_id=alert.subject,
                before=dict(alert.before),
                after=dict(alert.after),
            )
            for alert in raised
        ],
    )
    return len(raised)


def acknowledge(
    session: Session, alert_id: int, origin: Origin, reason: str | None = None
) -> AlertRow:
    """A person has read the alert; what was raised is accepted by it.

    Raises ConflictError if known, InputError for a raise in the YAML without a reason.
    """
    alert = interventions.alert(session, alert_id)
    if alert.kind == standing.LIMITS_RAISED:
        standing.hold(session, alert.account_id)
    if not interventions.acknowledge(session, alert_id, by=origin.actor, at=origin.at):
        by = interventions.alert(session, alert_id).acknowledged_by
        raise ConflictError.of("alert_known", alert_id=alert_id, by=by)
    if alert.kind == standing.LIMITS_RAISED:
        standing.accept(session, alert, origin, reason)
    record = audit.alert_acknowledged(
        origin, account_id=alert.account_id, alert_id=alert_id, kind=alert.kind
    )
    events.append(session, [record])
    return interventions.alert(session, alert_id)


def trusted(
    session: Session, account_id: str, campaigns: Iterable[CampaignRow]
) -> tuple[CampaignRow, ...]:
    """Campaigns with the budgets that a person knows of: a rise counts once it is acknowledged."""
    unread = interventions.alerts(
        session, account_id=account_id, kind=BUDGET_RAISED, open_only=True, limit=100_000
    )
    least: dict[str, int] = {}
    for alert in unread:
        before = int(alert.before["daily_budget_fen"])
        least[alert.subject] = min(before, least.get(alert.subject, before))
    return tuple(_held(row, least.get(row.campaign_id)) for row in campaigns)


def note_authorisation(
    session: Session, account_id: str, origin: Origin, *, cause: str | None
) -> None:
    """Keep whether the shop must be authorised again; ``cause`` None says that it answers."""
    if cause is None:
        news = account_states.regain_authorisation(session, account_id)
    else:
        news = account_states.lose_authorisation(session, account_id, cause, origin.at)
    if news:
        record = audit.authorisation_changed(
            origin, account_id=account_id, authorised=cause is None, cause=cause
        )
        events.append(session, [record])


def _held(row: CampaignRow, most: int | None) -> CampaignRow:
    if most is None or (row.daily_budget_fen is not None and row.daily_budget_fen <= most):
        return row
    return replace(row, daily_budget_fen=most)


def _raised(account_id: str, row: CampaignRow, before: int, origin: Origin) -> NewAlert:
    after = row.daily_budget_fen
    to_zh = "不限" if after is None else f"{after / 100:.2f} 元"
    to_en = "no limit" if after is None else f"{after / 100:.2f} yuan"
    return NewAlert(
        at=origin.at,
        account_id=account_id,
        kind=BUDGET_RAISED,
        subject=row.campaign_id,
        before={"daily_budget_fen": before},
        after={"daily_budget_fen": after},
        message_zh=f"计划「{row.name}」({row.campaign_id}) 的日预算由 {before / 100:.2f} 元变为 {to_zh}，"
        "不是 kaiche 改的；确认之前仍按原预算出价",
        message_en=f"the daily budget of campaign {row.name} ({row.campaign_id}) rose from "
        f"{before / 100:.2f} yuan to {to_en}, and not by kaiche; until you acknowledge this, bids "
        "keep to the budget as it was",
    )

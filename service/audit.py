"""Audit records: who did what, when, from where, and what it was before and after.

Every change of state is written with its record in one transaction; the constructors below are the
only way records come about, so a transition that the table does not know cannot be recorded, and
nothing secret can enter: keys that name secrets, passwords in URLs and bearer tokens are masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from service.approval import Action, next_state, require_reason
from service.errors import ConflictError
from service.settings.secrets import without_secrets

Source = Literal["cli", "rest", "console", "schedule", "pull"]
Json = Mapping[str, Any]

MACHINE: Final = "kaiche"
_NAMES_THE_BID: Final = frozenset({Action.APPROVE, Action.DISPATCH, Action.CONFIRM_APPLIED})
_ACTIONS_OF_PEOPLE: Final = frozenset({Action.EDIT, Action.OVERRIDE, Action.REJECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who acts, when (aware; kept as UTC), through what, in which request."""

    at: datetime
    actor: str
    source: Source
    request_id: str | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("an audit record needs an aware instant")
        if not self.actor.strip():
            raise ValueError("an audit record needs an actor")
        object.__setattr__(self, "at", self.at.astimezone(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRef:
    """The line that an action is about."""

    account_id: str
    proposal_id: str
    line_id: int
    keyword_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One row of ``audit_event`` without its id. ``before`` and ``after`` hold what changed."""

    at: datetime
    actor: str
    source: Source
    action: str
    account_id: str | None = None
    run_id: str | None = None
    proposal_id: str | None = None
    line_id: int | None = None
    keyword_id: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reason: str | None = None
    request_id: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            object.__setattr__(self, field.name, without_secrets(value))


def line_action(
    action: str,
    origin: Origin,
    line: LineRef,
    *,
    state: str,
    bid_fen: int | None,
    new_bid_fen: int | None = None,
    reason: str | None = None,
) -> AuditRecord:
    """The record of ``action`` on a line in ``state`` whose bid to apply is ``bid_fen``.

    ``new_bid_fen`` is given exactly for an edit. ``after["state"]`` is the state that follows.
    Raises ConflictError for a pair outside the table, or when the machine takes an action that is
    a person's; InputError when the action needs a reason and has none.
    """
    what = Action(action)
    after_state = next_state(state, what)
    if (new_bid_fen is not None) != (what is Action.EDIT):
        raise ValueError("a new bid belongs to an edit, and an edit to a new bid")
    if what in _ACTIONS_OF_PEOPLE and origin.actor == MACHINE:
        raise ConflictError(f"the action {what} is a person's; {MACHINE} may not take it")
    before: dict[str, Any] = {"state": str(state)}
    after: dict[str, Any] = {"state": str(after_state)}
    if new_bid_fen is not None:
        before["bid_fen"], after["bid_fen"] = bid_fen, new_bid_fen
    elif what in _NAMES_THE_BID:
        after["bid_fen"] = bid_fen
    return _of_line(
        what, origin, line, before=before, after=after, reason=require_reason(what, reason)
    )


def conflict_found(
    origin: Origin, line: LineRef, *, state: str, expected_bid_fen: int, found_bid_fen: int | None
) -> AuditRecord:
    """An approved line whose word stands at another bid than the one approved or the one before."""
    after_state = next_state(state, Action.MARK_CONFLICT)
    return _of_line(
        Action.MARK_CONFLICT,
        origin,
        line,
        before={"state": str(state), "bid_fen": expected_bid_fen},
        after={"state": str(after_state), "bid_fen": found_bid_fen},
        reason=None,
    )


def bid_changed_elsewhere(
    origin: Origin,
    *,
    account_id: str,
    keyword_id: str,
    bid_before_fen: int | None,
    bid_fen: int | None,
) -> AuditRecord:
    """A pull found a bid that nobody here had set: the platform or another person changed it."""
    return _record(
        "bid_changed_elsewhere",
        origin,
        account_id=account_id,
        keyword_id=keyword_id,
        before={"bid_fen": bid_before_fen},
        after={"bid_fen": bid_fen},
    )


def run_started(
    origin: Origin, *, account_id: str, run_id: str, business_date: date, attempt: int
) -> AuditRecord:
    """A night was opened, or taken up again (attempt > 1)."""
    after = {"state": "running", "business_date": business_date.isoformat(), "attempt": attempt}
    return _record(
        "run_started" if attempt == 1 else "run_resumed",
        origin,
        account_id=account_id,
        run_id=run_id,
        after=after,
    )


def run_succeeded(origin: Origin, *, account_id: str, run_id: str, counts: Json) -> AuditRecord:
    """A night ended with a proposal; ``counts`` are its figures."""
    return _record(
        "run_succeeded",
        origin,
        account_id=account_id,
        run_id=run_id,
        before={"state": "running"},
        after={"state": "succeeded", **counts},
    )


def run_failed(
    origin: Origin, *, account_id: str, run_id: str, step: str, cause: str
) -> AuditRecord:
    """A night ended without a proposal; ``cause`` is the sentence for a specialist."""
    return _record(
        "run_failed",
        origin,
        account_id=account_id,
        run_id=run_id,
        before={"state": "running"},
        after={"state": "failed", "step": step},
        reason=cause,
    )


def proposal_saved(
    origin: Origin,
    *,
    account_id: str,
    run_id: str,
    proposal_id: str,
    state: str,
    content_hash: str,
    lines: int,
    breaches: tuple[str, ...] = (),
) -> AuditRecord:
    """A proposal was laid on the table, open or blocked by ``breaches`` (codes)."""
    after = {"state": state, "content_hash": content_hash, "lines": lines}
    if breaches:
        after["breaches"] = list(breaches)
    return _record(
        "proposal_saved",
        origin,
        account_id=account_id,
        run_id=run_id,
        proposal_id=proposal_id,
        after=after,
    )


def proposal_changed(
    action: Literal["override", "expire", "supersede"],
    origin: Origin,
    *,
    account_id: str,
    proposal_id: str,
    before: str,
    after: str,
    reason: str | None = None,
) -> AuditRecord:
    """A whole proposal changed its state. An override needs a person and a reason."""
    if action == "override" and origin.actor == MACHINE:
        raise ConflictError(f"a blocked proposal is overridden by a person, not by {MACHINE}")
    return _record(
        f"proposal_{action}",
        origin,
        account_id=account_id,
        proposal_id=proposal_id,
        before={"state": before},
        after={"state": after},
        reason=require_reason(Action(action), reason),
    )


def sheet_exported(
    origin: Origin, *, account_id: str, proposal_id: str, lines: int, sha256: str
) -> AuditRecord:
    """Approved lines left as the platform's bulk-edit sheet."""
    return _record(
        "sheet_exported",
        origin,
        account_id=account_id,
        proposal_id=proposal_id,
        after={"lines": lines, "sha256": sha256},
    )


def application_ended(
    origin: Origin,
    *,
    account_id: str,
    application_id: str,
    state: str,
    counts: Json,
    cause: str | None,
) -> AuditRecord:
    """A walk over the approved lines came to its end, or to a halt for ``cause``."""
    after = {"application_id": application_id, "state": state, **counts}
    return _record("application_ended", origin, account_id=account_id, after=after, reason=cause)


def rollback_proposed(
    origin: Origin,
    *,
    account_id: str,
    proposal_id: str,
    undoes: str,
    lines: int,
    left: int,
    reason: str,
) -> AuditRecord:
    """Somebody asked to undo an application or a batch; ``left`` words stay as they are."""
    after = {"undoes": undoes, "lines": lines, "left": left}
    return _record(
        "rollback_proposed",
        origin,
        account_id=account_id,
        proposal_id=proposal_id,
        after=after,
        reason=require_reason(Action.ROLL_BACK, reason),
    )


def stop_ordered(origin: Origin, *, scope: str, reason: str | None) -> AuditRecord:
    """The kill switch was thrown for an account, or for everything (``*``)."""
    return _switched("stop_ordered", origin, scope, reason)


def stop_lifted(origin: Origin, *, scope: str) -> AuditRecord:
    """The kill switch was released."""
    return _switched("stop_lifted", origin, scope, None)


def _switched(action: str, origin: Origin, scope: str, reason: str | None) -> AuditRecord:
    account_id = None if scope == "*" else scope
    return _record(action, origin, account_id=account_id, after={"scope": scope}, reason=reason)


def word_released(origin: Origin, *, account_id: str, keyword_id: str, bid_fen: int) -> AuditRecord:
    """A person gave a word back to the machine that had been left to people."""
    return _record(
        "word_released",
        origin,
        account_id=account_id,
        keyword_id=keyword_id,
        before={"hands_off": True, "bid_fen": bid_fen},
        after={"hands_off": False},
    )


def budget_raised_elsewhere(
    origin: Origin, *, account_id: str, campaign_id: str, before: Json, after: Json
) -> AuditRecord:
    """A pull found a campaign's budget above the one seen last; nobody here had raised it."""
    return _record(
        "budget_raised_elsewhere",
        origin,
        account_id=account_id,
        before={"campaign_id": campaign_id, **before},
        after={"campaign_id": campaign_id, **after},
    )


def alert_acknowledged(origin: Origin, *, account_id: str, alert_id: int, kind: str) -> AuditRecord:
    """A person has read an alert."""
    after = {"alert_id": alert_id, "kind": kind}
    return _record("alert_acknowledged", origin, account_id=account_id, after=after)


def authorisation_changed(
    origin: Origin, *, account_id: str, authorised: bool, cause: str | None = None
) -> AuditRecord:
    """The platform refused the shop's session, or answers again."""
    action = "authorisation_regained" if authorised else "authorisation_lost"
    return _record(action, origin, account_id=account_id, reason=cause)


def facts_compacted(
    origin: Origin, *, account_id: str, kept_from: Mapping[str, date | None], rows: int
) -> AuditRecord:
    """Old figures gave way; ``kept_from``: from which day on each kind is whole, None = always."""
    after = {kind: day and day.isoformat() for kind, day in kept_from.items()} | {"rows": rows}
    return _record("facts_compacted", origin, account_id=account_id, after=after)


def _of_line(
    action: Action,
    origin: Origin,
    line: LineRef,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str | None,
) -> AuditRecord:
    return _record(
        str(action),
        origin,
        account_id=line.account_id,
        proposal_id=line.proposal_id,
        line_id=line.line_id,
        keyword_id=line.keyword_id,
        before=before,
        after=after,
        reason=reason,
    )


def _record(
    action: str,
    origin: Origin,
    *,
    account_id: str | None,
    run_id: str | None = None,
    proposal_id: str | None = None,
    line_id: int | None = None,
    keyword_id: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> AuditRecord:
    return AuditRecord(
        at=origin.at,
        actor=origin.actor,
        source=origin.source,
        action=action,
        account_id=account_id,
        run_id=run_id,
        proposal_id=proposal_id,
        line_id=line_id,
        keyword_id=keyword_id,
        before=before,
        after=after,
        reason=reason,
        request_id=origin.request_id,
    )

"""What waits for a person, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from sqlalchemy.orm import Session

from service import stop
from service.store import account_states, applications, interventions, proposals, runs
from service.store.rows import ProposalRow, RunRow

Kind = Literal[
    "stopped",
    "unauthorised",
    "run_failed",
    "no_night",
    "alert",
    "unknown",
    "blocked",
    "review",
    "hands_off",
    "unsent",
    "pending",
]
GRAVE: frozenset[Kind] = frozenset(
    {"stopped", "unauthorised", "run_failed", "no_night", "alert", "unknown", "blocked"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing; ``values`` are its figures and texts by name, ``target`` is the id it is about."""

    kind: Kind
    values: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None

    @property
    def grave(self) -> bool:
        """Whether the day's work stands until a person has acted."""
        return self.kind in GRAVE


def needs(session: Session, account_id: str, today: date, stop_file: Path) -> tuple[Need, ...]:
    """Everything of one account that waits for a person on the morning of ``today``."""
    night = next(iter(runs.page(session, account_id=account_id, limit=1)), None)
    found = (
        *_stops(session, stop_file, account_id),
        *_authorisation(session, account_id),
        *_night(night, today),
        *_alerts(session, account_id),
        *_unknown(session, account_id),
        *(need for one in _waiting(session, account_id) for need in _proposal(session, one)),
        *_hands_off(session, account_id),
    )
    return tuple(sorted(found, key=lambda need: not need.grave))


def _stops(session: Session, file: Path, account_id: str) -> Iterator[Need]:
    for one in stop.in_force(session, file, account_id):
        said = {
            "by": one.ordered_by or (str(one.file) if one.file else ""),
            "reason": one.reason or "",
            "since": one.ordered_at,
            "scope": None if one.file else one.scope,
        }
        yield Need(kind="stopped", values=said)


def _authorisation(session: Session, account_id: str) -> Iterator[Need]:
    state = account_states.get(session, account_id)
    if state.unauthorised_since_at is not None:
        said = {"cause": state.unauthorised_cause or "", "since": state.unauthorised_since_at}
        yield Need(kind="unauthorised", values=said)


def _night(night: RunRow | None, today: date) -> Iterator[Need]:
    if night is None or night.business_date < today:
        yield Need(kind="no_night", values={"day": today})
    elif night.state == "failed":
        yield Need(kind="run_failed", values={"cause": night.cause or ""}, target=night.run_id)


def _alerts(session: Session, account_id: str) -> Iterator[Need]:
    for alert in interventions.alerts(session, account_id=account_id, open_only=True, limit=20):
        said = {"zh": alert.message_zh, "en": alert.message_en, "kind": alert.kind}
        yield Need(kind="alert", values=said, target=str(alert.alert_id))


def _unknown(session: Session, account_id: str) -> Iterator[Need]:
    open_batches = applications.batches(session, account_id=account_id, states=("unknown",))
    if open_batches:
        yield Need(kind="unknown", values={"count": len(open_batches)})


def _waiting(session: Session, account_id: str) -> list[ProposalRow]:
    return proposals.in_states(session, account_id, ("open", "blocked"))[::-1]


def _proposal(session: Session, proposal: ProposalRow) -> Iterator[Need]:
    states = proposals.line_states(session, proposal.proposal_id)
    target = proposal.proposal_id
    if proposal.state == "blocked":
        yield Need(kind="blocked", values={"count": states.get("blocked", 0)}, target=target)
    if proposal.review != "PASS":
        yield Need(kind="review", values={"verdict": proposal.review}, target=target)
    if states.get("pending"):
        yield Need(kind="pending", values={"count": states["pending"]}, target=target)
    if states.get("approved"):
        yield Need(kind="unsent", values={"count": states["approved"]}, target=target)


def _hands_off(session: Session, account_id: str) -> Iterator[Need]:
    left = interventions.hands_off(session, account_id)
    if left:
        yield Need(kind="hands_off", values={"count": len(left)})

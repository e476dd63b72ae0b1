"""Alerts: what cannot wait for the next digest, each told once for each cause. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from service.books import Opened
from service.notify.digest import short
from service.notify.words import Words
from service.reading.needs import Kind, Need
from service.reading.numbers import percent, yuan
from service.reading.summary import figure
from service.store.rows import ProposalRow

TOLD_AT_ONCE: Final[frozenset[Kind]] = frozenset({"run_failed", "unauthorised", "stopped", "alert"})
NEARLY_ALL: Final = 0.9  # of the window's cap
PREFIX: Final = "alert:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """``kind`` is the same for the same cause, whatever the day and the language."""

    kind: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What alerts are found in: what needs a person, the newest proposal, the ledger, the promise.

    ``confidence`` and ``amount_fen`` are the allowance's; None without one.
    """

    day: date
    needs: tuple[Need, ...]
    proposal: ProposalRow | None
    ledger: Opened
    confidence: float | None = None
    amount_fen: int | None = None


def alerts(words: Words, watched: Watched) -> tuple[Alert, ...]:
    """Everything to tell at once."""
    told = [_of_need(words, need) for need in watched.needs if need.kind in TOLD_AT_ONCE]
    return (*told, *_plan(words, watched), *_window(words, watched), *_overdrawn(words, watched))


def _of_need(words: Words, need: Need) -> Alert:
    """A cause is its target or instant; a stop by file has neither, so its words stand for it."""
    since = need.values.get("since")
    cause = need.target or (str(since) if since else repr(sorted(need.values.items())))
    return Alert(kind=_kind(need.kind, cause), said=short(words.need(need.kind, need.values)))


def _plan(words: Words, watched: Watched) -> Iterator[Alert]:
    """Tonight's plan keeps the promise with less certainty than it was given with."""
    plan, promised = watched.proposal, watched.confidence
    if plan is None or plan.business_date != watched.day or promised is None:
        return
    share = figure(plan.totals.get("p_within_loss"))
    if share is not None and share < promised:
        shown = {"share": percent(share, 0), "promised": percent(promised, 0)}
        yield Alert(kind=_kind("plan", plan.proposal_id), said=words("danger_plan", **shown))


def _window(words: Words, watched: Watched) -> Iterator[Alert]:
    """The window's cap is nearly used up."""
    state = watched.ledger.allowance
    if state is None or not state.window_cap_fen:
        return
    if state.used_fen >= NEARLY_ALL * state.window_cap_fen:
        said = words(
            "danger_window",
            used=yuan(state.used_fen),
            cap=yuan(state.window_cap_fen),
            days=state.days_left,
        )
        yield Alert(kind=_kind("window", str(state.window_first)), said=said)


def _overdrawn(words: Words, watched: Watched) -> Iterator[Alert]:
    """The newest day on the ledger lost more than a day may."""
    entry = watched.ledger.days[-1] if watched.ledger.days else None
    amount = watched.amount_fen
    if entry is None or amount is None or entry.loss.fen <= amount:
        return
    day = entry.day.date
    shown = {"day": f"{day:%m-%d}", "loss": yuan(entry.loss.fen), "amount": yuan(amount)}
    yield Alert(kind=_kind("day", str(day)), said=words("danger_day", **shown))


def _kind(name: str, cause: str) -> str:
    return f"{PREFIX}{name}:{hashlib.sha256(cause.encode()).hexdigest()[:16]}"

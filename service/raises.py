"""Raises of budget, allowance or the machine's own approval: what allows more, and what counts meanwhile.

An account's limits are one flat mapping, name → value: money in fen, days as ISO text; what is left out
or None is without limit. A higher objective here is one that may lose more; a machine that approves
nothing may do so in steps of 0, for 0 lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from service.settings.models import Account, Allowance, AutoApprove, Budgets

Value = int | float | str | None
Limits = Mapping[str, Value]

OBJECTIVE: Final = "objective"
DAILY: Final = "budgets.daily"
MONTHLY: Final = "budgets.monthly"
CAMPAIGN: Final = "budgets.campaigns."
ALLOWANCE: Final = "allowance."
STEP: Final = "auto_approve.max_step"
LINES: Final = "auto_approve.max_lines"
NOTHING_ALONE: Final[Mapping[str, int]] = {STEP: 0, LINES: 0}
_OBJECTIVES: Final = ("profit", "slight_loss", "clicks")
_MONEY: Final = frozenset({"amount", "window_cap"})
_DAYS: Final = frozenset({"start_date", "end_date"})
# Of these the lower value allows more.
_LOWER_IS_MORE: Final = frozenset(
    f"{ALLOWANCE}{name}"
    for name in ("window_days", "start_date", "confidence", "min_marginal_return")
)


def limits_of(account: Account) -> dict[str, Value]:
    """What the YAML says; what it does not limit is left out."""
    budgets, stated = account.budgets, account.allowance
    caps = {f"{CAMPAIGN}{name}": _fen(cap) for name, cap in sorted(budgets.campaigns.items())}
    fields = Allowance.model_fields if stated is not None else {}
    return limited(
        {
            OBJECTIVE: account.objective,
            DAILY: _fen(budgets.daily),
            MONTHLY: None if budgets.monthly is None else _fen(budgets.monthly),
            **caps,
            **{f"{ALLOWANCE}{name}": _plain(name, getattr(stated, name)) for name in fields},
            STEP: account.auto_approve.max_step if account.auto_approve.enabled else 0,
            LINES: account.auto_approve.max_lines if account.auto_approve.enabled else 0,
        }
    )


def limited(limits: Limits) -> dict[str, Value]:
    """Only what is limited."""
    return {name: value for name, value in limits.items() if value is not None}


def raised(standing: Limits, wanted: Limits) -> dict[str, tuple[Value, Value]]:
    """Every limit that ``wanted`` widens: name → (as it stands, as it is wanted)."""
    return {
        name: (standing.get(name), wanted.get(name))
        for name in _names(standing, wanted)
        if _wider(name, standing.get(name), wanted.get(name))
    }


def opened(standing: Limits, wanted: Limits) -> dict[str, Value]:
    """The terms of the loss that a wider objective would open, for whoever has to accept it.

    As long as nothing may be lost an allowance limits nothing, so it is no raise by itself; with the
    objective it becomes the very thing that is allowed.
    """
    if not _wider(OBJECTIVE, standing.get(OBJECTIVE), wanted.get(OBJECTIVE)):
        return {}
    terms = narrower(standing, wanted)
    return {name: value for name, value in terms.items() if name.startswith(ALLOWANCE)}


def narrower(standing: Limits, wanted: Limits) -> dict[str, Value]:
    """Of both the limit that allows less, name by name."""
    wide = raised(standing, wanted)
    return limited({**wanted, **{name: pair[0] for name, pair in wide.items()}})


def under(account: Account, limits: Limits) -> Account:
    """The account as if its YAML said ``limits``."""
    if limits == limits_of(account):
        return account
    caps = {
        name.removeprefix(CAMPAIGN): _yuan(cap)
        for name, cap in limits.items()
        if name.startswith(CAMPAIGN)
    }
    budgets = Budgets.model_construct(
        daily=_yuan(limits[DAILY]),
        monthly=None if limits.get(MONTHLY) is None else _yuan(limits[MONTHLY]),
        campaigns=caps,
    )
    changed = {
        "objective": limits[OBJECTIVE],
        "budgets": budgets,
        "allowance": _allowance(limits),
        "auto_approve": _auto_approve(account.auto_approve, limits),
    }
    return account.model_copy(update=changed)


def _allowance(limits: Limits) -> Allowance | None:
    """The allowance; its dates may exclude each other, and then nothing may be lost."""
    given = {name: _read(name, limits.get(f"{ALLOWANCE}{name}")) for name in Allowance.model_fields}
    return None if given["amount"] is None else Allowance.model_construct(**given)


def _auto_approve(rule: AutoApprove, limits: Limits) -> AutoApprove:
    """The machine's rule; limits that were written down before it was one of them leave it as it is."""
    step, lines = limits.get(STEP, rule.max_step), limits.get(LINES, rule.max_lines)
    enabled = bool(step and lines) and rule.enabled
    return rule.model_copy(
        update={"enabled": enabled, "max_step": step or 0, "max_lines": lines or 0}
        if enabled
        else {"enabled": False}
    )


def _wider(name: str, before: Value, after: Value) -> bool:
    if before is None or before == after:
        return False
    if after is None:
        return True
    if name == OBJECTIVE:
        return _OBJECTIVES.index(str(after)) > _OBJECTIVES.index(str(before))
    low, high = (after, before) if name in _LOWER_IS_MORE else (before, after)
    if isinstance(low, str) or isinstance(high, str):
        return str(high) > str(low)
    return high > low


def _names(standing: Limits, wanted: Limits) -> list[str]:
    return [*wanted, *(name for name in standing if name not in wanted)]


def _plain(name: str, value: Any) -> Value:
    if name in _MONEY:
        return _fen(value)
    if isinstance(value, date):
        return value.isoformat()
    plain: Value = value
    return plain


def _read(name: str, value: Value) -> Any:
    if value is None:
        return None
    if name in _MONEY:
        return _yuan(value)
    return date.fromisoformat(str(value)) if name in _DAYS else value


def _fen(yuan: Decimal) -> int:
    return int(yuan * 100)


def _yuan(fen: Value) -> Decimal:
    return Decimal(str(fen)) / 100

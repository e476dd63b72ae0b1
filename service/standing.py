"""The limits that stand: those of the YAML, of which a raise counts once an owner has acknowledged it.

Whoever can write the file can lower a limit at once and raise one with a second person only. The first
configuration that a night finds is where it begins, but for what the machine may approve by itself.
While there is no user nobody can be told apart: raises count at once and are on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from service import raises
from service.audit import MACHINE, AuditRecord, Origin
from service.errors import InputError
from service.raises import Limits, Value
from service.settings.models import Account
from service.store import audit as events
from service.store import interventions, people, standing_limits
from service.store.interventions import AlertRow, NewAlert

LIMITS_RAISED: Final = "limits_raised"
_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    raises.OBJECTIVE: ("目标", "objective"),
    raises.DAILY: ("日预算", "daily budget"),
    raises.MONTHLY: ("月预算", "monthly budget"),
    "allowance.amount": ("微亏日额度", "allowance a day"),
    "allowance.window_days": ("微亏窗口天数", "days of the allowance's window"),
    "allowance.window_cap": ("微亏窗口上限", "cap of the allowance's window"),
    "allowance.start_date": ("微亏开始日", "first day of the allowance"),
    "allowance.end_date": ("微亏结束日", "last day of the allowance"),
    "allowance.confidence": ("微亏置信度", "confidence of the allowance"),
    "allowance.min_marginal_return": ("最低边际回报", "least marginal return"),
    raises.STEP: ("机器自动批准的最大步长", "largest step that the machine approves"),
    raises.LINES: ("机器自动批准的最多词数", "most lines that the machine approves"),
}
_MONEY: Final = (raises.DAILY, raises.MONTHLY, "allowance.amount", "allowance.window_cap")


def note(session: Session, account: Account, origin: Origin) -> tuple[Account, tuple[str, ...]]:
    """A night has read the YAML: keep what counts from now on, raise an alert for what does not yet.

    Returns the account under the limits in force, and the names of those that wait.
    """
    wanted = raises.limits_of(account)
    standing = standing_limits.get(session, account.id, for_update=True)
    now = _now(session, standing, wanted)
    if standing is None:
        _keep(session, account.id, "limits_begun", origin, None, now)
    elif now != standing:
        _keep(session, account.id, "limits_changed", origin, standing, now)
    waiting = raises.raised(now, wanted)
    shown = {name: (value, value) for name, value in raises.opened(now, wanted).items()}
    _alert(session, account.id, shown | waiting, origin)
    return raises.under(account, now), tuple(waiting)


def in_force(session: Session, account: Account) -> Account:
    """The account under the limits that count now, also between two nights. Changes nothing."""
    wanted = raises.limits_of(account)
    return raises.under(account, _now(session, standing_limits.get(session, account.id), wanted))


def _now(session: Session, standing: Limits | None, wanted: Limits) -> Limits:
    """What counts of ``wanted``; an account that nobody has known so far approves nothing by itself."""
    if not people.anybody(session):
        return wanted
    if standing is None:
        return {**wanted, **raises.NOTHING_ALONE}
    return raises.narrower(standing, wanted)


def hold(session: Session, account_id: str) -> None:
    """Hold up nights that are about to read the limits, and wait for one that has.

    Before the alerts: a night takes both in this order.
    """
    standing_limits.get(session, account_id, for_update=True)


def accept(session: Session, alert: AlertRow, origin: Origin, reason: str | None) -> None:
    """An owner accepts the raises that the alert shows; they count from the next night on.

    The caller has taken the limits with ``hold``. Raises InputError without a reason.
    """
    if not (reason or "").strip():
        raise InputError.of("raise_reason_missing")
    standing = standing_limits.get(session, alert.account_id, for_update=True) or {}
    _keep(
        session,
        alert.account_id,
        "limits_acknowledged",
        origin,
        standing,
        raises.limited({**standing, **alert.after}),
        reason=reason,
    )


def _keep(
    session: Session,
    account_id: str,
    action: str,
    origin: Origin,
    before: Limits | None,
    after: Limits,
    *,
    reason: str | None = None,
) -> None:
    """Write down the limits, and what of them is new as an audit event."""
    known = before or {}
    names = [name for name in {**known, **after} if known.get(name) != after.get(name)]
    record = AuditRecord(
        at=origin.at,
        actor=origin.actor,
        source=origin.source,
        action=action,
        account_id=account_id,
        before=None if before is None else {name: known.get(name) for name in names},
        after={name: after.get(name) for name in names},
        reason=reason,
        request_id=origin.request_id,
    )
    standing_limits.put(session, account_id, after, at=origin.at)
    events.append(session, [record])


def _alert(
    session: Session, account_id: str, waiting: Mapping[str, tuple[Value, Value]], origin: Origin
) -> None:
    """One open alert an account, of what waits now; one of what waited before is taken back."""
    before = {name: pair[0] for name, pair in waiting.items()}
    after = {name: pair[1] for name, pair in waiting.items()}
    known = interventions.alerts(
        session, account_id=account_id, kind=LIMITS_RAISED, open_only=True, limit=100
    )
    if any((dict(one.before), dict(one.after)) == (before, after) for one in known):
        return
    for one in known:
        interventions.acknowledge(session, one.alert_id, by=MACHINE, at=origin.at)
    if not waiting:
        return
    said = [_told(name, *pair) for name, pair in waiting.items()]
    zh, en = ("；".join(one[0] for one in said), "; ".join(one[1] for one in said))
    alert = NewAlert(
        at=origin.at,
        account_id=account_id,
        kind=LIMITS_RAISED,
        subject="limits",
        before=before,
        after=after,
        message_zh=f"YAML 放宽了限额：{zh}。须所有者确认并写明原因；确认之前仍按原限额",
        message_en=f"the YAML raises limits: {en}. An owner has to acknowledge it with a reason; until "
        "then the limits stay as they were",
    )
    interventions.add_alerts(session, [alert])


def _told(name: str, before: Value, after: Value) -> tuple[str, str]:
    """One raise in both languages, or a limit that will count with it."""
    if name.startswith(raises.CAMPAIGN):
        campaign = name.removeprefix(raises.CAMPAIGN)
        label, money = (f"计划 {campaign} 日上限", f"daily cap of campaign {campaign}"), True
    else:
        label, money = _LABELS[name], name in _MONEY
    was, now = _shown(before, money), _shown(after, money)
    if before == after:
        return f"{label[0]} {now[0]}", f"{label[1]} {now[1]}"
    return f"{label[0]} {was[0]} → {now[0]}", f"{label[1]} {was[1]} → {now[1]}"


def _shown(value: Any, money: bool) -> tuple[str, str]:
    if value is None:
        return "不限", "no limit"
    if money:
        return f"{value / 100:.2f} 元", f"{value / 100:.2f} yuan"
    return str(value), str(value)

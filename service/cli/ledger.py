"""``kaiche ledger``: what the loss allowance and the budgets left for every night."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from service.cli.options import AccountId, Json, Limit, command_of
from service.cli.screen import yuan
from service.store import proposals
from service.store.rows import ProposalRow


def ledger(
    context: typer.Context, account: AccountId = None, limit: Limit = 14, as_json: Json = False
) -> None:
    """微亏额度与预算的账本, 最新在前 · What allowance and budgets left for each night."""
    command = command_of(context, machine=as_json)
    with command.store() as store, store.read() as session:
        found = proposals.page(session, account_id=account, kind="night", limit=limit)
    if as_json:
        command.screen.emit([_values(row) for row in found])
        return
    if not found:
        command.screen.say("还没有建议. 用 kaiche nightly 生成.", "None yet: kaiche nightly")
        return
    columns = command.screen.speech(
        "日期 账户 周期 当晚可亏 周期已亏 周期余额 当晚预算 本月已花",
        "night account window may_lose lost_so_far cap_left budget spent_this_month",
    )
    rows = [_cells(row) for row in found]
    command.screen.table("", [name.replace("_", " ") for name in columns.split()], rows, text=3)


def _values(row: ProposalRow) -> dict[str, Any]:
    return {
        "account_id": row.account_id,
        "business_date": row.business_date,
        "allowance": row.policy.get("allowance"),
        "budget": row.policy.get("budget"),
    }


def _cells(row: ProposalRow) -> tuple[object, ...]:
    allowance: Mapping[str, Any] = row.policy.get("allowance") or {}
    budget: Mapping[str, Any] = row.policy.get("budget") or {}
    first, last = allowance.get("window_first"), allowance.get("window_last")
    return (
        row.business_date,
        row.account_id,
        f"{first} … {last}" if first and last else "–",
        yuan(allowance.get("tonight_fen")),
        yuan(allowance.get("used_fen")),
        yuan(allowance.get("left_fen")),
        yuan(budget.get("tonight_fen")),
        yuan(budget.get("spent_this_month_fen")),
    )

"""``kaiche approve`` and ``kaiche reject``: a person's decision, bound to what was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from service import decisions
from service.approval import Action, states_allowing
from service.cli.options import AccountId, Command, Json, ProposalId, command_of, origin
from service.cli.proposals import chosen
from service.cli.screen import yuan
from service.cli.summary import show_breaches
from service.decisions import Outcome
from service.errors import ConflictError, InputError
from service.risk import Risk
from service.store import lines
from service.store.lines import LineFilter, LineTotals
from service.store.rows import LineRow

LineIds = Annotated[
    list[int] | None, typer.Argument(help="行号; 不写则按条件选 · Lines by id, else by filter.")
]
Proposal = Annotated[
    str | None, typer.Option("--proposal", help="建议 id, 默认最新 · Default: the newest.")
]
Reasons = Annotated[
    list[str] | None, typer.Option("--reason-code", help="只选这些原因 · Only these reasons.")
]
Campaigns = Annotated[
    list[str] | None, typer.Option("--campaign", help="只选这些计划 · Only these campaigns.")
]
Risks = Annotated[
    list[Risk] | None,
    typer.Option("--risk", help="只选这些风险, 如 low · Only these risks, such as low."),
]
MaxChange = Annotated[
    float | None,
    typer.Option(min=0, help="变化不超过, 如 0.1 = 10%%. Changes up to, 0.1 = 10%%."),
]
Everything = Annotated[
    bool,
    typer.Option("--all", help="全部, 无其他条件时必须写明 · Everything, when no filter is given."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="不再询问 · Do not ask.")]
Reason = Annotated[str, typer.Option("--reason", help="驳回理由, 必填 · Why; required.")]
Note = Annotated[str | None, typer.Option("--note", help="备注 · A note for the record.")]


def approve(
    context: typer.Context,
    *,
    line_ids: LineIds = None,
    proposal: Proposal = None,
    account: AccountId = None,
    reason_code: Reasons = None,
    campaign: Campaigns = None,
    risk: Risks = None,
    max_change: MaxChange = None,
    everything: Everything = False,
    note: Note = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """批准出价改动 · Approve bid changes."""
    command = command_of(context, machine=as_json)
    choice = Choice(
        line_ids=tuple(line_ids or ()),
        proposal=proposal,
        account=account,
        reasons=tuple(reason_code or ()),
        campaigns=tuple(campaign or ()),
        risks=tuple(risk or ()),
        max_change=max_change,
    )
    choice.must_be_meant(everything)
    _carry_out(command, Action.APPROVE, choice, reason=note, sure=yes)


def reject(
    context: typer.Context,
    *,
    reason: Reason,
    line_ids: LineIds = None,
    proposal: Proposal = None,
    account: AccountId = None,
    reason_code: Reasons = None,
    campaign: Campaigns = None,
    everything: Everything = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """驳回出价改动, 须写理由 · Reject bid changes, with a reason."""
    command = command_of(context, machine=as_json)
    choice = Choice(
        line_ids=tuple(line_ids or ()),
        proposal=proposal,
        account=account,
        reasons=tuple(reason_code or ()),
        campaigns=tuple(campaign or ()),
    )
    choice.must_be_meant(everything)
    _carry_out(command, Action.REJECT, choice, reason=reason, sure=yes)


def override(
    context: typer.Context,
    *,
    reason: Annotated[str, typer.Option("--reason", help="放行理由, 必填 · Why; required.")],
    proposal: ProposalId = None,
    account: AccountId = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """放行被护栏拦下的建议, 须写理由 · Open a proposal that the guardrails blocked, with a reason."""
    command = command_of(context, machine=as_json)
    with command.store() as store:
        with store.read() as session:
            row = chosen(session, proposal, account)
        show_breaches(command.screen, row.breaches)
        question = command.screen.speech(
            f"确定放行 {row.business_date} 的建议?", f"Open the proposal of {row.business_date}?"
        )
        if not yes and not typer.confirm(question, err=True):
            raise typer.Exit(1)
        with store.begin() as session:
            outcome = decisions.override(session, origin(session), row.proposal_id, reason)
    _report(command, outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which lines a person named on the command line."""

    line_ids: tuple[int, ...]
    proposal: str | None
    account: str | None
    reasons: tuple[str, ...]
    campaigns: tuple[str, ...]
    risks: tuple[Risk, ...] = ()
    max_change: float | None = None

    def must_be_meant(self, everything: bool) -> None:
        """Raise InputError when nothing narrows the choice and ``--all`` was not written."""
        narrowed = self.line_ids or self.reasons or self.campaigns or self.risks
        if not narrowed and self.max_change is None and not everything:
            raise InputError(
                "say which lines: ids, a filter (--reason-code, --campaign, --risk, --max-change), or --all"
            )

    def lines(self, session: Session, action: Action) -> LineFilter:
        """The lines meant: by id, or those of the proposal whose state allows ``action``."""
        if self.line_ids:
            return LineFilter(line_ids=self.line_ids)
        return LineFilter(
            proposal_id=chosen(session, self.proposal, self.account).proposal_id,
            campaign_ids=self.campaigns,
            reasons=self.reasons,
            risks=self.risks,
            max_change=self.max_change,
            states=tuple(sorted(states_allowing(action))),
        )


def _carry_out(
    command: Command, action: Action, choice: Choice, *, reason: str | None, sure: bool
) -> None:
    with command.store() as store:
        with store.read() as session:
            wanted = choice.lines(session, action)
            shown = lines.shown_hash(session, wanted)
            totals = lines.totals(session, wanted)
        if totals.lines == 0 and not choice.line_ids:
            _report(command, Outcome(action=str(action), changed=(), left_alone=0))
            return
        _show(command, totals)
        if not sure and not _confirmed(command, action, totals.lines):
            raise typer.Exit(1)
        with store.begin() as session:
            outcome = _decide(session, action, wanted, shown, reason)
    _report(command, outcome)


def _decide(
    session: Session, action: Action, wanted: LineFilter, shown: str, reason: str | None
) -> Outcome:
    def as_shown(found: Sequence[LineRow]) -> None:
        if lines.hash_of(found) != shown:
            raise ConflictError(
                "these lines changed while you were deciding; nothing was done. "
                "Look at them again and repeat the command"
            )

    return decisions.decide(session, action, origin(session), wanted, reason=reason, guard=as_shown)


def _show(command: Command, totals: LineTotals) -> None:
    before, after = yuan(totals.spend_before_fen), yuan(totals.spend_after_fen)
    command.screen.say(
        f"共 {totals.lines} 行: 提价 {totals.raises}, 降价 {totals.cuts}; "
        f"预计日花费 {before} → {after}.",
        f"{totals.lines} lines: {totals.raises} up, {totals.cuts} down; "
        f"expected spend a day {before} → {after}.",
    )


def _confirmed(command: Command, action: Action, count: int) -> bool:
    verb = {"approve": "批准", "reject": "驳回"}[str(action)]
    question = command.screen.speech(f"确定{verb}这 {count} 行?", f"{action} these {count} lines?")
    return typer.confirm(question, err=True)


def _report(command: Command, outcome: Outcome) -> None:
    if command.screen.machine:
        command.screen.emit(asdict(outcome))
        return
    command.screen.say(
        f"已处理 {len(outcome.changed)} 行, 未动 {outcome.left_alone} 行.",
        f"{len(outcome.changed)} lines done, {outcome.left_alone} left alone.",
    )
    if outcome.for_another:
        command.screen.warn(
            f"其中 {outcome.for_another} 行是您本人修改或放行的, 须由另一人批准.",
            f"{outcome.for_another} of them are your own; somebody else has to approve them.",
        )
    if outcome.action == str(Action.APPROVE) and outcome.changed:
        command.screen.say(
            "提交: kaiche apply; 用报表的店铺导出改价表: kaiche proposals export",
            "Send them with: kaiche apply; with report exports: kaiche proposals export",
        )

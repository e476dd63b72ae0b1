"""Lines: listed with the totals of the filtered set, and one opened to every input of its decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy.orm import Session

from service import economics, inputs
from service.api import PREFIX, etags, places
from service.api.context import Context, InContext
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.pagination import DEFAULT_LIMIT, LONGEST_CURSOR, MOST, decode, encode
from service.api.places import LineIdInPath, ProposalIdInPath
from service.api.proposals import ETAG_HEADER
from service.api.schemas.audit import AuditView
from service.api.schemas.interventions import HandsOffView
from service.api.schemas.lines import (
    EconomicsView,
    FactView,
    InputView,
    KeywordView,
    LineDetail,
    LineGroup,
    LineGroups,
    LinePage,
    LineQuery,
    LineView,
    NightView,
    PastLine,
    Sort,
    TermView,
    Totals,
)
from service.approval import Action, allowed
from service.errors import NotFoundError
from service.frames import GIVEN
from service.people.roles import Role
from service.store import audit, facts, interventions, lines, proposals, roster, runs
from service.store.audit import AuditFilter
from service.store.rows import LineRow, ProposalRow, RunRow

router = APIRouter(prefix=PREFIX, tags=["lines"])

OFFERED = frozenset({Action.APPROVE, Action.REJECT, Action.EDIT, Action.WITHDRAW})
_PAST = 30
_EVENTS = 100


class LineListQuery(LineQuery):
    """A filter, an order and a place in the list."""

    sort: Annotated[
        Sort, Field(description="A minus sign puts the largest first.", examples=["-spend_after"])
    ] = "-spend_after"
    cursor: Annotated[str | None, Field(max_length=LONGEST_CURSOR, examples=["WyI1ZjNh"])] = None
    limit: Annotated[int, Field(ge=1, le=MOST, examples=[DEFAULT_LIMIT])] = DEFAULT_LIMIT


@router.get(
    "/proposals/{proposal_id}/lines",
    operation_id="listLines",
    dependencies=[needs(Role.VIEWER, places.of_proposal)],
    summary="Lines of a proposal: filtered, sorted, paged, summed",
    responses={
        200: {"headers": ETAG_HEADER},
        **problem_responses("not-found", "bad-cursor", "invalid-request"),
    },
)
def list_lines(
    proposal_id: ProposalIdInPath,
    context: InContext,
    response: Response,
    query: Annotated[LineListQuery, Query()],
) -> LinePage:
    """A page, the totals of the whole filtered set, and its tag for decisions by this filter."""
    wanted = query.of(proposal_id)
    question = {"list": "lines", "of": proposal_id} | query.model_dump(exclude={"cursor", "limit"})
    position = decode(question, query.cursor, (str,))
    with context.store.read() as session:
        proposals.get(session, proposal_id)
        found = lines.page(
            session,
            wanted,
            sort=cast("lines.Sort", query.sort.removeprefix("-")),
            descending=query.sort.startswith("-"),
            cursor=position[0] if position else None,
            limit=query.limit,
        )
        totals, tag = context.listed.of(session, wanted)
    response.headers["etag"] = etags.quoted(tag)
    return LinePage(
        items=tuple(line_view(row) for row in found.rows),
        next_cursor=encode(question, (found.next_cursor,)) if found.next_cursor else None,
        totals=Totals.model_validate(totals),
        etag=tag,
    )


class GroupQuery(LineQuery):
    """A filter, and what to group by."""

    by: Annotated[
        lines.Group,
        Field(
            description="`size` is of the change: `small` under 5 %, `middle` under 15 %, `large`.",
            examples=["risk"],
        ),
    ] = "campaign_id"


@router.get(
    "/proposals/{proposal_id}/lines/groups",
    operation_id="groupLines",
    dependencies=[needs(Role.VIEWER, places.of_proposal)],
    summary="The filtered lines summed by campaign, reason, risk, state or size of change",
    responses=problem_responses("not-found", "invalid-request"),
)
def group_lines(
    proposal_id: ProposalIdInPath, context: InContext, query: Annotated[GroupQuery, Query()]
) -> LineGroups:
    """Every line of the filter is in exactly one group."""
    with context.store.read() as session:
        proposals.get(session, proposal_id)
        found = lines.totals_by(session, query.of(proposal_id), query.by)
    return LineGroups(
        items=tuple(LineGroup(key=key, **asdict(sums)) for key, sums in found.items())
    )


@router.get(
    "/lines/{line_id}",
    operation_id="getLine",
    dependencies=[needs(Role.VIEWER, places.of_line)],
    summary="One line opened to every input of its decision and its history",
    responses={200: {"headers": ETAG_HEADER}, **problem_responses("not-found", "invalid-request")},
)
def get_line(line_id: LineIdInPath, context: InContext, response: Response) -> LineDetail:
    """The figures it was decided on, what the word is held to be worth, what was decided before."""
    with context.store.read() as session:
        detail = line_detail(session, context, lines.get(session, line_id))
    response.headers["etag"] = etags.quoted(detail.etag)
    return detail


def line_view(line: LineRow) -> LineView:
    """A line as lists show it, with its tag and what may be done to it."""
    shown = {name: getattr(line, name) for name in LineView.model_fields if hasattr(line, name)}
    shown["expected"] = {name: value for name, value in line.expected.items() if name not in GIVEN}
    offered = tuple(action for action in allowed(line.state) if action in OFFERED)
    return LineView(**shown, etag=etags.line_tag(line), actions=offered)


def line_detail(session: Session, context: Context, line: LineRow) -> LineDetail:
    """A line opened."""
    proposal = proposals.get(session, line.proposal_id)
    run = runs.get(session, proposal.run_id)
    word = roster.keyword(session, line.account_id, line.keyword_id)
    left = interventions.hands_off_word(session, line.account_id, line.keyword_id)
    known, since = _facts(session, line, run, proposal.created_at, _days(context, line))
    names = roster.names(session, line.account_id, [line.campaign_id])
    events = audit.page(
        session,
        AuditFilter(account_id=line.account_id, keyword_id=line.keyword_id),
        limit=_EVENTS,
    )
    past = lines.past_of_keyword(session, line.account_id, line.keyword_id, limit=_PAST + 1)
    return LineDetail(
        **line_view(line).model_dump(),
        keyword=KeywordView.model_validate(word) if word else None,
        night=_night(line, run, proposal),
        quality_score=line.expected.get("quality_score"),
        campaign_name=names.get(line.campaign_id),
        facts=known,
        facts_since=since,
        economics=_economics(session, context, line, run),
        hands_off=HandsOffView.model_validate(left) if left else None,
        rates=line.expected.get("rates"),
        past=tuple(
            PastLine.model_validate(row) for row in past if row.proposal_id != line.proposal_id
        ),
        events=tuple(AuditView.model_validate(event) for event in events),
    )


def _night(line: LineRow, run: RunRow, proposal: ProposalRow) -> NightView:
    """The night and those of its limits that concern the line."""
    policy = proposal.policy.get("policy", {})
    limits = {name: policy[name] for name in NightView.model_fields if name in policy}
    return NightView(
        **limits | {"locked": line.keyword_id in policy.get("locked", ())},
        run_id=run.run_id,
        business_date=run.business_date,
        cutoff_at=run.cutoff_at,
        seed=run.seed,
        inputs_hash=run.inputs_hash,
        config_hash=run.config_hash,
        code_version=run.code_version,
        campaign_budget=policy.get("campaign_budgets", {}).get(line.campaign_id),
    )


def _days(context: Context, line: LineRow) -> int:
    try:
        return context.account(line.account_id).history_days
    except NotFoundError:  # the account has left the configuration; its record stays readable
        return 60


def _facts(
    session: Session, line: LineRow, run: RunRow, decided_at: datetime, days: int
) -> tuple[tuple[FactView, ...], tuple[FactView, ...]]:
    """The word's days as the run knew them, and the newest version of those that differ since."""
    first = run.business_date - timedelta(days=days)
    cutoff_at = run.cutoff_at or decided_at
    then = facts.keyword_as_of(
        session, line.account_id, line.keyword_id, first, run.business_date, cutoff_at
    )
    now = facts.keyword_history(session, line.account_id, line.keyword_id, first, date.max)
    as_known = {row.date: row for row in then}
    return (
        tuple(FactView.model_validate(row) for row in then),
        tuple(FactView.model_validate(row) for row in now if as_known.get(row.date) != row),
    )


def _economics(
    session: Session, context: Context, line: LineRow, run: RunRow
) -> EconomicsView | None:
    adgroup = roster.adgroup(session, line.account_id, line.adgroup_id)
    if adgroup is None:
        return None
    try:
        account = context.account(line.account_id)
    except NotFoundError:
        return None
    entry = economics.entry_for(account, adgroup.adgroup_id, adgroup.item_id)
    opened = economics.break_even(entry)
    used = _used_rates(session, run).get(line.adgroup_id, {})
    return EconomicsView(
        used_margin_rate=used.get("margin_rate"),
        used_organic_rate=used.get("organic_rate"),
        source=economics.source_of(entry),
        margin_rate=opened.margin_rate,
        organic_rate=entry.organic_rate,
        unit_margin_yuan=opened.unit_margin,
        break_even_net_roas=opened.net_roas,
        break_even_gross_roas=opened.gross_roas,
        inputs=tuple(InputView.model_validate(one) for one in opened.inputs),
        terms=tuple(TermView.model_validate(term) for term in opened.terms),
    )


def _used_rates(session: Session, run: RunRow) -> Mapping[str, Mapping[str, float]]:
    try:
        return inputs.read_given(session, run.run_id).rates
    except NotFoundError:
        return {}

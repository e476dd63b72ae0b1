"""The shapes of lines: what is asked of a list, a line as listed, and a line opened."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.schemas import (
    AccountId,
    Answer,
    Demand,
    Fen,
    LineId,
    Page,
    ProposalId,
    RunId,
    Yuan,
)
from service.api.schemas.audit import AuditView
from service.api.schemas.interventions import HandsOffView
from service.approval import Action, State
from service.risk import Risk
from service.store.lines import LineFilter

PlatformId = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]+$", examples=["30481986859300054"])
]
Code = Annotated[str, Field(max_length=32, pattern=r"^[a-z_]+$")]
ChangeSize = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False, examples=[0.05])]

Sort = Literal[
    "spend_after",
    "-spend_after",
    "spend_change",
    "-spend_change",
    "contribution_after",
    "-contribution_after",
    "contribution_change",
    "-contribution_change",
    "change_rate",
    "-change_rate",
    "change_size",
    "-change_size",
    "at_stake",
    "-at_stake",
    "bid",
    "-bid",
    "keyword_id",
    "-keyword_id",
    "word",
    "-word",
    "line_id",
    "-line_id",
]


class LineQuery(Demand):
    """Which lines: every field that is given must hold; a list holds for any of its values."""

    campaign_id: Annotated[
        tuple[PlatformId, ...], Field(max_length=200, description="计划ID", examples=[[]])
    ] = ()
    adgroup_id: Annotated[
        tuple[PlatformId, ...], Field(max_length=200, description="单元ID", examples=[[]])
    ] = ()
    keyword_id: Annotated[
        tuple[PlatformId, ...], Field(max_length=200, description="词ID", examples=[[]])
    ] = ()
    reason: Annotated[
        tuple[Code, ...],
        Field(max_length=50, description="Reason codes.", examples=[["raise_marginal_return"]]),
    ] = ()
    binding: Annotated[
        tuple[Code, ...],
        Field(max_length=50, description="Binding constraints.", examples=[[]]),
    ] = ()
    risk: Annotated[
        tuple[Risk, ...],
        Field(
            max_length=10,
            description="How a change may end for its word's profit (contribution − spend): `low` "
            "earns no less even where a click's worth lies at the unfavourable end of its 90 % "
            "interval, `middle` earns less only there, `high` earns less as expected; `by_hand` is a "
            "person's bid, `unknown` has no interval, `none` stays.",
            examples=[["low"]],
        ),
    ] = ()
    state: Annotated[
        tuple[State, ...], Field(max_length=20, description="States.", examples=[["pending"]])
    ] = ()
    min_change: Annotated[
        ChangeSize | None,
        Field(description="Least size of the change, a fraction of the bid.", examples=[0.05]),
    ] = None
    max_change: Annotated[
        ChangeSize | None,
        Field(description="Largest size of the change, a fraction of the bid.", examples=[0.3]),
    ] = None
    word: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=100,
            pattern=r"^[^\x00]+$",
            description="A piece of the word's text.",
            examples=["打底裤"],
        ),
    ] = None
    explore: Annotated[
        bool | None, Field(description="Only bids that are there to learn.", examples=[None])
    ] = None
    changed: Annotated[
        bool | None,
        Field(description="Only bids that move, or only those that stay.", examples=[True]),
    ] = None

    def of(self, proposal_id: str) -> LineFilter:
        """The store's filter for these lines of one proposal."""
        return LineFilter(
            proposal_id=proposal_id,
            campaign_ids=self.campaign_id,
            adgroup_ids=self.adgroup_id,
            keyword_ids=self.keyword_id,
            reasons=self.reason,
            bindings=self.binding,
            risks=self.risk,
            states=self.state,
            min_change=self.min_change,
            max_change=self.max_change,
            word=self.word,
            explore=self.explore,
            changed=self.changed,
        )


class LineView(Answer):
    """A bid change, or a word that stays, with the numbers of its decision."""

    line_id: LineId
    proposal_id: ProposalId
    account_id: AccountId
    keyword_id: PlatformId
    adgroup_id: Annotated[str, Field(examples=["6402210000012"])]
    campaign_id: Annotated[str, Field(examples=["72281500001"])]
    word: Annotated[str, Field(examples=["孕妇打底裤"])]
    match: Annotated[str | None, Field(examples=["exact"])] = None
    state: Annotated[State, Field(examples=["pending"])]
    version: Annotated[int, Field(description="Grows with every change.", examples=[1])]
    bid_before_fen: Fen | None = None
    bid_proposed_fen: Fen | None = None
    bid_fen: Annotated[
        int | None, Field(description="To be applied: proposed, or edited.", examples=[129])
    ] = None
    change_rate: Annotated[
        float, Field(description="bid ÷ bid before − 1; 0 where unknown.", examples=[0.117])
    ]
    reason: Annotated[str, Field(description="Why, as a code.", examples=["raise_marginal_return"])]
    binding: Annotated[
        str | None, Field(description="The constraint that stopped it.", examples=["step"])
    ] = None
    risk: Annotated[Risk, Field(description="See the filter of that name.", examples=["low"])]
    at_stake_fen: Annotated[
        int | None,
        Field(
            description="Profit a day that the change loses where a click's worth lies at the "
            "unfavourable end of its 90 % interval; null where that is not known.",
            examples=[14],
        ),
    ] = None
    explore: Annotated[bool, Field(description="There to learn, not to earn.", examples=[False])]
    marginal_return: Annotated[
        float | None, Field(description="Contribution of the next yuan.", examples=[0.72])
    ] = None
    expected: Annotated[
        dict[str, Any],
        Field(
            description="Expected figures a day at both bids, yuan and counts, with intervals.",
            examples=[{"clicks": {"before": 10.4, "after": 12.1, "p05": 7.0, "p95": 18.0}}],
        ),
    ]
    spend_before_fen: Fen
    spend_after_fen: Fen
    contribution_before_fen: Fen
    contribution_after_fen: Fen
    decided_by: Annotated[str | None, Field(examples=[None])] = None
    decided_at: Annotated[datetime | None, Field(examples=[None])] = None
    note: Annotated[str | None, Field(examples=[None])] = None
    etag: Annotated[
        str,
        Field(description="What If-Match of a decision has to carry.", examples=["1-" + "9f" * 32]),
    ]
    actions: Annotated[
        tuple[Action, ...],
        Field(description="What may be done now.", examples=[["approve", "reject", "edit"]]),
    ]


class Totals(Answer):
    """Sums over the whole filtered set, a day, not only over the page."""

    lines: Annotated[int, Field(examples=[120])]
    raises: Annotated[int, Field(examples=[80])]
    cuts: Annotated[int, Field(examples=[40])]
    spend_before_fen: Fen
    spend_after_fen: Fen
    contribution_before_fen: Fen
    contribution_after_fen: Fen


class LineGroup(Totals):
    """The sums of one group of lines."""

    key: Annotated[
        str,
        Field(
            description="The campaign's id, or the code of the reason, risk, state or size.",
            examples=["low"],
        ),
    ]


class LineGroups(Answer):
    """A filtered set by groups, the largest change of spend first."""

    items: tuple[LineGroup, ...]


class LinePage(Page[LineView]):
    """A page of lines with the totals of the filtered set and its tag."""

    totals: Totals
    etag: Annotated[
        str,
        Field(
            description="The tag of the whole filtered set: If-Match of a decision by this filter.",
            examples=["90210-" + "3a" * 32],
        ),
    ]


class KeywordView(Answer):
    """The word as the roster saw it last."""

    word: Annotated[str, Field(examples=["孕妇打底裤"])]
    match: Annotated[str | None, Field(examples=["exact"])] = None
    bid_fen: Fen | None = None
    quality_score: Annotated[float | None, Field(description="1 to 10.", examples=[7.0])] = None
    biddable: Annotated[bool, Field(examples=[True])]
    not_biddable_reason: Annotated[str | None, Field(examples=[None])] = None
    seen_at: Annotated[datetime, Field(examples=["2026-07-31T00:30:05Z"])]


class FactView(Answer):
    """One business day of the word."""

    date: Annotated[date, Field(examples=["2026-07-30"])]
    bid_fen: Fen | None = None
    impressions: Annotated[int, Field(examples=[1380])]
    clicks: Annotated[int, Field(examples=[22])]
    spend_fen: Fen
    orders: Annotated[int, Field(examples=[1])]
    revenue_fen: Fen
    carts: Annotated[int | None, Field(examples=[3])] = None
    favourites: Annotated[int | None, Field(examples=[1])] = None
    avg_rank: Annotated[float | None, Field(examples=[4.2])] = None
    budget_hit: Annotated[bool | None, Field(examples=[False])] = None
    pulled_at: Annotated[datetime, Field(examples=["2026-07-31T00:30:08Z"])]


class PastLine(Answer):
    """What an earlier night decided about the word."""

    line_id: LineId
    proposal_id: ProposalId
    state: Annotated[State, Field(examples=["applied"])]
    bid_before_fen: Fen | None = None
    bid_fen: Fen | None = None
    reason: Annotated[str, Field(examples=["raise_marginal_return"])]
    decided_by: Annotated[str | None, Field(examples=["token/小王"])] = None
    decided_at: Annotated[datetime | None, Field(examples=["2026-07-30T01:02:03Z"])] = None


class TermView(Answer):
    """One addend of what a kept unit leaves, yuan, and how it came about."""

    code: Annotated[str, Field(examples=["goods"])]
    yuan: Annotated[Yuan, Field(examples=["-50.00"])]
    label_zh: Annotated[str, Field(examples=["货品成本"])]
    label_en: Annotated[str, Field(examples=["goods"])]
    formula: Annotated[str, Field(examples=["−C"])]


class InputView(Answer):
    """One number that the owner wrote; ``symbol`` is its name in the terms' formulas."""

    symbol: Annotated[str, Field(examples=["C"])]
    value: Annotated[Decimal, Field(description="Yuan, or a fraction.", examples=["50.00"])]
    label_zh: Annotated[str, Field(examples=["货品成本"])]
    label_en: Annotated[str, Field(examples=["goods"])]


class EconomicsView(Answer):
    """What one yuan of the adgroup's revenue leaves, opened to its terms.

    ``used_*`` is what the night took; the rest is what the configuration says now, ``source`` tells
    whose entry. ``terms`` is empty when the owner gave the margin itself.
    """

    used_margin_rate: Annotated[float | None, Field(examples=[0.32])] = None
    used_organic_rate: Annotated[float | None, Field(examples=[0.1])] = None

    source: Annotated[
        str, Field(description="`adgroup`, `item` or `default`.", examples=["default"])
    ]
    margin_rate: Annotated[float, Field(examples=[0.32])]
    organic_rate: Annotated[float, Field(examples=[0.1])]
    unit_margin_yuan: Annotated[Yuan | None, Field(examples=["41.91"])] = None
    break_even_net_roas: Annotated[float | None, Field(examples=[2.36])] = None
    break_even_gross_roas: Annotated[float | None, Field(examples=[3.15])] = None
    inputs: tuple[InputView, ...] = ()
    terms: tuple[TermView, ...] = ()


class NightView(Answer):
    """The night that decided, and the limits it was held to; money in yuan, as the plan has it."""

    run_id: RunId
    business_date: Annotated[date, Field(examples=["2026-07-31"])]
    cutoff_at: Annotated[
        datetime | None,
        Field(description="Figures up to this pull were known.", examples=["2026-07-31T00:30:08Z"]),
    ] = None
    seed: Annotated[int, Field(examples=[2749181])]
    inputs_hash: Annotated[str | None, Field(examples=["5d41402abc4b"])] = None
    config_hash: Annotated[str | None, Field(examples=["9c56cc51b374"])] = None
    code_version: Annotated[str | None, Field(examples=["0.1.0+4be1d2c03f9a"])] = None
    objective: Annotated[str | None, Field(examples=["slight_loss"])] = None
    daily_budget: Annotated[float | None, Field(examples=[1300.0])] = None
    campaign_budget: Annotated[
        float | None, Field(description="Of the line's campaign; null = none.", examples=[260.0])
    ] = None
    max_loss: Annotated[
        float | None, Field(description="What the allowance left for the day.", examples=[82.4])
    ] = None
    loss_confidence: Annotated[float | None, Field(examples=[0.9])] = None
    min_marginal_return: Annotated[float | None, Field(examples=[0.6])] = None
    min_bid: Annotated[float | None, Field(examples=[0.05])] = None
    max_bid: Annotated[float | None, Field(examples=[15.0])] = None
    max_step_up: Annotated[float | None, Field(examples=[0.3])] = None
    max_step_down: Annotated[float | None, Field(examples=[0.3])] = None
    max_changed_share: Annotated[float | None, Field(examples=[0.5])] = None
    explore: Annotated[float | None, Field(examples=[0.2])] = None
    locked: Annotated[bool, Field(description="The word was not to be moved.", examples=[False])]


class LineDetail(LineView):
    """A line opened: every input of its decision, and its history."""

    keyword: KeywordView | None = None
    night: NightView
    quality_score: Annotated[
        float | None, Field(description="As the night was given it, 1 to 10.", examples=[7.0])
    ] = None
    campaign_name: Annotated[str | None, Field(examples=["夏季新品"])] = None
    facts: Annotated[
        tuple[FactView, ...],
        Field(description="The word's days as the night knew them, oldest first."),
    ]
    facts_since: Annotated[
        tuple[FactView, ...],
        Field(description="Days that were restated, or added, after the night."),
    ]
    economics: EconomicsView | None = None
    hands_off: Annotated[
        HandsOffView | None,
        Field(description="Set while the word is left to people, and since when.", examples=[None]),
    ] = None
    rates: Annotated[
        dict[str, Any] | None,
        Field(
            description="What the word is held to be worth: each rate with its 90 % interval.",
            examples=[{"cvr": {"mean": 0.031, "p05": 0.018, "p95": 0.049}}],
        ),
    ]
    past: tuple[PastLine, ...]
    events: Annotated[
        tuple[AuditView, ...], Field(description="The word's audit events, newest first.")
    ]

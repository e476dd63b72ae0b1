"""From frames to a decision, and the decision as content that can be hashed.

The night and its replay both come through here, so what is replayed is what was decided. The
optimizer is reached through ``Door``, which the package ``optimizer`` itself fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import pandas as pd

from connectors.platform import KeywordRow
from service import frames, inputs
from service.frames import Frames
from service.inputs import Given
from service.store.rows import NewLine, flat


class ReviewLike(Protocol):
    """The model held against the data."""

    @property
    def verdict(self) -> str: ...  # noqa: D102 - PASS, REVIEW or FAIL
    @property
    def checks(self) -> Sequence[Any]: ...  # noqa: D102 - see optimizer.review


class EstimatesLike(Protocol):
    """What the service reads of ``optimizer.Estimates``."""

    @property
    def review(self) -> ReviewLike: ...  # noqa: D102
    @property
    def maturity(self) -> pd.DataFrame: ...  # noqa: D102 - index age, column share
    @property
    def rates(self) -> pd.DataFrame: ...  # noqa: D102 - index keyword_id
    def forecast(self, bids: pd.Series[float]) -> pd.DataFrame: ...  # noqa: D102


class PlanLike(Protocol):
    """What the service reads of ``optimizer.Plan``."""

    @property
    def lines(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def totals(self) -> pd.DataFrame: ...  # noqa: D102 - index quantity; value, p05, p95
    @property
    def campaigns(self) -> pd.DataFrame: ...  # noqa: D102 - index campaign_id
    @property
    def shortfalls(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def binding(self) -> str: ...  # noqa: D102
    @property
    def marginal_return(self) -> float: ...  # noqa: D102
    @property
    def frontier(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def bound(self) -> float: ...  # noqa: D102
    @property
    def gap(self) -> float: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102


class Door(Protocol):
    """The optimizer's door."""

    def estimate(  # noqa: D102 - see optimizer.estimate
        self,
        history: pd.DataFrame,
        keywords: pd.DataFrame,
        economics: pd.DataFrame,
        *,
        as_of: date,
        seed: int,
        settlement: pd.DataFrame,
        attribution_days: int,
        **named: Any,
    ) -> Any: ...
    def propose(self, estimates: Any, policy: Any, *, seed: int) -> Any: ...  # noqa: D102
    def Policy(self, **limits: Any) -> Any: ...  # noqa: N802, D102 - the class behind the door


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A plan as rows and JSON; ``content_hash`` covers all of it and nothing else."""

    lines: tuple[NewLine, ...]
    totals: Mapping[str, Any]
    frontier: tuple[Mapping[str, Any], ...]
    status: str
    review: str
    content_hash: str


def estimate(door: Door, built: Frames, given: Given, seed: int) -> EstimatesLike:
    """Step 6: what every word is worth and how it answers to its bid."""
    estimates: EstimatesLike = door.estimate(
        built.history,
        built.keywords,
        built.economics,
        as_of=given.as_of,
        seed=seed,
        settlement=built.settlement,
        attribution_days=given.attribution_days,
        **({"promotions": given.promotions} if given.promotions else {}),
    )
    return estimates


def propose(door: Door, estimates: EstimatesLike, policy: Mapping[str, Any], seed: int) -> PlanLike:
    """Step 7: bids under the policy."""
    plan: PlanLike = door.propose(estimates, door.Policy(**policy), seed=seed)
    return plan


def decision_of(
    plan: PlanLike, estimates: EstimatesLike, keywords: Sequence[KeywordRow]
) -> Decision:
    """Step 8: the plan as rows in fen, with the intervals of a future day at the new bids."""
    forecast = estimates.forecast(plan.lines["bid"])
    lines = tuple(frames.lines_of(plan, forecast, estimates.rates, keywords))
    totals = _totals(plan)
    frontier = tuple(frames.plain(plan.frontier))
    review = estimates.review.verdict
    content = {
        "lines": [flat(line) for line in lines],
        "totals": totals,
        "frontier": frontier,
        "status": str(plan.status),
        "review": review,
    }
    return Decision(
        lines=lines,
        totals=totals,
        frontier=frontier,
        status=str(plan.status),
        review=review,
        content_hash=inputs.sha256(inputs.pack(content)),
    )


def _totals(plan: PlanLike) -> dict[str, Any]:
    """The plan's totals by name, each with its interval, and what stopped the plan.

    ``marginal_return`` is the contribution of the last yuan, ``binding`` what kept the plan from
    going on, ``shortfalls`` limits that tonight's steps cannot reach, ``bound`` and ``gap`` the
    proof of how near to the optimum the plan is.
    """
    named: dict[str, Any] = frames.plain(plan.totals.to_dict("index"))
    return named | {
        "marginal_return": frames.plain(plan.marginal_return),
        "binding": str(plan.binding),
        "shortfalls": frames.plain(tuple(plan.shortfalls)),
        "campaigns": frames.plain(plan.campaigns.reset_index()),
        "bound": frames.plain(plan.bound),
        "gap": frames.plain(plan.gap),
    }

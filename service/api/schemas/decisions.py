"""The shapes of decisions: what is asked for, and what was done."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.schemas import Answer, Demand, LineId, ProposalId, Reason
from service.api.schemas.lines import LineQuery

MOST_LINES = 5_000  # that one decision may name, or edit


class ShownLine(Demand):
    """A line and the tag of what was shown of it."""

    line_id: Annotated[LineId, Field(le=2**63 - 1)]
    etag: Annotated[
        str | None,
        Field(
            max_length=100, description="`etag` of the line as shown.", examples=["1-" + "9f" * 32]
        ),
    ] = None
    bid_fen: Annotated[
        int | None, Field(ge=1, le=9999, description="For `edit` only.", examples=[None])
    ] = None


class ApproveDemand(Demand):
    """Approve, or withdraw an approval; a note is welcome."""

    reason: Reason | None = None


class RejectDemand(Demand):
    """Reject, or override: not without saying why."""

    reason: Reason


class EditDemand(Demand):
    """Another bid; the line waits again and has to be approved."""

    bid_fen: Annotated[
        int,
        Field(ge=1, le=9999, description="The bid in fen (分), strictly whole.", examples=[118]),
    ]
    reason: Reason | None = None


class BulkDemand(Demand):
    """A decision on many lines of one proposal: by ids with their tags, or by a filter.

    By ids it is all or nothing. By filter it takes the lines whose state allows the action, and
    ``If-Match`` carries the tag of the list with that filter.
    """

    action: Annotated[Literal["approve", "reject", "withdraw", "edit"], Field(examples=["approve"])]
    lines: Annotated[
        list[ShownLine] | None,
        Field(min_length=1, max_length=MOST_LINES, description="By ids."),
    ] = None
    filter: Annotated[LineQuery | None, Field(description="By filter.", examples=[None])] = None
    bid_fen: Annotated[
        int | None,
        Field(
            ge=1, le=9999, description="With `edit` by filter: one bid for all.", examples=[None]
        ),
    ] = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def _one_way(self) -> BulkDemand:
        if (self.lines is None) == (self.filter is None):
            raise ValueError("give either `lines` or `filter`")
        if self.lines is not None and len({line.line_id for line in self.lines}) < len(self.lines):
            raise ValueError("a line stands twice in `lines`")
        if self.action != "edit":
            if self.bid_fen is not None or any(line.bid_fen for line in self.lines or ()):
                raise ValueError("`bid_fen` belongs to the action `edit`")
        elif self.filter is not None and self.bid_fen is None:
            raise ValueError("`edit` by filter needs `bid_fen`")
        elif any(line.bid_fen is None and self.bid_fen is None for line in self.lines or ()):
            raise ValueError("`edit` needs a `bid_fen` for every line")
        return self


class BulkView(Answer):
    """What a decision on many lines did."""

    action: Annotated[str, Field(examples=["approve"])]
    changed: Annotated[
        tuple[int, ...], Field(description="The lines that changed.", examples=[[1042, 1043]])
    ]
    left_alone: Annotated[
        int, Field(description="Lines of the filter that do not allow it.", examples=[3])
    ]
    for_another: Annotated[
        int, Field(description="Of those, your own: somebody else has to approve.", examples=[1])
    ] = 0


class OverrideView(BulkView):
    """What an override did, and the state the proposal has now."""

    proposal_id: ProposalId
    state: Annotated[str, Field(examples=["open"])]

"""The shapes of a sheet of lines that comes back: the file, its difference, what was done."""

from __future__ import annotations

from typing import Annotated

from pydantic import Base64Bytes, Field

from service.api.schemas import Answer, Demand, LineId, ProposalId

LARGEST_FILE = 24 * 1024 * 1024

SheetFile = Annotated[
    Base64Bytes,
    Field(
        min_length=1,
        max_length=LARGEST_FILE * 4 // 3 + 4,
        description="The .xlsx or .csv file, as base64.",
        examples=["6KGM5Y+3LOWHuuS7tyzlhrPlrpos54mI5pys"],
    ),
]


class ImportDemand(Demand):
    """The sheet as it was edited."""

    file: SheetFile


class WishView(Answer):
    """What one row wants."""

    line_id: LineId
    word: Annotated[str, Field(examples=["孕妇打底裤"])]
    cell: Annotated[str, Field(description="Where it stands.", examples=["L12"])]
    bid_before_fen: Annotated[
        int | None, Field(description="The line's bid until then.", examples=[129])
    ] = None
    bid_fen: Annotated[
        int | None, Field(description="Another bid; null = none.", examples=[118])
    ] = None
    decision: Annotated[str | None, Field(examples=["approve"])] = None
    note: Annotated[str | None, Field(examples=["活动前先不动"])] = None


class RefusedView(Answer):
    """A cell that cannot be taken; its row is left alone."""

    sheet: Annotated[str, Field(examples=["明细"])]
    cell: Annotated[str, Field(examples=["L12"])]
    value: Annotated[str, Field(description="What stands in it.", examples=["200"])]
    code: Annotated[str, Field(description="Why, as a code.", examples=["outside"])]
    detail: Annotated[str, Field(examples=["outside the guardrails, 0.05 to 20.00 yuan"])]
    zh: Annotated[str, Field(examples=["超出护栏 0.05–20.00 元"])]


class DifferenceView(Answer):
    """A sheet against the lines as they are now; `etag` goes into `If-Match` of the import."""

    proposal_id: ProposalId
    edited: Annotated[int, Field(description="Lines with another bid.", examples=[1])]
    approved: Annotated[int, Field(examples=[1])]
    rejected: Annotated[int, Field(examples=[0])]
    unchanged: Annotated[int, Field(examples=[310])]
    approved_spend_change_fen: Annotated[
        int,
        Field(description="What the approved lines change of a day's spend, fen.", examples=[420]),
    ]
    wishes: tuple[WishView, ...]
    refused: tuple[RefusedView, ...]
    etag: Annotated[str, Field(examples=["9f" * 32])]


class ImportView(Answer):
    """What an import did."""

    edited: Annotated[int, Field(examples=[1])]
    approved: Annotated[int, Field(examples=[1])]
    rejected: Annotated[int, Field(examples=[0])]

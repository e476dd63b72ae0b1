"""The shape of a refusal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from service.api.schemas import Answer, LineId


class FieldError(Answer):
    """One field that is wrong."""

    field: Annotated[str, Field(examples=["body.bid_fen"])]
    code: Annotated[str, Field(examples=["greater_than_equal"])]
    detail: Annotated[str, Field(examples=["Input should be greater than or equal to 5"])]
    zh: Annotated[str, Field(examples=["数值过小"])]


class ChangedField(Answer):
    """One field of a line that is not what was shown."""

    field: Annotated[str, Field(examples=["bid_fen"])]
    shown: Annotated[Any, Field(examples=[129])] = None
    now: Annotated[Any, Field(examples=[118])] = None


class LineChange(Answer):
    """A line that is not what was shown, who changed it last, and the tag it has now."""

    line_id: LineId
    keyword_id: Annotated[str, Field(examples=["30481986859300054"])]
    word: Annotated[str, Field(examples=["孕妇打底裤"])]
    what: tuple[ChangedField, ...]
    by: Annotated[str | None, Field(examples=["token/小王"])] = None
    at: Annotated[datetime | None, Field(examples=["2026-07-31T01:02:03Z"])] = None
    etag: Annotated[str, Field(examples=["2-" + "9f" * 32])]


class Problem(Answer):
    """A problem document (RFC 9457). ``zh`` says in Chinese what ``detail`` says in English."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Annotated[str, Field(examples=["/api/v1/problems/not-found"])]
    title: Annotated[str, Field(examples=["There is no such thing"])]
    status: Annotated[int, Field(ge=400, le=599, examples=[404])]
    detail: Annotated[str, Field(examples=["there is no line 1042"])]
    zh: Annotated[str, Field(examples=["没有找到"])]
    instance: Annotated[str, Field(examples=["/api/v1/lines/1042"])]
    request_id: Annotated[str, Field(examples=["5f0c3a6d1c5b4a0f9a3b1d2e3f405162"])]
    errors: Annotated[
        tuple[FieldError, ...], Field(description="With invalid-request: every wrong field.")
    ] = ()
    changed: Annotated[
        int | None,
        Field(description="With changed-since-shown: how many lines changed.", examples=[1]),
    ] = None
    changes: Annotated[
        tuple[LineChange, ...],
        Field(description="With changed-since-shown: the first of the lines that changed."),
    ] = ()


class ProblemKind(Answer):
    """What a type of problem means and what to do about it."""

    name: Annotated[str, Field(examples=["not-found"])]
    status: Annotated[int, Field(examples=[404])]
    title: Annotated[str, Field(examples=["There is no such thing"])]
    title_zh: Annotated[str, Field(examples=["没有找到"])]
    remedy: Annotated[str, Field(examples=["Check the id; lists under /api/v1 show what exists."])]
    zh: Annotated[str, Field(examples=["请核对编号；/api/v1 下的列表给出现有的对象。"])]

"""The shapes of health and readiness."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas import Answer


class Health(Answer):
    """The process is alive."""

    status: Annotated[Literal["ok"], Field(examples=["ok"])] = "ok"
    version: Annotated[str, Field(examples=["0.1.0"])]


class Readiness(Answer):
    """Whether requests can be served, and what is missing when they cannot."""

    status: Annotated[Literal["ready", "unready"], Field(examples=["ready"])]
    database: Annotated[
        str, Field(description="`ok`, or what is wrong with the database.", examples=["ok"])
    ]

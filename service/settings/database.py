"""The database's address, and how much of it one process may use at once."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from service.settings.section import Section


class Database(Section):
    """Where everything is kept; the address alone may stand for the whole block.

    ``pool_size`` connections stay open, ``max_overflow`` more are opened while they are needed, and
    whoever gets none within ``pool_wait_seconds`` is told that the database is busy. A statement that
    takes longer than ``statement_seconds`` is ended (PostgreSQL; migrations are not), and a writer waits
    ``busy_seconds`` for the one before it (SQLite).
    """

    ALONE: ClassVar[str | None] = "address"

    address: str = Field(default="sqlite:///var/kaiche.db", repr=False)
    pool_size: Annotated[int, Field(ge=1, le=200)] = 10
    max_overflow: Annotated[int, Field(ge=0, le=200)] = 20
    pool_wait_seconds: Annotated[int, Field(ge=1, le=300)] = 10
    statement_seconds: Annotated[int, Field(ge=1, le=86_400)] = 600
    busy_seconds: Annotated[int, Field(ge=1, le=600)] = 30

    @model_validator(mode="before")
    @classmethod
    def _address_alone(cls, data: Any) -> Any:
        return {"address": data} if isinstance(data, str) else data

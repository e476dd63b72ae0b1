"""The table of what may only be called so often."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store import applied_tables
from service.store.tables import Table

METADATA = applied_tables.METADATA  # with everything in it, once this module is there


class PlatformCalls(Table):
    """How many calls an app has sent on a day of the platform."""

    __tablename__ = "platform_calls"
    app_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(BigInteger)

"""The table of the ledger."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from service.store import call_tables
from service.store.tables import Table

METADATA = call_tables.METADATA  # with everything in it, once this module is there


class LedgerEntry(Table):
    """A business day of an account as a night restated it; a night writes only what changed."""

    __tablename__ = "ledger_day"
    account_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    date: Mapped[dt.date] = mapped_column(primary_key=True)
    stated_on: Mapped[dt.date] = mapped_column(primary_key=True)
    spend_fen: Mapped[int] = mapped_column(BigInteger)
    clicks: Mapped[int] = mapped_column(BigInteger)
    contribution_fen: Mapped[int] = mapped_column(BigInteger)
    waiting_fen: Mapped[int] = mapped_column(BigInteger)
    reported_share: Mapped[float]
    own_sd_fen: Mapped[int] = mapped_column(BigInteger)
    shared_sd_fen: Mapped[int] = mapped_column(BigInteger)

"""The table of what people were told."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store import people_tables
from service.store.tables import Table

METADATA = people_tables.METADATA  # with everything in it, once this module is there


class SentMessage(Table):
    """One thing to tell over one channel: the digest of a day, or one cause of an alert.

    ``state``: intent, sending, sent, unknown, failed. ``text`` is what left, without any address.
    """

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("account_id", "day", "channel", "kind"),)
    message_id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(String(64))
    day: Mapped[dt.date]
    channel: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(96))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    text: Mapped[str]
    cause: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    not_before_at: Mapped[dt.datetime]

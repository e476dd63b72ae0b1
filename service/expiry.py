"""The one place where proposals end by time: whoever looks next finds them expired.

Called before people are shown anything or decide (REST, command line) and when a night opens. The
states are then what they say, and the record tells when nobody had decided in time.
"""

from __future__ import annotations

from datetime import datetime

from service.approval import Action
from service.audit import MACHINE, Origin, Source
from service.decisions import retire
from service.store import Store, proposals


def expire_overdue(store: Store, now: datetime, source: Source) -> int:
    """Expire every proposal whose time is up, with its lines that wait; returns how many lines.

    Approved lines stay: the sheet with them may be on its way. Nothing is written, and no writer
    waited for, while nothing is overdue. Raises StoreError.
    """
    with store.read() as session:
        if not proposals.overdue(session, now):
            return 0
    origin = Origin(at=now, actor=MACHINE, source=source)
    with store.begin() as session:
        return retire(session, origin, Action.EXPIRE, proposals.overdue(session, now))

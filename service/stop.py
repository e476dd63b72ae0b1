"""The kill switch: a row that ``kaiche stop`` or REST writes, or a file that anybody can create.

While either stands nothing leaves for the platform; approvals keep. It is asked before every batch,
and once more in the transaction that commits a batch as dispatching.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from service import audit
from service.audit import Origin
from service.settings.models import Settings
from service.store import audit as events
from service.store import interventions
from service.store.interventions import EVERYTHING, StopRow

FILE_NAME: Final = "STOP"
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop in force. ``scope`` is an account id or ``*``; ``file`` is set for a stop by file."""

    scope: str
    reason: str | None
    ordered_by: str | None = None
    ordered_at: datetime | None = None
    file: Path | None = None

    def sentence(self) -> str:
        """What is stopped, by whom, and how to go on."""
        why = f" ({self.reason})" if self.reason else ""
        if self.file is not None:
            return f"the file {self.file} stops everything{why}; delete it to go on"
        what = "everything" if self.scope == EVERYTHING else self.scope
        option = "" if self.scope == EVERYTHING else f" --account {self.scope}"
        return f"{what} was stopped by {self.ordered_by}{why}; `kaiche resume{option}` goes on"


def stop_file(settings: Settings) -> Path:
    """The file whose presence stops everything: as configured, else STOP beside the database."""
    if settings.apply.stop_file is not None:
        return settings.apply.stop_file
    kind, _, place = settings.database.address.partition(":///")
    name = place.partition("?")[0]
    if kind.partition("+")[0] == "sqlite" and name and not name.startswith(":"):
        return Path(name).parent / FILE_NAME
    return Path("var") / FILE_NAME


def order(session: Session, origin: Origin, scope: str, reason: str | None) -> bool:
    """Stop an account, or everything (``*``); returns False when that was stopped already."""
    said = (reason or "").strip()[:LONGEST_REASON] or None
    row = StopRow(scope=scope, ordered_at=origin.at, ordered_by=origin.actor, reason=said)
    if not interventions.put_stop(session, row):
        return False
    events.append(session, [audit.stop_ordered(origin, scope=scope, reason=said)])
    return True


def lift(session: Session, origin: Origin, scope: str) -> bool:
    """Take a stop order away; returns False when there was none. A file stays where it is."""
    if not interventions.take_stop(session, scope):
        return False
    events.append(session, [audit.stop_lifted(origin, scope=scope)])
    return True


def in_force(session: Session, file: Path, account_id: str | None = None) -> list[Stop]:
    """Every stop in force; with an account, those that hold it up."""
    rows = interventions.stops(session, account_id)
    found = [
        Stop(
            scope=row.scope,
            reason=row.reason,
            ordered_by=row.ordered_by,
            ordered_at=row.ordered_at,
        )
        for row in rows
    ]
    return ([_by_file(file)] if file.exists() else []) + found


def _by_file(file: Path) -> Stop:
    try:
        said = file.read_text(encoding="utf-8", errors="replace").strip()[:LONGEST_REASON]
    except OSError:  # a folder of that name, or one we may not read, stops as well
        said = ""
    return Stop(scope=EVERYTHING, reason=said or None, file=file)

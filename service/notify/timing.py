"""When the digest is due, how often a channel may speak, when a message is tried again. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from service.settings.notify import Telling

MOST_ATTEMPTS: Final = 5
A_MINUTE: Final = timedelta(minutes=1)
MOST_A_MINUTE: Final = 15  # the robots allow 20; people use them too
ALERTS_APART: Final = timedelta(minutes=10)
LONGEST_SENDING: Final = timedelta(minutes=10)
ALERTS_LIVE: Final = timedelta(hours=12)


def is_due(telling: Telling, local: datetime, *, night_ended: bool) -> bool:
    """Whether the digest of ``local``'s day is to leave; ``local`` is the account's time."""
    now = local.time().replace(tzinfo=None)
    if now < time.fromisoformat(telling.earliest) or local > makeup_ends(telling, local):
        return False
    return night_ended or now >= time.fromisoformat(telling.latest)


def makeup_ends(telling: Telling, local: datetime) -> datetime:
    """Until when the digest of ``local``'s day is made up, within that day."""
    hour, minute = map(int, telling.latest.split(":"))
    latest = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    midnight = local.replace(hour=23, minute=59, second=59, microsecond=0)
    return min(latest + timedelta(hours=telling.makeup_hours), midnight)


def again_at(now: datetime, wait_seconds: float, attempts: int) -> datetime | None:
    """When a message that was not taken is tried again; None = no more."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + timedelta(seconds=wait_seconds * 2 ** (attempts - 1))

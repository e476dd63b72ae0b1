"""How often somebody may try to log in: a number of attempts in a window, then a wait until its end.

An attempt counts before the password is looked at, so that many at once are not all let through.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is counted: ``subject`` (a hash: people type passwords where names belong), how many."""

    subject: str
    most: int


def counted(name: str, address: str) -> tuple[Counted, Counted]:
    """The two counters of an attempt: the user's, known or not, and the address's."""
    return (
        Counted(subject=_hashed(f"user {name}"), most=10),
        Counted(subject=_hashed(f"address {network(address)}"), most=30),
    )


def network(address: str) -> str:
    """An IPv4 address as it is, an IPv6 one as its /64: one household has that many."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(known, "ipv4_mapped", None)
    if mapped is not None:
        return str(mapped)
    if known.version == 6:
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def wait_seconds(since: datetime, now: datetime) -> int:
    """Whole seconds until a window that began at ``since`` has ended, at least 1."""
    return max(1, int((since + WINDOW - now).total_seconds()) + 1)


def _hashed(subject: str) -> str:
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()

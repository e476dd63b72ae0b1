"""Roles on accounts, and what somebody who has entered may do with them.

A viewer reads, a specialist approves, edits and rejects, an owner also overrides, confirms limits
and lifts what was stopped. A grant on ``*`` holds for every account, also for those to come; of two
grants the higher counts. A token narrows its user's grants and never widens them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

EVERYWHERE: Final = "*"


class Role(StrEnum):
    """What somebody is on an account, from the least to the most."""

    VIEWER = "viewer"
    SPECIALIST = "specialist"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """Higher ranks may do all that lower ones may."""
        return tuple(Role).index(self)

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what ``needed`` may."""
        return self.rank >= needed.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who has entered: a user in a browser, a user's program, or this machine in open mode.

    ``name`` is the actor on record. ``grants`` maps an account id or ``*`` to a role. ``ceiling`` and
    ``only`` are a token's: no role above the one, no account outside the other.
    """

    name: str
    by: Literal["open", "session", "token"]
    grants: Mapping[str, Role]
    ceiling: Role = Role.OWNER
    only: frozenset[str] | None = None

    def role_on(self, account_id: str) -> Role | None:
        """The role on an account, or on everything (``*``); None when it is not theirs to see."""
        if self.only is not None and account_id not in self.only:
            return None
        held = [self.grants[scope] for scope in {account_id, EVERYWHERE} if scope in self.grants]
        if not held:
            return None
        return min(max(held, key=_rank), self.ceiling, key=_rank)

    def accounts(self) -> frozenset[str] | None:
        """Every account that they may see; None is all there are and will be."""
        granted = frozenset(self.grants) - {EVERYWHERE}
        if EVERYWHERE in self.grants:
            return self.only
        return granted if self.only is None else granted & self.only


def _rank(role: Role) -> int:
    return role.rank

"""What happens to people, as audit records. No password, key or hash of one ever stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from service.audit import AuditRecord, Origin
from service.people.roles import EVERYWHERE

What = Literal[
    "user_added",
    "user_disabled",
    "user_enabled",
    "password_set",
    "role_changed",
    "key_created",
    "key_revoked",
    "identity_linked",
    "signed_in",
]


def of_person(
    what: What,
    origin: Origin,
    name: str,
    *,
    scope: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditRecord:
    """Something happened to the user ``name``, on an account if ``scope`` is one."""
    return AuditRecord(
        at=origin.at,
        actor=origin.actor,
        source=origin.source,
        action=what,
        account_id=None if scope in (None, EVERYWHERE) else scope,
        before=dict(before) if before else None,
        after={"user": name, **(after or {})},
        request_id=origin.request_id,
    )

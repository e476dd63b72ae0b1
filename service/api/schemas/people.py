"""The shapes of users, their roles and their tokens. A password stands in one answer only, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field

from service.api.schemas import Answer, Demand
from service.people.roles import Role

UserName = Annotated[str, Field(min_length=1, max_length=48, examples=["li"])]
Scope = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="An account's id, or * for every account.",
        examples=["shop-1"],
    ),
]


class AddUserDemand(Demand):
    """A new user with one role to begin with."""

    name: UserName
    scope: Scope
    role: Annotated[Role, Field(examples=["specialist"])]


class RoleDemand(Demand):
    """A role on an account, or null to take it away."""

    scope: Scope
    role: Annotated[Role | None, Field(examples=["viewer"])] = None


class UserView(Answer):
    """A user and what they may do where."""

    name: UserName
    roles: Annotated[
        Mapping[str, Role], Field(description="Scope → role.", examples=[{"shop-1": "specialist"}])
    ]
    has_password: Annotated[bool, Field(examples=[True])]
    created_at: Annotated[datetime, Field(examples=["2026-07-31T01:02:03Z"])]
    disabled_at: Annotated[
        datetime | None, Field(description="Since when nothing of theirs opens.", examples=[None])
    ] = None


class UsersView(Answer):
    """Everybody, by name."""

    items: tuple[UserView, ...]


class NewPasswordView(UserView):
    """A user, and the password that was made for them: shown this once."""

    password: Annotated[str, Field(examples=["Kq3vX0d9sLw8fE2nYt5a"])]


class TokenView(Answer):
    """A program's key without the key."""

    token_id: Annotated[str, Field(examples=["0198f2a6-33cc"])]
    name: UserName
    label: Annotated[str, Field(examples=["digest"])]
    role: Annotated[Role, Field(examples=["viewer"])]
    accounts: Annotated[
        tuple[str, ...] | None,
        Field(description="Null: all of its user's.", examples=[["shop-1"]]),
    ] = None
    created_at: Annotated[datetime, Field(examples=["2026-07-31T01:02:03Z"])]
    expires_at: Annotated[datetime, Field(examples=["2026-10-31T01:02:03Z"])]
    used_at: Annotated[datetime | None, Field(examples=[None])] = None
    revoked_at: Annotated[datetime | None, Field(examples=[None])] = None


class TokensView(Answer):
    """Every token, oldest first."""

    items: tuple[TokenView, ...]

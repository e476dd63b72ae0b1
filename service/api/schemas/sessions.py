"""Shapes of logging in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, SecretStr

from service.api.schemas import AccountId, Answer, Demand
from service.people.passwords import LONGEST
from service.people.roles import Role

Password = Annotated[SecretStr, Field(max_length=LONGEST, examples=["a short sentence is good"])]


class SignInDemand(Demand):
    """A name and a password."""

    model_config = ConfigDict(str_strip_whitespace=False)

    name: Annotated[str, Field(max_length=64, examples=["小王"])]
    password: Password


class PasswordDemand(Demand):
    """The password that is, and the one that is to be."""

    model_config = ConfigDict(str_strip_whitespace=False)

    password: Password
    new_password: Password


class AccountRole(Answer):
    """What somebody is on an account."""

    account_id: AccountId
    name: Annotated[str, Field(examples=["某某旗舰店"])]
    role: Annotated[Role, Field(examples=["specialist"])]


class SessionView(Answer):
    """Who is asking, and what they may do.

    ``by`` is ``open`` while there is no user and this machine may do everything.
    """

    user: Annotated[str, Field(description="The actor on record.", examples=["小王"])]
    by: Annotated[Literal["open", "session", "token"], Field(examples=["session"])]
    everything: Annotated[
        Role | None, Field(description="The role on all accounts.", examples=["owner"])
    ]
    accounts: tuple[AccountRole, ...]
    expires_at: Annotated[
        datetime | None,
        Field(
            description="With a log-in: when it ends at the latest.",
            examples=["2026-08-07T01:00:00Z"],
        ),
    ] = None

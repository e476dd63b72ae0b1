"""Users, their roles and tokens: for the owner of all accounts. Rules are ``service.people``'s.

None of these is remembered under an Idempotency-Key: the answer would keep a password.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from sqlalchemy.orm import Session

from service.api import PREFIX, places
from service.api.context import ByWhom, Context, InContext
from service.api.needs import needs
from service.api.openapi import problem_responses
from service.api.schemas.people import (
    AddUserDemand,
    NewPasswordView,
    RoleDemand,
    TokensView,
    TokenView,
    UsersView,
    UserView,
)
from service.people import passwords, register
from service.people.roles import EVERYWHERE, Role
from service.store import people

router = APIRouter(prefix=PREFIX, tags=["people"])

UserInPath = Annotated[str, InPath(max_length=48, description="The user.", examples=["li"])]
TokenInPath = Annotated[
    str, InPath(max_length=36, description="The token's id.", examples=["0198f2a6-33cc"])
]
_OWNER = needs(Role.OWNER, places.everything)
_REFUSALS = problem_responses("not-found", "conflict", "invalid-request")


@router.get(
    "/people",
    operation_id="listUsers",
    dependencies=[_OWNER],
    summary="Everybody, with their roles",
    responses=problem_responses(),
)
def list_users(context: InContext) -> UsersView:
    """Also those who are disabled."""
    with context.store.read() as session:
        return UsersView(items=tuple(user_views(session)))


@router.post(
    "/people",
    operation_id="addUser",
    dependencies=[_OWNER],
    summary="Add a user with a password made for them",
    responses=_REFUSALS,
)
def add_user(demand: AddUserDemand, context: InContext, origin: ByWhom) -> NewPasswordView:
    """The password is in this answer and nowhere else; they change it after the first log-in."""
    _known_scope(context, demand.scope)
    password = passwords.made()
    hashed = passwords.hashed(password)
    roles = {demand.scope: demand.role}
    with context.store.begin() as session:
        row = register.add(session, origin, demand.name, password_hash=hashed, roles=roles)
        return _with_password(session, row.name, password)


@router.post(
    "/people/{name}/role",
    operation_id="setRole",
    dependencies=[_OWNER],
    summary="Give a role on an account, or take it away",
    responses=_REFUSALS,
)
def set_role(name: UserInPath, demand: RoleDemand, context: InContext, origin: ByWhom) -> UserView:
    """The last owner stays one."""
    _known_scope(context, demand.scope)
    with context.store.begin() as session:
        register.set_role(session, origin, name, demand.scope, demand.role)
        return _user(session, name)


@router.post(
    "/people/{name}/password",
    operation_id="resetPassword",
    dependencies=[_OWNER],
    summary="Make a new password; every browser of the user is logged out",
    responses=_REFUSALS,
)
def reset_password(name: UserInPath, context: InContext, origin: ByWhom) -> NewPasswordView:
    """The password is in this answer and nowhere else."""
    password = passwords.made()
    hashed = passwords.hashed(password)
    with context.store.begin() as session:
        register.set_password(session, origin, name, hashed)
        return _with_password(session, name, password)


@router.post(
    "/people/{name}/disable",
    operation_id="disableUser",
    dependencies=[_OWNER],
    summary="Shut a user out at once; the record stays",
    responses=_REFUSALS,
)
def disable_user(name: UserInPath, context: InContext, origin: ByWhom) -> UserView:
    """Password, browsers and tokens open nothing any more."""
    with context.store.begin() as session:
        register.disable(session, origin, name)
        return _user(session, name)


@router.post(
    "/people/{name}/enable",
    operation_id="enableUser",
    dependencies=[_OWNER],
    summary="Let a disabled user in again",
    responses=_REFUSALS,
)
def enable_user(name: UserInPath, context: InContext, origin: ByWhom) -> UserView:
    """With the roles they had."""
    with context.store.begin() as session:
        register.enable(session, origin, name)
        return _user(session, name)


@router.get(
    "/tokens",
    operation_id="listTokens",
    dependencies=[_OWNER],
    summary="Every token, never its key",
    responses=problem_responses(),
)
def list_tokens(context: InContext) -> TokensView:
    """Oldest first, also those that have ended."""
    with context.store.read() as session:
        found = people.tokens(session)
    return TokensView(items=tuple(TokenView.model_validate(row) for row in found))


@router.post(
    "/tokens/{token_id}/revoke",
    operation_id="revokeToken",
    dependencies=[_OWNER],
    summary="End a token at once",
    responses=_REFUSALS,
)
def revoke_token(token_id: TokenInPath, context: InContext, origin: ByWhom) -> TokenView:
    """Ending it twice is ending it once."""
    with context.store.begin() as session:
        register.revoke_token(session, origin, token_id)
        return TokenView.model_validate(people.token(session, token_id))


def user_views(session: Session) -> list[UserView]:
    """Everybody, by name."""
    roles = people.roles(session)
    return [
        UserView(
            name=row.name,
            roles={scope: Role(role) for scope, role in roles.get(row.name, {}).items()},
            has_password=row.password_hash is not None,
            created_at=row.created_at,
            disabled_at=row.disabled_at,
        )
        for row in people.everybody(session)
    ]


def _user(session: Session, name: str) -> UserView:
    known = register.known(session, name).name
    return next(one for one in user_views(session) if one.name == known)


def _with_password(session: Session, name: str, password: str) -> NewPasswordView:
    return NewPasswordView(**_user(session, name).model_dump(), password=password)


def _known_scope(context: Context, scope: str) -> None:
    if scope != EVERYWHERE:
        context.account(scope)

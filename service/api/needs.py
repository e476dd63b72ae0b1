"""What a route needs: a role, and where. No route is served that does not say so.

The one who asks, the place and the role are compared before a handler runs. What is in a foreign
account is answered like what does not exist; a role that is too low is told what would be needed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute

from service import logs
from service.api.places import Place
from service.api.problems import RefusalError
from service.errors import NotFoundError
from service.people.roles import Principal, Role

FindPlace = Callable[..., Place] | Callable[..., Awaitable[Place]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a route has declared; ``role`` None is open to whoever has entered, or to anybody."""

    role: Role | None
    place: str
    anonymous: bool = False


_DECLARED: Final[dict[Callable[..., Any], Need]] = {}


def needs(role: Role, place: FindPlace) -> Any:
    """The dependency of a route that wants ``role`` at ``place``, one of ``service.api.places``."""
    found = Depends(place)

    async def allowed(request: Request, where: Place = found) -> None:
        _allow(principal_of(request), role, where)
        request.state.account = where.account_id
        logs.bind(account=where.account_id)

    _DECLARED[allowed] = Need(role=role, place=place.__name__)
    return Depends(allowed)


async def _entered(request: Request) -> None:
    principal_of(request)


async def _nobody() -> None:
    """Anybody may ask."""


_DECLARED[_entered] = Need(role=None, place="")
_DECLARED[_nobody] = Need(role=None, place="", anonymous=True)
ENTERED: Final = Depends(_entered)
ANYBODY: Final = Depends(_nobody)


def principal_of(request: Request) -> Principal:
    """Who asks; raises RefusalError (401) when nobody has entered."""
    principal = getattr(request.state, "principal", None)
    if not isinstance(principal, Principal):
        raise RefusalError("unauthorized")
    return principal


def _allow(principal: Principal, role: Role, where: Place) -> None:
    if where.anywhere:
        return
    held = principal.role_on(where.account_id) if where.account_id else None
    if held is None:
        if where.account_id == "*":
            raise _too_low(role, "all accounts", "全部账户")
        raise NotFoundError(f"there is no {where.what}")
    if not held.covers(role):
        raise _too_low(role, where.account_id or "", f"账户 {where.account_id}")


def _too_low(role: Role, where: str, where_zh: str) -> RefusalError:
    return RefusalError(
        "forbidden",
        f"This needs the role {role} on {where}; ask an owner for it.",
        zh=f"此操作需要{where_zh}的 {role} 角色，请联系所有者。",
    )


def declared(route: object) -> Need | None:
    """What a route needs; None when it does not say, says it twice, or is no route of FastAPI's."""
    if not isinstance(route, APIRoute):
        return None
    found = [
        _DECLARED[each.dependency]
        for each in route.dependencies
        if each.dependency is not None and each.dependency in _DECLARED
    ]
    return found[0] if len(found) == 1 else None


def include(app: FastAPI, router: APIRouter, **options: Any) -> None:
    """Serve a router's routes: the one way in which routes come to be served.

    Raises RuntimeError, before anything is served, for one that does not say what it needs.
    """
    silent = [getattr(one, "path", type(one)) for one in router.routes if declared(one) is None]
    if silent:
        raise RuntimeError(f"these routes do not say which role they need: {silent}")
    app.include_router(router, **options)

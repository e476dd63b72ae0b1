"""People: who may enter and do what where, their tokens. For the owner of all accounts."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable

from nicegui import ui
from sqlalchemy.orm import Session

from service.api.people import user_views
from service.api.schemas.people import UserView
from service.audit import Origin
from service.console.dialogs import say_error, submitted, titled
from service.console.failures import REFUSED
from service.console.frame import empty, frame, heading, note
from service.console.numbers import moment
from service.console.tables import record
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.people import passwords, register
from service.people.roles import EVERYWHERE, Role
from service.store import people
from service.store.people import TokenRow

NO_ROLE = ""


async def show(visitor: Visitor, account_id: str) -> None:
    """The page."""
    account, texts = visitor.account(account_id), visitor.texts
    with frame(visitor, account, "people", texts("people.title")):
        if not visitor.may(Role.OWNER, EVERYWHERE):
            empty(texts("people.owner_only"))
            return
        users, tokens = await to_thread(_read, visitor)
        _show_users(visitor, users)
        _show_addition(visitor)
        _show_tokens(visitor, tokens, account.timezone)


def _read(visitor: Visitor) -> tuple[list[UserView], list[TokenRow]]:
    with visitor.context.store.read() as session:
        return user_views(session), people.tokens(session)


def _show_users(visitor: Visitor, users: list[UserView]) -> None:
    texts = visitor.texts
    with ui.element("section").classes("k-card"):
        heading(texts("people.users"), 2)
        if not users:
            note(texts("people.nobody"))
            return
        names = ("name", "roles", "state", "do")
        with record([texts(f"people.{name}") for name in names]) as add:
            for user in users:
                add(
                    user.name,
                    lambda shown=user: _roles(visitor, shown),
                    texts("people.disabled" if user.disabled_at else "people.active"),
                    lambda shown=user: _user_actions(visitor, shown),
                )


def _roles(visitor: Visitor, user: UserView) -> None:
    texts, scopes = visitor.texts, _scopes(visitor)
    with ui.element("div"):
        for scope, role in user.roles.items():
            where, what = scopes.get(scope, scope), _role(texts, role)
            ui.label(texts("people.role_on", where=where, role=what))


def _user_actions(visitor: Visitor, user: UserView) -> None:
    texts, name = visitor.texts, user.name

    def button(what: str, press: Callable[[], object]) -> None:
        said = texts(f"people.{what}")
        ui.button(said, on_click=press).props(
            f'no-caps flat dense color=teal-10 aria-label="{said} {name}"'
        )

    with ui.element("div").classes("k-actions"):
        button("change_role", lambda: _ask_role(visitor, user))
        button("reset", lambda: _reset(visitor, name))
        if user.disabled_at is None:
            button("disable", _changing(visitor, register.disable, name))
        else:
            button("enable", _changing(visitor, register.enable, name))


def _changing(
    visitor: Visitor, change: Callable[[Session, Origin, str], object], name: str
) -> Callable[[], object]:
    return lambda: _carry_out(visitor, lambda session, origin: change(session, origin, name))


def _show_addition(visitor: Visitor) -> None:
    texts = visitor.texts
    with ui.element("section").classes("k-card"):
        heading(texts("people.add"), 2)
        with ui.element("div").classes("k-filters"):
            name = ui.input(texts("people.name")).props("dense outlined maxlength=48")
            role = _role_choice(texts, Role.SPECIALIST, none=False)
            scope = _scope_choice(visitor)
            ui.button(
                texts("people.add_yes"),
                on_click=lambda: _add(visitor, name.value or "", Role(role.value), scope.value),
            ).props("no-caps unelevated")
        note(texts("people.add_explained"))


def _show_tokens(visitor: Visitor, tokens: list[TokenRow], timezone: str) -> None:
    texts = visitor.texts
    with ui.element("section").classes("k-card"):
        heading(texts("people.tokens"), 2)
        if not tokens:
            note(texts("people.no_tokens"))
            return
        names = ("label", "name", "role", "expires", "used", "do")
        with record([texts(f"people.{name}") for name in names]) as add:
            for token in tokens:
                add(
                    token.label,
                    token.name,
                    _role(texts, Role(token.role)),
                    moment(token.expires_at, timezone),
                    moment(token.used_at, timezone) if token.used_at else texts("people.never"),
                    texts("people.revoked")
                    if token.revoked_at
                    else lambda shown=token: _ending(visitor, shown),
                )


def _ending(visitor: Visitor, token: TokenRow) -> None:
    said = visitor.texts("people.revoke")
    ui.button(said, on_click=_changing(visitor, register.revoke_token, token.token_id)).props(
        f'no-caps flat dense color=teal-10 aria-label="{said} {token.label}"'
    )


async def _carry_out(visitor: Visitor, change: Callable[[Session, Origin], object]) -> bool:
    """Change something as the owner who is here; the page is read again. False: it was refused."""

    def work() -> None:
        origin = visitor.origin(Role.OWNER, EVERYWHERE)
        with visitor.context.store.begin() as session:
            change(session, origin)

    try:
        await to_thread(work)
    except REFUSED as error:
        say_error(visitor.texts, error)
        return False
    ui.navigate.reload()
    return True


async def _add(visitor: Visitor, name: str, role: Role, scope: str) -> None:
    await _with_new_password(
        visitor,
        name,
        lambda s, origin, hashed: register.add(
            s, origin, name, password_hash=hashed, roles={scope: role}
        ),
    )


async def _reset(visitor: Visitor, name: str) -> None:
    await _with_new_password(
        visitor, name, lambda s, origin, hashed: register.set_password(s, origin, name, hashed)
    )


async def _with_new_password(
    visitor: Visitor, name: str, change: Callable[[Session, Origin, str], object]
) -> None:
    texts, password = visitor.texts, passwords.made()

    def work() -> None:
        origin = visitor.origin(Role.OWNER, EVERYWHERE)
        hashed = passwords.hashed(password)
        with visitor.context.store.begin() as session:
            change(session, origin, hashed)

    try:
        await to_thread(work)
    except REFUSED as error:
        say_error(texts, error)
        return
    with titled(texts("people.password_of", name=name)) as dialog:
        dialog.props("persistent")
        ui.label(password).classes("k-secret")
        note(texts("people.shown_once"))
        ui.button(texts("people.noted"), on_click=lambda: dialog.submit(True)).props(
            "no-caps unelevated autofocus"
        )
    await submitted(dialog)
    ui.navigate.reload()


async def _ask_role(visitor: Visitor, user: UserView) -> None:
    texts = visitor.texts
    with titled(texts("people.role_of", name=user.name)) as dialog:
        scope = _scope_choice(visitor)
        role = _role_choice(texts, Role.VIEWER, none=True)
        with ui.element("div").classes("k-actions"):
            ui.button(texts("people.save"), on_click=lambda: dialog.submit(True)).props(
                "no-caps unelevated"
            )
            ui.button(texts("ask.no"), on_click=lambda: dialog.submit(False)).props("no-caps flat")
    if not await submitted(dialog):
        return
    where, wanted = scope.value, Role(role.value) if role.value else None
    await _carry_out(
        visitor, lambda s, origin: register.set_role(s, origin, user.name, where, wanted)
    )


def _scopes(visitor: Visitor) -> dict[str, str]:
    names = {one.id: one.name or one.id for one in visitor.accounts}
    return {EVERYWHERE: visitor.texts("people.everywhere")} | names


def _scope_choice(visitor: Visitor) -> ui.select:
    scopes = _scopes(visitor)
    first = visitor.accounts[0].id if visitor.accounts else EVERYWHERE
    return (
        ui.select(scopes, value=first, label=visitor.texts("people.scope"))
        .props("dense outlined options-dense")
        .classes("k-choice")
    )


def _role_choice(texts: Texts, chosen: Role, *, none: bool) -> ui.select:
    roles = {str(role): _role(texts, role) for role in Role}
    if none:
        roles |= {NO_ROLE: texts("people.no_role")}
    return (
        ui.select(roles, value=str(chosen), label=texts("people.role"))
        .props("dense outlined options-dense")
        .classes("k-choice")
    )


def _role(texts: Texts, role: Role) -> str:
    return texts(f"people.{role}")

"""Who may talk to the server.

As soon as there is a user, every request comes with a browser's session (a cookie) or a program's
token (a bearer token). Until then the server is open, to this machine only: the address bound, the
peer and the Host header must all be loopback, the last so that a page that rebinds its DNS name to
127.0.0.1 is turned away. An unsafe method is taken only from this server's own pages or from
programs that send no Origin; one with a cookie has to show that it comes from our own page, which
every browser does by itself (Origin, Sec-Fetch-Site), so no page can act in a visitor's name.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from service import logs
from service.api import PREFIX
from service.api.context import Context
from service.api.problems import RefusalError, answer, from_failure, request_id_of
from service.errors import ConfigError, ServiceError
from service.people import signing
from service.people.provider import CALLBACK
from service.people.roles import EVERYWHERE, Principal, Role
from service.people.signing import Entered

ACTOR_HEADER: Final = "x-actor"
SESSION_PATH: Final = f"{PREFIX}/session"
OPEN_PATHS: Final = frozenset({"/healthz", "/readyz"})
# Where somebody comes to enter: nobody is asked there who they are.
PAGES: Final = "/console"
SIGN_IN_PAGE: Final = "/sign-in"
PROVIDER_PAGE: Final = "/sign-in/oidc"
ENTRANCES: Final = frozenset(
    {
        ("POST", SESSION_PATH),
        ("GET", SIGN_IN_PAGE),
        ("POST", SIGN_IN_PAGE),
        ("GET", PROVIDER_PAGE),
        ("GET", CALLBACK),
        *(("GET", f"{PAGES}/language/{name}") for name in ("zh", "en")),
    }
)

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOCAL_NAMES = frozenset({"localhost"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_ACTOR_NAME = re.compile(r"[\w.@ -]{1,48}")


@dataclass(frozen=True, slots=True)
class Access:
    """The rule of entry. ``local`` says that only this machine can reach the server.

    ``public_url`` is the address that browsers use, when a proxy stands before the server.
    """

    local: bool = True
    public_url: str | None = None

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return (self.public_url or "").startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; the prefix binds it to this host and to https."""
        return "__Host-kaiche_session" if self.secure else "kaiche_session"

    @property
    def passage(self) -> str:
        """The name of the cookie that a browser carries to the log-in provider and back."""
        return "__Host-kaiche_passage" if self.secure else "kaiche_passage"

    def sentence(self, *, is_open: bool) -> str:
        """What the server says about it when it starts."""
        if is_open:
            return (
                "还没有用户：开放模式，只接受本机访问，无需登录。添加第一个用户后即须登录："
                "kaiche user add 用户名 --role owner · No user yet: open to this machine only, without "
                "log-in, until the first user is added: kaiche user add NAME --role owner"
            )
        return "须登录或带令牌访问 · every request needs a log-in or a token"


def access(*, host: str, is_open: bool, public_url: str | None = None) -> Access:
    """The rule of entry for a server bound to ``host``; ``is_open`` when there is no user yet.

    Raises ConfigError for a server without users that other machines can reach.
    """
    local = is_loopback(host)
    if is_open and not local:
        raise ConfigError(
            f"server.host is {host}, which other machines can reach, but there is no user yet. Either "
            "add an owner first (kaiche user add NAME --role owner), or set server.host to 127.0.0.1"
        )
    return Access(local=local, public_url=public_url)


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without a port, means this machine."""
    bare = host.strip("[]").lower()
    if bare in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)  # how a dual-stack socket names an IPv4 peer
    return (mapped or address).is_loopback


def host_name(host_header: str) -> str:
    """``127.0.0.1:8750`` or ``[::1]:8750`` without the port; "" when it is malformed."""
    try:
        return urlsplit(f"//{host_header}").hostname or ""
    except ValueError:
        return ""


def cookie_of(headers: Headers, name: str) -> str | None:
    """The value of a cookie; None without one, or with several of the name."""
    found = []
    for header in headers.getlist("cookie"):
        try:
            jar = SimpleCookie(header)
        except CookieError:
            continue
        found += [morsel.value for key, morsel in jar.items() if key == name]
    return found[0] if len(found) == 1 and found[0] else None


class Guard:
    """ASGI middleware that finds out who asks, and turns away whoever may not enter."""

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer with the reason why not."""
        if scope["type"] == "lifespan" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        context: Context = scope["app"].state.context
        headers = Headers(scope=scope)
        enter = partial(self._enter, context, scope, headers)
        try:
            entered = await run_in_threadpool(enter)
        except Exception as error:
            refusal = from_failure(error, request_id_of(scope))
            if refusal is None:
                raise
            await _turn_away(scope, receive, send, refusal)
            return
        state = scope.setdefault("state", {})
        state["actor"], state["enter_again"] = "nobody", enter
        if entered is not None:
            state["principal"] = entered.principal
            state["actor"] = entered.principal.name
            logs.bind(actor=entered.principal.name)
        await self._app(scope, receive, send)
        if entered is not None and entered.unnoted is not None:
            with suppress(ServiceError):  # the answer is out; the next use is noted instead
                await run_in_threadpool(
                    signing.note_use, context.wiring.store, entered, context.now()
                )

    def _enter(self, context: Context, scope: Scope, headers: Headers) -> Entered | None:
        """Who asks; None where nobody needs to be anybody. Raises RefusalError."""
        store, now = context.wiring.store, context.now()
        scheme, _, offered = headers.get("authorization", "").partition(" ")
        if (scope.get("method"), scope["path"]) in ENTRANCES:
            self._refuse_other_sites(scope, headers)
            return None
        if scheme:
            bearer = scheme.lower() == "bearer"
            entered = signing.by_token(store, offered.strip(), now) if bearer else None
            if entered is None:
                raise _unauthorized(invalid=True)
            self._refuse_other_sites(scope, headers)
            return entered
        key = cookie_of(headers, self._access.cookie)
        entered = signing.by_session(store, key, now) if key else None
        if entered is not None:
            self._refuse_other_sites(scope, headers, must_show=True)
            return entered
        if not (self._access.local and signing.is_open(store)):
            raise _unauthorized(invalid=False)
        _refuse_strangers(scope, headers)
        self._refuse_other_sites(scope, headers)
        return Entered(principal=_of_this_machine(headers))

    def _refuse_other_sites(
        self, scope: Mapping[str, object], headers: Headers, *, must_show: bool = False
    ) -> None:
        """Refuse an unsafe method from another site; ``must_show`` also one from nowhere."""
        if scope.get("method") in _SAFE_METHODS:  # a WebSocket has none, and may change things
            return
        origin, fetched = headers.get("origin"), headers.get("sec-fetch-site")
        ours = {headers.get("host", "").lower(), _netloc(self._access.public_url or "")} - {""}
        if origin is not None and _netloc(origin) not in ours:
            raise RefusalError("cross-site")
        if fetched not in (None, "none", "same-origin"):
            raise RefusalError("cross-site")
        if must_show and origin is None and fetched != "same-origin":
            raise RefusalError(
                "cross-site",
                "A change with a session's cookie must carry an Origin of this server; programs use a "
                "token instead.",
                zh="带登录 Cookie 的修改请求须带本站的 Origin；程序请改用令牌。",
            )


async def _turn_away(scope: Scope, receive: Receive, send: Send, refusal: RefusalError) -> None:
    """Answer a request with a refusal, a page of the console with the way to log in."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    page = scope["method"] == "GET" and scope["path"].startswith(PAGES)
    if refusal.kind.name == "unauthorized" and (page or scope["path"] == "/"):
        await RedirectResponse(SIGN_IN_PAGE, 303)(scope, receive, send)
        return
    await answer(scope, refusal)(scope, receive, send)


def _unauthorized(*, invalid: bool) -> RefusalError:
    challenge = 'Bearer realm="kaiche"'
    if invalid:
        challenge += ', error="invalid_token"'
    return RefusalError("unauthorized", headers={"www-authenticate": challenge})


def _refuse_strangers(scope: Mapping[str, object], headers: Headers) -> None:
    """Without users only this machine itself is served, not what a proxy on it passes on."""
    client = scope.get("client")
    if isinstance(client, (tuple, list)) and not is_loopback(str(client[0])):
        raise RefusalError("loopback-only")
    if any(name in headers for name in _FORWARDED):
        raise RefusalError("loopback-only")
    if not is_loopback(host_name(headers.get("host", ""))):
        raise RefusalError("misdirected")


def _netloc(url: str) -> str:
    """The host and port of an address, in small letters; "-" for what is none."""
    if not url:
        return ""
    try:
        return urlsplit(url).netloc.lower() or "-"
    except ValueError:
        return "-"


def _of_this_machine(headers: Headers) -> Principal:
    """Whoever sits at this machine while there is no user: may do everything.

    A name may be declared by ``X-Actor`` (percent-encoded UTF-8). It is no proof, so it always stands
    behind ``loopback/`` on record.
    """
    declared = unquote(headers.get(ACTOR_HEADER, "")).strip()
    name = f"loopback/{declared}" if _ACTOR_NAME.fullmatch(declared) else "loopback"
    return Principal(name=name, by="open", grants={EVERYWHERE: Role.OWNER})

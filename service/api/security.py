"""Who may talk to the server, until accounts and roles arrive.

With a token (``KAICHE_TOKEN``) every request must carry it. Without one the server serves only
this machine: the address bound, the peer and the Host header must all be loopback, the last so
that a page that rebinds its DNS name to 127.0.0.1 is turned away. In both cases an unsafe method
is taken only from this server's own pages or from programs that send no Origin.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.problems import RefusalError, answer
from service.errors import ConfigError

TOKEN_VARIABLE = "KAICHE_TOKEN"
ACTOR_HEADER = "x-actor"
OPEN_PATHS = frozenset({"/healthz", "/readyz"})

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOCAL_NAMES = frozenset({"localhost"})
_ACTOR_NAME = re.compile(r"[\w.@ -]{1,48}")
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Access:
    """The rule of entry. ``token`` None means this machine only."""

    token: str | None = None

    @property
    def sentence(self) -> str:
        """What the server says about it when it starts."""
        if self.token is None:
            return (
                f"未设置 {TOKEN_VARIABLE}，只接受本机访问，无需令牌 · {TOKEN_VARIABLE} is not set: "
                f"serving this machine only, without a token"
            )
        return (
            f"已设置 {TOKEN_VARIABLE}，每个请求须带 Bearer 令牌 · {TOKEN_VARIABLE} is set: "
            "every request must carry it as a bearer token"
        )

    def admits(self, offered: str) -> bool:
        """Whether ``offered`` is the token; takes the same time however much of it is right."""
        if self.token is None:
            return True
        ours = hashlib.sha256(self.token.encode()).digest()
        theirs = hashlib.sha256(offered.encode()).digest()
        return hmac.compare_digest(ours, theirs)


def access(token: str | None, *, host: str) -> Access:
    """The rule of entry for a server bound to ``host``.

    Raises ConfigError when the token could not be sent in a header, is short enough to guess, or is
    missing while ``host`` can be reached from other machines.
    """
    if not token:
        if is_loopback(host):
            return Access()
        raise ConfigError(
            f"server.host is {host}, which other machines can reach, but {TOKEN_VARIABLE} is not "
            f"set. Either export {TOKEN_VARIABLE}=<at least {_SHORTEST_TOKEN} random characters>, "
            "or set server.host to 127.0.0.1"
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"{TOKEN_VARIABLE} contains a space or a character that cannot be sent in a header; "
            "use letters, digits and - _ . ~ + / ="
        )
    if len(token) < _SHORTEST_TOKEN:
        raise ConfigError(
            f"{TOKEN_VARIABLE} has {len(token)} characters and could be guessed; "
            f"use at least {_SHORTEST_TOKEN} random ones"
        )
    return Access(token)


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


class Guard:
    """ASGI middleware that turns away whoever may not enter."""

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer with the reason why not."""
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            headers = Headers(scope=scope)
            refusal = self._refuse(scope, headers)
            if refusal is not None:
                await answer(scope, refusal)(scope, receive, send)
                return
            scope["state"]["actor"] = actor_name(self._access, headers)
        await self._app(scope, receive, send)

    def _refuse(self, scope: Scope, headers: Headers) -> RefusalError | None:
        if self._access.token is None:
            return _not_local(scope, headers) or _cross_site(scope, headers)
        return self._no_token(headers) or _cross_site(scope, headers)

    def _no_token(self, headers: Headers) -> RefusalError | None:
        scheme, _, offered = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._access.admits(offered.strip()):
            return None
        challenge = 'Bearer realm="kaiche"'
        if scheme:
            challenge += ', error="invalid_token"'
        return RefusalError("unauthorized", headers={"www-authenticate": challenge})


def _not_local(scope: Mapping[str, object], headers: Headers) -> RefusalError | None:
    client = scope.get("client")
    if isinstance(client, (tuple, list)) and not is_loopback(str(client[0])):
        return RefusalError("loopback-only")
    if not is_loopback(host_name(headers.get("host", ""))):
        return RefusalError("misdirected")
    return None


def _cross_site(scope: Mapping[str, object], headers: Headers) -> RefusalError | None:
    if scope["method"] in _SAFE_METHODS:
        return None
    origin = headers.get("origin")
    if origin is not None and not _same_place(origin, headers.get("host", "")):
        return RefusalError("cross-site")
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return RefusalError("cross-site")
    return None


def _same_place(origin: str, host: str) -> bool:
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def actor_name(access: Access, headers: Headers) -> str:
    """Who the audit record will name: how they entered, and the name they gave, if any.

    The name comes from ``X-Actor`` (percent-encoded UTF-8) and is a declaration, not a proof:
    everyone who holds the token may state any name. So it always stands behind ``token/`` or
    ``loopback/``.
    """
    entrance = "loopback" if access.token is None else "token"
    declared = unquote(headers.get(ACTOR_HEADER, "")).strip()
    return f"{entrance}/{declared}" if _ACTOR_NAME.fullmatch(declared) else entrance

"""Secrets come from the environment; nothing that prints, hashes or records may carry one.

KAICHE_DATABASE_URL   replaces ``database.address`` of the YAML; may hold a user and a password
KAICHE_APP_SECRET     the advertising platform's application secret
KAICHE_OIDC_SECRET    the secret under which the log-in provider knows kaiche, if it has one

What opens the shops is in ``platform_secrets.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final

MASK: Final = "********"
TOKEN: Final = "kaiche token create"  # the command that makes what is no variable
DATABASE_URL: Final = "KAICHE_DATABASE_URL"
APP_SECRET: Final = "KAICHE_APP_SECRET"
OIDC_SECRET: Final = "KAICHE_OIDC_SECRET"
SESSION: Final = "KAICHE_SESSION_<ACCOUNT ID>"
VARIABLES: Final[Mapping[str, str]] = {
    "database_url": DATABASE_URL,
    "app_secret": APP_SECRET,
    "oidc_secret": OIDC_SECRET,
}

_SECRET_NAME: Final = re.compile(
    r"(^|_)(token|password|passwd|pwd|secret|credentials?|session(_?key)?|authorization"
    r"|(api|access|private|secret)_?key|(app|client)_?secret)(s|_value)?$"
)
_DATABASE_SECRET: Final = re.compile(r"password|passwd|pwd")
_SESSION_NAME: Final = re.compile(r"(^|_)session(_?key)?s?$")
_CLIENT_NAME: Final = re.compile(r"(^|_)(client|oidc)_secret$")
_TOKEN_NAME: Final = re.compile(r"(^|_)(auth_)?token$|authorization")
_IN_URL: Final = re.compile(r"(?P<user>\b[a-z][a-z0-9+.-]*://[^\s/@:]*:)[^\s/]+(?=@)", re.I)
_IN_QUERY: Final = re.compile(
    r"(?P<name>[?&;](?:password|passwd|pwd|(?:access_|refresh_|id_)?token|(?:app_|client_)?secret"
    r"|(?:api_?)?key|session|sign|code)=)[^\s&;#]+",
    re.I,
)
_HOOK: Final = re.compile(r"(?P<name>/hooks?/)[\w-]{8,}")  # a robot's address is its key
_BEARER: Final = re.compile(r"(?P<word>\bbearer\s+)\S{8,}", re.I)
_SUSPECT: Final = re.compile(r"://|[?&;]|bearer|kaiche_", re.I)  # without one of these none fits
_OWN_KEY: Final = re.compile(r"(?P<word>\bkaiche_(?:(?:session|passage)=)?)[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the environment gave; None = not set. Printing it shows only what is set."""

    database_url: str | None = None
    app_secret: str | None = None
    oidc_secret: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Secrets:
        """Read the variables; an empty one counts as not set."""
        return cls(**{name: env.get(variable) or None for name, variable in VARIABLES.items()})

    def __repr__(self) -> str:
        shown = (f"{field.name}={MASK!r}" for field in fields(self) if getattr(self, field.name))
        return f"Secrets({', '.join(shown)})"


@lru_cache(maxsize=1024)  # the same few keys in every event of a bulk decision
def variable_for(key: str) -> str | None:
    """The environment variable for a YAML key that names a secret; None for any other key.

    For a token it is ``TOKEN``, no variable: tokens are made by that command.
    """
    name = _snake(key)
    if not _SECRET_NAME.search(name):
        return None
    if _DATABASE_SECRET.search(name):
        return DATABASE_URL
    if _SESSION_NAME.search(name):
        return SESSION
    if _CLIENT_NAME.search(name):
        return OIDC_SECRET
    return TOKEN if _TOKEN_NAME.search(name) else APP_SECRET


def without_secrets(value: Any) -> Any:
    """A copy of a JSON-like value in which nothing secret is left.

    Masked are: values under a key that names a secret, passwords within URLs, tokens, cookies.
    """
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {
            key: MASK if variable_for(str(key)) and item is not None else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    return value


def mask_text(text: str) -> str:
    """``text`` with passwords of URLs, tokens and sessions masked."""
    if not _SUSPECT.search(text):
        return text
    text = _IN_URL.sub(rf"\g<user>{MASK}", text)
    text = _HOOK.sub(rf"\g<name>{MASK}", _IN_QUERY.sub(rf"\g<name>{MASK}", text))
    return _OWN_KEY.sub(rf"\g<word>{MASK}", _BEARER.sub(rf"\g<word>{MASK}", text))


def _snake(key: str) -> str:
    """appSecret, APP-SECRET and app.secret all as app_secret."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")

"""Time zones and database addresses: what is wrong with one, and what to write instead."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from service.settings.secrets import MASK

_EXAMPLES: Final = "sqlite:///var/kaiche.db or postgresql+psycopg://host/kaiche"
_CHINESE_CITIES: Final = frozenset({"beijing", "shenzhen", "guangzhou", "hangzhou", "china"})
_KINDS: Final = ("sqlite", "postgresql", "mysql", "mariadb", "oracle", "mssql")
_ADDRESS: Final = re.compile(r"(?P<kind>[a-z][a-z0-9]*)(\+[a-z0-9_]+)?://\S*")
# Greedy up to the last @, so that a password with odd characters is hidden whole.
_LOGIN: Final = re.compile(r"(?P<user>^[^:/]+://[^:/@]*:).+@")
_PASSWORD_PARAMETER: Final = re.compile(
    r"(?P<name>[?&](?:password|passwd|pwd|sslpassword)=)[^&]+", re.IGNORECASE
)


def timezone_complaint(name: str) -> str | None:
    """None when ``name`` is a zone of the IANA database, else a sentence with the nearest one."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return f"{name!r} is no time zone; write {_nearest_zone(name)}"
    return None


def _nearest_zone(name: str) -> str:
    if name.rpartition("/")[2].lower() in _CHINESE_CITIES:
        return "Asia/Shanghai"
    zones = {zone.lower(): zone for zone in available_timezones()}
    near = get_close_matches(name.lower(), zones, n=1)
    return zones[near[0]] if near else "a name such as Asia/Shanghai"


def database_complaint(url: str) -> str | None:
    """None when ``url`` has the form of a database address; never echoes it.

    Whether the kind of database is installed and answers is known only when it is opened.
    """
    address = _ADDRESS.fullmatch(url)
    if address is None:
        return f"is not a database address; write for example {_EXAMPLES}"
    near = get_close_matches(address["kind"], _KINDS, n=1)
    if near and near[0] != address["kind"]:
        return f"names an unknown kind of database; did you mean {near[0]}? ({_EXAMPLES})"
    return None


def has_password(url: str) -> bool:
    """Whether a database address carries a password, before its host or among its parameters."""
    return masked(url) != url


def masked(url: str) -> str:
    """A database address for people: its passwords hidden."""
    url = _LOGIN.sub(rf"\g<user>{MASK}@", url)
    return _PASSWORD_PARAMETER.sub(rf"\g<name>{MASK}", url)


def anchored(url: str, folder: Path) -> str:
    """``url`` with a relative SQLite file made absolute from ``folder``; others as they are."""
    kind, _, place = url.partition(":///")
    name, mark, parameters = place.partition("?")
    if kind.partition("+")[0] != "sqlite" or not name or name.startswith((":", "file:")):
        return url
    return f"{kind}:///{(folder / name).resolve()}{mark}{parameters}"

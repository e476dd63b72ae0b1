"""Time zones and database addresses: what is wrong with one, and what to write instead."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from service.settings.secrets import MASK

_EXAMPLES: Final = "sqlite:///var/kaiche.db or postgresql+psycopg://host/kaiche"
_CHINESE_CITIES: Final = frozenset({"beijing", "shenzhen", "guangzhou", "hangzhou", "china"})
_PASSWORD_PARAMETERS: Final = frozenset({"password", "passwd", "pwd", "sslpassword"})


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
    """None when ``url`` names a database that SQLAlchemy can speak to; never echoes it."""
    try:
        make_url(url).get_dialect()
    except NoSuchModuleError:
        return f"names a kind of database that is not installed; write for example {_EXAMPLES}"
    except (ArgumentError, ValueError):
        return f"is not a database address; write for example {_EXAMPLES}"
    return None


def has_password(url: str) -> bool:
    """Whether a database address carries a password; False for what is no address at all."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    return parsed.password is not None or bool(_PASSWORD_PARAMETERS & set(parsed.query))


def anchored(url: str, folder: Path) -> str:
    """``url`` with a relative SQLite file made absolute from ``folder``; others as they are."""
    parsed = make_url(url)
    name = parsed.database
    if parsed.get_backend_name() != "sqlite" or not name or name.startswith((":", "file:")):
        return url
    absolute = parsed.set(database=str((folder / name).resolve()))
    return absolute.render_as_string(hide_password=False)


def masked(url: str) -> str:
    """A database address for people: its passwords hidden."""
    parsed = make_url(url)
    hidden = {name: MASK for name in parsed.query if name in _PASSWORD_PARAMETERS}
    if parsed.password is not None:
        parsed = parsed.set(password=MASK)
    return parsed.update_query_dict(hidden).render_as_string(hide_password=False)

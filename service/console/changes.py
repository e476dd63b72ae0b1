"""What an audit event changed, in words."""

from __future__ import annotations

from service.console.numbers import NOTHING, yuan
from service.console.texts import Texts


def change_of(texts: Texts, before: object, after: object) -> str:
    """What an event changed, in words."""
    was = before if isinstance(before, dict) else {}
    now = after if isinstance(after, dict) else {}
    said = []
    for name in dict.fromkeys((*was, *now)):
        if name not in was and now[name] in (0, None, [], {}):
            continue  # a count of nothing tells nothing
        old, new = _value(texts, name, was.get(name)), _value(texts, name, now.get(name))
        said.append(
            f"{texts.of('field', name)} {old} → {new}"
            if name in was
            else f"{texts.of('field', name)} {new}"
        )
    return texts("audit.join").join(said)


SHORTENED = frozenset({"content_hash", "sha256", "application_id", "undoes", "key_id"})
WORDED = {"state": "state", "role": "people", "step": "step"}  # field → its words
SHOWN = 8  # letters of a hash or a long id


def _value(texts: Texts, name: str, value: object) -> str:
    if value is None or value in ({}, []):
        return NOTHING
    if isinstance(value, dict):
        return texts("audit.join").join(f"{texts.of('reason', k)} {v}" for k, v in value.items())
    if isinstance(value, list):
        return texts("audit.join").join(map(str, value))
    if isinstance(value, bool):
        return texts(f"account.{'on' if value else 'off'}")
    return _plain(texts, name, value)


def _plain(texts: Texts, name: str, value: object) -> str:
    """A single value: a code in words, money in yuan, a long id by its beginning."""
    if name in WORDED:
        return texts.of(WORDED[name], str(value))
    if name.endswith("_fen") and isinstance(value, int | float):
        return yuan(value)
    return str(value)[:SHOWN] + "…" if name in SHORTENED else str(value)

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
        old, new = _value(texts, name, was.get(name)), _value(texts, name, now.get(name))
        said.append(
            f"{texts.of('field', name)} {old} → {new}"
            if name in was
            else f"{texts.of('field', name)} {new}"
        )
    return texts("audit.join").join(said)


def _value(texts: Texts, name: str, value: object) -> str:
    if value is None:
        return NOTHING
    if name == "state":
        return texts.of("state", str(value))
    if name.endswith("_fen") and isinstance(value, int | float):
        return yuan(value)
    return str(value)

"""What the models say about themselves: their keys, the types of their values, sentences on both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from service.settings.models import Settings
from service.settings.scalars import UnfitError
from service.settings.section import Section


@cache
def homes() -> Mapping[str, tuple[str, ...]]:
    """Every key of the configuration with the dotted blocks it belongs to ("" = the top)."""
    found: dict[str, list[str]] = {}
    waiting: list[tuple[str, type[Section]]] = [("", Settings)]
    while waiting:
        home, model = waiting.pop(0)
        kind = model.model_fields.get("kind")
        label = home if kind is None else f"{home} of kind {get_args(kind.annotation)[0]}"
        for key, info in model.model_fields.items():
            found.setdefault(key, []).append(label)
            below = f"{home}.{key}".removeprefix(".")
            waiting.extend((below, inner) for inner in _sections_in(info.annotation))
    return {key: tuple(dict.fromkeys(blocks)) for key, blocks in found.items()}


def _sections_in(kind: Any) -> Iterator[type[Section]]:
    if is_section(kind):
        yield kind
    if get_origin(kind) is not Literal:
        for inner in get_args(kind):
            yield from _sections_in(inner)


def is_section(kind: Any) -> TypeGuard[type[Section]]:
    """Whether a type is a block of known keys."""
    return isinstance(kind, type) and issubclass(kind, Section)


def alternatives(kind: Any) -> tuple[Any, ...]:
    """The members of a union, without their constraints; one type alone as itself."""
    if get_origin(kind) is Annotated:
        return alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return tuple(choice for member in get_args(kind) for choice in alternatives(member))
    return (kind,)


def one_of(choices: Iterable[str], text: str) -> str:
    """``text`` if it is one of ``choices``; UnfitError with the nearest of them otherwise."""
    allowed = tuple(choices)
    if text in allowed:
        return text
    near = nearest(text, allowed)
    hint = f" (did you mean {near}?)" if near else ""
    raise UnfitError(f"{text!r} is none; write {' or '.join(allowed)}{hint}")


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like ``text``, if any does."""
    return next(iter(get_close_matches(text, list(known), n=1)), None)


def unknown_key(key: str, model: type[Section]) -> str:
    """The sentence for a key that ``model`` does not have."""
    near = nearest(key, model.model_fields)
    if near is not None:
        return f"is not known; did you mean {near}?"
    blocks = [home for home in homes().get(key, ()) if home]
    if blocks:
        return f"does not belong here; write it under {' or '.join(blocks)}"
    return f"is not known; known here: {', '.join(model.model_fields)}"


def missing(key: str, info: FieldInfo) -> str:
    """The sentence for a key that has to be there."""
    example = info.examples[0] if info.examples else "..."
    meaning = f" ({info.description})" if info.description else ""
    return f"is missing{meaning}; write for example {key}: {example}"


def wrong_shape(choices: Iterable[Any]) -> str:
    """The sentence for a value where a block belongs, a block where a value belongs, and so on."""
    kinds = {"block" if is_section(choice) else get_origin(choice) or "value" for choice in choices}
    if tuple in kinds:
        return "must be a list; begin each entry on its own line with '- '"
    if dict in kinds:
        return 'must be a block of "id: value" lines, indented below its key'
    if "block" in kinds:
        return "must be a block of keys; write them on their own lines, indented below"
    return "must be a single value, not a list or a block"

"""The tree of YAML nodes read against the models: strict about keys and types, all at once.

What cannot be read is told with its place and stands in the result as ``UNREADABLE``, so that the
models can still judge everything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args, get_origin

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from service.settings import schema
from service.settings.problems import Mark, Problem, dotted
from service.settings.scalars import READERS, UnfitError, Written, is_null, read, written
from service.settings.secrets import TOKEN, variable_for
from service.settings.section import Section

Path = tuple[int | str, ...]


class _Unreadable:
    """Stands for a value that could not be read; fits no type."""


UNREADABLE: Final = _Unreadable()


@dataclass
class Reading:
    """What was read so far. ``places`` and ``texts`` know every path that is in the file."""

    file: str
    places: dict[Path, Mark] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    told: set[Path] = field(default_factory=set)
    alone: set[Path] = field(default_factory=set)  # where one value stands for a block

    def tell(self, path: Path, mark: Mark, message: str) -> _Unreadable:
        """Record that something is wrong at ``path``."""
        self.told.add(path)
        self.problems.append(Problem(file=self.file, mark=mark, path=dotted(path), message=message))
        return UNREADABLE

    def nearest_place(self, path: Path) -> Mark:
        """Where ``path`` is in the file, or else the innermost block around it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def value(self, node: Node, kind: Any, path: Path) -> Any:
        """``node`` as ``kind``, an annotation of a model's field."""
        self.places.setdefault(path, _mark(node))
        choices = schema.alternatives(kind)
        if isinstance(node, ScalarNode):
            return self._scalar(node, choices, path)
        for choice in choices:
            if isinstance(node, SequenceNode) and get_origin(choice) is tuple:
                items = get_args(choice)[0]
                return [self.value(item, items, (*path, i)) for i, item in enumerate(node.value)]
            if isinstance(node, MappingNode) and get_origin(choice) is dict:
                return self._free_mapping(node, get_args(choice)[1], path)
        sections = [choice for choice in choices if schema.is_section(choice)]
        if isinstance(node, MappingNode) and sections:
            model = sections[0] if len(sections) == 1 else self._chosen(node, sections, path)
            return UNREADABLE if model is None else self._section(node, model, path)
        return self.tell(path, _mark(node), schema.wrong_shape(choices))

    def _scalar(self, node: ScalarNode, choices: tuple[Any, ...], path: Path) -> Any:
        try:
            value = written(node)
            self.texts[path] = value.shown
            if type(None) in choices and is_null(value):
                return None
            for choice in choices:
                if get_origin(choice) is Literal:
                    return schema.one_of(get_args(choice), read(str, value))
                if choice in READERS:
                    return read(choice, value)
                if schema.is_section(choice) and choice.ALONE is not None:
                    return self._alone(value, choice, path)
        except UnfitError as unfit:
            return self.tell(path, _mark(node), str(unfit))
        return self.tell(path, _mark(node), schema.wrong_shape(choices))

    def _alone(self, value: Written, model: type[Section], path: Path) -> dict[str, Any]:
        """A word where a block may stand: the value of the block's most telling key."""
        assert model.ALONE is not None
        self.alone.add(path)
        return {model.ALONE: read(str, value)}

    def _free_mapping(self, node: MappingNode, kind: Any, path: Path) -> Any:
        """A mapping whose keys are ids."""
        return {
            key: self.value(item, kind, (*path, key))
            for key, key_node, item in self._entries(node, path)
            if not self._is_secret(key, (*path, key), key_node)
        }

    def _section(self, node: MappingNode, model: type[Section], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        meant: set[str | None] = set()
        for key, key_node, item in self._entries(node, path):
            below = (*path, key)
            if self._is_secret(key, below, key_node):
                continue
            known = model.model_fields.get(key)
            if known is None:
                meant.add(schema.nearest(key, model.model_fields))
                self.tell(below, _mark(key_node), schema.unknown_key(key, model))
                continue
            if not isinstance(item, ScalarNode):
                self.places[below] = _mark(key_node)
            found[key] = self.value(item, known.annotation, below)
        for key, wanted in model.model_fields.items():
            if not wanted.is_required() or key in found:
                continue
            if key in meant:
                self.told.add((*path, key))
            else:
                self.tell((*path, key), self.places[path], schema.missing(key, wanted))
        return found

    def _entries(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Node, Node]]:
        """Key, its node, its value's node; a key that cannot be read or comes twice is told."""
        seen: dict[str, Mark] = {}
        for key_node, item in node.value:
            mark = _mark(key_node)
            try:
                key = _key(key_node)
            except UnfitError as unfit:
                self.tell((*path, "?"), mark, f"(the key) {unfit}")
                continue
            if key in seen:
                first = seen[key].line
                self.tell(
                    (*path, key), mark, f"stands here again (first in line {first}); keep one"
                )
                continue
            seen[key] = mark
            yield key, key_node, item

    def _is_secret(self, key: str, path: Path, node: Node) -> bool:
        variable = variable_for(key)
        if variable is not None:
            self.tell(
                path,
                _mark(node),
                "is a secret and may not stand in the file; remove it (and change it, if others "
                f"could read it) and {_instead(variable)} instead",
            )
        return variable is not None

    def _chosen(
        self, node: MappingNode, sections: list[type[Section]], path: Path
    ) -> type[Section] | None:
        """Which of several sections ``kind`` names."""
        kinds = {get_args(model.model_fields["kind"].annotation)[0]: model for model in sections}
        named = [item for key, item in node.value if key.value == "kind"]
        if named and isinstance(named[0], ScalarNode) and named[0].value in kinds:
            return kinds[named[0].value]
        self.told.add(path)
        below = (*path, "kind")
        if named:
            written_kind, near = str(named[0].value), schema.nearest(str(named[0].value), kinds)
            hint = f" (did you mean {near}?)" if near else ""
            message = f"{written_kind!r} is none; write {' or '.join(kinds)}{hint}"
            self.tell(below, _mark(named[0]), message)
        else:
            message = f"is missing; write kind: {' or kind: '.join(kinds)}"
            self.tell(below, self.places[path], message)
        return None


def _instead(variable: str) -> str:
    return f"use `{TOKEN}`" if variable == TOKEN else f"set the environment variable {variable}"


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise UnfitError("is a list or a block; write a name before the colon")
    key: str = read(str, written(node))
    return key


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)

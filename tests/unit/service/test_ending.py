"""A process that was asked to end ends by itself, or all the same when something holds it up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from service import ending
from service.ending import in_time
from service.errors import StoreError


class Rooms:
    """A store that remembers whose nights were given back, or cannot be reached."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble, self.given_back = trouble, threading.Event()

    @contextmanager
    def begin(self) -> Iterator[None]:
        self.given_back.set()
        if self.trouble:
            raise self.trouble
        yield


def wiring_of(store: Rooms, seconds: float) -> Any:
    server = SimpleNamespace(stop_seconds=seconds)
    return SimpleNamespace(
        ending=threading.Event(),
        settings=SimpleNamespace(server=server),
        store=store,
        night=SimpleNamespace(owner="me"),
    )


@pytest.mark.parametrize("trouble", [None, StoreError("gone")])
def test_what_holds_it_up_is_left_and_its_nights_are_given_back(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception | None
) -> None:
    owners: list[str] = []
    monkeypatch.setattr(ending.runs, "let_all_go", lambda _, owner: owners.append(owner))
    left = threading.Event()
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        left.set()

    store = Rooms(trouble)
    wiring = wiring_of(store, 0.01)
    with in_time(wiring, leave=leave):
        wiring.ending.set()
        assert left.wait(30)
    assert store.given_back.is_set()
    assert codes == [0]
    assert owners == ([] if trouble else ["me"])


def test_what_ends_by_itself_is_not_held_to_it() -> None:
    codes: list[int] = []
    store = Rooms()
    wiring = wiring_of(store, 30)
    with in_time(wiring, leave=codes.append):
        wiring.ending.set()
    for thread in threading.enumerate():
        if thread.name == "ending":
            thread.join(30)
    assert (codes, store.given_back.is_set()) == ([], False)

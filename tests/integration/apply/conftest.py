"""Lets these tests import ``apply_desk`` beside them, and opens desks for them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from apply_desk import Desk


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A shop of 40 words on its first morning, nothing proposed yet."""
    opened = Desk(sqlite_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def big_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A shop of 600 words."""
    opened = Desk(sqlite_url, tmp_path, keywords=600)
    yield opened
    opened.close()


@pytest.fixture
def open_desk(empty_sqlite: Path, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Opens desks on databases of their own."""
    import shutil

    opened: list[Desk] = []

    def make(name: str, **settings: Any) -> Desk:
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(empty_sqlite, folder / "kaiche.db")
        desk = Desk(f"sqlite:///{folder / 'kaiche.db'}", folder, **settings)
        opened.append(desk)
        return desk

    yield make
    for desk in opened:
        desk.close()

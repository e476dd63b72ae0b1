"""Both databases for measuring, as they come: a file on disk, and a PostgreSQL that syncs to it."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import new_database, server


@contextmanager
def databases() -> Iterator[Mapping[str, Callable[[], str]]]:
    """kind → what makes the address of a new, empty database of it."""
    number = itertools.count()
    with tempfile.TemporaryDirectory(prefix="kaiche-bench-") as folder, server("") as address:
        yield {
            "sqlite": lambda: f"sqlite:///{Path(folder) / f'{next(number)}.db'}",
            "postgresql": lambda: new_database(address),
        }

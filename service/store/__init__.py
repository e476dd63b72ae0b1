"""The database: tables, sessions, queries. Queries take a session and return frozen rows."""

from service.store.engine import Store, open_store

__all__ = ["Store", "open_store"]

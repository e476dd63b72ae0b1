"""The database: tables, sessions, queries. Queries take a session and return frozen rows."""

from service.store.engine import Store, exists, open_store

__all__ = ["Store", "exists", "open_store"]

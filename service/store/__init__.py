"""The store: tables, sessions, queries. Returns frozen rows, never live ORM objects."""

"""REST under /api/v1."""

PREFIX = "/api/v1"

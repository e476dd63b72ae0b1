"""Where the server listens, and under which address browsers know it."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from service.settings.section import Section

HOST: Final = r"^[A-Za-z0-9.:_-]+$"
PUBLIC_URL: Final = r"^https?://[A-Za-z0-9.:\[\]_-]+$"


class Server(Section):
    """Where REST listens. While there is no user, only loopback is bound.

    ``public_url`` is the address that browsers use when a proxy stands before the server. Once it is
    asked to end, what is under way has ``stop_seconds``; what has not ended by then is left as it is.
    """

    host: Annotated[str, Field(pattern=HOST)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8750
    stop_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    public_url: Annotated[str, Field(pattern=PUBLIC_URL)] | None = None

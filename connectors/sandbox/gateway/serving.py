"""The gateway behind a real socket."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.sandbox.gateway.wire import Gateway

LOOPBACK = "127.0.0.1"
_END_SECONDS = 5


class _BreakableProtocol(H11Protocol):
    """HTTP whose application can hang up: ``scope["state"]["hang_up"](flush)``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn itself
        super().connection_made(transport)

        def hang_up(flush: bool) -> None:
            if flush:
                transport.close()
            else:
                transport.abort()

        self.app_state: dict[str, Any] = {**self.app_state, "hang_up": hang_up}


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def listen(port: int = 0) -> socket.socket:
    """A socket on loopback; port 0 takes a free one. Raises OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """The base URL of what listens there; calls go to ``/router/rest`` under it."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def run(gateway: Gateway, listener: socket.socket) -> None:
    """Serve until the process is told to end (SIGINT, SIGTERM)."""
    _server(gateway).run(sockets=[listener])


@contextmanager
def serve(gateway: Gateway, port: int = 0) -> Iterator[str]:
    """Serve ``gateway`` on loopback in a thread of its own; yields the base URL."""
    listener = listen(port)
    server = _server(gateway)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="sandbox-gateway", daemon=True
    )
    thread.start()
    try:
        server.listening.wait(_END_SECONDS)
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _server(gateway: Gateway) -> _Server:
    config = uvicorn.Config(
        gateway,
        http=_BreakableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_END_SECONDS,
    )
    return _Server(config)

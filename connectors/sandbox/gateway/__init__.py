"""The sandbox as a server that speaks the open platform's protocol (TOP) over HTTP.

``Gateway`` is an ASGI application over one or many simulated shops; ``serve`` puts it behind a
socket. What it speaks is written down in ``PROTOCOL.md`` beside this file. It is written
independently of the connector that talks to it, so that the two cannot share a mistake.
"""

from connectors.sandbox.gateway.access import App
from connectors.sandbox.gateway.clock import SandboxClock
from connectors.sandbox.gateway.faults import ALL_KINDS, CODES, Fault, FaultPlan, Kind
from connectors.sandbox.gateway.limits import Limits
from connectors.sandbox.gateway.opening import (
    admin_token_of,
    app_of,
    open_gateway,
    session_of,
    shops_of,
)
from connectors.sandbox.gateway.serving import listen, run, serve, url_of
from connectors.sandbox.gateway.storefront import ShopSpec
from connectors.sandbox.gateway.wire import Gateway

__all__ = [
    "ALL_KINDS",
    "CODES",
    "App",
    "Fault",
    "FaultPlan",
    "Gateway",
    "Kind",
    "Limits",
    "SandboxClock",
    "ShopSpec",
    "admin_token_of",
    "app_of",
    "listen",
    "open_gateway",
    "run",
    "serve",
    "session_of",
    "shops_of",
    "url_of",
]

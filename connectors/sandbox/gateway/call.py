"""One call on its way through the gateway, and what a method is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connectors.sandbox.gateway.answer import Body
from connectors.sandbox.gateway.arguments import Arguments
from connectors.sandbox.gateway.downloads import Downloads
from connectors.sandbox.gateway.storefront import Storefront

Package = Literal["simba", "universalbp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that passed every check: its parameters and the shop that its session opens.

    ``partial`` draws the words that a price write leaves out; None = none.
    """

    method: str
    arguments: Arguments
    front: Storefront
    now: datetime
    downloads: Downloads
    base_url: str
    partial: int | None = None


Handler = Callable[[Call], Body]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the protocol; ``writes`` needs a session that may write."""

    name: str
    package: Package
    handler: Handler
    writes: bool = False

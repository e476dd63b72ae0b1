"""直通车 / 万相台无界 keyword ads over the open platform, both generations of its interface."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx

from connectors.taobao.doctor import Check, examine
from connectors.taobao.limits import MemoryQuotaMeter, QuotaMeter
from connectors.taobao.shop import Patience, Rate, TaobaoShop
from connectors.taobao.simba import SimbaPlatform
from connectors.taobao.transport import Transport, open_client
from connectors.taobao.universalbp import UniversalbpPlatform

__all__ = [
    "Check",
    "MemoryQuotaMeter",
    "Patience",
    "QuotaMeter",
    "Rate",
    "SimbaPlatform",
    "TaobaoShop",
    "Transport",
    "UniversalbpPlatform",
    "connect",
    "examine",
    "open_client",
]


def connect(
    shop: TaobaoShop,
    client: httpx.Client,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    meter: QuotaMeter | None = None,
    patience: Patience | None = None,
) -> SimbaPlatform | UniversalbpPlatform:
    """The shop's platform, of its generation. Arguments as for ``Transport``; sends nothing yet."""
    transport = Transport(shop, client, clock=clock, sleep=sleep, meter=meter, patience=patience)
    return (
        SimbaPlatform(transport) if shop.generation == "simba" else UniversalbpPlatform(transport)
    )

"""直通车 / 万相台无界 keyword ads over the open platform, both generations of its interface."""

from __future__ import annotations

from connectors.taobao.limits import MemoryQuotaMeter, QuotaMeter
from connectors.taobao.shop import Patience, Rate, TaobaoShop
from connectors.taobao.simba import SimbaPlatform
from connectors.taobao.transport import Transport, open_client
from connectors.taobao.universalbp import UniversalbpPlatform

__all__ = [
    "MemoryQuotaMeter",
    "Patience",
    "QuotaMeter",
    "Rate",
    "SimbaPlatform",
    "TaobaoShop",
    "Transport",
    "UniversalbpPlatform",
    "open_client",
]

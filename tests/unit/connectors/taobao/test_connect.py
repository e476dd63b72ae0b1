"""A shop's settings decide which platform it gets."""

from __future__ import annotations

import dataclasses

import httpx

from connectors.taobao import SimbaPlatform, UniversalbpPlatform, connect


def test_each_generation_is_its_own_platform(shop, watch):
    with httpx.Client() as client:
        for generation, kind in (("simba", SimbaPlatform), ("universalbp", UniversalbpPlatform)):
            wanted = dataclasses.replace(shop, generation=generation)
            made = connect(wanted, client, clock=watch.clock, sleep=watch.sleep)
            assert type(made) is kind
            assert made.calls_left() is None

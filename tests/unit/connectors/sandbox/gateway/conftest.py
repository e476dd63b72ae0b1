"""Lets these tests import ``gateway_calls`` beside them, and opens gateways for them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from gateway_calls import Caller, calling, gateway, one_shop, other_shop


@pytest.fixture(scope="module")
def reader() -> Iterator[Caller]:
    """A gateway of two shops that nothing is written to."""
    yield from calling(gateway(one_shop(), other_shop()))


@pytest.fixture
def caller() -> Iterator[Caller]:
    """A fresh gateway of one shop."""
    yield from calling(gateway())

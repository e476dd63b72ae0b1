from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from optimizer.law import Law, gamma_quantile

WIDE = Law(
    np.array([0.7, 0.3]), np.array([[2.0, 0.5], [1.0, 1.0]]), np.array([[0.1, 3.0], [0.2, 0.2]])
)


def drawn(law: Law, word: int, size: int = 200_000) -> np.ndarray:
    rng = np.random.default_rng(4)
    part = rng.choice(len(law.weight), size, p=law.weight)
    shape = 1.0 / law.spread[word][part]
    return rng.gamma(shape, law.mean[word][part] / shape)


@pytest.mark.parametrize("q", [0.05, 0.5, 0.95])
def test_quantiles_of_a_mixture(q: float) -> None:
    found = WIDE.quantile(q)
    assert found[0] == pytest.approx(np.quantile(drawn(WIDE, 0), q), rel=0.02)
    assert found[1] == pytest.approx(gamma.ppf(q, 5.0, scale=0.2), rel=1e-5)


def test_one_component_is_a_gamma() -> None:
    law = Law(np.ones(1), np.array([[2.0]]), np.array([[0.25]]))
    assert law.quantile(0.9) == pytest.approx(
        gamma_quantile(0.9, np.array([2.0]), np.array([0.25]))
    )


def test_a_product_has_the_moments_of_a_product() -> None:
    product = WIDE.times(WIDE)
    sample = drawn(WIDE, 0) * drawn(WIDE, 0)[::-1]
    assert product.mean[0] @ product.weight == pytest.approx(sample.mean(), rel=0.02)
    square = product.weight @ (product.mean[0] ** 2 * (1.0 + product.spread[0]))
    assert square == pytest.approx((sample**2).mean(), rel=0.06)
    assert product.quantile(0.95)[0] == pytest.approx(np.quantile(sample, 0.95), rel=0.05)


def test_scaling_and_noise() -> None:
    assert WIDE.scaled(np.array([3.0, 1.0])).quantile(0.8)[0] == pytest.approx(
        3.0 * WIDE.quantile(0.8)[0]
    )
    blurred = WIDE.blurred(np.array([0.0, 1.0]))
    assert blurred.quantile(0.95)[0] == pytest.approx(WIDE.quantile(0.95)[0])
    assert blurred.quantile(0.95)[1] > 1.3 * WIDE.quantile(0.95)[1]


def test_a_product_needs_one_component_a_spread() -> None:
    banded = Law(
        np.array([0.1, 0.2, 0.1, 0.3, 0.2, 0.1]),
        np.array([[0.5, 1.0, 2.0, 0.2, 1.0, 3.0]]),
        np.full((1, 6), 0.3),
        bands=3,
    )
    product = banded.times(banded)
    assert len(product.weight) == 4
    mean, square = (banded.mean**k @ banded.weight for k in (1, 2))
    assert product.mean @ product.weight == pytest.approx(mean**2)
    second = (product.mean**2 * (1.0 + product.spread)) @ product.weight
    assert second == pytest.approx((1.3 * square) ** 2)


def test_components_that_are_alike_are_one() -> None:
    alike = Law(np.full(4, 0.25), np.full((3, 4), 2.0), np.full((3, 4), 0.5))
    assert alike.quantile(0.05) == pytest.approx(gamma.ppf(0.05, 2.0, scale=1.0), rel=1e-4)


def test_quantiles_too_small_for_a_number_stay_numbers() -> None:
    thin = Law(np.array([0.5, 0.5]), np.ones((1, 2)), np.array([[3000.0, 4000.0]]))
    assert np.isfinite(thin.quantile(0.05)).all()

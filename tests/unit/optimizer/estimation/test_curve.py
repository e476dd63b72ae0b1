from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from optimizer.curve import Curve, volume_share


@pytest.mark.parametrize("steepness", [1.2, 1.6, 2.0, 2.2])
@pytest.mark.parametrize("eta", [-3.0, -0.5, 0.8, 3.0])
def test_pay_share_is_the_mean_rival_price_below_the_bid(steepness: float, eta: float) -> None:
    bid = float(np.exp(eta / steepness))

    def below(price: float) -> float:
        return float(volume_share(np.array([steepness * np.log(price)]))[0])

    # integral of t dF(t) = b F(b) - integral of F
    area, _ = quad(below, 1e-12, bid)
    expected = (bid * below(bid) - area) / (bid * below(bid))
    found = np.exp(Curve(steepness).log_pay_share(np.array([eta])))[0]
    assert found == pytest.approx(expected, rel=2e-3)


def test_elasticity_is_the_derivative_of_volume() -> None:
    curve, eta, step = Curve(1.6), np.array([-2.0, 0.0, 2.0]), 1e-5
    up, down = curve.volume_ratio(eta, np.full(3, step)), curve.volume_ratio(eta, np.full(3, -step))
    assert np.allclose((np.log(up) - np.log(down)) / (2 * step), curve.elasticity(eta), rtol=1e-6)


def test_price_slope_is_the_derivative_of_cpc() -> None:
    curve, eta, step = Curve(2.0), np.array([-1.0, 0.5, 2.0]), 0.05
    moved = np.full(3, step)
    rise = curve.log_pay_share(curve.shift(eta, moved)) - curve.log_pay_share(
        curve.shift(eta, -moved)
    )
    assert np.allclose(1.0 + rise / (2 * step), curve.price_slope(eta), atol=0.02)


def test_position_inverts_elasticity_and_stays_inside() -> None:
    curve = Curve(1.6)
    assert np.allclose(curve.elasticity(curve.position(np.array([0.2, 0.8, 1.4]))), [0.2, 0.8, 1.4])
    assert np.all(np.isfinite(curve.position(np.array([-1.0, 0.0, 1.6, 9.0]))))


def test_a_starved_word_pays_nearly_its_share_and_a_saturated_one_far_less() -> None:
    share = np.exp(Curve(2.0).log_pay_share(np.array([-10.0, 10.0])))
    assert share[0] == pytest.approx(2 / 3, rel=1e-3)
    assert share[1] < 0.05

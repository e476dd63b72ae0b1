"""What carts and favourites tell of a word's orders (收藏加购).

People who put an item into the cart or keep it as a favourite are several times as many as those who
buy, and are counted the same day. Their rate per click is pooled like any other; by how much a word's
orders follow it is an elasticity with a prior, 0 among its values: carts that tell nothing of orders
soon count for nothing. The elasticity is weighed by the evidence of the whole hierarchy of order
rates, spreads integrated out, so that what adgroups differ by is not counted once a word.
"""

from __future__ import annotations

import numpy as np

from optimizer.history import Panel
from optimizer.outlook import FloatArray
from optimizer.pooled import Prior, Tree
from optimizer.pooling import evidence, pool
from optimizer.sums import sum_by

INTEREST_PRIOR = Prior(rate=0.15, weight=1.0, spread=(0.15, 0.1, 0.1))
LEAST_INTERESTS = 20.0  # fewer tell words apart by luck alone
ELASTICITIES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
LIKELY = (0.25, 0.15, 0.2, 0.2, 0.15, 0.05)


def interest(panel: Panel, tree: Tree) -> FloatArray:
    """(n,) log of each word's pooled rate of carts and favourites over the account's; 0 if unknown."""
    known = np.isfinite(panel.interests)
    counts = sum_by(panel.keyword[known], panel.interests[known], panel.keywords)
    if counts.sum() < LEAST_INTERESTS:
        return np.zeros(panel.keywords)
    clicks = sum_by(panel.keyword[known], panel.clicks[known], panel.keywords)
    found = pool(counts, clicks, tree, INTEREST_PRIOR)
    return np.log(found.rate / found.account_rate)


def followed(
    interest: FloatArray, counts: FloatArray, exposure: FloatArray, tree: Tree, prior: Prior
) -> FloatArray:
    """(n,) factors on the rates of ``counts`` over ``exposure`` (n,), averaged over elasticities."""
    if not interest.any():
        return np.ones(len(interest))
    factors = np.exp(np.multiply.outer(ELASTICITIES, interest))
    score = np.array([evidence(counts, exposure * factor, tree, prior) for factor in factors])
    chance = np.array(LIKELY) * np.exp(score - score.max())
    factor: FloatArray = chance @ factors / chance.sum()
    return factor

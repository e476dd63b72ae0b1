"""What surrounds the sampler, which itself is installed for ``make bench`` alone."""

import numpy as np
import pytest
from scipy.stats import gamma

from tests.benchmarks import posterior, sampler
from tests.benchmarks.posterior import Chains, Posterior
from tests.benchmarks.sampler import Ours

TRUSTED = Chains(seconds=1.0, divergences=0, r_hat=1.0, effective=400.0)


def test_a_mixture_of_one_gamma_is_that_gamma():
    shape, scale = np.full((3, 2), [0.4, 7.0]), np.full((3, 2), [2.0, 0.1])
    mean, sd, low, high = posterior.of_mixture(shape, scale)
    law = gamma(shape[0], scale=scale[0])
    assert mean == pytest.approx(law.mean())
    assert sd == pytest.approx(law.std())
    assert low == pytest.approx(law.ppf(0.05), rel=1e-3)
    assert high == pytest.approx(law.ppf(0.95), rel=1e-3)


def test_a_mixture_is_as_wide_as_its_parts_lie_apart():
    rng = np.random.default_rng(1)
    shape = rng.uniform(2.0, 5.0, (400, 1))
    scale = rng.uniform(0.5, 2.0, (400, 1))
    drawn = rng.gamma(np.tile(shape, (200, 1)), np.tile(scale, (200, 1)))
    mean, sd, low, high = posterior.of_mixture(shape, scale)
    assert mean == pytest.approx(drawn.mean(), rel=0.02)
    assert sd == pytest.approx(drawn.std(), rel=0.02)
    assert [low[0], high[0]] == pytest.approx(np.quantile(drawn, [0.05, 0.95]), rel=0.03)


def test_the_pooling_of_alike_words_is_the_conjugate_posterior():
    """All words under one mean with next to no spread: a Gamma known by hand."""
    words = 40
    tree = posterior.Tree(np.zeros(words, dtype=np.int64), np.zeros(1, dtype=np.int64), 1)
    hits, tries = np.full(words, 3.0), np.full(words, 100.0)
    ours = sampler.rates_of(sampler.Account("alike", "cvr", hits, tries, tree))
    assert ours.mean == pytest.approx(np.full(words, 0.03), rel=0.1)
    assert (ours.low < ours.mean).all()
    assert (ours.high > ours.mean).all()


def test_means_are_compared_in_sds_and_ends_in_parts_of_themselves():
    theirs = Posterior(np.array([1.0, 2.0]), np.full(2, 0.5), np.ones(2), np.full(2, 4.0), TRUSTED)
    ours = Ours(np.array([1.1, 2.0]), np.array([1.0, 1.05]), np.array([4.0, 4.8]))
    row = sampler.compare(ours, theirs)
    assert row["n"] == 2
    assert row["mean_off_sd"] == pytest.approx(0.2)
    assert row["mean_within"] == row["ends_within"] == 0.5
    assert row["low_off"] == pytest.approx(0.05)
    assert row["high_off"] == pytest.approx(0.2)
    assert row["luck"] == pytest.approx(0.05)


def test_made_up_accounts_have_every_group_and_repeat_themselves():
    one = sampler.made_up("one", words=60, clicks=50.0, rate=0.03, seed=4)
    two = sampler.made_up("two", words=60, clicks=50.0, rate=0.03, seed=4)
    assert len(np.unique(one.tree.adgroup)) == len(one.tree.campaign) == 20
    assert len(np.unique(one.tree.campaign)) == one.tree.campaigns == 5
    assert (one.hits == two.hits).all()
    assert one.hits.sum() / one.tries.sum() == pytest.approx(0.03, rel=0.7)

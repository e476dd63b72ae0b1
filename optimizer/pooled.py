"""What pooling finds: the posterior of a rate at every level of the account's tree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.law import Law
from optimizer.outlook import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Tree:
    """Parents by code: keyword → adgroup, adgroup → campaign. There is one account above."""

    adgroup: IntArray  # (n,)
    campaign_of_adgroup: IntArray  # (G,)
    campaigns: int


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before any data: the account's rate, worth ``weight`` counts; mean spreads.

    ``spread`` holds the prior means of s1, s2, s3: relative sd of keywords, log sd of adgroups and
    of campaigns.
    """

    rate: float
    weight: float
    spread: tuple[float, float, float] = (0.5, 0.3, 0.3)


@dataclass(frozen=True, slots=True)
class Level:
    """One level's posterior: rate, its sd (log scale) given the parent, and its pull to the parent."""

    rate: FloatArray
    own_sd: FloatArray
    pull: FloatArray  # d log(rate) / d log(parent's rate), 0..1
    spread: float  # of its members around their parents


@dataclass(frozen=True, slots=True)
class Pooled:
    """Posterior of all levels, finest first; ``account_sd`` is the top's sd on the log scale."""

    keyword: Level
    adgroup: Level
    campaign: Level
    account_rate: float
    account_sd: float
    tree: Tree
    law: Law  # of the keywords' rates, (n,)
    common_sd: float = 0.0  # of the log of a factor on all keywords alike

    @property
    def rate(self) -> FloatArray:
        """(n,) posterior means."""
        return self.keyword.rate

    def shared_variance(self) -> FloatArray:
        """(n,) variance of log(rate) that comes from the adgroup, from above and from the common factor."""
        above = self.adgroup_variance()[self.tree.adgroup]
        return self.keyword.pull**2 * above + self.common_sd**2

    def adgroup_variance(self) -> FloatArray:
        """(G,) variance of the log of the adgroups' rates, from all levels."""
        campaign = self.campaign.own_sd**2 + self.campaign.pull**2 * self.account_sd**2
        variance: FloatArray = (
            self.adgroup.own_sd**2 + self.adgroup.pull**2 * campaign[self.tree.campaign_of_adgroup]
        )
        return variance

    def log_variance(self) -> FloatArray:
        """(n,) relative variance of the rate: the keyword's own and what it shares."""
        return self.keyword.own_sd**2 + self.shared_variance()

    def with_noise(self, relative_variance: FloatArray) -> Pooled:
        """The same rates with noise (n,) beyond Poisson in what the keywords themselves showed."""
        keyword = self.keyword
        own = keyword.own_sd**2 + (1.0 - keyword.pull) * relative_variance
        return replace(
            self,
            keyword=replace(keyword, own_sd=np.sqrt(own)),
            law=self.law.blurred((1.0 - keyword.pull) * relative_variance),
        )

    def drifting(self, sd: float) -> Pooled:
        """The same rates times a factor common to all whose log has standard deviation ``sd``."""
        noise = np.full(len(self.rate), sd**2)
        return replace(
            self, common_sd=float(np.hypot(self.common_sd, sd)), law=self.law.blurred(noise)
        )

    def adrift(self, sd: FloatArray) -> Pooled:
        """The same rates times factors common to each adgroup whose logs have deviations ``sd`` (G,)."""
        extra = sd[self.tree.adgroup] ** 2
        keyword = self.keyword
        own = keyword.own_sd**2 + (1.0 - keyword.pull**2) * extra
        return replace(
            self,
            keyword=replace(keyword, own_sd=np.sqrt(own)),
            adgroup=replace(self.adgroup, own_sd=np.hypot(self.adgroup.own_sd, sd)),
            law=self.law.blurred(extra),
        )

    def scaled(self, factor: FloatArray) -> Pooled:
        """The keywords' rates multiplied by ``factor`` (n,); what is shared above them stays."""
        return replace(
            self,
            keyword=replace(self.keyword, rate=self.keyword.rate * factor),
            law=self.law.scaled(factor),
        )

    def quantile(self, q: float) -> FloatArray:
        """(n,) quantiles of the rate."""
        return self.law.quantile(q)

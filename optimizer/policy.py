"""What the owner allows a plan to do: goal, budgets, loss allowance, limits of the bids."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Literal, get_args

import numpy as np

from optimizer.errors import PolicyError
from optimizer.outlook import FloatArray

Objective = Literal["profit", "slight_loss", "clicks"]

# A bid is on the grid when it is within this fraction of a step of a grid point.
GRID_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Policy:
    """The goal and the limits of one plan. Money is yuan a day, bids are yuan.

    objective            ``"profit"`` maximises contribution - spend; ``"slight_loss"`` contribution
                         and ``"clicks"`` clicks, both subject to the loss allowance.
    daily_budget         cap of the expected spend of all words; None = no cap, 0 = spend nothing.
    campaign_budgets     caps by campaign_id; campaigns that are absent have none.
    max_loss             P(spend - contribution <= max_loss) >= loss_confidence must hold for the
                         realised day; None = no such constraint, for ``"profit"`` only.
    min_marginal_return  contribution that the last yuan must still bring.
    min_bid, max_bid     a changed bid lies between them. A bid above max_bid comes down, as far as
                         the step allows; one below min_bid stays or rises to at least min_bid.
    bid_step             bids are multiples of it; a bid that stays may be off the grid.
    max_step_up/_down    largest change as a fraction of today's bid; None = free.
    max_changed_share    largest share of the movable words whose bid changes; the changes worth least
                         are left out, unless a cap cannot be kept otherwise. None = free.
    explore              share of max_loss that learning may cost, 0..1; without max_loss, share of
                         the profit expected tonight.
    locked               keyword_ids whose bid stays but whose spend counts.

    Raises PolicyError, naming the field, its value and what is allowed.
    """

    objective: Objective = "profit"
    daily_budget: float | None = None
    campaign_budgets: Mapping[str, float] = field(default_factory=dict)
    max_loss: float | None = None
    loss_confidence: float = 0.9
    min_marginal_return: float = 0.0
    min_bid: float = 0.05
    max_bid: float = 99.99
    bid_step: float = 0.01
    max_step_up: float | None = None
    max_step_down: float | None = None
    max_changed_share: float | None = None
    explore: float = 0.0
    locked: Collection[str] = ()

    def __post_init__(self) -> None:
        if self.objective not in get_args(Objective):
            raise _refused("objective", self.objective, "one of " + ", ".join(get_args(Objective)))
        self._set_number("daily_budget", _not_negative, "a number >= 0, or None for no cap", True)
        self._set_number("max_loss", _finite_not_negative, "a finite number >= 0, or None", True)
        self._set_number("loss_confidence", _open_fraction, "a number between 0 and 1, exclusive")
        self._set_number("min_marginal_return", _finite_not_negative, "a finite number >= 0")
        self._set_number("bid_step", _finite_positive, "a finite number > 0")
        self._set_number("min_bid", _finite_positive, "a finite number > 0")
        self._set_number("max_bid", _finite_positive, "a finite number > 0")
        self._set_number("max_step_up", _finite_not_negative, "a finite number >= 0, or None", True)
        self._set_number("max_step_down", _fraction, "a number from 0 to 1, or None", True)
        self._set_number(
            "max_changed_share", _fraction, "a number from 0 to 1, or None for no limit", True
        )
        self._set_number("explore", _fraction, "a number from 0 to 1")
        self._set_campaign_budgets()
        self._set_locked()
        self._check_together()

    @property
    def first_tick(self) -> int:
        """Lowest allowed bid in steps."""
        return math.ceil(self.min_bid / self.bid_step - GRID_TOLERANCE)

    @property
    def last_tick(self) -> int:
        """Highest allowed bid in steps."""
        return math.floor(self.max_bid / self.bid_step + GRID_TOLERANCE)

    @property
    def budget(self) -> float:
        """``daily_budget`` with infinity for no cap."""
        return math.inf if self.daily_budget is None else self.daily_budget

    def on_grid(self, ticks: FloatArray) -> FloatArray:
        """Steps to yuan, as the doubles nearest to the decimal prices; keeps shape."""
        exponent = Decimal(repr(self.bid_step)).normalize().as_tuple().exponent
        decimals = max(0, -exponent) if isinstance(exponent, int) else 0
        return np.round(ticks * self.bid_step, decimals)

    def _set_number(
        self, name: str, allowed: Callable[[float], bool], words: str, optional: bool = False
    ) -> None:
        value = getattr(self, name)
        if value is None and optional:
            return
        object.__setattr__(self, name, _number(name, value, allowed, words))

    def _set_campaign_budgets(self) -> None:
        budgets = self.campaign_budgets
        if not isinstance(budgets, Mapping):
            raise _refused("campaign_budgets", budgets, "a mapping of campaign_id to yuan >= 0")
        checked = {
            _identifier("campaign_budgets", key): _number(
                f"campaign_budgets[{key!r}]", value, _not_negative, "a number >= 0"
            )
            for key, value in budgets.items()
        }
        object.__setattr__(self, "campaign_budgets", dict(sorted(checked.items())))

    def _set_locked(self) -> None:
        locked = self.locked
        if isinstance(locked, str | bytes) or not isinstance(locked, Collection):
            raise _refused("locked", locked, "a collection of keyword_ids")
        object.__setattr__(
            self, "locked", tuple(sorted({_identifier("locked", x) for x in locked}))
        )

    def _check_together(self) -> None:
        if self.max_loss is None and self.objective != "profit":
            raise _refused(
                "max_loss", None, f"a number >= 0 for {self.objective!r}; None only for 'profit'"
            )
        if self.first_tick > self.last_tick:
            raise _refused(
                "max_bid",
                self.max_bid,
                f"at least one multiple of bid_step {self.bid_step} from min_bid {self.min_bid} up",
            )


def _finite_not_negative(value: float) -> bool:
    return 0 <= value < math.inf


def _finite_positive(value: float) -> bool:
    return 0 < value < math.inf


def _not_negative(value: float) -> bool:
    return value >= 0


def _fraction(value: float) -> bool:
    return 0 <= value <= 1


def _open_fraction(value: float) -> bool:
    return 0 < value < 1


def _number(name: str, value: object, allowed: Callable[[float], bool], words: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise _refused(name, value, words)
    number = float(value)
    if not allowed(number):
        raise _refused(name, value, words)
    return number


def _identifier(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _refused(name, value, "ids as str: long ids do not survive a number")
    return value


def _refused(name: str, value: object, allowed: str) -> PolicyError:
    return PolicyError(f"policy {name} is {value!r}; allowed is {allowed}")

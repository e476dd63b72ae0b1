"""Driving a running sandbox over HTTP: its clock, faults, people, budgets and sessions.

JSON in and out. A wish that cannot be fulfilled raises ``WishError`` with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from connectors.sandbox.gateway.answer import Body
from connectors.sandbox.gateway.core import Sandbox
from connectors.sandbox.gateway.faults import ALL_KINDS, Fault, FaultPlan, Kind
from connectors.sandbox.gateway.storefront import Storefront

Wish = Mapping[str, object]


class WishError(Exception):
    """A wish that cannot be fulfilled, and why."""


_STATES: Final = ("good", "expired", "read_only")


def administer(sandbox: Sandbox, path: str, wish: Wish) -> Body:
    """Do what was asked under ``/sandbox/<path>``; raises LookupError for an unknown path."""
    with sandbox.lock:
        return _ROOMS[path](sandbox, wish)


def _state(sandbox: Sandbox, _: Wish) -> Body:
    return {
        "now": sandbox.now().isoformat(),
        "calls": sandbox.calls,
        "calls_today": sandbox.meter.calls_today,
        "calls_by_method": sandbox.calls_by_method(),
        "faults": dict(sandbox.faults.counts()),
        "shops": [
            {
                "nick": front.nick,
                "session": front.session,
                "expired": front.expired,
                "may_write": front.may_write,
                "words": int((front.shop.bids_now() > 0).sum()),
            }
            for front in sandbox.fronts.values()
        ],
    }


def _clock(sandbox: Sandbox, wish: Wish) -> Body:
    if "now" in wish:
        try:
            moment = datetime.fromisoformat(str(wish["now"]))
        except ValueError as error:
            raise WishError("now must be like 2026-07-20T08:00:00+08:00") from error
        if moment.tzinfo is None:
            raise WishError("now needs an offset, like 2026-07-20T08:00:00+08:00")
        sandbox.clock.set(moment)
    sandbox.clock.advance(
        seconds=_number(wish, "advance_seconds", 0.0), days=int(_number(wish, "advance_days", 0.0))
    )
    return _state(sandbox, wish)


def _faults(sandbox: Sandbox, wish: Wish) -> Body:
    if wish.get("clear"):
        sandbox.faults.clear()
    if "rate" in wish:
        kinds = wish.get("kinds", [str(kind) for kind in ALL_KINDS])
        if not isinstance(kinds, list):
            raise WishError("kinds must be a list")
        plan = FaultPlan(
            seed=int(_number(wish, "seed", 0.0)),
            rate=_number(wish, "rate", 0.0),
            kinds=tuple(_kind(kind) for kind in kinds),
        )
        sandbox.faults.clear(plan)
    queued = wish.get("next", [])
    if not isinstance(queued, list):
        raise WishError("next must be a list")
    sandbox.faults.queue(*(_fault(item) for item in queued))
    return _state(sandbox, wish)


def _person(sandbox: Sandbox, wish: Wish) -> Body:
    bids = wish.get("bids")
    if not isinstance(bids, dict) or not all(isinstance(fen, int) for fen in bids.values()):
        raise WishError("bids must be an object of keyword id to fen")
    front = _front(sandbox, wish)
    taken = front.edit_as_person({str(word): int(fen) for word, fen in bids.items()})
    front.refresh()
    return {"set": taken}


def _budget(sandbox: Sandbox, wish: Wish) -> Body:
    front = _front(sandbox, wish)
    campaign = front.campaigns.get(str(wish.get("campaign_id")))
    if campaign is None:
        raise WishError("campaign_id is not a campaign of this shop")
    fen = int(_number(wish, "budget_fen", 0.0)) or None
    sandbox.raise_budget(front, campaign, fen)
    return {"budget_fen": float(front.shop.budgets_now()[campaign])}


def _session(sandbox: Sandbox, wish: Wish) -> Body:
    front, state = _front(sandbox, wish), wish.get("state")
    if state not in _STATES:
        raise WishError(f"state must be one of {', '.join(_STATES)}")
    front.expired, front.may_write = state == "expired", state != "read_only"
    return _state(sandbox, wish)


def _front(sandbox: Sandbox, wish: Wish) -> Storefront:
    try:
        return sandbox.front(str(wish.get("nick")))
    except KeyError:
        known = ", ".join(front.nick for front in sandbox.fronts.values())
        raise WishError(f"nick must be one of: {known}") from None


def _fault(item: object) -> Fault:
    if not isinstance(item, dict) or "kind" not in item:
        raise WishError('a fault is an object like {"kind": "cut_after", "method": ""}')
    done = item.get("done")
    return Fault(
        kind=_kind(item["kind"]),
        method=str(item.get("method", "")),
        seconds=_number(item, "seconds", 0.0) if "seconds" in item else None,
        done=None if done is None else bool(done),
        draw=int(_number(item, "draw", 0.0)),
    )


def _kind(name: object) -> Kind:
    try:
        return Kind(str(name))
    except ValueError:
        raise WishError(f"{name} is not a kind of fault: {', '.join(ALL_KINDS)}") from None


def _number(wish: Wish, name: str, default: float) -> float:
    value = wish.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WishError(f"{name} must be a number")
    return float(value)


_ROOMS: Final[dict[str, Callable[[Sandbox, Wish], Body]]] = {
    "state": _state,
    "clock": _clock,
    "faults": _faults,
    "person": _person,
    "budget": _budget,
    "session": _session,
}

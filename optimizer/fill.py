"""What a prefix of the frontier leaves of the caps, spent as well as it can be.

The prefix ends at the first segment that does not fit; smaller segments behind it may.
m = keywords that may move, K = candidates a keyword, S = segments or moves.
"""

from __future__ import annotations

import numpy as np

from optimizer.frontier import Caps, running_total
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.problem import Problem

FILL_ROUNDS = 25


def fill(
    problem: Problem, levels: IntArray, free: BoolArray, room: Caps, loss_room: float
) -> IntArray:
    """Take further segments, best first, that fit into ``room`` and ``loss_room`` one by one."""
    stairs, menu, levels = problem.stairs, problem.menu, levels.copy()
    account, campaign_room = room.account, room.campaign.copy()
    active = np.flatnonzero(free)
    for _ in range(FILL_ROUNDS):
        active = active[levels[active] < stairs.top[active]]
        here = stairs.vertices[active, levels[active]]
        there = stairs.vertices[active, levels[active] + 1]
        run = menu.spend[active, there] - menu.spend[active, here]
        slope = (problem.gain[active, there] - problem.gain[active, here]) / run
        loss = run - (menu.contribution[active, there] - menu.contribution[active, here])
        code = problem.campaign[active]
        fits = (run <= account) & (run <= campaign_room[code]) & (slope >= problem.floor)
        fits &= loss <= loss_room
        if not fits.any():
            break
        active, run, loss, slope = active[fits], run[fits], np.maximum(loss[fits], 0), slope[fits]
        order = np.argsort(-slope, kind="stable")
        chosen = order[
            _affordable(
                run[order], loss[order], code[fits][order], Caps(account, campaign_room), loss_room
            )
        ]
        levels[active[chosen]] += 1
        account -= float(run[chosen].sum())
        loss_room -= float(loss[chosen].sum())
        np.subtract.at(campaign_room, problem.campaign[active[chosen]], run[chosen])
    return levels


def _affordable(
    run: FloatArray, loss: FloatArray, code: IntArray, room: Caps, loss_room: float
) -> BoolArray:
    """(S,) segments, best first, that fit all together."""
    by_campaign = np.argsort(code, kind="stable")
    within = np.empty(len(run), np.bool_)
    totals = running_total(run[by_campaign], code[by_campaign])
    within[by_campaign] = totals <= room.campaign[code[by_campaign]]
    within &= np.cumsum(np.where(within, run, 0.0)) <= room.account
    within &= np.cumsum(np.where(within, loss, 0.0)) <= loss_room
    return within

"""What a word is expected to do at a bid, in words and as a curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from service.console.numbers import count, yuan
from service.console.texts import Texts
from service.console.visitor import Visitor
from service.store import lines, proposals
from service.store.rows import LineRow

POINTS = 25
WIDEST = 2.5  # times the bid in force, either way


def at(visitor: Visitor, line_id: int, bids_fen: Sequence[int]) -> list[pd.Series]:
    """The forecasts of a line's word at these bids, one Series each; see ``Estimates.forecast``."""
    with visitor.context.store.read() as session:
        line = lines.get(session, line_id)
        run_id = proposals.get(session, line.proposal_id).run_id
    table = visitor.context.recall.forecast(run_id, line.keyword_id, bids_fen)
    return [row for _, row in table.iterrows()]


def curve(visitor: Visitor, line: LineRow, run_id: str) -> pd.DataFrame | None:
    """The word's forecasts over a range of bids around its own; index bid in yuan.

    None for a word without a bid of its own.
    """
    centre = line.bid_before_fen or line.bid_fen
    if not centre:
        return None
    asked = {round(bid) for bid in centre * np.geomspace(1 / WIDEST, WIDEST, POINTS)}
    asked |= {bid for bid in (line.bid_before_fen, line.bid_fen) if bid}
    bids = sorted(bid for bid in asked if bid >= 5)
    table = visitor.context.recall.forecast(run_id, line.keyword_id, bids)
    return table.set_index(pd.Index([bid / 100 for bid in bids], name="bid"))


def sentences(texts: Texts, forecast: pd.Series) -> list[str]:
    """A forecast in words: clicks, spend and contribution a day with their 90 % intervals."""

    def spoken(name: str, money: bool) -> str:
        values = [forecast[name], forecast[f"{name}_p05"], forecast[f"{name}_p95"]]
        shown = [yuan(value * 100) if money else count(value, 1) for value in values]
        return texts(
            "bid.forecast",
            figure=texts(f"figure.{name}"),
            value=shown[0],
            low=shown[1],
            high=shown[2],
        )

    return [spoken("clicks", False), spoken("spend", True), spoken("contribution", True)]

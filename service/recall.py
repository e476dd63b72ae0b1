"""A past night's estimates, recomputed from its stored inputs, for questions asked by day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import pandas as pd

from service import inputs, planning, retention
from service.planning import Door, EstimatesLike
from service.store import Store, runs

KEPT = 2


class Recall:
    """Answers "what would this word do at these bids" with the night's own estimates.

    The estimates of the newest few nights asked for are kept in memory; safe between threads, one
    recomputation at a time.
    """

    def __init__(self, store: Store, door: Door) -> None:
        self._store, self._door = store, door
        self._known: OrderedDict[str, EstimatesLike] = OrderedDict()
        self._lock = Lock()

    def forecast(self, run_id: str, keyword_id: str, bids_fen: Sequence[int]) -> pd.DataFrame:
        """A day's expected figures (yuan, counts) with intervals, one row a bid.

        Raises NotFoundError for a night whose inputs are not stored, and for a word it was not given.
        """
        bids = pd.Series(
            [bid / 100 for bid in bids_fen], index=pd.Index([keyword_id] * len(bids_fen))
        )
        return self._estimates(run_id).forecast(bids).reset_index(drop=True)

    def _estimates(self, run_id: str) -> EstimatesLike:
        with self._lock:
            known = self._known.get(run_id)
            if known is None:
                known = self._known[run_id] = self._estimate(run_id)
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
            self._known.move_to_end(run_id)
            return known

    def _estimate(self, run_id: str) -> EstimatesLike:
        with self._store.read() as session:
            run = runs.get(session, run_id)
            roster = inputs.read_roster(session, run_id)
            given = inputs.read_given(session, run_id)
            retention.require_whole(session, run, given)
            built = inputs.build_frames(session, run, roster, given)
        return planning.estimate(self._door, built, given, run.seed)

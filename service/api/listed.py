"""What the filtered lists that are being looked at come to, so that a walk through pages sums them once."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from sqlalchemy.orm import Session

from service.api import etags
from service.store import lines
from service.store.lines import LineFilter, LineTotals

KEPT = 64
Key = tuple[LineFilter, int]


class ListedSets:
    """Sums and tags of the sets asked for last, safe between threads and between replicas.

    Lines change only together with an audit event of their proposal, so what a set came to behind the
    proposal's newest event is true until there is a newer one. Should that ever not hold, a tag is too
    old, and a decision by it is refused: it is held against the lines themselves.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Key, tuple[LineTotals, str]] = OrderedDict()
        self._lock = Lock()

    def of(self, session: Session, wanted: LineFilter) -> tuple[LineTotals, str]:
        """The totals of a set of one proposal's lines, and its tag."""
        assert wanted.proposal_id is not None
        key = (wanted, etags.newest_event(session, wanted.proposal_id))
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = (
                lines.totals(session, wanted),
                etags.set_tag(session, wanted.proposal_id, wanted),
            )
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return known

"""Collecting what was not taken, bounded: a file with a million bad rows must not flood anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from connectors.platform import Reject
from connectors.reports.cells import told

SHOWN_PER_CAUSE = 200
_LONGEST_VALUE = 120


class RejectBook:
    """Rejects of one import; the same cause in one file is written out ``SHOWN_PER_CAUSE`` times."""

    def __init__(self) -> None:
        self._shown: list[Reject] = []
        self._counts: Counter[tuple[str, str | None, str]] = Counter()

    def add(
        self,
        source: str,
        reason: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Note one piece that was not taken; ``cause`` groups reasons that differ in numbers only."""
        group = (source, column, cause or reason)
        self._counts[group] += 1
        if self._counts[group] > SHOWN_PER_CAUSE:
            return
        shown = value if value is None or len(value) <= _LONGEST_VALUE else value[:117] + "..."
        self._shown.append(
            Reject(source=source, row=row, column=column, value=shown, reason=reason)
        )

    def add_more(self, source: str, column: str | None, cause: str, count: int) -> None:
        """Count ``count`` further pieces of a cause that has been written out often enough."""
        self._counts[source, column, cause] += count

    def all(self) -> tuple[Reject, ...]:
        """Every reject in order of source and row, then one line per cause that was cut short."""
        return tuple(sorted([*self._shown, *self._cut_short()], key=_order))

    def _cut_short(self) -> Iterable[Reject]:
        for (source, column, cause), count in self._counts.items():
            if count > SHOWN_PER_CAUSE:
                more = count - SHOWN_PER_CAUSE
                yield Reject(
                    source=source,
                    row=None,
                    column=column,
                    value=None,
                    reason=told(f"另有 {more} 行同样的问题", f"{more} more rows alike")
                    + f": {cause}",
                )


def _order(reject: Reject) -> tuple[str, bool, int, str, str, str]:
    return (
        reject.source,
        reject.row is None,
        reject.row or 0,
        reject.column or "",
        reject.reason,
        reject.value or "",
    )

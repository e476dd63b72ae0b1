"""Old 直通车 reports name adgroup and word but give no ids: find the ids in the other files.

A row is taken only where its names lead to exactly one word id; a guess would put one word's
orders on another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from connectors.reports.cells import told
from connectors.reports.rejects import SHOWN_PER_CAUSE, RejectBook
from connectors.reports.rows import NAMES, Table, distinct_names
from connectors.reports.strings import Strings

_PLACE = ["campaign_id", "adgroup_id", "word_id"]


def with_ids(
    table: Table, others: Sequence[Table], strings: Strings, book: RejectBook
) -> Table | None:
    """The table with the ids that ``others`` give to its names; None where no row finds one."""
    names = ["adgroup_name", "word"]
    if table.layout.has("campaign_name"):
        names.insert(0, "campaign_name")
    known = _unambiguous(others, names)
    frame = table.frame.drop(columns=_PLACE).merge(known, on=names, how="left")
    lost = frame["word_id"].isna()
    for row in frame.loc[lost].head(SHOWN_PER_CAUSE).to_dict("records"):
        book.add(
            table.source,
            _UNKNOWN,
            row=int(row["row"]),
            column=table.layout.spelling("word"),
            value=" / ".join(strings.text(int(row[name])) for name in names),
        )
    if lost.sum() > SHOWN_PER_CAUSE:
        more = int(lost.sum()) - SHOWN_PER_CAUSE
        book.add_more(table.source, table.layout.spelling("word"), _UNKNOWN, more)
    found = frame.loc[~lost].astype(dict.fromkeys(_PLACE, np.int32))
    if found.empty:
        return None
    sightings = distinct_names(found)
    return replace(table, frame=found.drop(columns=list(NAMES)), sightings=sightings)


def _unambiguous(others: Sequence[Table], names: list[str]) -> pd.DataFrame:
    if not others:
        return pd.DataFrame(columns=[*names, *_PLACE], dtype=np.int32)
    seen = pd.concat([other.sightings for other in others], ignore_index=True)
    told_fully = (seen[[*names, *_PLACE]] != 0).all(axis=1)
    pairs = seen.loc[told_fully, [*names, *_PLACE]].drop_duplicates([*names, "word_id"])
    return pairs.loc[~pairs.duplicated(names, keep=False)]


_UNKNOWN = told(
    "旧版报表没有词ID，在其他文件里也找不到唯一对应的词；"
    "请把含词ID和单元名称的关键词报表或出价表放入同一文件夹",
    "no word id here, and no other file names exactly one; add a report that has ids and names",
)

"""Rows to the frames of the optimizer's door, and its plan back to rows.

The one place where fen becomes yuan and yuan fen, and where ids are checked to be strings.
Frames are built column by column; no Python object is made for a keyword-day.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.platform import CampaignRow, KeywordRow
from service.errors import InputError
from service.store.facts import FACT_COLUMNS
from service.store.rows import NewLine

FEN = 100
FIGURES = ("clicks", "spend", "orders", "revenue", "contribution")
BOUNDS = ("p05", "p95")
RATES = ("ctr", "cvr", "order_value", "value_per_click")
NEARLY_ALL = 0.97  # of a daily budget: nobody's spend meets it to the fen
MOST_OF_A_DAY = 1.5  # of a daily budget: what the platform lets a campaign spend on one day
DIGITS = 6  # of a persisted figure: a millionth of a yuan, far below any interval

NUMBERS = tuple(
    name for name in FACT_COLUMNS if name not in ("keyword_id", "date", "adgroup_id", "campaign_id")
)
_MONEY = ("spend", "spend_before", "contribution", "contribution_before")
EMPTY = {"keyword_id": "int64", "campaign_id": "int64", "date": "datetime64[D]"}

Piece = Sequence[Sequence[Any]]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class RateOf(Protocol):
    """What an adgroup's revenue leaves, per yuan of it."""

    @property
    def margin_rate(self) -> float: ...  # noqa: D102 - see service.economics.Margin
    @property
    def organic_rate(self) -> float: ...  # noqa: D102


class PlanFrame(Protocol):
    """The part of the optimizer's plan that becomes lines."""

    @property
    def lines(self) -> pd.DataFrame: ...  # noqa: D102 - see optimizer.plan


@dataclass(frozen=True, slots=True)
class Frames:
    """The four frames of ``optimizer.estimate``."""

    history: pd.DataFrame
    keywords: pd.DataFrame
    economics: pd.DataFrame
    settlement: pd.DataFrame


def history_frame(
    pieces: Iterable[Piece],
    keywords: Sequence[KeywordRow],
    campaigns: Iterable[CampaignRow] = (),
) -> pd.DataFrame:
    """Keyword-days, sorted by keyword and date, money in yuan.

    ``pieces`` hold tuples in the order of FACT_COLUMNS. A bid that the platform did not tell takes
    the keyword's last known one, else its next, else the roster's; NaN if none is known. Where the
    platform does not tell whether a day's budget ran out, the spend and the ``campaigns``' budgets do.
    """
    facts = _facts(pieces)
    by_name = facts.columns
    return pd.DataFrame(
        {
            "keyword_id": pd.Categorical.from_codes(
                facts.codes, categories=pd.Index(_ids(facts.ids, "keyword_id"))
            ),
            "date": by_name["date"].astype("datetime64[s]"),
            "bid": _filled(by_name["bid_fen"] / FEN, facts.codes, facts.ids, keywords),
            "impressions": by_name["impressions"].astype(np.int64),
            "clicks": by_name["clicks"].astype(np.int64),
            "spend": by_name["spend_fen"] / FEN,
            "orders": by_name["orders"].astype(np.int64),
            "revenue": by_name["revenue_fen"] / FEN,
            "carts": by_name["carts"],
            "favourites": by_name["favourites"],
            "avg_rank": by_name["avg_rank"],
            "budget_hit": _budget_hit(facts, campaigns),
        }
    )


def keywords_frame(keywords: Sequence[KeywordRow]) -> pd.DataFrame:
    """The roster, one row a keyword, in ascending order of ids; an unknown bid is NaN."""
    rows = sorted(keywords, key=lambda row: row.keyword_id)
    return pd.DataFrame(
        {
            "keyword_id": _ids([row.keyword_id for row in rows], "keyword_id"),
            "adgroup_id": _ids([row.adgroup_id for row in rows], "adgroup_id"),
            "campaign_id": _ids([row.campaign_id for row in rows], "campaign_id"),
            "word": pd.array([row.word for row in rows], dtype="str"),
            "match": pd.Categorical([row.match for row in rows]),
            "bid": _floats([row.bid_fen for row in rows]) / FEN,
            "quality_score": _floats([row.quality_score for row in rows]),
            "biddable": np.array(
                [row.biddable and row.bid_fen is not None for row in rows], dtype=bool
            ),
        }
    )


def economics_frame(margins: Mapping[str, RateOf]) -> pd.DataFrame:
    """adgroup_id, margin_rate, organic_rate; in ascending order of ids."""
    ids = sorted(margins)
    return pd.DataFrame(
        {
            "adgroup_id": _ids(ids, "adgroup_id"),
            "margin_rate": _floats([margins[i].margin_rate for i in ids]),
            "organic_rate": _floats([margins[i].organic_rate for i in ids]),
        }
    )


def settlement_frame(observed: Sequence[tuple[date, int, int]]) -> pd.DataFrame:
    """How many orders of each date were known at each age: date, age (days), orders."""
    return pd.DataFrame(
        {
            "date": np.array([day for day, _, _ in observed], dtype="datetime64[s]"),
            "age": np.array([age for _, age, _ in observed], dtype=np.int64),
            "orders": np.array([orders for _, _, orders in observed], dtype=np.int64),
        }
    )


def digest(frame: pd.DataFrame) -> str:
    """sha256 over names and values of a frame, the same for the same content on every machine."""
    hasher = hashlib.sha256()
    for name in frame.columns:
        values = frame[name]
        hasher.update(f"{name}\n".encode())
        if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype == "str":
            category = values.astype("category").cat
            hasher.update("\n".join(map(str, category.categories)).encode())
            hasher.update(category.codes.to_numpy(dtype="<i8").tobytes())
        elif values.dtype.kind == "M":
            hasher.update(values.to_numpy().astype("datetime64[s]").astype("<i8").tobytes())
        else:
            hasher.update(values.to_numpy(dtype="<f8").tobytes())
    return hasher.hexdigest()


# Not a figure at two bids, though kept with them: what the decision rests on.
GIVEN = ("rates", "quality_score")


def lines_of(
    plan: PlanFrame, forecast: pd.DataFrame, rates: pd.DataFrame, keywords: Sequence[KeywordRow]
) -> list[NewLine]:
    """The plan as rows in ascending order of ids: one for every keyword, moved (``pending``) or not.

    ``forecast`` holds p05 and p95 of the figures at the plan's bids, ``rates`` what each word is
    held to be worth, with p05 and p95 (both index keyword_id). Raises InputError when a planned bid
    is no whole number of fen, or a keyword is missing.
    """
    bounds = forecast[[f"{figure}_{bound}" for figure in FIGURES for bound in BOUNDS]]
    table = plan.lines.join(bounds).join(rates[[*_columns_of_rates()]]).sort_index()
    known = {row.keyword_id: row for row in keywords}
    if list(table.index) != sorted(known):
        raise InputError("the plan does not have exactly one line for every keyword of the roster")
    names = ("bid", "reason", "binding", "explore", *_MONEY)
    columns = [table[name].tolist() for name in names]
    returns = _cells(table["marginal_return"])
    rows = zip(table.index, zip(*columns, strict=True), returns, _expected(table), strict=True)
    return [
        _line(known[keyword_id], dict(zip(names, cells, strict=True)), marginal, expected)
        for keyword_id, cells, marginal, expected in rows
    ]


def fen(yuan: float) -> int:
    """Yuan as fen, to the nearest."""
    return round(yuan * FEN)


def bid_fen(yuan: float) -> int:
    """A bid in yuan as fen, exactly; InputError when it is no whole number of fen."""
    whole = round(yuan * FEN)
    if abs(yuan * FEN - whole) > 1e-6:
        raise InputError(f"the planned bid {yuan!r} yuan is not in steps of 0.01 yuan")
    return whole


def plain(value: Any) -> Any:
    """Numbers, texts, lists and mappings that JSON can hold; NaN and infinities become None."""
    if isinstance(value, pd.DataFrame):
        value = value.reset_index(drop=True).to_dict("records")
    elif isinstance(value, (pd.Series, np.ndarray, np.generic)):
        value = value.to_dict() if isinstance(value, pd.Series) else value.tolist()
    elif is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return round(value, DIGITS) if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _line(
    word: KeywordRow,
    planned: Mapping[str, Any],
    marginal_return: float | None,
    expected: Mapping[str, Any],
) -> NewLine:
    before = word.bid_fen
    proposed = None if math.isnan(planned["bid"]) else bid_fen(planned["bid"])
    moved = proposed is not None and proposed != before
    return NewLine(
        keyword_id=word.keyword_id,
        adgroup_id=word.adgroup_id,
        campaign_id=word.campaign_id,
        word=word.word,
        match=word.match,
        state="pending" if moved else "held",
        bid_before_fen=before,
        bid_proposed_fen=proposed if proposed is not None else before,
        bid_fen=proposed if proposed is not None else before,
        change_rate=proposed / before - 1 if moved and proposed and before else 0.0,
        reason=str(planned["reason"]),
        binding=_text(planned["binding"]),
        explore=bool(planned["explore"]),
        marginal_return=marginal_return,
        expected={**expected, "quality_score": word.quality_score},
        spend_after_fen=fen(planned["spend"]),
        spend_before_fen=fen(planned["spend_before"]),
        contribution_after_fen=fen(planned["contribution"]),
        contribution_before_fen=fen(planned["contribution_before"]),
    )


def _columns_of_rates() -> Iterator[str]:
    for name in RATES:
        yield from (name, *(f"{name}_{bound}" for bound in BOUNDS))


def _expected(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Each line's figures a day at both bids, and its rates, with their intervals."""
    figures = [
        _records(table, {"before": f"{name}_before", "after": name, **_bounds(name)})
        for name in FIGURES
    ]
    rates = [_records(table, {"mean": name, **_bounds(name)}) for name in RATES]
    for some, others in zip(zip(*figures, strict=True), zip(*rates, strict=True), strict=True):
        yield {
            **dict(zip(FIGURES, some, strict=True)),
            "rates": dict(zip(RATES, others, strict=True)),
        }


def _bounds(name: str) -> dict[str, str]:
    return {bound: f"{name}_{bound}" for bound in BOUNDS}


def _records(table: pd.DataFrame, columns: Mapping[str, str]) -> Iterator[dict[str, float | None]]:
    """A mapping of each row: key -> the cell of the column that it names."""
    cells = [_cells(table[column]) for column in columns.values()]
    return (dict(zip(columns, row, strict=True)) for row in zip(*cells, strict=True))


def _cells(values: pd.Series[float]) -> list[float | None]:
    """A whole column as ``plain`` makes one number."""
    rounded = np.round(values.to_numpy(dtype=np.float64), DIGITS) + 0.0  # -0.0 becomes 0.0
    cells = rounded.astype(object)
    cells[~np.isfinite(rounded)] = None
    return list(cells)


def _text(value: Any) -> str | None:
    """An optional code: frames say "none" with None, NaN or an empty text."""
    return value if isinstance(value, str) and value else None


@dataclass(frozen=True, slots=True)
class _Facts:
    """Keyword-days as arrays: ``codes`` and ``campaign`` are places in ``ids`` and ``campaigns``."""

    ids: list[str]  # ascending
    codes: Codes
    campaigns: list[str]  # in the order in which they were met
    campaign: Codes
    columns: dict[str, npt.NDArray[Any]]


def _facts(pieces: Iterable[Piece]) -> _Facts:
    """The pieces put together, sorted by keyword and date."""
    words: dict[str, int] = {}
    campaigns: dict[str, int] = {}
    parts: dict[str, list[npt.NDArray[Any]]] = {"keyword_id": [], "campaign_id": [], "date": []}
    parts |= {name: [] for name in NUMBERS}
    for piece in pieces:
        by_name = dict(zip(FACT_COLUMNS, np.array(piece, dtype=object).T, strict=True))
        for name, index in (("keyword_id", words), ("campaign_id", campaigns)):
            parts[name].append(_codes(by_name[name], index))
        parts["date"].append(by_name["date"].astype("datetime64[D]"))
        for name in NUMBERS:
            parts[name].append(by_name[name].astype(np.float64))
    columns = {
        name: np.concatenate(some) if some else np.empty(0, dtype=EMPTY.get(name, "float64"))
        for name, some in parts.items()
    }
    ids = sorted(words)
    rank = np.empty(len(ids), dtype=np.int64)
    rank[[words[keyword_id] for keyword_id in ids]] = np.arange(len(ids))
    codes = rank[columns.pop("keyword_id")]
    order = np.lexsort((columns["date"], codes))
    columns = {name: values[order] for name, values in columns.items()}
    return _Facts(ids, codes[order], list(campaigns), columns.pop("campaign_id"), columns)


def _codes(values: npt.NDArray[np.object_], index: dict[str, int]) -> Codes:
    """Each value's place in ``index``, which takes up those that are new."""
    places, met = pd.factorize(values)
    known = [index.setdefault(value, len(index)) for value in met]
    return np.array(known, dtype=np.int64)[places]


def _budget_hit(facts: _Facts, campaigns: Iterable[CampaignRow]) -> Flags:
    """Whether the day's budget ran out: what the platform says, else what the spend says.

    A campaign that spent ``NEARLY_ALL`` of its daily budget had run out of it. Only the budget of
    now is known; a day that spent more than a platform lets anybody spend had another one.
    """
    told: Floats = facts.columns["budget_hit"]
    unknown = np.isnan(told)
    hit: Flags = told == 1
    if not unknown.any():
        return hit
    budget_of = {row.campaign_id: row.daily_budget_fen for row in campaigns}
    budget = _floats([budget_of.get(name) for name in facts.campaigns])[facts.campaign]
    day = (facts.columns["date"] - facts.columns["date"].min()).astype(np.int64)
    cell = facts.campaign * (day.max() + 1) + day
    spent: Floats = np.bincount(cell, weights=facts.columns["spend_fen"])[cell]
    ran_out: Flags = (
        (spent > 0) & (spent >= NEARLY_ALL * budget) & (spent <= MOST_OF_A_DAY * budget)
    )
    return hit | (unknown & ran_out)


def _filled(
    bid: Floats, codes: Codes, ids: Sequence[str], keywords: Sequence[KeywordRow]
) -> Floats:
    """Unknown bids from the same keyword's days before, else after, else from the roster."""
    if not np.isnan(bid).any():
        return bid
    by_keyword = pd.Series(bid).groupby(codes)
    filled = by_keyword.ffill().fillna(by_keyword.bfill()).to_numpy(dtype=np.float64)
    today = {row.keyword_id: row.bid_fen for row in keywords}
    fallback = _floats([today.get(keyword_id) for keyword_id in ids]) / FEN
    return np.where(np.isnan(filled), fallback[codes], filled)


def _ids(values: Sequence[str], column: str) -> pd.api.extensions.ExtensionArray:
    wrong = next((value for value in values if not isinstance(value, str)), None)
    if wrong is not None:
        raise InputError(
            f"{column} {wrong!r} is a {type(wrong).__name__}; platform ids must be text, "
            "because 17-digit ids do not survive a number"
        )
    return pd.Series(values, dtype="str").array


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)

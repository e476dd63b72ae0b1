"""The door's frames, checked and turned into arrays.

A ``Panel`` holds the keyword-days sorted by keyword and day. A keyword-day that is absent between
the keyword's first row and the last day of the account is a day with zero impressions at the last
known bid: each row carries the length of such a gap behind it instead of rows for its days.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from optimizer.calendar import PLAIN, Calendar
from optimizer.errors import InputError
from optimizer.outlook import BoolArray, FloatArray, IntArray

COUNTS = ("impressions", "clicks", "spend", "orders", "revenue")
HISTORY_COLUMNS = ("keyword_id", "date", "bid", *COUNTS)


@dataclass(frozen=True, slots=True)
class Roster:
    """The keywords to plan, in the caller's order; n of them in G adgroups of C campaigns."""

    keyword_id: pd.Index[str]
    adgroup: IntArray
    adgroup_ids: pd.Index[str]
    campaign: IntArray
    campaign_ids: tuple[str, ...]
    campaign_of_adgroup: IntArray
    bid: FloatArray
    biddable: BoolArray
    margin: FloatArray  # contribution per yuan of paid revenue, natural traffic included
    traits: FloatArray  # (n, P) quality score and match, centred, 0 where unknown; P may be 0


@dataclass(frozen=True, slots=True)
class Panel:
    """R keyword-days of the roster, sorted by keyword and day. ``gap`` counts silent days behind a row."""

    keyword: IntArray
    age: IntArray
    gap: IntArray
    bid: FloatArray
    impressions: FloatArray
    clicks: FloatArray
    spend: FloatArray
    orders: FloatArray
    revenue: FloatArray
    interests: FloatArray  # carts and favourites, nan where unknown
    censored: BoolArray
    calendar: Calendar
    first_age: int  # age of the account's newest day
    keywords: int
    ignored_unknown: int  # rows of keywords that are not in the roster
    ignored_later: int  # rows dated after as_of

    @property
    def days(self) -> int:
        """Days from the oldest to the newest one, inclusive."""
        return int(self.age.max()) - self.first_age + 1 if len(self.age) else 0


def read_roster(
    keywords: pd.DataFrame, economics: pd.DataFrame, default_margin_rate: float
) -> Roster:
    """Check ``keywords`` and ``economics`` and code their ids."""
    _need(keywords, "keywords", ("keyword_id", "adgroup_id", "campaign_id", "bid"))
    ids = _ids(keywords, "keywords", "keyword_id")
    if ids.has_duplicates:
        raise InputError(f"keywords: keyword_id {ids[ids.duplicated()][0]!r} stands there twice")
    adgroup, adgroup_ids = pd.factorize(_ids(keywords, "keywords", "adgroup_id"), sort=True)
    campaign, campaign_ids = pd.factorize(_ids(keywords, "keywords", "campaign_id"), sort=True)
    campaign_of_adgroup = np.zeros(len(adgroup_ids), dtype=np.int64)
    campaign_of_adgroup[adgroup] = campaign
    torn = np.flatnonzero(campaign_of_adgroup[adgroup] != campaign)
    if len(torn):
        raise InputError(
            f"keywords: adgroup_id {adgroup_ids[adgroup[torn[0]]]!r} stands in more than one campaign"
        )
    bid = _numbers(keywords, "keywords", "bid", missing=True)
    if (bid < 0).any():
        raise InputError(f"keywords: bid is negative for {ids[np.flatnonzero(bid < 0)[0]]!r}")
    biddable = (
        keywords["biddable"].to_numpy(dtype=bool)
        if "biddable" in keywords
        else np.ones(len(ids), dtype=bool)
    )
    margin = _margins(economics, pd.Index(adgroup_ids), default_margin_rate)
    return Roster(
        keyword_id=ids,
        adgroup=adgroup.astype(np.int64),
        adgroup_ids=pd.Index(adgroup_ids),
        campaign=campaign.astype(np.int64),
        campaign_ids=tuple(campaign_ids),
        campaign_of_adgroup=campaign_of_adgroup,
        bid=np.where(bid > 0, bid, np.nan),
        biddable=biddable,
        margin=margin[adgroup],
        traits=_traits(keywords),
    )


def _traits(keywords: pd.DataFrame) -> FloatArray:
    """(n, P) what the roster says of words; a column that is missing or the same for all adds none."""
    columns = []
    if "quality_score" in keywords:
        columns.append(_numbers(keywords, "keywords", "quality_score", missing=True))
    if "match" in keywords:
        codes, kinds = pd.factorize(keywords["match"].astype("object"), sort=True)
        columns += [np.where(codes < 0, np.nan, codes == kind) for kind in range(1, len(kinds))]
    centred = [_centred(column) for column in columns]
    told = [column for column in centred if column.any()]
    return np.stack(told, axis=1) if told else np.empty((len(keywords), 0))


def _centred(values: FloatArray) -> FloatArray:
    """Values in standard deviations around their mean, 0 where unknown."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) == 0:
        return np.zeros(len(values))
    return np.where(known, (values - values[known].mean()) / values[known].std(), 0.0)


def read_history(
    history: pd.DataFrame,
    roster: Roster,
    as_of: date,
    promotions: Collection[date | str] = (),
) -> Panel:
    """Check ``history`` and the named days, and lay them out as a panel over the roster."""
    panel = _read(history, roster, as_of)
    named = Calendar.of(promotions, as_of, panel.first_age, panel.days)
    return replace(panel, calendar=named)


def _read(history: pd.DataFrame, roster: Roster, as_of: date) -> Panel:
    _need(history, "history", () if history.empty and not len(history.columns) else HISTORY_COLUMNS)
    if history.empty:
        return _panel({name: np.empty(0) for name in (*COUNTS, "bid")}, roster, 0, 0)
    keyword = _codes(history["keyword_id"], roster.keyword_id)
    age = _ages(history["date"], as_of)
    keep = (keyword >= 0) & (age >= 0)
    order = np.flatnonzero(keep)
    key = keyword[order] * np.int64(1 << 20) + (np.int64(1 << 20) - 1 - age[order])
    if (np.diff(key) < 0).any():
        by_key = np.argsort(key, kind="stable")
        order, key = order[by_key], key[by_key]
    twice = np.flatnonzero(np.diff(key) == 0)
    if len(twice):
        row = order[twice[0]]
        raise InputError(
            f"history: keyword_id {history['keyword_id'].iloc[row]!r} has two rows for"
            f" {pd.Timestamp(history['date'].iloc[row]).date()}"
        )
    columns = {
        name: _numbers(history, "history", name, missing=name == "bid")[order]
        for name in (*COUNTS, "bid")
    }
    for name in COUNTS:
        if (columns[name] < 0).any():
            row = order[np.flatnonzero(columns[name] < 0)[0]]
            raise InputError(f"history: {name} is negative in row {row}")
    columns["interests"] = _interests(history, order)
    if "budget_hit" in history:
        hit = history["budget_hit"]
        columns["censored"] = (hit.fillna(False) if hit.hasnans else hit).to_numpy(dtype=bool)[
            order
        ]
    return _panel(
        {**columns, "keyword": keyword[order], "age": age[order]},
        roster,
        int((keyword < 0).sum()),
        int((age < 0).sum()),
    )


def _interests(history: pd.DataFrame, rows: IntArray) -> FloatArray:
    """(R,) carts and favourites together; favourites count where every row with carts has them."""
    told = {
        name: _numbers(history, "history", name, missing=True)[rows]
        for name in ("carts", "favourites")
        if name in history
    }
    for name, values in told.items():
        if (values < 0).any():
            raise InputError(f"history: {name} is negative in row {rows[(values < 0).argmax()]}")
    carts = told.get("carts", np.full(len(rows), np.nan))
    favourites = told.get("favourites", np.full(len(rows), np.nan))
    whole = np.isfinite(favourites[np.isfinite(carts)]).all()
    return carts + favourites if whole else carts


def _panel(
    columns: dict[str, np.ndarray], roster: Roster, ignored_unknown: int, ignored_later: int
) -> Panel:
    """Assemble the panel: gaps behind rows, missing bids filled from the keyword's other days."""
    keyword = columns.get("keyword", np.empty(0, dtype=np.int64))
    age = columns.get("age", np.empty(0, dtype=np.int64))
    first_age = int(age.min()) if len(age) else 1
    last = np.append(keyword[1:] != keyword[:-1], True) if len(keyword) else np.empty(0, dtype=bool)
    next_age = np.where(last, first_age - 1, np.append(age[1:], 0)) if len(age) else age
    return Panel(
        keyword=keyword,
        age=age,
        gap=age - next_age - 1,
        bid=_filled_bids(columns["bid"], keyword, roster.bid),
        **{name: columns[name] for name in COUNTS},
        interests=columns.get("interests", np.empty(0)),
        censored=columns.get("censored", np.zeros(len(age), dtype=bool)),
        calendar=PLAIN,
        first_age=first_age,
        keywords=len(roster.keyword_id),
        ignored_unknown=ignored_unknown,
        ignored_later=ignored_later,
    )


def _filled_bids(bid: FloatArray, keyword: IntArray, today: FloatArray) -> FloatArray:
    """Unknown bids take the keyword's last known one, else its next, else today's, else 1 yuan."""
    bid = np.where(bid > 0, bid, np.nan)
    if not np.isnan(bid).any():
        return bid
    by_keyword = pd.Series(bid).groupby(keyword)
    known = by_keyword.ffill().to_numpy()
    known = np.where(np.isnan(known), by_keyword.bfill().to_numpy(), known)
    known = np.where(np.isnan(known), today[keyword], known)
    return np.where(np.isnan(known), 1.0, known)


def _need(frame: pd.DataFrame, name: str, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(
            f"{name}: column {', '.join(missing)} is missing; it has {', '.join(map(str, frame.columns))}"
        )


def _ids(frame: pd.DataFrame, name: str, column: str) -> pd.Index[str]:
    """An id column as an index of str; numbers are refused, since long ids do not survive floats."""
    values = frame[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = _checked_ids(pd.Index(values.cat.categories), name, column)
        if values.hasnans:
            raise InputError(f"{name}: {column} is empty in row {int(values.isna().argmax())}")
        return categories.take(values.cat.codes.to_numpy())
    if values.hasnans:
        raise InputError(f"{name}: {column} is empty in row {int(values.isna().argmax())}")
    return _checked_ids(pd.Index(values), name, column)


def _checked_ids(index: pd.Index[str], name: str, column: str) -> pd.Index[str]:
    if len(index) and pd.api.types.infer_dtype(index, skipna=False) != "string":
        raise InputError(
            f"{name}: {column} must hold str, not {index.dtype} (such as {index[0]!r})"
        )
    return index.astype("str")


def _codes(ids: pd.Series[Any], roster: pd.Index[str]) -> IntArray:
    """Position of each id in the roster, -1 where it is not there."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        categories = _checked_ids(pd.Index(ids.cat.categories), "history", "keyword_id")
        codes = ids.cat.codes.to_numpy()
        if len(codes) and int(codes.min()) < 0:
            raise InputError(f"history: keyword_id is empty in row {int(codes.argmin())}")
        return roster.get_indexer(categories).astype(np.int64)[codes]
    _ids(ids.to_frame(), "history", "keyword_id")
    codes, found = pd.factorize(ids)
    return roster.get_indexer(pd.Index(found)).astype(np.int64)[codes]


def _ages(dates: pd.Series[pd.Timestamp], as_of: date) -> IntArray:
    """Days from each date to ``as_of``."""
    try:
        stamps = pd.to_datetime(dates, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise InputError(f"history: date cannot be read: {error}") from None
    if stamps.hasnans:
        raise InputError(f"history: date is empty in row {int(stamps.isna().argmax())}")
    days = stamps.to_numpy().astype("datetime64[D]")
    return (np.datetime64(as_of, "D") - days).astype(np.int64)


def _numbers(frame: pd.DataFrame, name: str, column: str, *, missing: bool = False) -> FloatArray:
    """A column as floats; refuses text, infinities and, unless allowed, missing values."""
    try:
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        raise InputError(f"{name}: {column} must hold numbers, not {frame[column].dtype}") from None
    bad = np.isinf(values) if missing else ~np.isfinite(values)
    if bad.any():
        raise InputError(f"{name}: {column} is not a finite number in row {int(bad.argmax())}")
    return values


def _margins(economics: pd.DataFrame, adgroups: pd.Index[str], default: float) -> FloatArray:
    """(G,) contribution per yuan of paid revenue of each adgroup."""
    margin = np.full(len(adgroups), float(default))
    if economics.empty:
        return margin
    _need(economics, "economics", ("adgroup_id", "margin_rate"))
    ids = _ids(economics, "economics", "adgroup_id")
    if ids.has_duplicates:
        raise InputError(f"economics: adgroup_id {ids[ids.duplicated()][0]!r} stands there twice")
    rate = _numbers(economics, "economics", "margin_rate")
    if "organic_rate" in economics:
        rate = rate + np.nan_to_num(_numbers(economics, "economics", "organic_rate", missing=True))
    at = ids.get_indexer(adgroups)
    return np.where(at >= 0, rate[at], margin)

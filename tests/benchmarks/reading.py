"""Ways from the store to the frame of a night: ours, and those it is held against."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service import frames
from service.store import facts
from service.store.facts import FACT_COLUMNS, NEWEST, PIECE

IDS = ("keyword_id", "campaign_id")
LEFT_OUT = "adgroup_id"  # the frame has no use for it
NUMBERS = tuple(
    name for name in FACT_COLUMNS if name not in (*IDS, "adgroup_id", "date", "budget_hit")
)

Way = Callable[[Session], pd.DataFrame]


def ways_out(database: str, account_id: str, first: date, last: date) -> Mapping[str, Way]:
    """name → what reads these days and makes the frame; the first is what the others are held to.

    ``adbc`` only where its drivers and pyarrow are installed, which kaiche itself does not need.
    """
    wanted = select(*(NEWEST.c[name] for name in FACT_COLUMNS)).where(
        NEWEST.c.account_id == account_id, NEWEST.c.date.between(first, last)
    )
    ways: dict[str, Way] = {
        "sqlalchemy": partial(by_sqlalchemy, wanted=wanted),
        "driver": partial(by_driver, account_id=account_id, first=first, last=last),
    }
    if database == "postgresql":
        ways["copy"] = partial(by_copy, wanted=wanted)
    if find_spec("pyarrow") and find_spec(f"adbc_driver_{database}"):
        ways["adbc"] = partial(by_adbc, wanted=wanted)
    return ways


def by_sqlalchemy(session: Session, wanted: Select[Any]) -> pd.DataFrame:
    """Rows of SQLAlchemy, piece by piece."""
    result = session.execute(wanted.execution_options(yield_per=PIECE))
    return frames.history_frame(
        ([tuple(row) for row in piece] for piece in result.partitions()), ()
    )


def by_driver(session: Session, account_id: str, first: date, last: date) -> pd.DataFrame:
    """As the night reads."""
    return frames.history_frame(facts.iter_facts(session, account_id, first, last), ())


def by_copy(session: Session, wanted: Select[Any]) -> pd.DataFrame:
    """PostgreSQL's COPY as text, read by pandas."""
    text = io.BytesIO()
    with session.connection().connection.cursor() as cursor:
        driver: Any = cursor
        with driver.copy(f"COPY ({_literally(session, wanted)}) TO STDOUT (FORMAT CSV)") as copy:
            for piece in copy:
                text.write(piece)
    text.seek(0)
    kinds: dict[str, str] = dict.fromkeys((*IDS, "date", "budget_hit", LEFT_OUT), "category")
    kinds |= dict.fromkeys(NUMBERS, "float64")
    told = pd.read_csv(text, names=list(FACT_COLUMNS), dtype=kinds)
    told["budget_hit"] = told["budget_hit"].map({"t": 1.0, "f": 0.0}).astype(float)
    return _assembled(told)


def by_adbc(session: Session, wanted: Select[Any]) -> pd.DataFrame:
    """Arrow over a connection of its own, which is made for it."""
    url = session.get_bind().engine.url
    if url.get_backend_name() == "sqlite":
        from adbc_driver_sqlite import dbapi

        connection = dbapi.connect(str(url.database))
    else:
        from adbc_driver_postgresql import dbapi

        address = url.set(drivername="postgresql")
        connection = dbapi.connect(address.render_as_string(hide_password=False))
    with connection, connection.cursor() as cursor:
        cursor.execute(_literally(session, wanted))
        table = cursor.fetch_arrow_table()
    for name in (*IDS, "date"):
        coded = table.column(name).cast("string").dictionary_encode().combine_chunks()
        table = table.set_column(table.column_names.index(name), name, coded)
    told = table.drop_columns([LEFT_OUT]).to_pandas()
    told["budget_hit"] = told["budget_hit"].astype(float)
    return _assembled(told)


def _literally(session: Session, wanted: Select[Any]) -> str:
    dialect = session.connection().dialect
    return str(wanted.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _assembled(told: pd.DataFrame) -> pd.DataFrame:
    """``frames.history_frame`` from columns: ids and dates as categories, all else as floats.

    Bids are all known here, and whether a day's budget ran out is what the platform says.
    """
    words = told["keyword_id"].cat
    names = sorted(words.categories)
    codes = words.reorder_categories(names).cat.codes.to_numpy()
    days = np.array(list(told["date"].cat.categories), dtype="datetime64[s]")
    day = days[told["date"].cat.codes.to_numpy()]
    order = np.lexsort((day, codes))
    number = {name: told[name].to_numpy(dtype=np.float64)[order] for name in NUMBERS}
    counts = {name: number[name].astype(np.int64) for name in ("impressions", "clicks", "orders")}
    return pd.DataFrame(
        {
            "keyword_id": pd.Categorical.from_codes(
                codes[order], categories=pd.Index(pd.array(names, dtype="str"))
            ),
            "date": day[order],
            "bid": number["bid_fen"] / frames.FEN,
            "impressions": counts["impressions"],
            "clicks": counts["clicks"],
            "spend": number["spend_fen"] / frames.FEN,
            "orders": counts["orders"],
            "revenue": number["revenue_fen"] / frames.FEN,
            "carts": number["carts"],
            "favourites": number["favourites"],
            "avg_rank": number["avg_rank"],
            "budget_hit": told["budget_hit"].to_numpy()[order] == 1,
        }
    )

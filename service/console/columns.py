"""The grid's columns: what each shows, how wide, and whether it sorts."""

from __future__ import annotations

from typing import Any

from service.console.texts import Texts

SORTED_BY = (
    "word",
    "bid",
    "change_rate",
    "spend_after",
    "spend_change",
    "contribution_change",
    "at_stake",
)
PAGE = 200


def grid_options(texts: Texts, url: str) -> dict[str, Any]:
    """AG Grid's options for lines read from ``url``; keys with a colon are expressions."""
    return {
        ":datasource": f"kaiche.source({url!r})",
        "rowModelType": "infinite",
        "cacheBlockSize": PAGE,
        "maxBlocksInCache": 20,
        "rowSelection": {
            "mode": "multiRow",
            "enableClickSelection": False,
            "headerCheckbox": False,
        },
        ":rowHeight": "window.innerWidth < 700 ? 52 : 42",
        ":getRowId": "row => String(row.data.id)",
        "defaultColDef": {"wrapHeaderText": True, "autoHeaderHeight": True},
        "singleClickEdit": False,
        "stopEditingWhenCellsLoseFocus": True,
        "ensureDomOrder": True,
        ":onGridReady": "event => kaiche.fit(event.api)",
        "localeText": {
            "noRowsToShow": texts("lines.no_rows"),
            "loadingOoo": texts("lines.loading"),
        },
        "context": {
            "loading": texts("lines.loading"),
            "empty": texts("lines.no_rows"),
            "failed": texts("failure.rows"),
        },
        "columnDefs": _columns(texts),
    }


def _columns(texts: Texts) -> list[dict[str, Any]]:
    return [
        _column(texts, "word", width=190, pinned="left")
        | {":cellRenderer": "cell => kaiche.link(cell)"},
        _column(texts, "state_text", width=92),
        _money(texts, "bid_before", width=84),
        _money(texts, "bid", width=88)
        | {
            ":editable": "cell => Boolean(cell.data && cell.data.editable)",
            "cellEditor": "agNumberCellEditor",
            "cellEditorParams": {"min": 0.05, "max": 99.99, "precision": 2, "step": 0.01},
            "cellClass": ["k-editable", "ag-right-aligned-cell"],
        },
        _column(texts, "change_rate", width=88)
        | {
            "field": "change",
            ":valueFormatter": "cell => kaiche.percent(cell.value)",
            "type": "rightAligned",
        },
        _column(texts, "reason", width=184),
        _column(texts, "risk", width=80) | {"tooltipField": "risk_told"},
        _money(texts, "at_stake", width=108),
        _moved(texts, "spend_change"),
        _moved(texts, "contribution_change"),
        _money(texts, "spend_before", width=104),
        _money(texts, "spend_after", width=104),
        _column(texts, "campaign", width=160),
        _column(texts, "binding", width=120),
        _column(texts, "note", width=160),
    ]


def _column(texts: Texts, name: str, *, width: int, pinned: str | None = None) -> dict[str, Any]:
    column: dict[str, Any] = {
        "colId": name,
        "field": name,
        "headerName": texts(f"column.{name}"),
        "width": width,
        "sortable": name in SORTED_BY,
        "tooltipField": name,
    }
    return column if pinned is None else column | {"pinned": pinned}


def _money(texts: Texts, name: str, *, width: int) -> dict[str, Any]:
    return _column(texts, name, width=width) | {
        ":valueFormatter": "cell => kaiche.yuan(cell.value)",
        "type": "rightAligned",
    }


def _moved(texts: Texts, name: str) -> dict[str, Any]:
    return _column(texts, name, width=106) | {
        ":valueFormatter": "cell => kaiche.moved(cell.value)",
        "type": "rightAligned",
    }

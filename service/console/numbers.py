"""Figures as people read them; messages write them the same way."""

from service.reading.numbers import (
    NOTHING,
    change_in_percent,
    change_in_yuan,
    count,
    fen,
    moment,
    percent,
    whole_yuan,
    yuan,
)

__all__ = [
    "NOTHING",
    "change_in_percent",
    "change_in_yuan",
    "count",
    "fen",
    "moment",
    "percent",
    "whole_yuan",
    "yuan",
]

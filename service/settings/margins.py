"""What a yuan of revenue leaves, as the owner states it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator

from service.settings.section import Money, PlatformId, Refusal, Section, refuse_all

GOODS_BLOCK = (
    "price",
    "goods",
    "fee_rate",
    "freight",
    "freight_back",
    "refund_rate",
    "damage_rate",
)


class Economics(Section):
    """What one yuan of revenue leaves: given directly, or computed from goods and refunds.

    ``adgroup`` or ``item`` names what it applies to; neither makes it the account's default.
    Either ``margin_rate`` or the whole goods block (``GOODS_BLOCK``) is given, never both.
    """

    adgroup: PlatformId | None = None
    item: PlatformId | None = None
    margin_rate: Annotated[float, Field(ge=-10, le=1)] | None = None
    price: Annotated[Money, Field(gt=0)] | None = None
    goods: Money | None = None
    fee_rate: Annotated[float, Field(ge=0, lt=1)] | None = None
    freight: Money | None = None
    freight_back: Money | None = None
    refund_rate: Annotated[float, Field(ge=0, lt=1)] | None = None
    damage_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    organic_rate: Annotated[float, Field(ge=0, le=10)] = 0.0

    @model_validator(mode="wrap")
    @classmethod
    def _one_way_to_say_it(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Tell wrong fields and a wrong shape of the entry together."""
        shape = _shape_of_economics(data) if isinstance(data, dict) else []
        try:
            entry = handler(data)
        except ValidationError as error:
            refuse_all("economics", shape, also=error)
            raise
        refuse_all("economics", shape)
        return entry


def _shape_of_economics(data: dict[str, Any]) -> list[Refusal]:
    """What is contradictory or missing among the keys of one economics entry."""
    given = {key for key, value in data.items() if value is not None}
    goods = [key for key in GOODS_BLOCK if key in given]
    absent = ", ".join(key for key in GOODS_BLOCK if key not in given)
    wrong: list[Refusal] = []
    if {"adgroup", "item"} <= given:
        wrong.append((("item",), "stands beside adgroup; write one of them an entry"))
    if "margin_rate" in given and goods:
        wrong.append(
            (
                ("margin_rate",),
                f"stands beside {', '.join(goods)}; write either margin_rate or the goods block "
                f"({', '.join(GOODS_BLOCK)})",
            )
        )
    elif goods and absent:
        wrong.append(((), f"the goods block lacks {absent}; write them too, 0 where there is none"))
    elif not goods and "margin_rate" not in given:
        wrong.append(
            (
                (),
                "says nothing about the margin; write margin_rate, for example 0.35, or the goods "
                f"block ({', '.join(GOODS_BLOCK)})",
            )
        )
    return wrong

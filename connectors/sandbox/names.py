"""Plausible names for a shop's items and search words, made from small word lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Category:
    """What a campaign sells: head nouns and the words people put before them."""

    name: str
    nouns: tuple[str, ...]
    kinds: tuple[str, ...]
    looks: tuple[str, ...]
    users: tuple[str, ...]
    tastes: tuple[str, ...]


_WEARERS: Final = ("", "女", "男", "学生", "妈妈", "大码", "女士", "通勤")
_PLACES: Final = ("", "家用", "宿舍", "办公室", "学生")
_NOBODY: Final = ("",)
_SEASONS: Final = ("", "新款", "春季", "夏季", "秋冬", "小众", "平价", "高级感", "网红")
_PRAISE: Final = ("", "新款", "平价", "高级感", "网红", "正品", "官方旗舰店", "推荐", "性价比")

CATEGORIES: Final = (
    Category(
        "女装",
        ("连衣裙", "长裙", "碎花裙", "裙子", "吊带裙"),
        ("", "收腰", "显瘦", "法式", "复古", "气质", "宽松"),
        ("", "雪纺", "纯棉", "针织", "小个子", "遮肚子"),
        _WEARERS,
        _SEASONS,
    ),
    Category(
        "打底裤",
        ("打底裤", "鲨鱼裤", "瑜伽裤", "紧身裤"),
        ("", "高腰", "外穿", "九分", "提臀", "加绒"),
        ("", "黑色", "薄款", "无痕", "孕妇", "弹力"),
        _WEARERS,
        _SEASONS,
    ),
    Category(
        "水杯",
        ("保温杯", "水杯", "吸管杯", "随行杯", "水壶"),
        ("", "大容量", "便携", "运动", "车载", "316不锈钢"),
        ("", "高颜值", "带茶隔", "防摔", "弹盖", "双饮"),
        _PLACES,
        _PRAISE,
    ),
    Category(
        "收纳",
        ("收纳箱", "收纳盒", "整理箱", "储物箱"),
        ("", "透明", "可折叠", "抽屉式", "大号", "带轮"),
        ("", "衣柜", "床底", "玩具", "零食", "桌面"),
        _PLACES,
        _PRAISE,
    ),
    Category(
        "四件套",
        ("四件套", "床单", "被套", "床上用品"),
        ("", "全棉", "水洗棉", "磨毛", "天丝", "裸睡"),
        ("", "1.5米床", "1.8米床", "纯色", "北欧风", "轻奢"),
        _PLACES,
        _PRAISE,
    ),
    Category(
        "小白鞋",
        ("小白鞋", "板鞋", "帆布鞋", "休闲鞋", "老爹鞋"),
        ("", "百搭", "厚底", "软底", "透气", "增高"),
        ("", "真皮", "防滑", "轻便", "复古", "一脚蹬"),
        _WEARERS,
        _SEASONS,
    ),
    Category(
        "护肤",
        ("面霜", "精华液", "面膜", "水乳套装", "洗面奶"),
        ("", "补水", "保湿", "敏感肌", "抗皱", "控油"),
        ("", "大瓶", "旅行装", "氨基酸", "玻尿酸", "清爽"),
        _NOBODY,
        _PRAISE,
    ),
    Category(
        "台灯",
        ("台灯", "小夜灯", "护眼灯", "床头灯"),
        ("", "充电", "可调光", "无线", "夹式", "磁吸"),
        ("", "书桌", "卧室", "阅读", "国AA级", "迷你"),
        _PLACES,
        _PRAISE,
    ),
    Category(
        "猫粮",
        ("猫粮", "猫条", "冻干", "猫罐头"),
        ("", "幼猫", "成猫", "全价", "无谷", "增肥"),
        ("", "鸡肉味", "三文鱼", "10斤装", "美毛", "囤货装"),
        _NOBODY,
        _PRAISE,
    ),
    Category(
        "手机壳",
        ("手机壳", "保护套", "手机套", "磁吸壳"),
        ("", "透明", "防摔", "液态硅胶", "超薄", "全包"),
        ("", "情侣", "卡通", "ins风", "支架", "简约"),
        _NOBODY,
        _PRAISE,
    ),
    Category(
        "茶具",
        ("茶具套装", "盖碗", "茶壶", "功夫茶杯"),
        ("", "陶瓷", "紫砂", "旅行", "家用", "玻璃"),
        ("", "送礼", "一壶两杯", "手绘", "中式", "礼盒装"),
        _PLACES,
        _PRAISE,
    ),
    Category(
        "双肩包",
        ("双肩包", "书包", "背包", "电脑包"),
        ("", "大容量", "轻便", "防水", "旅行", "减负"),
        ("", "初中生", "15.6寸", "简约", "潮牌", "多隔层"),
        _WEARERS,
        _PRAISE,
    ),
)


def words(category: Category, count: int, seed: int) -> list[str]:
    """``count`` distinct words of a category; the same seed gives the same words."""
    lists = (
        *(category.tastes, category.users, category.kinds, category.looks),
        category.nouns,
    )
    size = int(np.prod([len(options) for options in lists]))
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    # People rarely type more than two modifiers: go through all combinations, keep the short ones.
    for code in rng.permutation(size):
        parts, rest = [], int(code)
        for options in lists:
            rest, pick = divmod(rest, len(options))
            parts.append(options[pick])
        if sum(1 for part in parts[:-1] if part) <= 2:
            found["".join(parts)] = None
            if len(found) == count:
                return list(found)
    while len(found) < count:
        found[f"{category.nouns[0]}{len(found) + 1}号"] = None
    return list(found)


def item_title(category: Category, seed: int) -> str:
    """A title as sellers write them: everything a buyer might search for."""
    rng = np.random.default_rng(seed)
    lists = (category.tastes, category.kinds, category.looks, category.nouns, category.users)
    return "".join(str(rng.choice(options[1:] or options)) for options in lists)

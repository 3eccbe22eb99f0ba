"""The dot between the parts of a foreign name in Chinese, read with a codec of many bytes: `弗路克` is `弗·克`.

`·` (C2 B7) comes out as one character of two bytes, in GBK as the frequent word `路`, a road. Only what
stands around it tells: names of other languages are written with some three hundred characters (Xinhua's tables
of transliteration), and no word has the road beside these two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsarchive.core.repairs.grams import UNKNOWN, GramModel
from newsarchive.core.repairs.mojibake import Reading
from newsarchive.core.repairs.runs import Change

#: What the dot comes out as, and the codec.
WRONG = {"路": "gb18030", "繚": "big5", "쨌": "euc-kr"}
#: Characters that have other uses than to be the dot must stand so at so many places.
OFTEN = {"路": 2}
#: Names that begin with such a character: Luther, Louis, Reuters, Luke.
BEGINNINGS = frozenset(("路德", "路易", "路透", "路加"))
#: Signs that part names on pages where nothing is wrong.
RIGHT = "·‧・•"
#: The characters of names, in simplified and in traditional writing.
NAMES = (
    "阿埃艾爱安奥澳巴班贝本比彼宾波伯勃博布查茨达戴丹德登迪蒂丁杜敦多厄恩尔法凡菲费芬弗夫福盖甘冈戈格根贡古圭哈海汉豪赫亨胡霍"
    "基吉加贾杰捷金卡凯坎康考科克肯孔库奎昆拉莱兰朗劳勒雷里利丽莉连林琳卢鲁伦罗洛马玛迈麦曼毛梅门蒙米敏明莫默姆穆纳娜内奈南"
    "尼涅纽努诺欧帕潘佩彭皮珀普齐奇乔切琼丘让热日瑞若萨塞赛桑瑟沙莎尚绍舍申圣施史什舒斯松苏索所塔泰坦汤陶特滕铁廷图托陀瓦"
    "万王威韦维温文翁沃乌吴武西希夏香谢辛欣休雅亚扬耶叶伊因英尤约扎泽詹兹宗祖佐哥贝雪露赖妮娅菈廉治"
    "愛奧貝賓蘭達戴丹茲爾費蓋岡貢賈傑凱庫萊勞雷麗連盧魯倫羅馬瑪邁麥門蒙納內紐諾歐龐齊喬瓊讓熱薩賽紹聖蘇湯陶鐵圖萬韋維溫烏吳謝亞揚葉約澤裡"
)
#: What each character of a name beside the dot says for one, in nats: about an eighth of all text is of them.
EACH = 2.0
#: So many of them to either side are looked at.
REACH = 4

_PLACE = re.compile(f"(?<=[{NAMES}]{{2}})[{''.join(WRONG)}](?=[{NAMES}]{{2}})")
_NAME = re.compile(f"[{NAMES}]*")


def may_be_interpunct(text: str) -> bool:
    """Whether a page may have such a dot."""
    return any(char in text for char in WRONG) and _PLACE.search(text) is not None


def interpunct_changes(text: str, grams: GramModel) -> Sequence[Change]:
    """The dots of a page between names; none where it has others that are right."""
    if any(char in text for char in RIGHT):
        return ()
    found = list(_between_names(text, grams))
    wrong = [text[change.start] for change in found]
    return [c for c, char in zip(found, wrong, strict=True) if wrong.count(char) >= OFTEN.get(char, 1)]


def _between_names(text: str, grams: GramModel) -> Iterator[Change]:
    for match in _PLACE.finditer(text):
        at = match.start()
        before, char, behind = text[at - 1], text[at], text[at + 1]
        is_word = grams.cost(before + char) < UNKNOWN or grams.cost(char + behind) < UNKNOWN
        if is_word or char + behind in BEGINNINGS:
            continue
        left, right = text[max(0, at - REACH) : at][::-1], text[at + 1 : at + 1 + REACH]
        letters = _letters(left) + _letters(right)
        yield Change(at, at + 1, Reading(0, 1, "·", WRONG[char], EACH * letters))


def _letters(part: str) -> int:
    """How many characters of names a text begins with."""
    match = _NAME.match(part)
    return match.end() if match else 0

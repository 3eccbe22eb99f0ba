"""Decides which punctuation mark of Chinese or Japanese lost its last byte: `ใ€` may be `。`, `、`, `「` or `」`.

The characters on both sides do not decide it. The whole line does: a sentence ends with its line, brackets are closed, two
stops do not follow each other, and texts in parentheses or in a list are short. Each mark has a cost in its place, and all
ways to read the marks of a line compete. A mark is restored where every other mark costs clearly more (the marginals of
a min-sum trellis: Viterbi 1967).

The second part restores the dot between the parts of a foreign name in Chinese, read with a multi-byte codec: `弗路克` is
`弗·克`. `·` (C2 B7) comes out as one character of two bytes, in GBK as the frequent word `路` (road). The characters around
it decide: foreign names are written with some three hundred characters (Xinhua's tables of transliteration), and no word
has `路` between two of these.

Nothing on 2,579 real pages has this damage. Of damaged lines (`docs/benchmarks/ablation.md`) the marks earn 2.5 points of
those with lost bytes, the dots 2.2 of those with two layers.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from newsarchive import compiled
from newsarchive.core.encoding.charsets import Charset, charset
from newsarchive.core.encoding.mojibake import Reading
from newsarchive.core.encoding.ngram_model import UNKNOWN_NATS, GramModel
from newsarchive.core.encoding.quotation_marks import MIN_TRUNCATED_MARKS, SPELLINGS, truncated_pattern
from newsarchive.core.encoding.runs import Change, line_around
from newsarchive.core.text.scripts import script

#: The first two bytes of the marks, each with a placeholder for a truncated mark in a line.
BEGINNINGS = {b"\xe3\x80": "\ue000", b"\xef\xbc": "\ue001"}
#: The cost of each mark in Chinese, in nats; other marks cost `OTHER_MARK_NATS`.
CHINESE = dict(
    zip(
        "、。，：；！？（）《》「」『』",
        (0.5, 1.5, 0.0, 4.0, 4.5, 4.0, 4.0, 1.6, 1.6, 1.5, 1.5, 2.0, 2.0, 3.0, 3.0),
        strict=True,
    )
)
#: The cost of each mark in Japanese, in nats.
JAPANESE = dict(
    zip(
        "、。！？：，－「」（）『』【】",
        (0.0, 2.0, 3.0, 3.0, 4.0, 5.0, 5.0, 1.4, 1.4, 1.0, 1.0, 2.5, 2.5, 2.5, 2.5),
        strict=True,
    )
)
#: Nats. The cost of a mark that has none in the language.
OTHER_MARK_NATS = 5.0
#: Opening bracket → closing bracket.
BRACKETS = {"（": "）", "《": "》", "〈": "〉", "「": "」", "『": "』", "【": "】", "〔": "〕"}
CLOSINGS = frozenset(BRACKETS.values())
#: Marks that end a sentence.
ENDS = frozenset("。！？")
#: Marks between the parts of a sentence.
COMMAS = frozenset("、，：；")
STOPS = ENDS | COMMAS
#: Nats. The cost of a mark that is practically impossible in its place.
IMPOSSIBLE_NATS = 12.0
#: Nats. The cost of a comma at the end of a line.
COMMA_AT_LINE_END_NATS = 5.0
#: Nats. The cost of a bracket without its partner on the line.
UNPAIRED_NATS = 5.0
#: Nats. The same for brackets around speech, which may run over several lines.
UNPAIRED_SAYING_NATS = 2.0
#: Nats. A mark is restored where every other mark costs at least this more.
MIN_MARGIN_NATS = 2.4
#: Characters of a part of a list; a longer part belongs to no list.
MAX_LIST_PART_CHARACTERS = 4
#: Characters of a sentence; a shorter text is none.
MIN_SENTENCE_CHARACTERS = 8
#: Characters of a text in brackets; brackets around a longer text cost `WRONG_LENGTH_NATS`.
MAX_BRACKETED_CHARACTERS = 12
#: Nats. The cost of a mark between parts that are too long or too short for it.
WRONG_LENGTH_NATS = 2.5
#: Nats by which brackets around a short part are cheaper.
BRIEF_PART_NATS = 2.0
#: Nats by which brackets around a part without Han characters and kana are cheaper.
FOREIGN_PART_NATS = 6.0
#: Nats. The cost of a full stop behind a character that ends no sentence.
UNFINISHED_NATS = 3.0
#: Nats. The cost of a comma before a character that seldom begins a part.
DEPENDENT_NATS = 3.0
#: Characters that may end a sentence in Japanese.
PREDICATES = frozenset("たすいるんだうむぶつぐぬねよか)）」』")
DEPENDENTS = {"、": frozenset("とをがのはでにへか"), "，": frozenset("的了")}
#: Nats. The cost of a comma behind the Japanese particle for the topic.
TOPIC_NATS = 1.1
#: Nats. The cost of a closing bracket at the end of a line, and in Japanese before anything but a particle or a mark.
LOOSE_BRACKET_NATS = 1.5
#: Characters that introduce quoted words.
SAYING = frozenset("说說道称稱曰问問")
#: Marks that quoted words begin with.
QUOTING = frozenset('“‘「『"')
#: States of a line that are followed at once; more expensive ones are dropped.
MAX_STATES = 40
#: Nats. A state that costs more than this above the cheapest one is dropped.
MAX_STATE_EXTRA_NATS = 14.0
#: Marks of a line; a line with more is no paragraph, and none of its marks is restored.
MAX_LINE_MARKS = 80
#: Spaces before a mark that are skipped to find the character before it.
_MAX_SKIPPED_SPACES = 8

_MARK = re.compile("[" + "".join([*BEGINNINGS.values(), *BRACKETS, *CLOSINGS, *STOPS]) + "]")
#: Characters that may follow the last mark of a line.
_QUOTED = "”’\"' "
_HAN = compiled.regex("[\u3041-\u30fa\u3400-\u9fff\uf900-\ufaff]")
_HIRAGANA = re.compile("[\u3041-\u3096]")
_KANA = re.compile("[\u3041-\u30fa]")


class _Place(NamedTuple):
    """A mark at the position `at` of a line: the marks that it may be (`chars`), the characters beside it ("" at the ends of
    the line), and the lengths of the parts before and behind it."""

    at: int
    chars: tuple[str, ...]
    before: str
    behind: str
    lengths: tuple[int, int]


class _State(NamedTuple):
    """What the costs of later marks depend on: the last mark, its position, and the open brackets with their positions."""

    char: str = ""
    at: int = -1
    opened: tuple[tuple[str, int], ...] = ()


def truncated_punctuation(
    text: str, changes: Sequence[Change], codec: Charset, spelling: str
) -> dict[int, str]:
    """Position → mark, for the marks that lost their last byte and can be restored.

    `spelling` is what stands in place of the lost byte (`quotation_marks.SPELLINGS`).
    """
    lost = {sign: chars for first, sign in BEGINNINGS.items() if (chars := _lost(codec, first))}
    if not lost:
        return {}
    view, places = _seen(text, changes, codec, spelling)
    restored: dict[int, str] = {}
    start = 0
    for line in view.split("\n") if places else ():
        if any(sign in line for sign in lost) and _is_han(line):
            restored |= {places[start + at]: char for at, char in _decided(line, tuple(lost.items()))}
        start += len(line) + 1
    return restored


def truncated_punctuation_codec(text: str, names: Iterable[str]) -> tuple[Charset, list[int]] | None:
    """The codec with which a page in Chinese or Japanese was read so that marks lost their last byte, and their positions.

    `names` are the codecs in question. `None` where no codec explains it: the first characters of the marks must stand
    nowhere else on the page. Codecs of Windows are asked first, because several begin marks with the same characters.
    """
    for codec in map(charset, sorted(names, key=lambda name: (not name.startswith("windows"), name))):
        firsts = [first for first in BEGINNINGS if _lost(codec, first)]
        starts = list(map(codec.to_text, firsts))
        number = sum(map(text.count, starts))
        if number < MIN_TRUNCATED_MARKS or sum(text.count(char) for char in {s[0] for s in starts}) > number:
            continue
        for spelling in SPELLINGS:
            places = sorted(
                m.start() for f in firsts for m in truncated_pattern(codec, f, spelling).finditer(text)
            )
            if len(places) == number and all(_HAN.search(text, *line_around(text, at)) for at in places):
                return codec, places
    return None


def _is_han(text: str) -> bool:
    return _HAN.search(text) is not None


@lru_cache(maxsize=256)
def _lost(codec: Charset, first: bytes) -> tuple[str, ...]:
    """The marks with these first two bytes whose last byte the codec does not define."""
    return tuple(bytes((*first, b)).decode() for b in sorted(codec.undefined) if 0x80 < b < 0xC0)


def _seen(text: str, changes: Sequence[Change], codec: Charset, spelling: str) -> tuple[str, dict[int, int]]:
    """The text after the changes, with a placeholder for each truncated mark, and the positions of the placeholders, each
    with its position in `text`."""
    spans: list[tuple[int, int, str, bool]] = [(c.start, c.end, c.reading.after, False) for c in changes]
    for first, sign in BEGINNINGS.items():
        found = truncated_pattern(codec, first, spelling).finditer(text)
        spans += [(match.start(), match.end(), sign, True) for match in found]
    parts: list[str] = []
    places: dict[int, int] = {}
    at = length = 0
    for start, end, after, is_truncated in sorted(spans):
        if start < at:
            continue
        parts += [text[at:start], after]
        length += start - at
        if is_truncated:
            places[length] = start
        length += len(after)
        at = end
    return "".join([*parts, text[at:]]), places


@lru_cache(maxsize=1024)
def _decided(line: str, lost: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[tuple[int, str], ...]:
    """The truncated marks of a line that can be restored, each with its position."""
    places = list(_places(line, dict(lost)))
    if len(places) > MAX_LINE_MARKS:
        return ()
    costs = JAPANESE if _KANA.search(line) else CHINESE
    decided = []
    for place, marginals in zip(places, _marginals(places, costs, line), strict=True):
        best, *others = sorted(marginals, key=marginals.__getitem__)
        if len(place.chars) > 1 and all(marginals[c] - marginals[best] >= MIN_MARGIN_NATS for c in others):
            decided.append((place.at, best))
    return tuple(decided)


def _places(line: str, lost: Mapping[str, tuple[str, ...]]) -> Iterator[_Place]:
    bare = line.rstrip()
    last_mark = len(bare.rstrip(_QUOTED)) - 1
    found = [m.start() for m in _MARK.finditer(bare)]
    for number, at in enumerate(found):
        first = found[number - 1] + 1 if number else 0
        last = found[number + 1] if number + 1 < len(found) else len(bare)
        chars = lost.get(bare[at], bare[at])
        behind = bare[at + 1] if at < last_mark else ""
        before = bare[at - 1 : at].strip() or bare[max(0, at - _MAX_SKIPPED_SPACES) : at].strip()[-1:]
        yield _Place(at, tuple(chars), before, behind, (at - first, last - at - 1))


def _marginals(places: Sequence[_Place], costs: Mapping[str, float], line: str) -> list[dict[str, float]]:
    """For each place: mark → the cost of the cheapest way to read the line in which the place is this mark."""
    steps: list[dict[_State, float]] = [{_State(): 0.0}]
    edges: list[list[tuple[_State, _State, float]]] = []
    for place in places:
        found: dict[_State, float] = {}
        ways = []
        here = [(char, _here(place, char, costs)) for char in place.chars]
        most = min(steps[-1].values()) + MAX_STATE_EXTRA_NATS
        states = [state for state, cost in steps[-1].items() if cost <= most]
        for state in sorted(states, key=steps[-1].__getitem__)[:MAX_STATES]:
            for char, cost in here:
                after, more = _next(state, place, char, line)
                ways.append((state, after, cost + more))
                found[after] = min(found.get(after, 1e9), steps[-1][state] + cost + more)
        steps.append(found)
        edges.append(ways)
    rest = {state: sum(_unpaired(c) for c, _ in state.opened) for state in steps[-1]}
    marginals: list[dict[str, float]] = []
    for step, ways in zip(reversed(steps[:-1]), reversed(edges), strict=True):
        before: dict[_State, float] = defaultdict(lambda: 1e9)
        least: dict[str, float] = defaultdict(lambda: 1e9)
        for state, after, cost in ways:
            before[state] = min(before[state], cost + rest[after])
            least[after.char] = min(least[after.char], step[state] + cost + rest[after])
        rest = before
        marginals.append(least)
    return marginals[::-1]


def _next(state: _State, place: _Place, char: str, line: str) -> tuple[_State, float]:
    """The state after a mark, and the cost of the mark with the open brackets and the mark before it."""
    cost, beside = 0.0, state.char if state.at == place.at - 1 else ""
    if beside and char in STOPS:  # directly behind another mark
        cost = IMPOSSIBLE_NATS * (beside in STOPS or beside in BRACKETS)
    elif beside and char in CLOSINGS:
        cost = IMPOSSIBLE_NATS * (beside in COMMAS or beside in BRACKETS)
    opened = state.opened
    if char in BRACKETS:
        cost += IMPOSSIBLE_NATS * any(c == char for c, _ in opened)
        opened = (*opened[-1:], (char, place.at))
    elif char in CLOSINGS:
        if opened and BRACKETS[opened[-1][0]] == char:
            cost += _within(char, line[opened[-1][1] + 1 : place.at])
            opened = opened[:-1]
        else:
            cost += IMPOSSIBLE_NATS if opened else _unpaired(char)
    return _State(char, place.at, opened), cost


def _unpaired(char: str) -> float:
    return UNPAIRED_SAYING_NATS if char in "「」" else UNPAIRED_NATS


def _within(char: str, part: str) -> float:
    """The cost of brackets around a text; `char` is the closing one."""
    if char in "」』":
        return -BRIEF_PART_NATS * (len(part) <= MIN_SENTENCE_CHARACTERS and not _HIRAGANA.search(part))
    cost = WRONG_LENGTH_NATS * (len(part) > MAX_BRACKETED_CHARACTERS) - BRIEF_PART_NATS * (
        len(part) <= MAX_LIST_PART_CHARACTERS + 2
    )
    return cost - FOREIGN_PART_NATS * (not _is_han(part))


def _here(place: _Place, char: str, costs: Mapping[str, float]) -> float:
    """The cost of a mark between the characters beside it."""
    cost = costs.get(char, OTHER_MARK_NATS)
    if not place.before and char not in BRACKETS:
        return IMPOSSIBLE_NATS
    if not place.behind:
        return (
            IMPOSSIBLE_NATS
            if char in BRACKETS
            else COMMA_AT_LINE_END_NATS
            if char in COMMAS
            else 0.5
            if char in ENDS
            else cost + LOOSE_BRACKET_NATS
        )
    if char == "：" and (place.before in SAYING or place.behind in QUOTING):
        return 0.5
    if place.behind in DEPENDENTS.get(char, ""):
        cost += DEPENDENT_NATS
    if char == "、" and place.before == "は":
        cost += TOPIC_NATS
    if char in CLOSINGS and costs is JAPANESE:
        cost += LOOSE_BRACKET_NATS * (script(place.behind) != "" and place.behind not in DEPENDENTS["、"])
    if char == "。" and costs is JAPANESE:
        cost += UNFINISHED_NATS * (place.before not in PREDICATES)
    elif char == "。":
        cost += WRONG_LENGTH_NATS * (min(place.lengths) <= MAX_LIST_PART_CHARACTERS)
    elif char == "、" and costs is CHINESE:
        cost += WRONG_LENGTH_NATS * (min(place.lengths) >= MIN_SENTENCE_CHARACTERS)
    return cost


#: The character that a multi-byte codec makes of the dot → the codec.
DAMAGED_DOTS = {"路": "gb18030", "繚": "big5", "쨌": "euc-kr"}
#: Places between names on a page, for characters that are also words. At fewer places they are left as they are.
MIN_PLACES = {"路": 2}
#: Names that begin with such a character: Luther, Louis, Reuters, Luke.
NAME_BEGINNINGS = frozenset(("路德", "路易", "路透", "路加"))
#: Dots between names on undamaged pages.
UNDAMAGED_DOTS = "·‧・•"
#: The characters that foreign names are written with, in simplified and in traditional writing.
NAME_CHARACTERS = (
    "阿埃艾爱安奥澳巴班贝本比彼宾波伯勃博布查茨达戴丹德登迪蒂丁杜敦多厄恩尔法凡菲费芬弗夫福盖甘冈戈格根贡古圭哈海汉豪赫亨胡霍"
    "基吉加贾杰捷金卡凯坎康考科克肯孔库奎昆拉莱兰朗劳勒雷里利丽莉连林琳卢鲁伦罗洛马玛迈麦曼毛梅门蒙米敏明莫默姆穆纳娜内奈南"
    "尼涅纽努诺欧帕潘佩彭皮珀普齐奇乔切琼丘让热日瑞若萨塞赛桑瑟沙莎尚绍舍申圣施史什舒斯松苏索所塔泰坦汤陶特滕铁廷图托陀瓦"
    "万王威韦维温文翁沃乌吴武西希夏香谢辛欣休雅亚扬耶叶伊因英尤约扎泽詹兹宗祖佐哥贝雪露赖妮娅菈廉治"
    "愛奧貝賓蘭達戴丹茲爾費蓋岡貢賈傑凱庫萊勞雷麗連盧魯倫羅馬瑪邁麥門蒙納內紐諾歐龐齊喬瓊讓熱薩賽紹聖蘇湯陶鐵圖萬韋維溫烏吳謝亞揚葉約澤裡"
)
#: Nats of evidence of each character of names beside the dot: about one character in eight of all text is among them.
NAME_CHARACTER_NATS = 2.0
#: Characters on each side of the dot that count as evidence; further ones do not.
MAX_NAME_CHARACTERS = 4

_PLACE = re.compile(f"(?<=[{NAME_CHARACTERS}]{{2}})[{''.join(DAMAGED_DOTS)}](?=[{NAME_CHARACTERS}]{{2}})")
_NAME = re.compile(f"[{NAME_CHARACTERS}]*")


def may_be_interpunct(text: str) -> bool:
    """Whether a page may have a damaged dot between names."""
    return any(char in text for char in DAMAGED_DOTS) and _PLACE.search(text) is not None


def interpunct_changes(text: str, grams: GramModel) -> Sequence[Change]:
    """The changes that restore the dots of a page; none where the page has undamaged dots."""
    if any(char in text for char in UNDAMAGED_DOTS):
        return ()
    found: list[Change] = []
    for match in _PLACE.finditer(text):
        at = match.start()
        before, char, behind = text[at - 1], text[at], text[at + 1]
        is_word = grams.cost(before + char) < UNKNOWN_NATS or grams.cost(char + behind) < UNKNOWN_NATS
        if is_word or char + behind in NAME_BEGINNINGS:
            continue
        left = text[max(0, at - MAX_NAME_CHARACTERS) : at][::-1]
        right = text[at + 1 : at + 1 + MAX_NAME_CHARACTERS]
        letters = sum(len(name[0]) for side in (left, right) if (name := _NAME.match(side)))
        dot = Reading(0, 1, "·", DAMAGED_DOTS[char], NAME_CHARACTER_NATS * letters)
        found.append(Change(at, at + 1, dot))
    places = Counter(text[change.start] for change in found)
    return [c for c in found if places[char := text[c.start]] >= MIN_PLACES.get(char, 1)]

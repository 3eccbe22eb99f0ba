"""Tells people from papers in Chinese bylines, and from jobs in Korean and Japanese ones, where no space and no capital shows a name.

"新京报记者 陆一夫" is a paper, a job and a person; "参考消息" is a paper. The words are in `data/metadata/houses.toml`, and
the papers in `data/publishers.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from newsarchive import compiled
from newsarchive.core.metadata.claims import Claim, Place, Position, Source
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.core.text.scripts import has_unspaced
from newsarchive.items import Block
from newsarchive.rules import Rules

_HAN = "\u3400-\u9fff"
#: A name before a word for "reporter", and what Korean agencies and papers print before it: "(서울=연합뉴스) 김철수 기자",
#: "베이징=김철수 특파원".
_BEHIND = re.compile(
    r"(?:[(\[【][^)\]】]{2,30}[)\]】])?\W*(?:(?!사진|영상|그래픽|촬영)[\uac00-\ud7a3]{2,8}\s?=\s?)?"
    r"([\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3·]{2,8})\s?(?:선임|전문|인턴|수습|객원)?(?:기자|특파원|記者|特派員)(?!\w)"
)
#: What parts two Korean names: "홍길동·김철수". In other scripts it stands within the name of a foreigner.
_KOREAN_DOT = re.compile(r"(?<=[\uac00-\ud7a3]{2})·(?=[\uac00-\ud7a3]{2})")
#: People in a row, with spaces between them.
_PEOPLE = re.compile(rf"[{_HAN}]{{2,4}}(?: [{_HAN}]{{2,4}})+")
#: One name, and what stands between two.
_NAME = re.compile(rf"[{_HAN}]{{2,4}}")
_BETWEEN_NAMES = re.compile(r"[\s、，,/]+")
#: Characters of a line that says who reported; a longer line is text.
MAX_SIGNATURE_CHARS = 40
#: Letters behind the name in such a line: "／台北報導". With more it is the first sentence of the text.
MAX_LETTERS_BEHIND_NAME = 20
#: Paragraphs of a text that may begin with a dateline; those in later ones are not read.
MAX_DATELINE_PARAGRAPHS = 3
#: Characters at the start of a paragraph that may be a dateline with its reporters.
MAX_DATELINE_CHARS = 80
#: Paragraphs at the end of a text whose last bracket may say who reported: "…完成九成。（王大明／台中報導）".
MAX_CLOSING_PARAGRAPHS = 3
#: Letters of the shortest name of a place behind a reporter's: 桃園.
MIN_PLACE_LETTERS = 2
#: What a report from a place is called in bylines, with what was done with it: "桃園19日電", "綜合報導".
_REPORTED = r"(?:綜合|综合|連線|连线|專題|专题|採訪|采访)?(?:報導|报导|報道|报道|專電|专电|電|电)"
#: The paper and the day, in brackets of their own before the reporters': "【海港報2024年1月10日訊】".
_PAPER_AND_DAY = r"(?:【[^】]{2,30}】\s?)?"
#: A place, or a desk, behind the names and a stroke: "王大明／台北報導".
_FROM_PLACE = rf"\s?[／/｜|]\s?[{_HAN}]{{1,8}}?{_REPORTED}"
_BEHIND_NAMES = re.compile(rf"{_FROM_PLACE}$")
#: The reporters in brackets at the end of a paragraph, before a place.
_CLOSING = re.compile(rf"[（(【〔]([{_HAN}、]{{2,24}}){_FROM_PLACE}[)）】〕]$")
#: The paper in a bracket with a label before the reporters: "（来源：海港日报 记者 王小明）".
_SOURCE_BEFORE = re.compile(rf"^[（(【]\s?(?:来源|來源|稿源|消息来源)\s?[:：]\s?[{_HAN}]{{2,12}}\s+")
#: A desk, and who reported for it: "政治中心／王大明報導".
_DESK = re.compile(rf"[{_HAN}]{{2,6}}(?:中心|組|组)\s?[／/]\s?([{_HAN}、]{{3,14}}?)(?:報導|报导|報道|报道)")
#: How the names of places end, which a surname may begin: 高雄市.
_PLACE_ENDINGS = ("市", "縣", "县", "區", "区", "鎮", "镇", "鄉", "乡", "省", "港")
#: Names with "and" between them.
_JOINED = re.compile(rf"[{_HAN}]{{2,8}}(?:\s?&\s?[{_HAN}]{{2,8}})+")
#: Letters of the longest name of such a row. Below, the row may be one Japanese name.
MIN_LETTERS_OF_LONGEST = 3


def is_labelled(text: str, rules: Rules) -> bool:
    """Whether a text is the line of another detail: who edited it, or where it is from.

    >>> from newsarchive.rules import default
    >>> is_labelled("责任编辑：张三", default()), is_labelled("张三：", default())
    (True, False)
    """
    return has_unspaced(text) and _patterns(rules).label.match(text) is not None


def bare(text: str, rules: Rules) -> str:
    """The name in a part of a Chinese byline, without the paper and the job before it, and without what follows it.

    >>> from newsarchive.rules import default
    >>> [bare(t, default()) for t in ("新京报记者 陆一夫", "观察者网专栏作者 王文", "张三责任编辑：李四", "海港网 王文")]
    ['陆一夫', '王文', '张三', '王文']
    >>> bare("中国记者协会", default())
    '中国记者协会'
    """
    if not has_unspaced(text):
        return text
    text = _patterns(rules).behind.sub("", text)
    if is_house(text, rules):
        return text
    if match := _patterns(rules).job_before.match(text):
        return text[match.end() :]
    house, _, person = text.strip().partition(" ")
    return person if person.startswith(_patterns(rules).surnames) and is_house(house, rules) else text


def after_job(line: str, rules: Rules) -> str:
    """The names in a line that says nothing but who reported: "新京报记者 陆一夫"; "" for any other line.

    >>> from newsarchive.rules import default
    >>> [after_job(t, default()) for t in ("澎湃新闻记者 段彦超 廖艳", "中新社记者 贾天勇 摄", "记者 张三在现场看到")]
    ['段彦超 廖艳', '', '']
    >>> after_job("（来源：海港日报 记者 王小明）", default())
    '王小明'
    >>> [after_job(t, default()) for t in ("實習記者王大明／綜合報導", "政治中心／王大明報導", "生活中心／高雄市報導", "社會中心／綜合報導")]
    ['王大明', '王大明', '', '']
    """
    if len(line) > MAX_SIGNATURE_CHARS or not has_unspaced(line):
        return ""
    if desk := _DESK.fullmatch(line):
        return "" if desk[1].endswith(_PLACE_ENDINGS) else _if_people(desk[1], rules)
    line = _BEHIND_NAMES.sub("", _SOURCE_BEFORE.sub("", line))
    match = _patterns(rules).job_before.match(line)
    return _if_people(line[match.end() :].strip(" 】）)"), rules) if match else ""


def is_long(rest: str) -> bool:
    """Whether what follows a reporter's name is a text and no place: "〔記者王大明／台北報導〕市府今天宣布，大橋明年通車。"

    >>> is_long("／台北報導"), is_long("／台北報導〕市府今天宣布，新的大橋將在明年春天通車。")
    (False, True)
    """
    return len(rest) > MAX_LETTERS_BEHIND_NAME and has_unspaced(rest)


def in_dateline(paragraph: str, rules: Rules) -> str:
    """The reporters in brackets at the start of a paragraph: "新华社巴黎12月9日电（记者唐霁）法国…"; "" where there are none.

    >>> from newsarchive.rules import default
    >>> [in_dateline(t, default()) for t in ("海港讯（记者 陆一夫 通讯员 张三）桥关了", "海港10月4日讯（记者陈智 整合）桥", "他说（记者张三在场）")]
    ['陆一夫 张三', '陈智', '']

    Papers of Taiwan put the place behind the name, with or without a stroke between them:

    >>> [in_dateline(t, default()) for t in ("〔記者姚介修／台北報導〕市府", "（海港社記者王承中、林于國台北19日電）市府", "〔即時新聞／綜合報導〕")]
    ['姚介修', '王承中、林于國', '']
    """
    if not has_unspaced(paragraph[:20]):
        return ""
    beginning, table = paragraph[:MAX_DATELINE_CHARS], _patterns(rules)
    if found := table.dateline.match(beginning):
        return _if_people(table.beside_names.sub(" ", found[1]).strip(" ："), rules)
    if found := table.from_place.match(beginning):
        return _if_people(found[1].strip(), rules)
    found = table.before_place.match(beginning)
    return _if_people(_without_place(found[1], rules), rules) if found else ""


def at_end(paragraph: str) -> str:
    """The reporters in the last bracket of a paragraph, before a place; "" where there are none.

    >>> at_end("工程已經完成九成。（王大明、林小美／台中報導）"), at_end("他這樣說。（資料來源／海港網）")
    ('王大明、林小美', '')
    """
    found = (
        _CLOSING.search(paragraph[-MAX_SIGNATURE_CHARS:]) if paragraph.endswith(tuple("）)】〕")) else None
    )
    return found[1] if found else ""


def _without_place(text: str, rules: Rules) -> str:
    """The names at the start of a text whose end is a place: "王承中、林于國台北" names two. A name has a surname and two letters, or
    one where no place would be left behind two."""
    before, comma, last = text.rpartition("、")
    surname = 2 if last.startswith(tuple(s for s in _patterns(rules).surnames if len(s) == 2)) else 1
    given = 2 if len(last) >= surname + 2 + MIN_PLACE_LETTERS else 1
    return before + comma + last[: surname + given]


def dateline_claims(blocks: Sequence[Block], rules: Rules) -> list[Claim]:
    """The claim of the first of a text's paragraphs that names reporters in its dateline, else of one of the last that names them in
    its last bracket."""
    body = [b.text for b in blocks if b.label == "body"]
    first = (in_dateline(text, rules) for text in body[:MAX_DATELINE_PARAGRAPHS])
    last = (_if_people(at_end(text), rules) for text in body[: -MAX_CLOSING_PARAGRAPHS - 1 : -1])
    found = next(filter(None, chain(first, last)), "")
    return [Claim("authors", found, Source(Place.TEXT, Position.BELOW))] if found else []


def _if_people(text: str, rules: Rules) -> str:
    """The text itself where all of it is names, else ""."""
    return text if text and all(is_person(name, rules) for name in _BETWEEN_NAMES.split(text)) else ""


def people(text: str, rules: Rules) -> list[str]:
    """The people in a row without commas: "段彦超 廖艳" names two. A text that is no such row is one name.

    >>> from newsarchive.rules import default
    >>> [people(t, default()) for t in ("段彦超 廖艳", "胡一刀&李飞", "山田 太郎")]
    [['段彦超', '廖艳'], ['胡一刀', '李飞'], ['山田 太郎']]
    """
    if _JOINED.fullmatch(text):
        return [name.strip() for name in text.split("&")]
    names = text.split()
    if not _PEOPLE.fullmatch(text) or max(map(len, names)) < MIN_LETTERS_OF_LONGEST:
        return [text]
    return names if all(is_person(name, rules) for name in names) else [text]


def is_house(name: str, rules: Rules) -> bool:
    """Whether a name is that of a Chinese paper, site or office, and of no person.

    >>> from newsarchive.rules import default
    >>> [is_house(name, default()) for name in ("参考消息", "海港发布", "陆一夫")]
    [True, True, False]
    """
    if not has_unspaced(name):
        return False
    return is_paper(name, rules) or (len(name) > 2 and name.endswith(_patterns(rules).houses))


def is_paper(name: str, rules: Rules) -> bool:
    """Whether a name is that of a publisher in the table of publishers, in a script without spaces."""
    return key(name) in _patterns(rules).papers


def is_person(name: str, rules: Rules) -> bool:
    """Whether a name may be that of a Chinese: two to four letters that begin with a surname.

    >>> from newsarchive.rules import default
    >>> [is_person(name, default()) for name in ("陆一夫", "参考消息", "Jane Doe")]
    [True, False, False]
    """
    is_like = _NAME.fullmatch(name) is not None and name.startswith(_patterns(rules).surnames)
    return is_like and not is_house(name, rules)


class _Patterns(NamedTuple):
    """What stands around names in Chinese bylines, by the words of `houses.toml`."""

    #: The label of another detail and the first letter of what it names.
    label: re.Pattern[str]
    #: What follows a name: the label of another detail and the rest of the line, a platform, a link back.
    behind: re.Pattern[str]
    #: The paper and the job before a name, where a name follows.
    job_before: re.Pattern[str]
    #: A dateline up to the reporters in its brackets.
    dateline: re.Pattern[str]
    #: A dateline of Taiwan up to the reporters before a stroke and a place, and one with a place right behind the names.
    from_place: re.Pattern[str]
    before_place: re.Pattern[str]
    #: What stands between and behind the names in a dateline: a second job, and what was done with the text.
    beside_names: re.Pattern[str]
    #: Match keys of the publishers in scripts without spaces.
    papers: frozenset[str]
    surnames: tuple[str, ...]
    houses: tuple[str, ...]


@lru_cache(maxsize=8)
def _patterns(rules: Rules) -> _Patterns:
    words = {
        name: words_of(rules, "houses", name) for name in ("label", "platform", "job", "surname", "house")
    }
    labels, platforms, jobs, surnames, _ = map(dates.any_of, words.values())
    names = (name for row in rules.publishers for name in (row.get("name", ""), *row.get("aliases", ())))
    return _Patterns(
        compiled.regex(rf"\W*(?:{labels})\s?[:：]\s*\w"),
        compiled.regex(
            rf"(?<=\w)\s*[（(【]?(?:{labels})\s?[:：].*|(?<=\w)\s+(?:{platforms})\W*$|(?<=[{_HAN}])返回[{_HAN}]{{2,4}}$"
        ),
        compiled.regex(
            rf"\W*[{_HAN}]{{0,8}}?(?:{jobs})(?:\s+(?=[{_HAN}]{{2}})|(?=(?:{surnames})[{_HAN}]{{1,3}}(?![{_HAN}])))"
        ),
        compiled.regex(
            rf"[^，。（(]{{0,40}}[讯訊电電息道]\s?[（(](?:本报|本網|本网|[{_HAN}]{{0,6}}?)(?:{jobs})[\s：:]*([^（()）]{{2,40}})[)）]"
        ),
        compiled.regex(
            rf"{_PAPER_AND_DAY}[（(【〔\[]?\s?[{_HAN}]{{0,8}}?(?:{jobs})[\s:：]*([{_HAN}、 ]{{2,30}}){_FROM_PLACE}(?:[)）】〕\]]|\s)"
        ),
        compiled.regex(
            rf"{_PAPER_AND_DAY}[（(【〔\[][{_HAN}]{{0,8}}?(?:{jobs})\s?([{_HAN}、]{{4,24}}?)(?:\d{{1,2}}日)?{_REPORTED}[)）】〕\]]"
        ),
        compiled.regex(rf"\s*(?:{jobs})\s?|\s(?:整合|综合|编译|报道|报导)$"),
        frozenset(key(name) for name in names if has_unspaced(name)),
        tuple(words["surname"]),
        tuple(words["house"]),
    )


def reporter(line: str, rules: Rules) -> str:
    """The names before or behind an Eastern word for "reporter", "" for any other line."""
    return before_title(line) or after_job(line, rules)


def before_title(line: str) -> str:
    """The name before a Korean or Japanese word for "reporter" ("김철수 기자"), "" for any other line. Two Korean names have a semicolon
    between them.

    >>> before_title("(서울=연합뉴스) 홍길동·김철수 기자 = 서울시는"), before_title("사진=홍길동 기자")
    ('홍길동; 김철수', '')
    """
    match = None if line.isascii() else _BEHIND.match(line)
    return _KOREAN_DOT.sub("; ", match[1]) if match else ""

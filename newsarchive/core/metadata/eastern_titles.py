"""Cuts the names of the section and the site off a title in Chinese or Japanese.

"磨坊关闭_新闻_海港网" is the headline, a section and the site. Titles in these scripts have no spaces around the signs
between their parts, and a headline may hold the same signs ("1-10月"). So a part is cut off only where the page has the
rest as a line of its own, or where the part is named as sites are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from itertools import islice

from newsarchive.core.metadata.chinese_names import is_house, is_paper
from newsarchive.core.metadata.person_names import is_listed_paper
from newsarchive.core.text.dates import any_of
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.core.text.scripts import HAN_AND_KANA, has_unspaced
from newsarchive.rules import Rules

#: Signs between the parts of a title. Dashes are left out where nothing but its name tells the site: headlines have them.
_SIGN = re.compile(r"\s*[-－_＿|｜]+\s*")
_DASH_OR_SPACE = re.compile(r"\s*[-–—－_＿|｜]+\s*|\s+")
#: Signs that a headline may hold as well: behind one of these alone a word such as 新闻 shows no site.
_HYPHENS = ("-", "－")
#: The host behind the name of the site: "长江网_cjn.cn".
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,4}", re.IGNORECASE)
_HAN_OR_KANA = re.compile(f"[{HAN_AND_KANA}]")
#: Letters of a headline. A shorter rest may be a section, and nothing is cut off.
MIN_HEADLINE_LETTERS = 8
#: Letters of a section between the headline and the site. A longer part may belong to the headline.
MAX_SECTION_LETTERS = 6
#: Letters of a headline for each letter that a space parts from it. Two halves of a headline are about as long.
MIN_LETTERS_BEFORE_SPACE = 2
#: Letters of a site's name before the word in which it ends; a longer text is no name.
MAX_LETTERS_BEFORE_ENDING = 10
#: Signs of a title that are looked at; a title with more is no title.
MAX_SIGNS = 20


def without_site(title: str, lines: Collection[str], names: Collection[str], rules: Rules) -> str:
    """The title without the names of sections and sites at its end, or at its beginning where the page shows the rest.

    `lines` are the lines of the page, and `names` the names that the site has, all as match keys (`normalise.key`).

    >>> from newsarchive.rules import default
    >>> [without_site(t, (), (), default()) for t in ("老磨坊关闭四十年后居民遗憾-海港网", "1-10月德清县投资结构趋稳趋优")]
    ['老磨坊关闭四十年后居民遗憾', '1-10月德清县投资结构趋稳趋优']
    >>> without_site("老磨坊关闭四十年后居民遗憾-海港", {key("老磨坊关闭四十年后居民遗憾")}, (), default())
    '老磨坊关闭四十年后居民遗憾'

    Earns the headline of 11 of 65 Chinese news pages, and with it the day of 4.
    """
    if not has_unspaced(title):
        return title
    return _shown(title, lines, names, rules) or _without_names(title, names, rules)


def site_in(title: str, rules: Rules) -> str:
    """The name of the site at the end of a title: the last part, where it is named as sites are, or is a listed paper.

    >>> from newsarchive.rules import default
    >>> [site_in(t, default()) for t in ("老磨坊关闭_新闻_海港网_hgw.cn", "老磨坊关闭--海港商报", "他撒下一张网", "渡轮-磨坊关闭")]
    ['海港网', '海港商报', '', '']

    Earns the publisher of 34 of 65 Chinese news pages.
    """
    signs = list(islice(_SIGN.finditer(title), MAX_SIGNS)) if has_unspaced(title) else []
    if not signs:
        return ""
    sign, name = signs[-1], title[signs[-1].end() :].strip()
    if _HOST.fullmatch(name):
        return site_in(title[: sign.start()], rules)
    is_site = is_site_name(name, rules) or _is_listed(name, rules)
    return name if is_site or (sign[0].strip() not in _HYPHENS and is_house(name, rules)) else ""


def _shown(title: str, lines: Collection[str], names: Collection[str], rules: Rules) -> str:
    """The longest beginning or end of the title, or all of it, that the page has as a line of its own and that names no site;
    "" where it has none."""
    if key(title) in lines:
        return title
    found: list[str] = []
    for sign in islice(_DASH_OR_SPACE.finditer(title), MAX_SIGNS):
        before, after = title[: sign.start()].strip(" :："), title[sign.end() :].strip()
        is_space = not sign[0].strip()
        if is_space and key(before) in lines and len(key(before)) <= len(key(after)):
            found.append(after)  # the blog's name stands first in `<title>`, as FC2's templates have it
            continue
        if is_space and len(key(before)) < MIN_LETTERS_BEFORE_SPACE * len(key(after)):
            continue
        found += [before] if is_space else [before, after]
    shown = (
        part
        for part in found
        if len(key(part)) >= MIN_HEADLINE_LETTERS
        and key(part) in lines
        and key(part) not in names
        and not is_site_name(part, rules)
    )
    return max(shown, key=len, default="")


def _without_names(title: str, names: Collection[str], rules: Rules) -> str:
    """The title without the site's name, and without the section before it where the same sign stands there."""
    sign_before = ""
    for sign in reversed(list(islice(_SIGN.finditer(title), MAX_SIGNS))):
        before, part = title[: sign.start()].strip(), title[sign.end() :].strip()
        is_section = (
            sign[0].strip() == sign_before
            and _HAN_OR_KANA.search(part) is not None
            and len(key(part)) <= MAX_SECTION_LETTERS
        )
        if len(key(before)) < MIN_HEADLINE_LETTERS or not (
            is_section or key(part) in names or is_site_name(part, rules) or _is_listed(part, rules)
        ):
            break
        title, sign_before = before, sign[0].strip()
    return title


def is_site_name(text: str, rules: Rules) -> bool:
    """Whether a text is named as Chinese sites are: 新华网, 证券时报网, 中国载人航天官方网站.

    >>> from newsarchive.rules import default
    >>> [is_site_name(t, default()) for t in ("海港网", "股票频道", "磨坊关闭", "他说“要上网")]
    [True, True, False, False]
    """
    return _site_name(rules).fullmatch(text) is not None


def _is_listed(name: str, rules: Rules) -> bool:
    return is_paper(name, rules) or is_listed_paper(name, rules)


@lru_cache(maxsize=8)
def _site_name(rules: Rules) -> re.Pattern[str]:
    """Matches a short text that ends in a word for a site, from `data/metadata/houses.toml`."""
    return re.compile(
        rf"[\w·]{{1,{MAX_LETTERS_BEFORE_ENDING}}}(?:{any_of(words_of(rules, 'houses', 'site'))})"
    )

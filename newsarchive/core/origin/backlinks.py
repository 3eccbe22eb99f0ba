"""Lines that link the page's own headline to another site: the footer that a feed gives each of its posts.

Plugins for search engines end the posts of a feed with "The post HEADLINE appeared first on The Heron", in the language of the
blog and in the wording of its owner, and programs that republish feeds print it with the text. Others write "More here: HEADLINE".
No table has all wordings, but the build is one: the line holds the headline, that is a link to another site, and names that site: in a
second link, or in print behind the headline. Such a line says where the article is from, in any language. A blog links its own
headline elsewhere for other reasons too: a podcast, slides, a shop, a discussion, a translation. So a line without the site's name is
a hint, unless a known phrase says that the article is from there, and so is a line with an unknown label before the headline ("Slides:
…"). Another kind of line is nothing but the label of a link ("Go to Source").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.origin.attribution import attribution_of, attributions_in
from newsarchive.core.origin.attribution_patterns import AGAINST, entries_of, folded, words_of
from newsarchive.core.origin.mentions import not_hosts
from newsarchive.core.origin.publishers import folded_entries, key_of
from newsarchive.core.text.scripts import is_caseless
from newsarchive.core.urls import (
    BLOG_HOSTS,
    is_web_archive,
    parts_of,
    registered_domain,
    same_site,
    try_normalise,
)
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Letters and digits of a headline; a shorter one may be the name of a film or a shop, which a line links for another reason.
MIN_HEADLINE_CHARACTERS = 16
#: Letters and digits of a headline in a script without capitals, whose words are shorter.
_MIN_CASELESS_HEADLINE_CHARACTERS = 7
#: Share of the headline that a link's text must hold, 0 to 1: feeds and blogs cut long headlines.
_MIN_HEADLINE_SHARE = 0.6
#: Letters and digits of a line besides its links; a line with more is prose.
MAX_OTHER_CHARACTERS = 60
#: Quotation marks and brackets with nothing between them.
_EMPTY = re.compile(r"[\"“„«‘'「『《〈【(（\[]\s*[\"”“»’'」』》〉】)）\]]")
#: Characters of a line besides the headline; a longer line is prose.
MAX_LINE_CHARACTERS = 200
#: A label before a headline ("Slides: …"), with the quotation marks that open behind it.
_LABEL = re.compile(r"[:：﹕|–—-]\s*[\"“„«‘'「『《〈【(（\[]*\s*$")
_WORD = re.compile(r"[^\W_]+")
#: A whole address. Its last part is often the headline, which such a line does not print.
_WEB_ADDRESS = re.compile(r"https?://\S+")
#: Groups of words that say what happened to a text, or which text is meant.
_ABOUT_TEXTS = frozenset(("publish", "read", "this"))
#: Letters and digits of a domain's first label; a shorter one may be any word of a line.
_MIN_LABEL_CHARACTERS = 3
#: Words of a link's text that is the name of a site; a longer text is none.
_MAX_NAME_WORDS = 8
#: Characters of a link's text that is the name of a site; a longer text is none.
_MAX_NAME_CHARACTERS = 60
#: Characters of a line that is nothing but a link's label ("Read the original article").
_MAX_LABEL_CHARACTERS = 60
#: Labels of lines that say where the article comes from, or who wrote and translated it.
_NOTICES = ("attribution", "byline")
#: Letters and digits that may stand beside the label: "View original post 1,234 more words".
_MAX_BESIDE_LABEL = 20


@dataclass(frozen=True, slots=True)
class Backlink:
    """What such a line gives: the address of the original, its domain, and the name of its site, "" where it prints none.

    `text` is what the line prints for the article, and `is_sure` says that it gives it as the original, and not as anything else of
    the same title.
    """

    url: str
    domain: str
    name: str
    text: str
    is_sure: bool


def backlink_in(block: Block, page_url: str, headline: str, rules: Rules) -> Backlink | None:
    """The link from a short line to the original of the page at `page_url`, `None` for any other line.

    >>> from newsarchive.rules import default
    >>> links = (("The mill closes on Monday", "https://heron.example/1"), ("The Heron", "https://heron.example/"))
    >>> line = Block("Inlägget The mill closes on Monday dök först upp på The Heron.", links=links)
    >>> backlink_in(line, "https://blog.example/7", "The mill closes on Monday", default())
    Backlink(url='https://heron.example/1', domain='heron.example', name='The Heron', text='The mill closes on Monday', is_sure=True)
    >>> line = Block("Slides: The mill closes on Monday", links=links[:1])
    >>> backlink_in(line, "https://blog.example/7", "The mill closes on Monday", default()).is_sure
    False
    """
    key = key_of(headline)
    away = links_away(block, page_url)
    if not _is_long(key, headline) or not away:
        return None
    titled = [(text, url) for text, url in away if not _WEB_ADDRESS.fullmatch(text)]
    anchor, url = next(((text, url) for text, url in titled if _is_headline(key_of(text), key)), ("", ""))
    if not url and key in key_of(_WEB_ADDRESS.sub(" ", block.text)):  # "HEADLINE https://heron.example/1"
        anchor, url = headline, next((url for text, url in away if "://" in text), "")
    others = [(text, other) for text, other in away if other != url]
    beside_links = len(key_of(block.text)) - sum(len(key_of(text)) for text, _ in away)
    if not url or beside_links > MAX_OTHER_CHARACTERS:
        return None
    domain = registered_domain(url)
    same = [(text, other) for text, other in others if registered_domain(other) == domain]
    if domain in not_hosts(rules) or len(same) < len(others):
        return None
    short = [text for text, _ in same if 1 < len(text) <= _MAX_NAME_CHARACTERS and "://" not in text]
    names = [text for text in short if len(text.split()) <= _MAX_NAME_WORDS]
    before, _, behind = block.text.partition(anchor)
    # The address of the site or of the folder that holds the page: `/` and `/blog/` of `/blog/2025/7/`.
    path = parts_of(url).path
    above = {
        other
        for _, other in same
        if path.startswith(parts_of(other).path.rstrip("/") + "/") and not parts_of(other).query
    }
    named = any(other in above or _names(text, domain) for text, other in same if text in names)
    named = named or (key in key_of(anchor) and _names(behind, domain))
    labelled = key_of(before) in folded_entries(rules, "link_labels") or _says_original(before, rules)
    named = named and domain not in BLOG_HOSTS and (labelled or not _LABEL.search(before))
    said = attribution_of(block.text, rules) or attributions_in(f"{before}{behind}", rules)
    is_sure = labelled or named or bool(said)
    return Backlink(url, domain, next(iter(names), ""), anchor, is_sure)


def _says_original(label: str, rules: Rules) -> bool:
    """Whether a label says that the article was elsewhere first, in words that tables know: "Originally posted here: "."""
    words = words_of(label, rules)
    groups = [word.groups for word in words]
    known = bool(_LABEL.search(label)) and all(groups) and not any(g & set(AGAINST) for g in groups)
    first = [word for word in words if "first" in word.groups]
    return known and bool(first) and any(w.groups & _ABOUT_TEXTS for w in words if w not in first)


def _names(text: str, domain: str) -> bool:
    """Whether a text prints a domain, or words that make its first label: "The Heron" for theheron.example."""
    if domain in text.casefold():
        return True
    label, words = key_of(domain.partition(".")[0]), [key_of(word) for word in _WORD.findall(text)]
    runs = ("".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1))
    return len(label) >= _MIN_LABEL_CHARACTERS and label in runs


def links_away(block: Block, page_url: str) -> list[tuple[str, str]]:
    """The links of a block to other sites, as text and address. What a writer mistyped is no address, and is left out, and so is a page
    in a web archive, which is nobody's original.

    >>> links = (("The Heron", "https://heron.example/1"), ("Fen", "http://fen,example/"), ("Top", "https://blog.example/"))
    >>> links_away(Block("The Heron, Fen, Top", links=links), "https://blog.example/7")
    [('The Heron', 'https://heron.example/1')]
    """
    whole = (pair for pair in block.links if "://" in pair[1] and try_normalise(pair[1]) is not None)
    return [(t.strip(), url) for t, url in whole if not same_site(url, page_url) and not is_web_archive(url)]


def original_link(block: Block, page_url: str, rules: Rules, source: str = "") -> str:
    """The link in a block that leads to another site, "" without one: preferably to a page, and on the source's name."""
    tools = entries_of(rules, "tool_hosts")
    links = [(t, link) for t, link in links_away(block, page_url) if registered_domain(link) not in tools]
    named = [link for text, link in links if text and source and (text in source or source in text)]
    deep = [link for _, link in links if len(link.rstrip("/").split("/", 3)) > 3]
    return next(iter([*(u for u in deep if u in named), *deep, *named, *(u for _, u in links)]), "")


def is_link_label(block: Block, rules: Rules) -> bool:
    """Whether a line says "Source", "Read the original article" or the like, and little else."""
    if len(block.text) >= _MAX_LABEL_CHARACTERS:
        return False
    key = key_of(block.text)
    if key in folded_entries(rules, "link_labels") or (block.links and _is_label(key, rules)):
        return True
    linked = (key_of(text) for text, _ in block.links if text != block.text)
    return any(len(key) - len(text) <= _MAX_BESIDE_LABEL and _is_label(text, rules) for text in linked)


def labelled_link(block: Block, page_url: str, rules: Rules) -> str:
    """The link to the original in a line that is the label of that link, or in a notice that ends with such a label: "This article was
    translated by a machine. Read the original in English". "" without one."""
    if is_link_label(block, rules):
        return original_link(block, page_url, rules)
    if block.label not in _NOTICES:
        return ""
    away = (url for text, url in links_away(block, page_url) if _is_label(key_of(text), rules))
    return next(away, "")


def _is_label(key: str, rules: Rules) -> bool:
    """Whether a folded text is the label of a link to the original, whatever language it names."""
    labels = folded_entries(rules, "link_labels")
    return key in labels or (len(key) < _MAX_LABEL_CHARACTERS and _without_language(key, rules) in labels)


def label_lines(blocks: Sequence[Block], page_url: str, rules: Rules) -> list[int]:
    """The indexes of lines that are labels of links to another site. Where they lead to several sites the page lists firms, and none
    of them is its source."""
    home = "/".join([*page_url.split("/", 3)[:3], ""])
    leading_away = (  # most lines have no link, or are a menu's
        i for i, block in enumerate(blocks) if any(not url.startswith(home) for _, url in block.links)
    )
    found = {i: labelled_link(blocks[i], page_url, rules) for i in leading_away}
    away = {i: link for i, link in found.items() if link}
    return list(away) if len({registered_domain(link) for link in away.values()}) == 1 else []


@lru_cache(maxsize=4096)
def _without_language(key: str, rules: Rules) -> str:
    """A folded label without the language that it names for the original: "Read the original in English". It is remembered, since the
    same lines of a menu are asked about several times on each page of a site."""
    return _languages(rules).sub("", key, count=1)


@lru_cache(maxsize=16)
def _languages(rules: Rules) -> re.Pattern[str]:
    # In one order in every process, or each would compile and keep an expression of its own.
    keys = sorted(map(re.escape, sorted(folded_entries(rules, "languages"))), key=len, reverse=True)
    return compiled.regex("|".join(keys) or r"(?!)")


def without_headline(text: str, headline: str) -> str:
    """A line without the headline that it quotes among other words, so that tables of phrases know the rest.

    >>> without_headline("Inlägget The mill closes on Monday dök först upp på The Heron.", "The mill closes on Monday")
    'Inlägget dök först upp på The Heron.'
    >>> without_headline("The mill closes on Monday", "The mill closes on Monday")
    'The mill closes on Monday'
    """
    if not len(headline) < len(text) <= len(headline) + MAX_LINE_CHARACTERS:
        return text
    if folded(headline).casefold() not in folded(text).casefold():  # hardly a line holds it
        return text
    found = re.search(re.escape(headline), text, re.I) if _is_long(key_of(headline), headline) else None
    if found is None:
        return text
    rest = _EMPTY.sub("", text[: found.start()] + text[found.end() :])
    return " ".join(rest.split()) or text


def _is_long(key: str, headline: str) -> bool:
    least = _MIN_CASELESS_HEADLINE_CHARACTERS if is_caseless(headline) else MIN_HEADLINE_CHARACTERS
    return len(key) >= least


def _is_headline(text: str, headline: str) -> bool:
    """Whether a link's text is the headline, or most of it; both are folded."""
    short, long = sorted((text, headline), key=len)
    return short in long and len(short) >= len(long) * _MIN_HEADLINE_SHARE

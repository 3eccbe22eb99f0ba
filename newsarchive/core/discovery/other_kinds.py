"""Pages that are something else than an article: a forum's thread, a product, an event, a job offer, a page of a wiki.

    other_kind(Shown("<body id='phpbb' class='section-viewtopic'>…", url), rules)   # Kind("discussion", "…")

Their texts read like articles, so that no classifier of blocks tells them apart; their programs do. They write the kind of
a page into `<html>` and `<body>`, declare a type of schema.org or Open Graph, name themselves as the generator, and put
forms for a basket into it. A page of an unknown forum shows messages of several people, one box like the other, and nothing
else. Titles tell pages that every site has: an imprint, a privacy policy, results of a search, maintenance.

The same programs publish articles: a shop has a blog, a forum a portal, a wiki news. Each sign therefore says on which
pages it counts: most of them on pages that declare no article, the generator on pages without a day.

`page_kind` asks this of a page that a crawl found by itself. Of 99 such pages of 48
programs, a crawl took 81 for articles without this, and takes 3 with it. Of 2,579 real pages with a text, 13 more are refused, most of
them products, threads and imprints (`docs/benchmarks/other-software.md`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from selectolax.lexbor import LexborNode

from newsarchive import compiled
from newsarchive.core.discovery.shown import Kind, Shown, declares_article, has_article_type, ld_types
from newsarchive.core.html.markup import upwards
from newsarchive.core.html.parsing import base_of
from newsarchive.core.text.words import count_words
from newsarchive.core.urls import site_of, try_normalise
from newsarchive.exceptions import BadRules
from newsarchive.items import DropReason
from newsarchive.rules import Rules, strings

_FILE = "data/discovery/otherkinds.toml"

#: Words outside of links. A page with fewer says little: a video's description, a notice that the site is away.
MAX_LITTLE_WORDS = 120
#: Words outside of links. A page with fewer says next to nothing: "There are no posts yet", and what a category is about.
MAX_NOTICE_WORDS = 60
#: Elements with a type of schema.org that are looked at; further ones are not.
MAX_TYPED_ELEMENTS = 200
#: Messages of a thread. With fewer boxes it may be a text with an answer.
MIN_MESSAGES = 3
#: Writers of a thread. A text in boxes that name one writer, as a live blog, is an article.
MIN_WRITERS = 2
#: Words of all messages of a thread. With fewer the boxes are a list of names.
MIN_MESSAGE_WORDS = 60
#: Share of the words of all messages in one of them. With more the boxes are the columns of a page, or an article and its comments.
MAX_MESSAGE_SHARE = 0.6
#: Words of a run of text outside of all messages. With as many it may be the article, and the messages its comments.
MIN_ARTICLE_RUN_WORDS = 15
#: Marks of writers that are looked at; further ones are not.
MAX_WRITER_MARKS = 300
#: Ancestors of such a mark that may be the box of its message.
MAX_BOX_ANCESTORS = 8
#: Elements that are looked at for the name that gives a box its shape: the box, its first child, and the first child of that.
MAX_SHAPE_DEPTH = 3
#: Characters of a writer's name. A longer text names nobody.
MAX_NAME_CHARACTERS = 40
#: Words of a line that may be the day of a text: "Saturday, April 12, 2025", "12 April 2025, by Jane Miller".
MAX_DAY_LINE_WORDS = 10
#: Paragraphs at the top of a page among which such a line is looked for.
MAX_DAY_LINES = 3

#: Sections whose words are compared as they are.
_EXACT_SECTIONS = frozenset(("types", "sources", "undated_sources"))
_SEPARATORS = re.compile(r"\s+[-–—:·•«»‹›~/]+\s+|\s*[|｜]\s*")
_WRITERS = (
    '[itemprop="author"], [class*="username"], [class*="author"], [class*="poster"], [class*="PostUser"], '
    'a[href*="user"], a[href*="member"], a[href*="profile"], a[href*="space-uid"]'
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DAYS = 'time[datetime], [itemprop~="datePublished"], .published, .post-date, .entry-date, .date'
_RUNS = "p, li, td, dd, blockquote, pre, div, section, article, main, span"
_FRAMES = frozenset(("nav", "header", "footer", "aside", "form", "noscript"))
#: Elements that have their text themselves; of others only what stands in no element inside is a run.
_PARAGRAPHS = frozenset(("p", "li", "blockquote", "pre", "dd"))
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'"})


class _Words:
    """`otherkinds.toml`, compiled. A reason that is none of `DropReason` is a `BadRules`."""

    def __init__(self, rules: Rules) -> None:
        table: Mapping[str, Any] = rules.discovery.get("otherkinds", {})
        self.names = [(frozenset(name.split()), reason, name) for name, reason in _pairs(table, "names")]
        self.all_names = frozenset(chain.from_iterable(names for names, _, _ in self.names))
        self.sources, self.undated_sources = _pairs(table, "sources"), _pairs(table, "undated_sources")
        self.types, self.open_graph = dict(_pairs(table, "types")), dict(_pairs(table, "open_graph"))
        self.generators, self.forms = _pairs(table, "generators"), _pairs(table, "forms")
        self.titles, self.short_titles = dict(_pairs(table, "titles")), dict(_pairs(table, "short_titles"))
        self.beginnings, self.headings = _pairs(table, "beginnings"), _pairs(table, "headings")
        self.texts = _pairs(table, "texts")
        marks = "|".join(re.escape(mark) for mark, _ in self.forms)
        self.form_marks = compiled.regex(marks or "(?!)")


def _pairs(table: Mapping[str, Any], section: str) -> list[tuple[str, str]]:
    """(word in small letters, reason) of a section."""
    found = table.get(section, {})
    for reason in found:
        if reason not in set(DropReason):
            raise BadRules(_FILE, section, f"{reason!r} is no reason of `DropReason`")
    return [
        (word if section in _EXACT_SECTIONS else word.casefold(), reason)
        for reason in found
        for word in strings(f"{_FILE} [{section}]", found, reason)
    ]


_words = lru_cache(maxsize=4)(_Words)


def named_kind(page: Shown, rules: Rules) -> Kind | None:
    """What the page's program calls it, in names of `<html>` and `<body>`. They go before all other signs: a shop's product has
    `single`, as a post of WordPress has, and a plug-in's `og:type` "article"."""
    words = _words(rules)
    written = page.names & words.all_names
    for names, reason, said in words.names if written else ():
        if names <= written:
            return Kind(reason, f"its program calls it {said!r}")
    return None


def typed_kind(page: Shown, rules: Rules) -> Kind | None:
    """What a page is whose program calls it one entry of a kind of its own: an event, a job offer. A plug-in for search engines says
    `og:type` "article" of these, too."""
    return _by_types(page, _words(rules), declared=False)


def other_kind(page: Shown, rules: Rules) -> Kind | None:
    """What the page is, if its types, forms, titles or messages show that it is no article."""
    words = _words(rules)
    declared = declares_article(page.tree)
    return (
        _by_types(page, words, declared)
        or (None if declared else _by_open_graph(page, words))
        or (None if declared else _by_titles(page, words))
        or (None if declared else _by_texts(page, words))
        or (None if declared else _by_source(page, words.sources))
        or (None if declared else _by_messages(page))
        or (None if declared or _shows_day(page) else _undated(page, words))
    )


def _by_types(page: Shown, words: _Words, declared: bool) -> Kind | None:
    """A type of schema.org. On an element it counts where it stands once: several products are what an article compares."""
    written = ld_types(page.tree)
    nodes = page.tree.css("[itemscope][itemtype]")[:MAX_TYPED_ELEMENTS]
    on_elements = [(node.attributes.get("itemtype") or "").rpartition("/")[2] for node in nodes]
    if has_article_type((*written, *on_elements)):
        return None
    once = (name for name in dict.fromkeys(on_elements) if on_elements.count(name) == 1)
    for name in (*sorted(written), *once):
        reason = words.types.get(name, "")
        if reason == DropReason.DISCUSSION or (reason and not declared):
            return Kind(reason, f"structured data: {name}")
    return None


def _by_open_graph(page: Shown, words: _Words) -> Kind | None:
    node = page.tree.css_first('meta[property="og:type"]')
    said = (node.attributes.get("content") or "").strip().casefold() if node is not None else ""
    reason = words.open_graph.get(said, "")
    is_text = reason == DropReason.MEDIA and (not page.says_less_than(MAX_LITTLE_WORDS) or _shows_day(page))
    if not reason or is_text:
        return None
    return Kind(reason, f"Open Graph: {said}")


def _by_titles(page: Shown, words: _Words) -> Kind | None:
    """A title that is a static page's, an error's or a list's and nothing else. A part of the title that is not the first one is the
    site's name, "Datenschutz" may be that of a blog; but "Harbour Post – Coming Soon" says it of a page with next to no words."""
    for title in page.titles:
        parts = [part.strip(" .!?…") for part in _SEPARATORS.split(title.translate(_APOSTROPHES).casefold())]
        whole = parts[0]
        reason = words.titles.get(whole) or next(
            (why for start, why in words.beginnings if _begins(whole, start)), ""
        )
        tried = parts if page.says_less_than(MAX_NOTICE_WORDS) else parts[:1]
        if not reason and page.says_less_than(MAX_LITTLE_WORDS):
            reason = next((words.short_titles[part] for part in tried if part in words.short_titles), "")
        if reason:
            return Kind(reason, f"its title says so: {whole!r}")
    if page.tree.css_first("h1") is None and page.says_less_than(MAX_LITTLE_WORDS):
        heading = page.tree.css_first("h2, h3, h4")
        text = " ".join(heading.text(deep=True).split()).casefold() if heading is not None else ""
        if reason := next((why for start, why in words.headings if _begins(text, start)), ""):
            return Kind(reason, f"its first heading says so: {text[:80]!r}")
    return None


def _begins(text: str, start: str) -> bool:
    """Whether a text begins with these words, and not with a longer word."""
    return text.startswith(start) and not text[len(start) : len(start) + 1].isalpha()


def _by_texts(page: Shown, words: _Words) -> Kind | None:
    if not page.says_less_than(MAX_NOTICE_WORDS) or _shows_day(page):
        return None
    text = " ".join(page.texts[1].split()).casefold()
    found = next(((said, reason) for said, reason in words.texts if said in text), None)
    return Kind(found[1], f"it says {found[0]!r}, and little else") if found else None


def _undated(page: Shown, words: _Words) -> Kind | None:
    """What the program, or a form for a basket, says of a page that shows no day."""
    return _by_generator(page, words) or _by_source(page, words.undated_sources) or _by_form(page, words)


def _by_source(page: Shown, marks: Iterable[tuple[str, str]]) -> Kind | None:
    found = next(((mark, reason) for mark, reason in marks if mark in page.html), None)
    return Kind(found[1], f"its source has {found[0]!r}") if found else None


def _by_generator(page: Shown, words: _Words) -> Kind | None:
    for node in page.tree.css("meta[name]"):
        if (node.attributes.get("name") or "").lower() == "generator":
            said = (node.attributes.get("content") or "").strip().casefold()
            for start, reason in words.generators:
                if said.startswith(start):
                    return Kind(reason, f"its generator is {said[:40]!r}, and it shows no day")
    return None


def _by_form(page: Shown, words: _Words) -> Kind | None:
    """A form that puts something into a basket of the site, or sends an application to it."""
    base, site = base_of(page.tree, page.url), site_of(page.url)
    for form in page.tree.css("form"):
        action = try_normalise(form.attributes.get("action") or "", base)
        if action is not None and site_of(action) != site:
            continue
        parts = chain((form,), form.css("button, input"))
        said = " ".join(value or "" for part in parts for value in part.attributes.values()).casefold()
        if match := words.form_marks.search(said):
            return Kind(dict(words.forms)[match[0]], f"a form of it: {match[0]!r}")
    return None


def _shows_day(page: Shown) -> bool:
    """Whether the page marks a day, or one of its first paragraphs is a line with a year."""
    if page.tree.css_first(_DAYS) is not None:
        return True
    first = islice((p for p in page.tree.css("p") if not _is_framed(p)), MAX_DAY_LINES)
    lines = (" ".join(p.text(deep=True).split()) for p in first)
    return any(_YEAR.search(line) and count_words(line) <= MAX_DAY_LINE_WORDS for line in lines)


# --- messages ---------------------------------------------------------------------------------------------------------


def _by_messages(page: Shown) -> Kind | None:
    """Boxes side by side, one like the other, each of which names a writer, with nearly all of the text."""
    boxes = _messages(page)
    if not boxes:
        return None
    inside = {node.mem_id for box in boxes for node in (box, *box.css(_RUNS))}
    for node in page.tree.css(_RUNS):
        if node.mem_id in inside or _is_framed(node) or any(n.mem_id in inside for n in node.css(_RUNS)[:1]):
            continue
        text = node.text(deep=node.tag in _PARAGRAPHS)
        if count_words(text) >= MIN_ARTICLE_RUN_WORDS:
            return None
    return Kind(DropReason.DISCUSSION, f"{len(boxes)} messages of several people, and no other text")


def _messages(page: Shown) -> list[LexborNode]:
    """The boxes of the thread with the most words, none where there is no thread."""
    groups: defaultdict[tuple[int, str, str], dict[int, tuple[LexborNode, str]]] = defaultdict(dict)
    for mark, name in _writers(page):
        for box in upwards(mark.parent, MAX_BOX_ANCESTORS):
            if box.tag in ("body", "html"):
                break
            if box.parent is not None and (shape := _shape(box)):
                key = (box.parent.mem_id, box.tag or "", shape)
                groups[key].setdefault(box.mem_id, (box, name))
    best: list[LexborNode] = []
    most = MIN_MESSAGE_WORDS - 1
    for group in groups.values():
        if len(group) < MIN_MESSAGES or len({name for _, name in group.values()}) < MIN_WRITERS:
            continue
        boxes = [box for box, _ in group.values()]
        sizes = [count_words(box.text(deep=True)) for box in boxes]
        if sum(sizes) > most and max(sizes) <= MAX_MESSAGE_SHARE * sum(sizes):
            best, most = boxes, sum(sizes)
    return best


def _writers(page: Shown) -> list[tuple[LexborNode, str]]:
    """The marks of writers with their names, in the order of the page.

    The innermost marks are read first, because around one that is too long for a name all are: 300 marks, one in the other, around a
    text of 5 MB took 15 seconds.
    """
    found, too_long = list[tuple[LexborNode, str]](), set[int]()
    for mark in reversed(page.tree.css(_WRITERS)[:MAX_WRITER_MARKS]):
        if mark.mem_id in too_long:
            continue
        name = " ".join(mark.text(deep=True).split())
        if 0 < len(name) <= MAX_NAME_CHARACTERS:
            found.append((mark, name))
        up: LexborNode | None = mark if len(name) > MAX_NAME_CHARACTERS else None
        while up is not None and up.mem_id not in too_long:
            too_long.add(up.mem_id)
            up = up.parent
    return found[::-1]


def _shape(node: LexborNode) -> str:
    """What boxes of one kind have in common: the first class, or an id without its number, or else those of the first element inside;
    "" where there is neither."""
    for _ in range(MAX_SHAPE_DEPTH):
        first = next(iter((node.attributes.get("class") or "").split()), "")
        numbered = re.sub(r"\d+", "0", node.attributes.get("id") or "")
        if shape := first or (numbered if "0" in numbered else ""):
            return shape
        inner = next(node.iter(), None)
        if inner is None:
            return ""
        node = inner
    return ""


def _is_framed(node: LexborNode) -> bool:
    """Whether an element belongs to the site's frame or to a form."""
    up: LexborNode | None = node
    while up is not None and up.tag not in _FRAMES:
        up = up.parent
    return up is not None

"""What is known of a site's pages, as CSS selectors for other programs: which element holds the article, and what in it is not
part of the article.

    body   div.entry-content
    strip  div.sharedaddy, div#jp-relatedposts
    title  h1.entry-title

Feed readers (FreshRSS) and text services (fivefilters) fetch a page and take out of it what a selector names. They know no lines
that repeat on a site, no labels and no classifier: a selector says only where something stands. So some of what the archive
does is lost, and `measured` says how much: the words that the selectors keep of a page, as libxml2 reads it for those
programs too, against the article's own.

The element is the one whose text is most like the articles' (word F1) on the pages; a second is added for pages that have
another layout. Stripped are the elements in it that hold a line which is no part of the article, and that hold a line of the
article on no page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from statistics import fmean
from typing import Any

import lxml.html  # type: ignore[import-untyped]
from cssselect import GenericTranslator
from lxml import etree

from newsarchive.core.site_template.layouts import MIN_PROSE_SHARE
from newsarchive.items import Article

#: Pages that must show a layout. Fewer say nothing of the site's other pages.
MIN_PAGES = 3
#: Share of the pages (0 to 1) that must have an element for it to be the body of a layout. Less would make a layout of an accident.
MIN_LAYOUT_SHARE = 0.25
#: Share of the pages (0 to 1) whose headline an element must be for its selector to be that of titles.
MIN_TITLE_SHARE = 0.6
#: Word F1 (0 to 1) of an element's text against the article. Below it the page is of another layout.
MIN_FITTING_F1 = 0.5
#: Layouts of a site. Further ones fit single pages.
MAX_BODIES = 3
#: Elements that are stripped, those with most words first. Readers of feeds look for each of them on every page.
MAX_STRIPPED = 20
#: Words that an element must hold on all pages together to be stripped. Fewer are a sign or a number.
MIN_STRIPPED_WORDS = 3
#: Word F1 by which a selector must be better than one that is found on more pages, or is shorter, to take its place.
MIN_GAIN = 0.002
#: Names that a person gave, not a program: no number of a post, no hash.
_NAME = re.compile(r"-?[A-Za-z_][A-Za-z0-9_-]*")
_MADE = re.compile(r"\d{3}|(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{8,}|--|__[A-Za-z0-9]{5,}$")
#: Elements that a page has once, or for one purpose, so that their names alone are selectors.
_TELLING = frozenset({"article", "main", "aside", "nav", "footer", "form", "h1", "figcaption"})
_UNSEEN = frozenset({"script", "style", "noscript", "template"})
_WORD = re.compile(r"\w+")
_PARSER = lxml.html.HTMLParser(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Portable:
    """Selectors of a site, all of CSS; `title` is "" where none is right on most pages."""

    body: tuple[str, ...]
    strip: tuple[str, ...] = ()
    title: str = ""

    @property
    def xpath(self) -> Portable:
        """The same as XPath 1.0."""
        title = xpath(self.title) if self.title else ""
        return Portable(tuple(map(xpath, self.body)), tuple(map(xpath, self.strip)), title)


@dataclass(frozen=True, slots=True)
class Measured:
    """How much of the articles the selectors give on some pages: means of shares, 0 to 1. `recall` is the part of an
    article's words that they keep, `precision` the part of what they give that is article, `f1` both."""

    pages: int
    f1: float
    recall: float
    precision: float


class Sample:
    """A stored page: its document, and what the archive reads it as."""

    def __init__(self, html: str, article: Article) -> None:
        self.article = article
        self.words = Counter(_words(article.article_body))
        #: The lines of the article, by their words.
        self.lines = {" ".join(_words(block.text)) for block in article.blocks if block.label == "body"}
        self.document = lxml.html.document_fromstring(
            html.encode("utf-8", "replace") or b"<p>", parser=_PARSER
        )
        for element in list(self.document.iter(*_UNSEEN)):
            element.drop_tree()
        self._alike: dict[str, float] = {}

    def alike(self, body: str) -> float:
        """The word F1 of what a selector gives against the article; remembered, as each half of the pages asks for it again."""
        if body not in self._alike:
            self._alike[body] = _scores(self.words, self.text(Portable((body,))))[0]
        return self._alike[body]

    def found(self, selector: str) -> list[Any]:
        """The elements that a selector names, without those inside another of them."""
        found = _compiled(selector)(self.document)
        every = set(found)
        return [element for element in found if not any(above in every for above in element.iterancestors())]

    def text(self, portable: Portable) -> Counter[str]:
        """The words that the selectors give: of the first body that meets something, without what is stripped."""
        bodies = next((found for body in portable.body if (found := self.found(body))), [])
        stripped = {element for selector in portable.strip for element in self.found(selector)}
        return Counter(word for body in bodies for word in _words(" ".join(_shown(body, stripped))))


def learn(samples: Sequence[Sample]) -> Portable | None:
    """The selectors of a site; `None` where no element holds the articles of enough pages."""
    bodies: list[str] = []
    left = list(samples)
    while len(left) >= MIN_PAGES and len(bodies) < MAX_BODIES and (best := _best_body(left)):
        bodies.append(best)
        left = [sample for sample in left if sample.alike(best) < MIN_FITTING_F1]
    if not bodies:
        return None
    return Portable(tuple(bodies), _stripped(samples, bodies), _title(samples))


def measured(samples: Sequence[Sample], portable: Portable) -> Measured:
    """How much of the articles' words the selectors keep on these pages."""
    return _mean([_scores(sample.words, sample.text(portable)) for sample in samples])


def crossed(samples: Sequence[Sample]) -> Measured | None:
    """The measure on pages that taught nothing: learned from every second page, measured on the others, and the other way
    round. `None` where a half teaches nothing."""
    halves = (samples[::2], samples[1::2])
    scores = []
    for taught, others in (halves, halves[::-1]):
        portable = learn(taught) if len(taught) >= MIN_PAGES else None
        if portable is None or not others:
            return None
        scores += [_scores(sample.words, sample.text(portable)) for sample in others]
    return _mean(scores)


def _mean(scores: Sequence[tuple[float, float, float]]) -> Measured:
    f1, recall, precision = (fmean(column) for column in zip(*scores, strict=True))
    return Measured(len(scores), f1, recall, precision)


@lru_cache(maxsize=4096)
def xpath(selector: str) -> str:
    """A selector of CSS as XPath 1.0.

    >>> xpath("article > h1")
    '//article/h1'
    """
    return GenericTranslator().css_to_xpath(selector, prefix="//")


@lru_cache(maxsize=4096)
def _compiled(selector: str) -> Any:
    return etree.XPath(xpath(selector))


def _best_body(samples: Sequence[Sample]) -> str:
    """The selector whose text is most like the articles of the pages that have it; "" where none is good enough."""
    votes: Counter[str] = Counter()
    for sample in samples:
        votes.update({name for step in _holding(sample.article) for name in _names(step)})
    needed = max(MIN_LAYOUT_SHARE * len(samples), MIN_PAGES)
    best, best_score = "", 0.0
    for name, count in sorted(votes.items(), key=lambda vote: (-vote[1], len(vote[0]), vote[0])):
        if count < needed:
            continue
        scores = [sample.alike(name) for sample in samples]
        if (
            sum(score >= MIN_FITTING_F1 for score in scores) >= needed
            and fmean(scores) > best_score + MIN_GAIN
        ):
            best, best_score = name, fmean(scores)
    return best


def _holding(article: Article) -> Iterator[str]:
    """The steps of the elements that hold nearly all of an article."""
    words: Counter[str] = Counter()
    total = 0
    for block in article.blocks:
        if block.label == "body":
            count = len(_words(block.text))
            total += count
            steps = block.path.split("/")
            words.update({"/".join(steps[:depth]): count for depth in range(2, len(steps) + 1)})
    for place, count in words.items():
        if count >= MIN_PROSE_SHARE * total:
            yield place.rpartition("/")[2]


def _names(step: str) -> Iterator[str]:
    """The selectors that a step of a path allows: `div#main.post.entry` → `div#main`, `div.post`, `div.entry`."""
    tag, *marks = re.split(r"(?=[#.])", step)
    if tag in _TELLING:
        yield tag
    if _NAME.fullmatch(tag):
        for mark in marks:
            if _NAME.fullmatch(mark[1:]) and not _MADE.search(mark[1:]):
                yield tag + mark


def _stripped(samples: Sequence[Sample], bodies: Sequence[str]) -> tuple[str, ...]:
    """What is no article inside the bodies, and holds a part of one on no page; what takes most words first."""
    kept: set[str] = set()
    lost: dict[str, dict[tuple[int, int], int]] = {}  # name → page and block → the block's words
    for number, sample in enumerate(samples):
        for at, block in enumerate(sample.article.blocks):
            steps = block.path.split("/")
            names = [list(_names(step)) for step in steps]
            if block.label == "body":
                kept.update(name for some in names for name in some)
                continue
            held = (depth for depth, some in enumerate(names) if not set(bodies).isdisjoint(some))
            for name in chain.from_iterable(names[next(held, len(names)) + 1 :]):
                lost.setdefault(name, {})[number, at] = len(_words(block.text))
    covered: set[tuple[int, int]] = set()
    chosen: list[str] = []

    def size(name: str) -> int:
        return sum(words for place, words in lost[name].items() if place not in covered)

    pages = {name: len({number for number, _ in places}) for name, places in lost.items()}
    free = {name for name, count in pages.items() if name not in kept and count > 1}
    while free and len(chosen) < MAX_STRIPPED:
        best = max(free, key=lambda name: (size(name), -len(name), name))
        if size(best) < MIN_STRIPPED_WORDS:
            break
        free.discard(best)
        # The blocks know no path for what a page nests wrongly.
        if all(sample.lines.isdisjoint(map(_line, sample.found(best))) for sample in samples):
            chosen.append(best)
            covered.update(lost[best])
    return tuple(chosen)


def _line(element: Any) -> str:
    """The text of an element, by its words."""
    return " ".join(_words(" ".join(_shown(element, set()))))


def _title(samples: Sequence[Sample]) -> str:
    """The selector whose first element is the headline on most pages, "" for none."""
    votes: Counter[str] = Counter({"h1": 0})
    for sample in samples:
        for block in sample.article.blocks:
            if block.label == "title":
                votes.update(name for step in block.path.split("/")[-2:] for name in _names(step))
    right = {
        name: sum(
            bool(found := sample.found(name)) and _line(found[0]) == " ".join(_words(sample.article.headline))
            for sample in samples
        )
        for name in votes
    }
    best = max(right, key=lambda name: (right[name], -len(name)))
    return best if right[best] >= MIN_TITLE_SHARE * len(samples) else ""


def _shown(element: Any, stripped: set[Any]) -> Iterator[str]:
    """The texts in an element, without those of elements that are stripped."""
    waiting: list[Any] = [element]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield here
            continue
        if here.tail and here is not element:
            waiting.append(here.tail)
        if here in stripped or not isinstance(here.tag, str):
            continue
        waiting.extend(reversed(here))
        if here.text:
            yield here.text


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _scores(wanted: Counter[str], given: Counter[str]) -> tuple[float, float, float]:
    """F1, recall and precision of two multisets of words."""
    common = (wanted & given).total()
    if not common:
        return 0.0, 0.0, 0.0
    recall, precision = common / wanted.total(), common / given.total()
    return 2 * recall * precision / (recall + precision), recall, precision


def freshrss(portable: Portable) -> tuple[str, str]:
    """The two fields of a feed's settings in FreshRSS: the selector of the content, and of what is removed from it."""
    return ", ".join(portable.body), ", ".join(portable.strip)


def fivefilters(portable: Portable, remarks: Iterable[str], test_urls: Iterable[str]) -> str:
    """A site config of Full-Text RSS (fivefilters.org), to be saved as `DOMAIN.txt`."""
    paths = portable.xpath
    lines = [f"# {remark}" for remark in remarks]
    lines += [f"title: {paths.title}"] if paths.title else []
    lines += [f"body: {path}" for path in paths.body]
    lines += [f"strip: {path}" for path in paths.strip]
    lines += ["prune: no", *(f"test_url: {url}" for url in test_urls)]
    return "\n".join(lines) + "\n"

"""A page whose kind is asked for: what it shows, and what it calls itself.

    page = Shown("<body class='single'><h1>The ferry</h1><p>It runs again.</p>", "https://blog.example/ferry/")
    page.words             # 3
    page.says_less_than(40), declares_article(page.tree)    # (True, True)

Each part is worked out once, when a sign of `page_kind` or of `other_kinds` first needs it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.parsing import parse
from newsarchive.core.text.words import count_words

#: Characters of structured data that are searched for types.
_MAX_LD_CHARACTERS = 500_000
_LD_TYPE = re.compile(r'"@type"\s*+:\s*+\[?+\s*+"(\w+)"')
#: Types of schema.org for one article: `NewsArticle`, `BlogPosting`.
_ARTICLE_TYPE = re.compile(r"\w*Article|BlogPosting|Report")


@dataclass(frozen=True, slots=True)
class Kind:
    """`reason` is an `items.DropReason`, "" for what may be an article; `detail` is the sign that decided."""

    reason: str = ""
    detail: str = ""


class Shown:
    """A page whose kind is asked for, and what it shows. Each part is worked out once, when a sign first needs it.

    `url` is the address that answered, after redirects.
    """

    def __init__(self, html_text: str, url: str) -> None:
        self.html, self.url = html_text, url
        self.tree = parse(html_text)
        self._paragraph_words = 0

    @cached_property
    def classes(self) -> frozenset[str]:
        body = self.tree.body
        return frozenset((body.attributes.get("class") or "").lower().split()) if body else frozenset()

    @cached_property
    def names(self) -> frozenset[str]:
        """What the program of the site writes into id, class and `data-template` of `<html>` and `<body>`, in small letters."""
        nodes = [node for node in (self.tree.root, self.tree.body) if node is not None]
        said = (
            node.attributes.get(name) or "" for node in nodes for name in ("id", "class", "data-template")
        )
        return frozenset(" ".join(said).lower().split())

    @cached_property
    def titles(self) -> list[str]:
        nodes = (self.tree.css_first("title"), self.tree.css_first("h1"))
        return [" ".join(n.text(deep=True).split()) for n in nodes if n is not None]

    @cached_property
    def title(self) -> str:
        return " | ".join(self.titles).casefold()

    @cached_property
    def texts(self) -> tuple[str, str]:
        """All text that a person reads, and the part of it outside of links, forms and the site's frame."""
        tree = self.tree.clone()
        tree.strip_tags(["script", "style", "template"])
        text = tree.body.text(deep=True, separator=" ") if tree.body else ""
        tree.strip_tags(["noscript", "nav", "header", "footer", "aside", "form", "a"])
        return text, tree.body.text(deep=True, separator=" ") if tree.body else ""

    @cached_property
    def words(self) -> int:
        """The number of words outside of links and the site's frame, or in paragraphs, whichever is greater."""
        # Some sites wrap everything into one form or aside.
        return max(count_words(self.texts[1]), self._words_of_paragraphs(math.inf))

    @cached_property
    def _further_paragraphs(self) -> Iterator[LexborNode]:
        return iter(self.tree.css("p"))

    def _words_of_paragraphs(self, enough: float) -> int:
        """The number of words in paragraphs; no further one is counted when there are enough."""
        while self._paragraph_words < enough and (p := next(self._further_paragraphs, None)) is not None:
            self._paragraph_words += count_words(p.text(deep=True))
        return self._paragraph_words

    def says_less_than(self, words: int) -> bool:
        """Whether the page has fewer words than `words`; for nearly every article its paragraphs alone answer."""
        return self._words_of_paragraphs(words) < words and self.words < words


# --- what declares an article ----------------------------------------------------------------------------------------


def is_open_graph_article(tree: LexborHTMLParser) -> bool:
    """Whether Open Graph calls a page one article. Posts under which other posts follow say so too."""
    return tree.css_first('meta[property="og:type"][content="article"]') is not None


def declares_article(tree: LexborHTMLParser) -> bool:
    """Whether a page's head, structured data or WordPress' body class calls it one article."""
    if is_open_graph_article(tree) or has_article_type(ld_types(tree)):
        return True
    return tree.css_first('meta[property="article:published_time"], body.single') is not None


def ld_types(tree: LexborHTMLParser) -> frozenset[str]:
    """The types that a page's JSON-LD names (`NewsArticle`, `CollectionPage`), found without parsing it."""
    scripts = "".join(n.text(deep=True) for n in tree.css("script[type='application/ld+json']"))
    return frozenset(_LD_TYPE.findall(scripts[:_MAX_LD_CHARACTERS]))


def has_article_type(types: Iterable[str]) -> bool:
    return any(map(_ARTICLE_TYPE.fullmatch, types))

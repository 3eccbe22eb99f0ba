"""What a page is when it is no article: index, static page, login, wall, soft 404, block page.

Signs are asked in the order of their reliability: the address, what the platform writes into the page
(body classes of WordPress and Blogger, structured data), what the page is made of (forms, teasers),
and last its words, which count only where the page says little else. Words are in
`data/discovery/pagekinds.toml`. Where nothing speaks against it, a page may be an article: whether it has
the text of one is for the extractor to say.

Titles of servers' errors: "404 Not Found", "Seite nicht gefunden – A blog".

A headline may hold the same words ("S&P 500 closes at record high", "Missing girl not found after search"), so
words alone prove nothing. A title is an error's where one of its parts is made of nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.discovery.links import address_score, base_of, index_reason
from newsarchive.core.html.parsing import fresh, parse
from newsarchive.core.text.scripts import UNSPACED
from newsarchive.core.urls import site_of, try_normalise, url_key
from newsarchive.items import DropReason
from newsarchive.rules import Rules, strings

_TABLE = "error_titles"

#: Characters of a title's part. A server's error is short; a longer part is a sentence of somebody's.
MAX_PART_CHARACTERS = 120

#: Where the name of the site is set off from what the page is called.
_SEPARATORS = re.compile(r"\s+[-–—:·•«»‹›~/]+\s+|\s*[|｜]\s*|\s*:\s+|[_＿]")
#: Scripts that are written with spaces: a phrase in them begins and ends with a word.
_SPACED_LETTER = re.compile(rf"[^\W\d_{UNSPACED}]|\d")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "＇": "'"})
_ARTICLE_TYPE = re.compile(r'"@type"\s*:\s*\[?\s*"(?:\w*Article|BlogPosting|Report)"')


def error_title(titles: Iterable[str], tree: LexborHTMLParser, rules: Rules) -> str:
    """The part of one of a page's titles that is a server's error, "" where none is.

    `titles` are the `<title>` and the first headings. A part without a number and without a word for the page
    ("Forbidden") counts only where `tree`, the parsed page, does not declare an article.
    """
    table = _compiled(rules)
    for title in titles:
        for part in _SEPARATORS.split(" ".join(title.split()).translate(_APOSTROPHES)):
            if not table.is_error(part):
                continue
            if table.names_page(part) or not declares_article(tree):
                return part
    return ""


def declares_article(tree: LexborHTMLParser) -> bool:
    """Whether a page's head, structured data or WordPress' body class calls it one article."""
    if tree.css_first(
        'meta[property="og:type"][content="article"], meta[property="article:published_time"], body.single'
    ):
        return True
    scripts = tree.css('script[type="application/ld+json"]')
    return any(_ARTICLE_TYPE.search(script.text(deep=True)[:200_000]) for script in scripts)


class _ErrortitlesWords:
    """`[error_titles]` of `pagekinds.toml`, compiled."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        numbers, subjects, signals, fillers = (
            [word.casefold() for word in strings(f"{_FILE} [{_TABLE}]", table, name)]
            for name in ("numbers", "subjects", "signals", "fillers")
        )
        every = _alternatives([*numbers, *subjects, *signals, *fillers])
        self.whole = re.compile(rf"[\W_]*(?:{every}[\W_]*)+")
        self.telling = re.compile(_alternatives([*numbers, *signals]))
        self.page = re.compile(_alternatives([*numbers, *subjects]))

    def is_error(self, part: str) -> bool:
        """Whether a part holds nothing but the words of errors, a telling one among them."""
        text = part.casefold().strip()
        if not text or len(text) > MAX_PART_CHARACTERS:
            return False
        return self.telling.search(text) is not None and self.whole.fullmatch(text) is not None

    def names_page(self, part: str) -> bool:
        """Whether a part says that it speaks of a page or gives an error's number."""
        return self.page.search(part.casefold()) is not None


def _alternatives(words: Iterable[str]) -> str:
    """A group of words and phrases, the longest first, each a whole word where its script has spaces."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(_whole_word, ordered)) or '(?!)'})"


def _whole_word(word: str) -> str:
    before = r"(?<!\w)" if _SPACED_LETTER.match(word[0]) else ""
    after = r"(?!\w)" if _SPACED_LETTER.match(word[-1]) else ""
    return before + re.escape(word) + after


@lru_cache(maxsize=4)
def _compiled(rules: Rules) -> _ErrortitlesWords:
    return _ErrortitlesWords(rules.discovery.get("pagekinds", {}).get(_TABLE, {}))


_FILE = "data/discovery/pagekinds.toml"

#: A page that says no more than this many words besides links may be a wall, a form or an error.
FEW_WORDS = 120
#: Below this, a page with a form for a password is that form.
FORM_WORDS = 40
#: Below this, a page with scripts has been left to them.
SCRIPT_WORDS = 20
#: So many entries whose headings lead elsewhere, with so much of the page's text, make an index.
TEASERS = 3
TEASER_SHARE = 0.6

#: `index_reason`'s words → why it is no article.
_BY_ADDRESS = {
    "account": DropReason.LOGIN_PAGE,
    "page": DropReason.STATIC_PAGE,
    "file": DropReason.NOT_HTML,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """`reason` is an `items.DropReason`, "" for what may be an article; `detail` is the sign that decided."""

    reason: str = ""
    detail: str = ""


class _Page:
    """A page under question; what is costly is worked out when a sign asks for it."""

    def __init__(self, html_text: str, url: str) -> None:
        self.html, self.url = html_text, url
        self.tree = parse(html_text)

    @cached_property
    def classes(self) -> frozenset[str]:
        body = self.tree.body
        return frozenset((body.attributes.get("class") or "").lower().split()) if body else frozenset()

    @cached_property
    def titles(self) -> list[str]:
        nodes = [*self.tree.css("title")[:1], *self.tree.css("h1")[:1]]
        return [" ".join(n.text(deep=True).split()) for n in nodes]

    @cached_property
    def title(self) -> str:
        return " | ".join(self.titles).casefold()

    @cached_property
    def words(self) -> int:
        """How many words stand outside of links and the site's frame, or in paragraphs, whichever is more."""
        tree = fresh(self.html)
        tree.strip_tags(
            ["script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "a"]
        )
        text = tree.body.text(deep=True, separator=" ") if tree.body else ""
        # Some sites wrap everything into one form or aside.
        return max(_count(text), self.in_paragraphs)

    @cached_property
    def in_paragraphs(self) -> int:
        return sum(_count(p.text(deep=True)) for p in self.tree.css("p"))

    def says_less_than(self, words: int) -> bool:
        """Whether `words` is less than that: known from the paragraphs alone for nearly every article."""
        return self.in_paragraphs < words and self.words < words

    @cached_property
    def ld_types(self) -> frozenset[str]:
        scripts = "".join(n.text(deep=True) for n in self.tree.css("script[type='application/ld+json']"))
        return frozenset(re.findall(r'"@type"\s*:\s*\[?\s*"(\w+)"', scripts[:500_000]))


def page_kind(html_text: str, url: str, rules: Rules) -> Kind:
    """What a page is, if it is no article. `url` is the address that answered, after redirects."""
    page, words = _Page(html_text, url), _words(rules)
    return (
        _by_platform(page)
        or _by_forms(page)
        or _by_error(page, rules)
        or _by_walls(page, words)
        or _by_address(page, rules)
        or _by_teasers(page)
        or _by_script(page)
        or Kind()
    )


def block_reason(html_text: str, headers: Mapping[str, str], status: int, rules: Rules) -> str:
    """Why an answer means that the site keeps us out ("" where it does not): `captcha`, `challenge`, `http 403`.

    A 404 that also has a challenge script is a 404. Nothing here is evaded: the feed or the API is asked.
    """
    words = _words(rules)
    if "challenge" in headers.get("cf-mitigated", ""):
        return "challenge"
    page = _Page(html_text[:500_000], "")
    barred = status in (401, 403, 429, 503) and any(mark in page.html for mark in words.block_marks)
    if barred or (words.block_titles(page) and page.says_less_than(FEW_WORDS)):
        return "captcha" if "captcha" in page.html.lower() else "challenge"
    return f"http {status}" if status in (401, 403) else ""


def _by_platform(page: _Page) -> Kind | None:
    """Body classes of WordPress and Blogger, and the types of structured data, are the site's own word."""
    classes = page.classes if _WORDPRESS_OR_BLOGGER.search(page.html) else frozenset()
    if "error404" in classes:
        return Kind(DropReason.ERROR_PAGE, "body.error404")
    if not classes & _SINGLE:
        for name in _INDEXES:
            if name in classes:
                return Kind(DropReason.INDEX_PAGE, f"body.{name}")
    # An index may show the form of a locked post among others, so indexes go first.
    if page.tree.css_first("form.post-password-form, article.post-password-required"):
        return Kind(DropReason.PROTECTED, "WordPress asks for the post's password")
    for name in ("attachment", "static-view", "page"):
        if name in classes:
            return Kind(DropReason.STATIC_PAGE, f"body.{name}")
    if classes & _SINGLE:
        return Kind()
    if page.ld_types & _COLLECTIONS and not page.ld_types & _ARTICLES:
        return Kind(DropReason.INDEX_PAGE, "structured data: no article but a collection")
    return None


#: Body classes: of what stands alone, and of lists.
_SINGLE = frozenset(["single", "single-post", "item-view", "page", "static-view", "attachment"])
_INDEXES = (
    "search-results",
    "search-no-results",
    "archive",
    "category",
    "blog",
    "index-view",
    "archive-view",
)
_COLLECTIONS = frozenset(["CollectionPage", "SearchResultsPage", "ProfilePage"])
_WORDPRESS_OR_BLOGGER = re.compile(
    r"/wp-(?:content|includes)/|blogger\.com/|content=['\"](?:WordPress|blogger)"
)
_ARTICLES = frozenset(
    ["Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle", "OpinionNewsArticle", "Report"]
)


def _by_forms(page: _Page) -> Kind | None:
    """A form for a password is a login page where little else is said; most blogs have one in a corner."""
    if page.tree.css_first("input[type=password]") and page.says_less_than(FORM_WORDS):
        return Kind(DropReason.LOGIN_PAGE, "a form for a password, and little text")
    return None


def _by_error(page: _Page, rules: Rules) -> Kind | None:
    """A title that is a server's error and nothing else, where little else is said."""
    if (told := error_title(page.titles, page.tree, rules)) and page.says_less_than(FEW_WORDS):
        return Kind(DropReason.ERROR_PAGE, f"its title says so: {told!r}")
    return None


def _by_walls(page: _Page, words: _Words) -> Kind | None:
    for reason, pattern in words.titles.items():
        if (match := pattern.search(page.title)) and page.says_less_than(FEW_WORDS):
            return Kind(reason, f"its title says so: {match[0]!r}")
    host = urlsplit(page.url).hostname or ""
    if host.startswith(("consent.", "cmp.", "cookies.")) and page.says_less_than(4 * FEW_WORDS):
        return Kind(DropReason.CONSENT_PAGE, f"the host {host}")
    if page.says_less_than(FEW_WORDS) and any(mark in page.html for mark in words.paywall_marks):
        return Kind(DropReason.PAYWALL, "marks of a paywall, and little text")
    return None


def _by_address(page: _Page, rules: Rules) -> Kind | None:
    reason = index_reason(page.url, rules)
    if not reason or reason == "part of a post":
        return None
    return Kind(_BY_ADDRESS.get(reason, DropReason.INDEX_PAGE), f"the address: {reason}")


def _by_teasers(page: _Page) -> Kind | None:
    """Entries whose headings lead to pages of their own make an index, if most of the text is theirs."""
    says_article = (
        page.tree.css_first("meta[property='og:type'][content=article]") or page.ld_types & _ARTICLES
    )
    if address_score(page.url) >= 3 or says_article:
        return None
    teasers = _teasers(page)
    sizes = [_count(entry.text(deep=True)) for entry in teasers.values()]
    if len(teasers) < TEASERS or sum(sizes) < TEASER_SHARE * page.words:
        return None
    if max(sizes) > 0.5 * max(page.words, sum(sizes)):
        return None  # the article itself, with links to others inside
    theirs = {p.mem_id for entry in teasers.values() for p in entry.css("p")}
    others = (p for p in page.tree.css("p") if p.mem_id not in theirs)
    if sum(_count(p.text(deep=True)) for p in others) > FEW_WORDS:
        return None
    return Kind(DropReason.INDEX_PAGE, f"{len(teasers)} entries whose headings lead to other pages")


def _teasers(page: _Page) -> dict[str, LexborNode]:
    """The entries of a page whose headings lead to other pages of the site, by key."""
    base, here, site = base_of(page.tree, page.url), url_key(page.url), site_of(page.url)
    found: dict[str, LexborNode] = {}
    for entry in page.tree.css("article, .hentry, .h-entry, .post, .entry, .blog-post, .post-preview")[:200]:
        link = entry.css_first("h1 a[href], h2 a[href], h3 a[href], h4 a[href], a[rel~=bookmark]")
        url = try_normalise((link.attributes.get("href") or "") if link else "", base) if link else None
        if url and site_of(url) == site and (key := url_key(url)) != here:
            found.setdefault(key, entry)
    return found


def _count(text: str) -> int:
    """Words; ten letters count as one at least, for languages that are written without spaces."""
    words = text.split()
    return max(len(words), sum(map(len, words)) // 10)


def _by_script(page: _Page) -> Kind | None:
    """Nothing to read, and scripts to fill it."""
    if not page.says_less_than(SCRIPT_WORDS) or not page.tree.css_first("script"):
        return None
    empty = page.tree.css_first("#root, #app, #__next, #__nuxt, #___gatsby, app-root, [data-reactroot]")
    asks = any("javascript" in n.text(deep=True).casefold() for n in page.tree.css("noscript"))
    return Kind(DropReason.SCRIPT_ONLY, "next to no text, and a script to fill it") if empty or asks else None


class _Words:
    """`pagekinds.toml`, compiled."""

    def __init__(self, rules: Rules) -> None:
        table: Mapping[str, Any] = rules.discovery.get("pagekinds", {})
        self.titles = {reason: _starting(words) for reason, words in table.get("titles", {}).items()}
        self.block = _starting(strings(_FILE, table, "block_titles"))
        self.block_marks = strings(_FILE, table, "block_marks")
        self.paywall_marks = strings(_FILE, table, "paywall_marks")

    def block_titles(self, page: _Page) -> bool:
        return bool(self.block.search(page.title))


def _starting(words: tuple[str, ...]) -> re.Pattern[str]:
    """The words where a title, or a part of one, begins."""
    return re.compile(rf"(?:^|[|–—:·»-]\s*)(?:{'|'.join(map(re.escape, words)) or '(?!)'})(?!\w)")


@lru_cache(maxsize=4)
def _words(rules: Rules) -> _Words:
    return _Words(rules)

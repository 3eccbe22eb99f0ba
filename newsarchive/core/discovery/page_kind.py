"""What a page is when it is no article: a list of posts, a static page, a login, a wall, an error.

Signs are read in the order of their reliability: what the platform writes into the page (body classes of WordPress
and Blogger, structured data), what the page is made of (forms), its title, the address, its teasers. Titles and
marks count only where the page says little else. The words stand in `data/discovery/pagekinds.toml`.

Pages that their own software calls something else, as a forum's thread or a shop's product, are known by `other_kinds`.

The spider asks this of every answer before it is stored, and a feed or an API that lists the page may overrule it
(`spiders.posts`). A page without a sign may be an article; extraction decides later whether it has the text of one, by its
blocks and the classifier (`extraction.page_type`), also for pages that come from files.

A headline may hold the words of an error ("S&P 500 closes at record high", "Missing girl not found after search"). A
title is therefore an error's only where one of its parts is made of nothing else: "Seite nicht gefunden – A blog".

`first_look` asks this and more before anything is kept of a page: may we have it, is it a post, is it whole?

    first_look(LookAt(html, "https://blog.example/post/", {}, 200), rules).parts    # ("https://blog.example/post/2/",)

All signs are read in one go, so that a worker process can do it: a page may hang the parser.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive import compiled
from newsarchive.core.discovery.links import MIN_POST_SCORE, address_score, index_reason
from newsarchive.core.discovery.other_kinds import named_kind, other_kind, typed_kind
from newsarchive.core.discovery.pagination import page_parts, unlinked_part
from newsarchive.core.discovery.rights import noarchive
from newsarchive.core.discovery.shown import Kind, Shown, declares_article, has_article_type, ld_types
from newsarchive.core.html.parsing import base_of, fresh
from newsarchive.core.text.patterns import Literals
from newsarchive.core.text.scripts import UNSPACED
from newsarchive.core.text.words import count_words
from newsarchive.core.urls import registered_domain, site_of, try_normalise, url_key
from newsarchive.exceptions import BadRules
from newsarchive.items import DropReason
from newsarchive.rules import Rules, strings

_FILE = "data/discovery/pagekinds.toml"

#: Words outside of links. A page with fewer may be a wall or an error; a page with more is not judged by its title or marks.
MIN_TEXT_WORDS = 120
#: Words outside of links. A page with fewer and with `MIN_WALL_PHRASES` phrases of a wall is a wall.
MIN_WORDS_BESIDE_WALL = 400
#: Words of a post beside the box that keeps back the rest. With fewer, the post is not there; with more, its beginning is.
MIN_PREVIEW_WORDS = 40
#: Characters of a page that are searched for phrases of a wall. Text behind them is no wall's.
MAX_WALL_CHARACTERS = 50_000
#: Phrases of a wall ("prove that you are human") that make a page of fewer than `MIN_WORDS_BESIDE_WALL` words a wall, because an
#: article may quote one. On a page of fewer than `MIN_TEXT_WORDS` words one phrase is enough.
MIN_WALL_PHRASES = 3
#: Words outside of links. A page with fewer and a form for a password is a login page.
MIN_WORDS_BESIDE_FORM = 40
#: Words outside of links and the site's frame. On a page with more, an offer of the domain in these is not what the page is.
MIN_WORDS_BESIDE_OFFER = 40
#: Words outside of links. A page with fewer, and with scripts, is filled by them in the browser.
MIN_WORDS_WITHOUT_SCRIPT = 20
#: Entries whose headings link other pages. A page with fewer is no list: they are related posts below an article.
MIN_TEASERS = 3
#: Share of the page's words that stand in such entries. With less the page is an article with teasers below.
MIN_TEASER_SHARE = 0.6
#: Share of the page's words in one such entry. With more, the entry is the article itself, with links inside.
MAX_ENTRY_SHARE = 0.5
#: Words of such an entry below the heading of a list; with more it is the article all the same. A summary is a paragraph.
MAX_CARD_WORDS = 150
#: Characters of a title's part; a longer part is a sentence, and no server's error.
MAX_PART_CHARACTERS = 120
#: Sources that name posts alone: a page that they name is a post, even where it looks like an index or a static page.
POSTS_ALONE_SOURCES = frozenset(("wp-json", "feed", "stored"))
#: What such a page may look like.
OVERRULED_KINDS = frozenset((
    DropReason.INDEX_PAGE, DropReason.STATIC_PAGE, DropReason.REFERENCE_PAGE, DropReason.PROFILE, DropReason.MEDIA,
))  # fmt: skip
#: What stands before a page or in its place, or could not be read: it does not say that the page is another one now.
IN_BETWEEN = frozenset((
    DropReason.LOGIN_PAGE, DropReason.CONSENT_PAGE, DropReason.PAYWALL, DropReason.PROTECTED, DropReason.SCRIPT_ONLY,
    DropReason.EMPTY, DropReason.BINARY, DropReason.BROKEN, DropReason.TOO_SLOW, DropReason.CRASHED, DropReason.STEP_FAILED,
))  # fmt: skip
#: Characters of a refused answer that are searched for marks of a challenge.
_MAX_BLOCK_PAGE_CHARACTERS = 500_000

#: Reasons of `index_reason` under which the page is no index.
_BY_ADDRESS = {"account": DropReason.LOGIN_PAGE, "page": DropReason.STATIC_PAGE, "file": DropReason.NOT_HTML}
_COLLECTIONS = frozenset(["CollectionPage", "SearchResultsPage", "ProfilePage"])

#: Classes of a post of WordPress. An entry of another kind, which a plug-in brings, has `single` alone.
_POST = frozenset(("single", "single-post"))
#: What sets the name of the site off from the name of the page.
_SEPARATORS = re.compile(r"\s+[-–—:·•«»‹›~/]+\s+|\s*[|｜]\s*|\s*:\s+|[_＿]")
#: A letter of a script with spaces, or a digit: a phrase that begins or ends with it is a whole word there.
_SPACED_LETTER = compiled.regex(rf"[^\W\d_{UNSPACED}]|\d")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "＇": "'"})


def page_kind(page: Shown, rules: Rules) -> Kind:
    """What a page is, if it is no article."""
    words = _words(rules)
    return (
        named_kind(page, rules)
        or _by_platform(page, rules)
        or _by_forms(page)
        or _by_error(page, rules)
        or _by_domain(page, words)
        or _by_walls(page, words)
        or _by_address(page, rules)
        or _by_feed_markup(page)
        or _by_teasers(page)
        or other_kind(page, rules)
        or _by_script(page)
        or Kind()
    )


def block_reason(page: Shown, headers: Mapping[str, str], status: int, rules: Rules) -> str:
    """Why an answer means that the site keeps us out: `captcha`, `challenge`, `http 403`; "" where it does not.

    A 404 with a script of a challenge is a 404. Nothing here is evaded: the feed or the API is read instead.
    """
    words = _words(rules)
    if "challenge" in headers.get("cf-mitigated", ""):
        return "challenge"
    start = page.html[:_MAX_BLOCK_PAGE_CHARACTERS]
    barred = status in (401, 403, 429, 503) and any(mark in start for mark in words.block_marks)
    if barred or (words.block_titles.search(page.title) and page.says_less_than(MIN_TEXT_WORDS)):
        return "captcha" if "captcha" in start.lower() else "challenge"
    if status not in (404, 410) and _asks_whether_we_are_human(page, words):
        return "captcha"
    return f"http {status}" if status in (401, 403) else ""


def _asks_whether_we_are_human(page: Shown, words: _Words) -> bool:
    """Whether the page is a wall that asks for a proof, and has next to no other text. Its title and status may be those of a
    post."""
    if not page.says_less_than(MIN_WORDS_BESIDE_WALL):
        return False
    text = " ".join(page.texts[0].split())[:MAX_WALL_CHARACTERS].translate(_APOSTROPHES).casefold()
    if not words.wall_texts.stand_in(text):  # takes a tenth of the time of the pattern
        return False
    found = set(words.wall_phrases.findall(text))
    if len(found) >= MIN_WALL_PHRASES:
        return True
    return bool(found) and page.says_less_than(MIN_TEXT_WORDS) and not declares_article(page.tree)


# --- titles of errors ------------------------------------------------------------------------------------------------


def error_title(titles: Iterable[str], tree: LexborHTMLParser, rules: Rules) -> str:
    """The part of one of a page's titles that is a server's error, "" without one.

    `titles` are the `<title>` and the first headings. A part without a number and without a word for the page
    ("Forbidden") counts only where `tree`, the parsed page, does not declare an article.
    """
    words = _words(rules)
    for title in titles:
        for part in _SEPARATORS.split(" ".join(title.split()).translate(_APOSTROPHES)):
            text = part.casefold().strip()
            if not text or len(text) > MAX_PART_CHARACTERS:
                continue
            if not words.errors_alone.fullmatch(text) or not words.error_signals.search(text):
                continue
            if words.error_subjects.search(text) or not declares_article(tree):
                return part
    return ""


class _Words:
    """`pagekinds.toml`, compiled."""

    def __init__(self, rules: Rules) -> None:
        table: Mapping[str, Any] = rules.discovery.get("pagekinds", {})
        self.titles = {reason: _starting(words) for reason, words in table.get("titles", {}).items()}
        self.block_titles = _starting(strings(_FILE, table, "block_titles"))
        wall_phrases = [phrase.casefold() for phrase in strings(_FILE, table, "wall_phrases")]
        self.wall_texts = Literals(wall_phrases)
        self.wall_phrases = compiled.regex(_alternatives(wall_phrases))
        parked_phrases = [phrase.casefold() for phrase in strings(_FILE, table, "parked_phrases")]
        self.parked_phrases = compiled.regex(_alternatives(parked_phrases))
        self.block_marks = strings(_FILE, table, "block_marks")
        self.paywall_marks = strings(_FILE, table, "paywall_marks")
        self.gates = strings(_FILE, table, "gates")
        numbers, subjects, signals, fillers = (
            [w.casefold() for w in strings(f"{_FILE} [error_titles]", table.get("error_titles", {}), name)]
            for name in ("numbers", "subjects", "signals", "fillers")
        )
        every = _alternatives([*numbers, *subjects, *signals, *fillers])
        self.errors_alone = compiled.regex(rf"[\W_]*(?:{every}[\W_]*)+")
        self.error_signals = compiled.regex(_alternatives([*numbers, *signals]))
        self.error_subjects = compiled.regex(_alternatives([*numbers, *subjects]))


_words = lru_cache(maxsize=4)(_Words)


def _starting(words: tuple[str, ...]) -> re.Pattern[str]:
    """The words where a title, or a part of one, begins."""
    return compiled.regex(rf"(?:^|[|–—:·»-]\s*)(?:{'|'.join(map(re.escape, words)) or '(?!)'})(?!\w)")


def _alternatives(words: Iterable[str]) -> str:
    """A group of words and phrases, the longest first, each a whole word where its script has spaces."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    whole = (
        (r"(?<!\w)" if _SPACED_LETTER.match(word[0]) else "")
        + re.escape(word)
        + (r"(?!\w)" if _SPACED_LETTER.match(word[-1]) else "")
        for word in ordered
    )
    return f"(?:{'|'.join(whole) or '(?!)'})"


# --- the signs -------------------------------------------------------------------------------------------------------


def _by_platform(page: Shown, rules: Rules) -> Kind | None:
    """The classes by which the platform's templates name a page on `<body>`, and the types of structured data: the site's own
    word."""
    own = [table for table in _body_classes(rules) if table.is_written(page)]
    if error := next(_of(page, own, "error"), ""):
        return Kind(DropReason.ERROR_PAGE, f"body.{error}")
    if own and (part := next((name for name in page.classes if name.startswith("single-paged-")), "")):
        return Kind(DropReason.POST_PART, f"body.{part}")
    static = next(_of(page, own, "static"), "")
    is_article = next(_of(page, own, "article"), "") != ""
    if not is_article and not static and (index := next(_of(page, own, "index"), "")):
        return Kind(DropReason.INDEX_PAGE, f"body.{index}")
    # An index may show the form of a locked post among others, so indexes go first.
    if page.tree.css_first("form.post-password-form, article.post-password-required"):
        return Kind(DropReason.PROTECTED, "WordPress asks for the post's password")
    if static:
        return Kind(DropReason.STATIC_PAGE, f"body.{static}")
    if is_article:
        return (None if page.classes >= _POST else typed_kind(page, rules)) or Kind()
    types = ld_types(page.tree)
    if types & _COLLECTIONS and not has_article_type(types):
        return Kind(DropReason.INDEX_PAGE, "structured data: no article but a collection")
    return None


class _BodyClasses:
    """The section `body_classes` of a platform's table, compiled: kind of page → the classes of its `<body>`, in the order in which
    they are tried. The classes count where `mark` stands in the page: others have classes of the same names."""

    def __init__(self, name: str, table: Mapping[str, Any]) -> None:
        file = f"platforms/{name}.toml"
        try:
            self.mark = compiled.regex(table.get("mark", "(?!)"))
        except re.error as error:
            raise BadRules(file, "body_classes.mark", str(error)) from error
        self.classes = {kind: strings(file, table, kind) for kind in ("article", "static", "index", "error")}
        self.all = frozenset(chain.from_iterable(self.classes.values()))

    def is_written(self, page: Shown) -> bool:
        return not self.all.isdisjoint(page.classes) and self.mark.search(page.html) is not None


@lru_cache(maxsize=4)
def _body_classes(rules: Rules) -> tuple[_BodyClasses, ...]:
    tables = sorted(rules.platforms.items())
    return tuple(
        _BodyClasses(name, table["body_classes"]) for name, table in tables if "body_classes" in table
    )


def _of(page: Shown, tables: Iterable[_BodyClasses], kind: str) -> Iterator[str]:
    """The body classes of a page that say that it is of this kind."""
    return (name for table in tables for name in table.classes[kind] if name in page.classes)


def _by_forms(page: Shown) -> Kind | None:
    """A form for a password and little text; most blogs have such a form in a corner."""
    if page.tree.css_first("input[type=password]") and page.says_less_than(MIN_WORDS_BESIDE_FORM):
        return Kind(DropReason.LOGIN_PAGE, "a form for a password, and little text")
    return None


def _by_error(page: Shown, rules: Rules) -> Kind | None:
    """A title that is a server's error, and little text."""
    if (part := error_title(page.titles, page.tree, rules)) and page.says_less_than(MIN_TEXT_WORDS):
        return Kind(DropReason.ERROR_PAGE, f"its title says so: {part!r}")
    return None


def _by_domain(page: Shown, words: _Words) -> Kind | None:
    """A page that offers its own domain for sale, or says that it expired, with little other text. A blog that died answers each of
    its old addresses with such a page and status 200.

    "blog.example is for sale" says it as "this domain is for sale" does. A button and the site's frame say it of the page only where
    next to nothing stands outside of them: the frame of a blog may name another post so.
    """
    if not page.says_less_than(MIN_TEXT_WORDS) or declares_article(page.tree):
        return None
    everything, own = page.texts
    text = own if page.words >= MIN_WORDS_BESIDE_OFFER else everything
    said = " ".join(f"{page.title} {text}".split())[:MAX_WALL_CHARACTERS].translate(_APOSTROPHES).casefold()
    if domain := re.escape(registered_domain(page.url)):
        said = re.sub(rf"(?<![\w.-])(?:[\w-]+\.)*{domain}(?![\w-]|\.\w)", "this domain", said)
    match = words.parked_phrases.search(said)
    return Kind(DropReason.PARKED_DOMAIN, f"it says {match[0]!r}, and little else") if match else None


def _by_walls(page: Shown, words: _Words) -> Kind | None:
    """A title, host or mark of a wall, and little text."""
    for reason, pattern in words.titles.items():
        if (match := pattern.search(page.title)) and page.says_less_than(MIN_TEXT_WORDS):
            return Kind(reason, f"its title says so: {match[0]!r}")
    host = urlsplit(page.url).hostname or ""
    if host.startswith(("consent.", "cmp.", "cookies.")) and page.says_less_than(4 * MIN_TEXT_WORDS):
        return Kind(DropReason.CONSENT_PAGE, f"the host {host}")
    if page.says_less_than(MIN_TEXT_WORDS) and any(mark in page.html for mark in words.paywall_marks):
        return Kind(DropReason.PAYWALL, "marks of a paywall, and little text")
    if (words_left := _words_beside_gate(page, words.gates)) < MIN_PREVIEW_WORDS:
        return Kind(DropReason.PAYWALL, f"{words_left} words beside the box that asks to subscribe")
    return None


def _words_beside_gate(page: Shown, gates: Sequence[str]) -> float:
    """The words of the post, without links and the site's frame, beside a box that keeps back the rest of it; infinite where no
    such box is there. The post is the nearest `<article>` or `<main>` around the box, so that teasers of other posts do not count."""
    # A walk of the tree takes less time than a search of the text for each name.
    # The name of a class may hold what `.name` may not: `md:locked`.
    here = ", ".join(f'[class~="{name}"]' for name in gates)
    box = page.tree.css_first(here) if here else None
    post = box.parent if box is not None else None
    while post is not None and post.tag not in ("article", "main"):
        post = post.parent
    if post is None:
        return math.inf
    shown = fresh(post.html or "")
    shown.strip_tags(["script", "style", "nav", "header", "footer", "form", "a"])
    texts = [
        node.text(deep=True, separator=" ")
        for node in (shown.body, shown.css_first(here))
        if node is not None
    ]
    return count_words(texts[0]) - sum(map(count_words, texts[1:])) if texts else 0


def _by_address(page: Shown, rules: Rules) -> Kind | None:
    reason = index_reason(page.url, rules)
    if not reason or reason == "part of a post":
        return None
    return Kind(_BY_ADDRESS.get(reason, DropReason.INDEX_PAGE), f"the address: {reason}")


def _by_feed_markup(page: Shown) -> Kind | None:
    """A list of entries in the words of microformats (`h-feed`, `h-entry`), each of which is another page of the site, and hardly any
    text beside it. One entry is enough: the page of an author with one post.

    No page of 1,282 real articles is such a list. On a blog of Marmite 36 pages of tags and authors were stored as articles.
    """
    entries = page.tree.css(".h-feed .h-entry")
    if not entries or len(entries) != len(page.tree.css(".h-entry")) or declares_article(page.tree):
        return None
    base, here = base_of(page.tree, page.url), url_key(page.url)
    for entry in entries:
        link = entry.css_first("a.u-url[href], h1 a[href], h2 a[href], h3 a[href]")
        url = _target(link, base)
        if url is None or url_key(url) == here:
            return None
    if _words_beside(page, entries) > MIN_TEXT_WORDS:
        return None
    return Kind(DropReason.INDEX_PAGE, "h-feed of other pages")


def _target(link: LexborNode | None, base: str) -> str | None:
    return try_normalise(link.attributes.get("href") or "", base) if link is not None else None


def _words_beside(page: Shown, entries: Iterable[LexborNode]) -> int:
    """The number of words in paragraphs outside of these elements."""
    inside = {p.mem_id for entry in entries for p in entry.css("p")}
    return sum(count_words(p.text(deep=True)) for p in page.tree.css("p") if p.mem_id not in inside)


def _by_teasers(page: Shown) -> Kind | None:
    """Entries whose headings lead to pages of their own, with most of the text."""
    if address_score(page.url) >= MIN_POST_SCORE or declares_article(page.tree):
        return None
    teasers = _teasers(page)
    sizes = {key: count_words(entry.text(deep=True)) for key, entry in teasers.items()}
    total = sum(sizes.values())
    if len(teasers) < MIN_TEASERS or total < MIN_TEASER_SHARE * page.words:
        return None
    largest = max(sizes, key=sizes.__getitem__)
    if sizes[largest] > MAX_ENTRY_SHARE * max(page.words, total) and not (
        sizes[largest] <= MAX_CARD_WORDS and _heads_a_list(page, teasers[largest])
    ):
        return None  # the article itself, with links to others inside
    if _words_beside(page, teasers.values()) > MIN_TEXT_WORDS:
        return None
    return Kind(DropReason.INDEX_PAGE, f"{len(teasers)} entries whose headings lead to other pages")


def _heads_a_list(page: Shown, entry: LexborNode) -> bool:
    """Whether the page has an `<h1>` outside of its entries, and an entry begins with a heading that is a link: a section whose posts
    have a summary here and there."""
    h1, first = page.tree.css_first("h1"), entry.css_first("h1, h2, h3, h4")
    up = h1.parent if h1 is not None else None
    while up is not None and up.tag not in ("article", "body"):
        up = up.parent
    inside = up is not None and up.tag == "article"
    return h1 is not None and not inside and first is not None and first.css_first("a[href]") is not None


def _teasers(page: Shown) -> dict[str, LexborNode]:
    """The entries of a page whose headings lead to other pages of the site, by the key of the address."""
    base, here, site = base_of(page.tree, page.url), url_key(page.url), site_of(page.url)
    found: dict[str, LexborNode] = {}
    for entry in page.tree.css("article, .hentry, .h-entry, .post, .entry, .blog-post, .post-preview")[:200]:
        link = entry.css_first("h1 a[href], h2 a[href], h3 a[href], h4 a[href], a[rel~=bookmark]")
        url = _target(link, base)
        if url and site_of(url) == site and (key := url_key(url)) != here:
            found.setdefault(key, entry)
    return found


def _by_script(page: Shown) -> Kind | None:
    """Next to no text, and scripts to fill the page."""
    if not page.says_less_than(MIN_WORDS_WITHOUT_SCRIPT) or not page.tree.css_first("script"):
        return None
    empty = page.tree.css_first("#root, #app, #__next, #__nuxt, #___gatsby, app-root, [data-reactroot]")
    asks = any("javascript" in n.text(deep=True).casefold() for n in page.tree.css("noscript"))
    return Kind(DropReason.SCRIPT_ONLY, "next to no text, and a script to fill it") if empty or asks else None


class LookAt(NamedTuple):
    """A page: its text, the address and the status that answered, and the headers by lower-case name. `asks` says that
    a page which forbids copies is left alone."""

    text: str
    url: str
    headers: Mapping[str, str]
    status: int
    asks: bool = True


class FirstLook(NamedTuple):
    """What the first look found."""

    #: Why the site keeps us out, "" where it does not.
    block: str = ""
    #: The place that forbids copies, "" where they are allowed.
    forbidden: str = ""
    #: What the page is, if it is no article.
    kind: Kind = Kind()
    #: The addresses of the post's further pages.
    parts: tuple[str, ...] = ()
    #: The address of a second page that the first one does not link, "" for none.
    unlinked: str = ""


def first_look(page: LookAt, rules: Rules) -> FirstLook:
    """What a page shows at first. Of one that we may not have, nothing further is read."""
    text, url = page.text, page.url
    shown = Shown(text, url)
    block = block_reason(shown, page.headers, page.status, rules)
    forbidden = noarchive(page.headers, text) if page.asks else ""
    if block or forbidden:
        return FirstLook(block, forbidden)
    parts = tuple(page_parts(text, url, url)) if text else ()
    unlinked = "" if parts else unlinked_part(text, url)
    return FirstLook(kind=page_kind(shown, rules), parts=parts, unlinked=unlinked)

"""Translates the stored names of sources, rules and reasons into plain words for display.

    >>> source("markup time later")
    'an element marked as a time, further down'

The archive stores the names that the tables in `data/` use, and `--debug` shows those. Nothing is stored or decided by the
translations.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping

#: Characters by which a text would move the cursor, set the title, draw a link or turn other text round: control characters but
#: tab and line feed (ECMA-48: C0, delete, C1), and the overrides of Unicode's bidirectional algorithm. Marks,
#: embeddings and isolates stay, because right-to-left texts have them. Each such character becomes a visible one: a
#: control picture, or U+FFFD.
_UNSEEN = (
    {code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)}
    | {0x7F: "\u2421"}
    | dict.fromkeys((*range(0x80, 0xA0), 0x202D, 0x202E), "\ufffd")
)


def printable(text: str) -> str:
    """The text with only visible characters, so that a terminal obeys nothing in a stranger's text.

    >>> printable("a\\x1b]0;title\\x07b")
    'a␛]0;title␇b'
    """
    return text.translate(_UNSEEN)


class PrintableRecord(logging.LogRecord):
    """A line of the log, in which a stranger's words move no cursor and set no title."""

    def getMessage(self) -> str:
        return printable(super().getMessage())


#: The note on an article that its site marks as not free (`Article.is_accessible_for_free` is false). Some of these
#: sites send the whole text nevertheless and hide it by a script, so the text may be whole.
NOT_FREE = (
    "The site gives this article in full only to readers who pay: the text here may be its beginning alone."
)
#: The same beside a headline in a list.
NOT_FREE_SHORT = "not free"

#: The names of sources in `data/metadata/trust.toml`. "The page's …" is what only programs read, not people.
SOURCES = {
    "json-ld": "the page's JSON-LD",
    "json-ld page": "the page's JSON-LD, of the page as a whole",
    "json-ld site": "the page's JSON-LD, of the site",
    "json-ld name": "the page's JSON-LD",
    "json-ld title": "the page's JSON-LD",
    "json-ld page name": "the page's JSON-LD, of the page as a whole",
    "json-ld page created": "the page's JSON-LD, of the page as a whole",
    "open graph": "the page's Open Graph tags",
    "open graph title": "the page's Open Graph tags",
    "open graph updated": "the page's Open Graph tags",
    "twitter": "the page's Twitter card",
    "twitter title": "the page's Twitter card",
    "meta": "the page's meta tags",
    "meta citation": "the page's meta tags for citations",
    "meta created": "the page's meta tags",
    "meta date": "the page's meta tags",
    "meta dc": "the page's Dublin Core tags",
    "meta label": "the page's labels for previews",
    "meta news": "the page's news keywords",
    "meta parsely": "the page's Parse.ly tags",
    "meta sailthru": "the page's Sailthru tags",
    "microdata": "the page's microdata",
    "breadcrumb": "the page's declared breadcrumbs",
    "html": "the page's language attribute",
    "link": "the page's link to its own address",
    "script": "a script of the page",
    "title": "the page's title",
    "url": "the page's address",
    "wp-json": "the site's API",
    "feed": "the site's feed",
    "sitemap": "the site's news sitemap",
    "site": "the site's API or feed, of the site as a whole",
    "markup text prose": "a sentence of the text",
    "markup home": "a link that leads home",
    "markup h1": "the heading",
    "markup h1 marked": "the heading, marked as the headline",
    "markup h2": "a second heading",
    "markup h2 marked": "a second heading, marked as the headline",
    "markup headline": "a line marked as the headline",
    "markup author": "a name marked as the author's",
    "markup rel": "a link marked as the author's",
    "markup byline": "a line marked as the byline",
    "markup box": "a box about the author",
    "markup agency": "an agency's name",
    "markup line": "a line that reads like a byline",
    "markup text": "printed in the text",
    "markup life": "printed with a date, as bylines are",
    "markup next": "a name beside the date",
    "markup alone": "a name alone on its line",
    "markup category": "a link marked as the section",
    "markup link to a category": "a link to a category beside the headline",
    "markup menu": "the item of the menu that the page belongs to",
    "markup link to a tag": "a link to a tag",
    "markup label": "printed with a word that says what it is",
    "markup breadcrumb": "the breadcrumbs printed above the text",
    "markup tag": "links marked as tags",
    "markup figure": "printed with the picture",
    "markup paywall": "a notice that one must pay",
    "markup time": "an element marked as a time",
    "markup time labelled": "an element marked as a time, with words that say what it is",
    "markup date": "a date in a box named for it",
    "markup date labelled": "a date in a box named for it, with words that say what it is",
}
#: What may follow the name of a source: the place of the value on the page, or what it is about.
PLACES = {
    " above": "above the text",
    " below": "below the text",
    " later": "further down",
    " elsewhere": "elsewhere on the page",
    " alone": "on a line of its own",
    " (modified)": "given as the day of a change",
    " (month)": "only the month",
    " (relative)": "counted back from the day of the crawl",
    " (of others)": "but about other posts",
    " (later)": "but later than the page declares",
    " (several)": "among several",
}
LABELS = {
    "nav": "navigation",
    "promo": "self-promotion",
    "advert": "advertisement",
    "attribution": "source line",
    "share": "share buttons",
    "subscribe": "subscription",
    "related": "other articles",
    "comments": "comments",
    "token": "token for robots",
    "consent": "consent to cookies",
    "form": "form",
    "repeated": "repeated line",
}
FLAGS = {
    "thin margin": "it was close",
    "page too long": "the page is very long",
    "no sentence end": "it ends in the middle of a sentence",
    "excerpt of the original": "a line below it leads to the rest of the text, at the original",
    "short": "it is short",
    "other articles below": "other articles follow below",
    "text from json-ld": "the text is from the page's JSON-LD",
    "parts missing": "a page of the post is missing",
    "repeated lines": "some lines stand on other pages too",
    "differs from the feed": "the site's feed gives another text",
    "differs from the wp-json": "the site's API gives another text",
    "differs from the sitemap": "the site's sitemap gives another text",
    "differs from the site": "the site itself gives another text",
}
FIELDS = {
    "authors": "author",
    "date_published": "date",
    "date_modified": "date of change",
    "article_section": "section",
    "url": "address",
    "canonical_url": "canonical address",
    "in_language": "language",
    "is_based_on": "based on",
    "is_accessible_for_free": "free to read",
    "article_body": "text",
}

#: The parts of a stored reason that hold points, each with its replacement.
_REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"too little speaks for it: -?[\d.]+ points: [^;]*"), "too little speaks for it"),
    (re.compile(r"-?[\d.]+ points against -?[\d.]+: [^;]*"), "less speaks for it"),
    (re.compile(r"-?[\d.]+ points(?:: [^;]*)?"), ""),
    (re.compile(r" \([\d.]+(?: over [\d.]+)?\)"), ""),
)
_TRUSTED = re.compile(r"^(?P<source>.+) is trusted more$")
#: The rule of a block: the file of a table, the kind of its entry, the entry. Archives of older versions have the folder
#: name `chrome` for `phrases`.
_TABLE = re.compile(
    r"^(?:phrases|platforms|chrome)/(?P<table>[^,]+)\.toml, \[(?P<kind>\w+)\] (?P<entry>.*)$", re.S
)
#: How the rule of a line that was left out begins → where it is corrected; files are below the package.
REMEDIES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?P<file>phrases/[^,]+\.toml),"),
        "{file}: make the entry narrower in data/{file}, or in a copy of it in the folder of your setting `rules`",
    ),
    (
        re.compile(r"(?P<file>platforms/[^,]+\.toml),"),
        "{file}: name an element below it in data/{file}, or in a copy of it in the folder of your setting `rules`",
    ),
    (
        re.compile("template, "),
        "template: what other pages of the site show; `newsarchive learn SITE --dry-run`, core/site_template/evidence.py",
    ),
    (
        re.compile("(?P<rule>promo|tail|head|comments|position|token): "),
        "{rule}: several lines together; core/boilerplate/cues.py and step.py, words in data/phrases/",
    ),
    (
        re.compile("(?P<rule>attribution|copyright): "),
        "{rule}: says who published first; data/attribution/, core/origin/",
    ),
    (
        re.compile("(?P<rule>title|byline|date|caption|nav|other): "),
        "{rule}: a field of the article, or no words; core/boilerplate/position.py and step.py",
    ),
    (re.compile(".*the site's settings"), "the site's settings: `body` and `drop` there"),
    (  # no rule of another project's step, none of a table that is gone, and not an empty one
        re.compile(r"(?!\w+: |\w+/|$)"),
        "any other rule: how the page is built; core/extraction/labels.py and step.py",
    ),
)
_CODEC = re.compile(r"^(?P<codec>[^,]+),.*$", re.S)


def source(name: str) -> str:
    """The place where a value was found. A name that `SOURCES` lacks is given as it is.

    >>> source("markup time later"), source("open graph (modified)")
    ('an element marked as a time, further down', "the page's Open Graph tags, given as the day of a change")
    """
    places: list[str] = []
    while name not in SOURCES:
        end = next((place for place in PLACES if name.endswith(place)), "")
        if not end:
            break
        places.insert(0, PLACES[end])
        name = name.removesuffix(end)
    return ", ".join([SOURCES.get(name, name), *places])


def reason(stored: str) -> str:
    """Why a value won or lost, without points; "" for a reason that is only points.

    >>> reason("10.8 points: open graph +2.8, url +2.6"), reason("meta is trusted more (0.85 over 0.70)")
    ('', "the page's meta tags is trusted more")
    >>> reason("1.8 points against 2.4: markup line +1.3; the site prints it on all pages")
    'less speaks for it; the site prints it on all pages'
    """
    for pattern, words in _REASONS:
        stored = pattern.sub(words, stored)
    if trusted := _TRUSTED.match(stored):
        return f"{source(trusted['source'])} is trusted more"
    return "; ".join(part for part in (piece.strip() for piece in stored.split(";")) if part)


def label(name: str) -> str:
    """The label of a line that was left out, in plain words."""
    return LABELS.get(name, name)


def flag(name: str) -> str:
    """A flag of an extraction, which says why it may be wrong, in plain words."""
    return FLAGS.get(name, name)


def field(name: str) -> str:
    """The name of a field in plain words."""
    return FIELDS.get(name, name.replace("_", " "))


def rule(stored: str, kind: str = "") -> str:
    """Why a line was left out or kept. `kind` is its label, which is not repeated.

    >>> rule("platforms/wordpress.toml, [select] .site-header", "nav")
    'a box that wordpress pages have: .site-header'
    >>> rule("phrases/en.toml, [line] nav: home", "nav"), rule("tail: a list of links", "related")
    ('words known from pages in en', 'a list of links')
    """
    if table := _TABLE.match(stored):
        if table["kind"] == "select":
            return f"a box that {table['table']} pages have: {table['entry']}"
        return f"words known from pages in {table['table']}"
    if stored.startswith("the classifier"):
        return (
            "reads like the text of an article"
            if kind in ("", "body")
            else "reads like no text of an article"
        )
    for head in (f"{kind}: ", "tail: "):
        stored = stored.removeprefix(head)
    return stored


def remedy(stored: str) -> str:
    """Where the rule of a line is corrected that was left out, "" for a rule that the table does not know.

    >>> remedy("tail: a list whose head and last line name one source")
    'tail: several lines together; core/boilerplate/cues.py and step.py, words in data/phrases/'
    >>> remedy("chrome/en.toml, [line] share: share this"), remedy("own: a box of ours"), remedy("")
    ('', '', '')
    """
    found = ((pattern.match(stored), words) for pattern, words in REMEDIES)
    return next((words.format(**match.groupdict()) for match, words in found if match), "")


def codec(stored: str) -> str:
    """The encoding in which a text was misread.

    >>> codec("windows-874, its undefined bytes read as windows-1252")
    'windows-874'
    """
    return _CODEC.sub(r"\g<codec>", stored)


def counted(counts: Mapping[str, int], words: Iterable[str]) -> dict[str, int]:
    """The counts under the given words, one word for each count. Counts with equal words are added up."""
    found: dict[str, int] = {}
    for word, number in zip(words, counts.values(), strict=True):
        found[word] = found.get(word, 0) + number
    return found

"""Articles as pages of HTML that stand alone: no script, no server, nothing fetched from elsewhere.

A page has the article as schema.org's NewsArticle in its head, so that reference managers and search engines read it, and
links that lead on from any folder and from a disk (`file://`). Texts are escaped or cleaned once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from newsarchive import plainwords
from newsarchive.citation import jsonld, line, of
from newsarchive.core.html.render import shown_html
from newsarchive.reprs import language_attribute, web_url
from newsarchive.times import written_day
from newsarchive.version import VERSION

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored
    from newsarchive.items import Article

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "style.css"


def templates(folder: Path, filters: Mapping[str, Any], names: Mapping[str, Any]) -> Environment:
    """The templates of a folder, with these filters and names. Values are escaped. A name that is not given is an
    error, not an empty string."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= filters
    made.globals |= names
    return made


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of these pages."""
    names = {"version": VERSION, "not_free": plainwords.NOT_FREE}
    filters = {"day": written_day, "lang": lang, "link": web_url, "published_day": published_day}
    return templates(TEMPLATES, filters, names)


def lang(code: str) -> Markup:
    """A `lang` attribute, where the language is known."""
    return Markup(language_attribute(code))


def style() -> str:
    """The style sheet of all pages."""
    return (TEMPLATES / STYLE).read_text(encoding="utf-8")


def published_day(article: Article) -> str:
    """The day of publication, only the month where the page tells no more; "" where neither is known."""
    return written_day(article.date_published, article.date_published_source)


def page(template: str, **values: Any) -> str:
    """A page of a template, as the text of a file."""
    return environment().get_template(template).render(**values)


def article_page(article: Stored, **around: Any) -> str:
    """The page of an article. `around` says where it stands among others: `root` is the way to the first page, `back` the list
    that it is in, `earlier` and `later` are its neighbours."""
    found = {"root": "", "back": None, "earlier": None, "later": None, "style": "", "title": ""} | around
    return page(
        "article.html",
        article=article,
        byline=", ".join(author.name for author in article.authors),
        described=jsonld(article),
        cited=line(of(article)),
        text=Markup(shown_html(article)),
        **found,
    )


def single(article: Stored) -> str:
    """The page of an article with its style in it."""
    return article_page(article, style=Markup(style()))

"""`newsarchive show`: one stored article."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import click

from newsarchive.cli.common import byline, db_option, open_reader, origin_line, print_article, say
from newsarchive.cli.options import output_option
from newsarchive.cli.paging import pager_option
from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.readonly import File
    from newsarchive.items import Article


@click.command(
    epilog="""\b
Examples:
  newsarchive show https://blog.example/2025/04/post/
  newsarchive show 17 --json
  newsarchive show 17 --html > post.html"""
)
@click.argument("which", metavar="URL|ID")
@click.option("--json", "as_json", is_flag=True, help="The whole record as one JSON object.")
@click.option("--text", "as_text", is_flag=True, help="Its text alone, a paragraph a line, nothing wrapped.")
@click.option("--html", "as_html", is_flag=True, help="As an HTML document.")
@pager_option
@output_option
@db_option
def show(which: str, as_json: bool, as_text: bool, as_html: bool, pager: bool, db: str) -> None:
    """Print the stored article with this URL or ID: headline, byline, dates, origin, text."""
    from newsarchive import export
    from newsarchive.db.reading import articles

    if as_json + as_text + as_html > 1:
        raise UsageError("show: --json, --text and --html exclude one another; give one")
    source = open_reader(db)
    article = articles.get(source, which)
    if as_json:
        click.echo(export.to_json(article, indent=2))
    elif as_text:
        click.echo(article.article_body)
    elif as_html:
        click.echo(html(article))
    else:
        print_article(article, pager=pager)
        if why := _hidden(source, article.id):
            say(f"hidden from readers: {why} (newsarchive quarantine accept {article.id} shows it)")


def _hidden(source: File | Engine, article_id: int) -> str:
    """Why readers do not see an article unless they name it, "" for one that they see."""
    from newsarchive.db.readonly import reading
    from newsarchive.db.writing.quarantine import state_of

    with reading(source) as reader:
        state, reason = state_of(reader, article_id)
    return "" if state in ("", "accepted") else ": ".join(part for part in (state, reason) if part)


def html(article: Article) -> str:
    """A document by itself: no script, no style, nothing loaded."""
    heads = [byline(article.authors, article.date_published, article.publisher), origin_line(article.origin)]
    paragraphs = "\n".join(f"<p><small>{escape(line)}</small></p>" for line in heads if line)
    language = f' lang="{escape(article.in_language)}"' if article.in_language else ""
    return (
        f'<!DOCTYPE html>\n<html{language}>\n<head>\n<meta charset="utf-8">\n'
        f'<title>{escape(article.headline)}</title>\n<link rel="canonical" href="{escape(article.url)}">\n'
        f"</head>\n<body>\n<article>\n<h1>{escape(article.headline)}</h1>\n{paragraphs}\n"
        f"{article.article_html}\n</article>\n</body>\n</html>"
    )

"""The commands that read articles: `search`, `show`, `history` (the versions of one article), `diff` (what changed between two),
`changes` (what publishers edited or took away, of all articles) and `cite`.

newsarchive search "free trade" --site blog.example
newsarchive diff 17 1 3
newsarchive cite 17 --format bibtex
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING, Any

import click

from newsarchive import plainwords
from newsarchive.cli import output
from newsarchive.cli.opening import open_reader
from newsarchive.cli.options import (
    NUMBER,
    chosen,
    db_option,
    filter_options,
    option,
    output_option,
    pager_option,
)
from newsarchive.core.html.render import shown_html
from newsarchive.exceptions import UsageError
from newsarchive.reprs import byline, language_attribute, origin_line
from newsarchive.times import isoformat, written_day

if TYPE_CHECKING:
    from newsarchive.core.text.diff import Change
    from newsarchive.db.reading.articles import Version
    from newsarchive.db.reading.changes import Happened
    from newsarchive.db.reading.search import Hit
    from newsarchive.items import Article

#: Marks the start of a found word until it is coloured: a code point of Unicode's private use, which no text should have.
_START = "\ue000"
#: Marks the end of a found word.
_END = "\ue001"


@click.command(
    epilog="""\b
Examples:
  newsarchive search ferry harbour
  newsarchive search '"free trade" OR tariff*' --since 2025-01-01 --language en --page 2
  newsarchive search --site blog.example --order date --csv --bom > articles.csv"""
)
@click.argument("words", nargs=-1)
@filter_options
@click.option(
    "--order",
    type=click.Choice(["rank", "date"]),
    default="rank",
    show_default=True,
    help="rank: the best first; date: the newest first.",
)
@option("limit", default=20, show_default=True, help="At most this many rows.")
@click.option(
    "--page", type=click.IntRange(1), default=1, help="This page of the results, with LIMIT rows each."
)
@option("json")
@option("csv")
@click.option(
    "--bom", is_flag=True, help="With --csv: begin with the mark (BOM) by which Excel recognises UTF-8."
)
@output_option
@db_option
def search(
    words: tuple[str, ...], order: str, limit: int, page: int,
    as_json: bool, as_csv: bool, bom: bool, db: str, **options: Any,
) -> None:  # fmt: skip
    """Find articles by their WORDS: "a phrase", begin*, OR, NOT. Without WORDS, all that pass the filters, the newest first.

    Prints a row for each article: ID, day, headline and URL, with tabs between them; on a terminal also the found words in
    their context.
    """
    from newsarchive.db.query_language import MARKS, Marks
    from newsarchive.db.reading.search import Hit, Paging, count
    from newsarchive.db.reading.search import search as find

    output.at_most_one("search", csv=as_csv, json=as_json)
    wanted, asked = chosen(options), " ".join(words)
    if bom and not as_csv:
        raise UsageError("search: --bom is the mark of a CSV file; give --csv too")
    begin = (page - 1) * limit
    coloured = output.on_terminal() and not as_json and not as_csv
    source = open_reader(db)
    paging = Paging(order, limit, begin, Marks(_START, _END) if coloured else MARKS)
    hits = find(source, asked, wanted, paging)
    if not hits and not begin:
        output.say_nothing_found(source, asked, wanted)
        raise SystemExit(1)
    if as_json or as_csv:
        names = [field.name for field in fields(Hit)]
        records = ({name: getattr(hit, name) for name in names} for hit in hits)
        output.print_records(hits, names, records, as_csv=as_csv, as_json=as_json, with_bom=bom)
    elif coloured:
        _print_coloured(hits)
    else:
        for hit in hits:
            output.echo(f"{hit.id}\t{_day(hit)}\t{hit.headline}\t{hit.url}")
    if begin or len(hits) == limit:
        total, end = count(source, asked, wanted), begin + len(hits)
        if not hits:
            output.say(f"no more: there are {total}")
            raise SystemExit(1)
        more = f"; {total - end} more: --page {page + 1}" if total > end else ""
        if begin or more:
            output.say(f"{begin + 1} to {end} of {total}{more}")


def _print_coloured(hits: Iterable[Hit]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    out = output.console()
    for hit in hits:
        parts = [str(hit.id), _day(hit), hit.site, hit.origin and f"from {hit.origin}", hit.in_language]
        parts += [plainwords.NOT_FREE_SHORT] if hit.is_accessible_for_free is False else []
        out.print(Text(hit.headline or hit.url, style="bold"))
        out.print(Text(" · ".join(part for part in parts if part), style="cyan"))
        out.print(Text(hit.url, style="dim"), soft_wrap=True)
        marked = hit.snippet
        if not out.color_system:
            marked = marked.replace(_START, "**").replace(_END, "**")
        snippet = Text()
        for i, piece in enumerate(marked.split(_START)):
            found, end, rest = piece.partition(_END) if i else ("", "", piece)
            snippet.append(found if end else "", style="bold yellow")
            snippet.append(rest if end or not i else piece)
        out.print(Padding(snippet, (0, 0, 1, 2)))


def _day(hit: Hit) -> str:
    return written_day(hit.date_published, hit.date_published_source) or "-"


@click.command(
    epilog="""\b
Example:
  newsarchive history https://blog.example/2025/04/post/"""
)
@click.argument("which", metavar="URL|ID")
@option("json", help="One JSON object a version, with its text.")
@output_option
@db_option
def history(which: str, as_json: bool, db: str) -> None:
    """The versions of an article: number, when first seen, what changed it, headline.

    `publisher` means that the page changed, `extractor` that another version of newsarchive reads the same page
    otherwise, `site` that more was learned of the site, that the page shows another text at each look, such as a
    counter, or that steps of your own read the page. A change of a
    field that is no part of the text (a date, the authors, the section) has a line of its own below the version
    that was current then. Times are UTC.
    """
    from newsarchive.db.reading.articles import history as versions

    found = versions(open_reader(db), which)
    if as_json:
        output.print_json(*found)
        return
    rows, arrow = [], "→" if output.on_terminal() else "->"
    for version in found:
        number = f"{version.version}{'*' if version.current else ''}"
        rows.append((number, f"{version.seen_at:%Y-%m-%d %H:%M}", version.change_kind, version.headline))
        for one in version.fields:  # what changed while this version was current
            change = f"{one.field}: {_plain(one.value_before)} {arrow} {_plain(one.value_after)}"
            rows.append((number, f"{one.seen_at:%Y-%m-%d %H:%M}", one.change_kind, change))
    output.print_rows(("version", "seen", "changed by", "headline, or what changed"), rows)


@click.command(
    epilog="""\b
Examples:
  newsarchive diff https://blog.example/2025/04/post/
  newsarchive diff 17 1 3 --unified
  newsarchive diff 17 --json | jq -r '.article_body[] | select(.kind == "delete").text'"""
)
@click.argument("which", metavar="URL|ID")
@click.argument("first", metavar="[VERSION", type=NUMBER, required=False)
@click.argument("second", metavar="VERSION]", type=NUMBER, required=False)
@click.option("--html", "as_html", is_flag=True, help="As HTML with <ins> and <del>.")
@click.option("--unified", "as_unified", is_flag=True, help="As a unified diff, a paragraph a line.")
@option("json", help="Everything as one JSON object.")
@pager_option
@output_option
@db_option
def diff(
    which: str, first: int | None, second: int | None, as_html: bool, as_unified: bool, as_json: bool, pager: bool, db: str
) -> None:  # fmt: skip
    """What changed between two versions of an article, word by word; the last two unless named.

    First come the fields that are no part of the text (dates, authors, section …), a line each.
    """
    from newsarchive.core.text import diff as differ
    from newsarchive.db.reading.articles import fields_between, two_of
    from newsarchive.db.reading.articles import history as versions

    output.at_most_one("diff", html=as_html, unified=as_unified, json=as_json)
    found = versions(open_reader(db), which)
    old, new = two_of(found, which, first, second)
    fields = fields_between(old, new, found)
    if as_json:
        texts = {
            name: differ.word_diff(getattr(old, name), getattr(new, name))
            for name in ("headline", "article_body")
        }
        output.print_json({"before": _named(old), "after": _named(new), "fields": fields, **texts}, indent=2)
        return
    if old is new and first is None and not fields:
        output.say("no earlier version: nothing was changed since the first crawl")
        return
    pairs: list[tuple[str, str]] = []
    for one in fields:
        label, end = f"{one.field}: ", "\n"
        pairs += [(label, label), (_plain(one.value_before), _plain(one.value_after)), (end, end)]
    between = "\n\n"
    pairs += [("\n", "\n")] if pairs else []
    pairs += [(old.headline, new.headline), (between, between), (old.article_body, new.article_body)]
    if as_unified:
        before, after = ("".join(texts) for texts in zip(*pairs, strict=True))
        with output.paged(pager):
            output.echo(differ.unified(before, after, f"version {old.version}", f"version {new.version}"))
        return
    # Each pair is compared alone, so that the marks of a changed field end with its line.
    changed = [change for pair in pairs for change in differ.word_diff(*pair)]
    if as_html:
        output.print_html(differ.to_html(changed))
    else:
        with output.paged(pager):
            print_words(changed)


def _named(version: Version) -> dict[str, Any]:
    """What tells a version from others, without its text."""
    return {name: getattr(version, name) for name in ("version", "change_kind", "seen_at", "content_hash")}


def _plain(values: Sequence[str]) -> str:
    """The values of a field in one line; "none" where there are none."""
    return " ".join("; ".join(value for value in values if value).split()) or "none"


def print_words(changes: list[Change]) -> None:
    """Print changes in red and green on a terminal with colours; elsewhere as `[-old-]{+new+}`, like `wdiff`."""
    if not (output.on_terminal() and output.console().color_system):
        marks = {"insert": "{{+{}+}}", "delete": "[-{}-]", "equal": "{}"}
        output.echo("".join(marks[change.kind].format(change.text) for change in changes))
        return
    from rich.text import Text

    styles = {"insert": "green", "delete": "red strike", "equal": ""}
    out = output.console()
    out.print(
        Text.assemble(*((change.text, styles[change.kind]) for change in changes)),
        width=min(out.width, output.MAX_TEXT_COLUMNS),
    )


#: The columns of the table of changes.
_CHANGE_NAMES = ("seen_at", "last_seen_before", "kind", "id", "version", "site", "headline", "what", "url")
#: The words for `--kind`, as `db.reading.changes.Happening` has them.
KINDS = ("edited", "vanished", "details")


@click.command(
    epilog="""\b
Examples:
  newsarchive changes --since 2025-05-01 --until 2025-05-07
  newsarchive changes blog.example --kind vanished
  newsarchive changes --csv > changes.csv"""
)
@click.argument("site", required=False, default="", metavar="[SITE]")
@click.option("--since", metavar="DAY", help="Only what a crawl saw on this day (UTC) or later.")
@click.option("--until", metavar="DAY", help="Only what a crawl saw on this day or before.")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    help="Only this: edited (text or headline), vanished (the page was deleted) or details (date, authors or another field);"
    " give it again for a second kind.",
)
@option("limit", help="At most this many; by default all.")
@option("csv")
@option("json", help="One JSON object a change.")
@output_option
@db_option
def changes(
    site: str,
    since: str | None,
    until: str | None,
    kinds: tuple[str, ...],
    limit: int | None,
    as_csv: bool,
    as_json: bool,
    db: str,
) -> None:
    """What publishers changed after publication, of all articles or those of SITE, the newest first.

    A change happened between two moments (UTC): a crawl saw the page for the last time as it was before, and then changed. What
    newsarchive reads better is no such change. `newsarchive diff ID` shows the words of an edit. The later date of
    change of a post that was edited, and the canonical address of one that moved, are no changes of their own: `newsarchive history ID`
    has them.
    """
    from newsarchive.core.urls import domain_of
    from newsarchive.db.reading import changes as reading
    from newsarchive.db.reading.search import day as day_of
    from newsarchive.db.reading.statistics import site_names

    output.at_most_one("changes", csv=as_csv, json=as_json)
    source, domain = open_reader(db), domain_of(site)
    found = reading.changes(
        source,
        kinds=[reading.Happening(kind) for kind in dict.fromkeys(kinds or KINDS)],
        site=domain,
        since=day_of(since, "since"),
        until=day_of(until, "until"),
        limit=limit,
    )
    if not found:
        unknown = output.no_such_site(domain, site_names(source, hidden=True))
        output.say(unknown or "no change was seen" + (" in these days" if since or until else ""))
        raise SystemExit(1)
    if as_csv or as_json:
        table = (dict(zip(_CHANGE_NAMES, row, strict=True)) for row in _change_rows(found))
        output.print_records(found, _CHANGE_NAMES, table, as_csv=as_csv, as_json=as_json)
    else:
        # A terminal shows what changed whole, as the last column; the address stands in `newsarchive show ID`.
        shown, arrow = (-1, "→") if output.on_terminal() else (len(_CHANGE_NAMES), "->")
        header = [name.replace("_", " ") for name in _CHANGE_NAMES[:shown]]
        output.print_rows(header, [row[:shown] for row in _change_rows(found, arrow)], ("id", "version"))


def _change_rows(found: list[Happened], arrow: str = "->") -> Iterator[tuple[object, ...]]:
    written = isoformat if arrow == "->" else "{:%Y-%m-%d %H:%M}".format  # as `history` has it, for people
    for one in found:
        what = ""
        if one.field:
            before, after = ("; ".join(filter(None, values)) or "-" for values in (one.before, one.after))
            what = f"{one.field}: {before} {arrow} {after}"
        elif one.headline_before and one.headline_before != one.headline:
            what = f"headline: {one.headline_before} {arrow} {one.headline}"
        moments = written(one.seen_at), written(one.last_seen_before) if one.last_seen_before else ""
        yield (*moments, one.kind.value, one.id, one.version or "", one.site, one.headline, what, one.url)


@click.command(
    epilog="""\b
Examples:
  newsarchive show https://blog.example/2025/04/post/
  newsarchive show 17 --json
  newsarchive show 17 --html > post.html"""
)
@click.argument("which", metavar="URL|ID")
@option("json", help="The whole record as one JSON object.")
@click.option("--text", "as_text", is_flag=True, help="Its text alone, a paragraph a line, nothing wrapped.")
@click.option("--html", "as_html", is_flag=True, help="As an HTML document.")
@pager_option
@output_option
@db_option
def show(which: str, as_json: bool, as_text: bool, as_html: bool, pager: bool, db: str) -> None:
    """Print the stored article with this URL or ID: headline, byline, dates, origin, text.

    The identifier of a citation (`newsarchive cite`) shows the version that was cited.
    """
    from newsarchive.db.reading.articles import cited
    from newsarchive.db.reading.hidden import state_of
    from newsarchive.db.readonly import reading

    output.at_most_one("show", json=as_json, text=as_text, html=as_html)
    source = open_reader(db)
    article = cited(source, which)
    if as_json:
        output.print_json(article, indent=2)
    elif as_text:
        output.echo(article.article_body)
    elif as_html:
        output.print_html(html(article))
    else:
        output.print_article(article, pager=pager)
        with reading(source) as reader:
            state, reason = state_of(reader, article.id)
        if state not in ("", "accepted"):
            why = ": ".join(filter(None, (state, reason)))
            output.say(f"hidden from readers: {why} (newsarchive quarantine accept {article.id} shows it)")


def html(article: Article) -> str:
    """An article as an HTML document without script and style; it loads nothing."""
    details = [byline(article), origin_line(article.origin), output.free_line(article)]
    paragraphs = "\n".join(f"<p><small>{escape(line)}</small></p>" for line in details if line)
    return (
        f'<!DOCTYPE html>\n<html{language_attribute(article.in_language)}>\n<head>\n<meta charset="utf-8">\n'
        f'<title>{escape(article.headline)}</title>\n<link rel="canonical" href="{escape(article.url)}">\n'
        f"</head>\n<body>\n<article>\n<h1>{escape(article.headline)}</h1>\n{paragraphs}\n"
        f"{shown_html(article)}\n</article>\n</body>\n</html>"
    )


@click.command(
    epilog="""\b
Examples:
  newsarchive cite https://blog.example/2025/04/post/
  newsarchive cite 17 --version 1 --format csl > post.json
  newsarchive cite 'nwa:1:txt:6b0a…;url=https://blog.example/2025/04/post/'"""
)
@click.argument("which", metavar="URL|ID|IDENTIFIER")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csl", "bibtex", "ris"]),
    default="text",
    show_default=True,
    help="A line of text, or CSL-JSON, BibTeX or RIS for a reference manager.",
)
@click.option("--version", type=NUMBER, help="This version of its text; by default the current one.")
@output_option
@db_option
def cite(which: str, form: str, version: int | None, db: str) -> None:
    """How to cite an article: authors, headline, site, both dates, the original, the time of capture, an identifier, and
    the digest of the bytes.

    The identifier is computed from headline and text and names this version for ever: `newsarchive cite IDENTIFIER` and
    `newsarchive show IDENTIFIER` find it again, even when the page was changed since, or is read differently.
    """
    from newsarchive import citation
    from newsarchive.db.reading.articles import citation_of

    made = citation.FORMATS[form](citation_of(open_reader(db), which, version))
    if form == "ris":  # its lines end in CR and LF
        output.print_bytes(made.encode())
    elif form == "csl":
        click.echo(made)
    else:
        output.echo(made.rstrip("\n"))

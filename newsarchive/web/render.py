"""The templates, and how they show values and an article's text: repairs marked, dropped text in its place.

The templates escape every value, except `Markup`, which the functions here have escaped or sanitised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup, escape

from newsarchive import plainwords
from newsarchive.core.encoding.changes import BODY, Piece, paragraphs, pieces
from newsarchive.core.html.render import clean, outlined
from newsarchive.core.text.diff import Change, to_html
from newsarchive.db.query_language import Marks
from newsarchive.export.pages import lang, templates
from newsarchive.items import Article, Block, Edit
from newsarchive.reprs import byte_size, cut, web_url
from newsarchive.times import as_printed, is_day_known, utc, written_day

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored
    from newsarchive.db.reading.search import Hit

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

#: Marks around found words in a snippet: code points that are no characters, so that no text holds them.
MARKS = Marks("\ufdd0", "\ufdd1")
_MARKED = re.compile("\ufdd0([^\ufdd0\ufdd1]*)\ufdd1")

#: Characters of the body that are shown in place of a missing headline.
MAX_OPENING_CHARACTERS = 80


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of our own pages."""
    said = {"not_free": plainwords.NOT_FREE, "not_free_short": plainwords.NOT_FREE_SHORT}
    return templates(TEMPLATES, FILTERS, {"static": static} | said)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is the same on every page: `root` is the path of the front page without its last slash. `has_tables` says whether
    Datasette stands behind the pages, `judges` whether the quarantine is judged here, `has_keys` whether our pages have the script
    for the keys j and k."""

    root: str = ""
    has_tables: bool = False
    judges: bool = False
    has_keys: bool = False


def page(template: str, frame: Frame, **values: Any) -> str:
    """A page from a template and what it shows."""
    return environment().get_template(template).render(frame=frame, at=frame.root, **values)


@lru_cache(maxsize=32)
def static(name: str) -> str:
    """The address of a static file; it changes when the file does, so that browsers may keep it."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:8]
    return f"/static/{name}?{digest}"


# -- filters ---------------------------------------------------------------------------------------


def out(url: str | None, text: str | None = None) -> Markup:
    """A link that leaves the archive, or the bare text where the URL is not http or https."""
    shown = text if text is not None else (url or "")
    if not web_url(url):
        return escape(shown)
    return Markup('<a class="out" href="{}" rel="noopener noreferrer nofollow">{}</a>').format(
        web_url(url), shown
    )


def day(moment: datetime | None) -> Markup:
    return _time(moment, "%Y-%m-%d")


def published_day(article: Article | Hit) -> Markup:
    """The day of publication, only the month where the page tells no more."""
    if article.date_published is None or is_day_known(article.date_published_source):
        return day(article.date_published)
    month = written_day(article.date_published, article.date_published_source)
    return Markup('<time datetime="{0}">{0}</time>').format(month)


def minute(moment: datetime | None) -> Markup:
    return _time(moment, "%Y-%m-%d %H:%M UTC")


def _time(moment: datetime | None, form: str) -> Markup:
    if moment is None:
        return Markup('<span class="none">no date</span>')
    moment = utc(moment)
    shown, whole = moment.strftime(form), moment.strftime("%Y-%m-%d %H:%M UTC")
    title = Markup(' title="{}"').format(whole) if whole != shown else ""
    return Markup('<time datetime="{}"{}>{}</time>').format(
        moment.isoformat(timespec="seconds"), title, shown
    )


def values(listed: Sequence[str], field: str) -> Markup | str:
    """The values of a field before or after a change, days as everywhere on the pages."""
    is_day = field.startswith("date_")
    shown = (minute(datetime.fromisoformat(one)) if is_day else one for one in listed if one)
    return Markup("; ").join(shown) or "none"


def published(article: Article) -> Markup:
    """The date of publication: in the zone that the page names, where it names another than UTC, and in UTC."""
    if article.date_published is None:
        return Markup('<span class="none">no date of publication</span>')
    if not is_day_known(article.date_published_source):
        return Markup("{} (the page tells only the month)").format(published_day(article))
    in_utc = minute(article.date_published)
    printed = as_printed(article.date_published, article.date_published_raw)
    if not printed.utcoffset():
        return in_utc
    return Markup("{} ({})").format(f"{printed:%Y-%m-%d %H:%M} UTC{printed.isoformat()[-6:]}", in_utc)


def wayback(article: Stored) -> str:
    """Where the Wayback Machine shows the page as it was at about the time at which we fetched it."""
    at = article.fetched_at or article.first_seen_at
    return f"https://web.archive.org/web/{utc(at).strftime('%Y%m%d%H%M%S') if at else '2'}/{web_url(article.url)}"


def hours(number: float) -> str:
    """A delay in hours as a span.

    >>> hours(1.5), hours(49)
    ('1 h 30 min', '2 d 1 h')
    """
    return later(timedelta(hours=number))


def later(span: timedelta) -> str:
    """A span in the two largest units that it has.

    >>> later(timedelta(days=2, hours=3, minutes=9)), later(timedelta(0))
    ('2 d 3 h', '0 min')
    """
    minutes = int(span.total_seconds() // 60)
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    return " ".join(f"{n} {unit}" for n, unit in [p for p in parts if p[0]][:2]) or "0 min"


def number(value: float | None) -> str:
    """A number with narrow spaces between groups of three digits (ISO 31)."""
    return "" if value is None else f"{value:,}".replace(",", "\u202f")


def snippet(text: str) -> Markup:
    """A snippet with its found words marked."""
    found = _MARKED.sub(lambda match: f"<mark>{match[1]}</mark>", str(escape(text)))
    return Markup(found.replace(MARKS.start, "").replace(MARKS.end, ""))


def runs(changed: Iterable[Change], side: str = "") -> Markup:
    """The changes in one line with `<ins>` and `<del>`. With `side` "delete" the old text alone, with "insert" the new one.

    What is new stands a little apart from what it replaces; otherwise both would look like one word.
    """
    tags = {"equal": Markup("{}"), "insert": Markup("<ins>{}</ins>"), "delete": Markup("<del>{}</del>")}
    made, before = [], ""
    for change in changed:
        if side in ("", change.kind) or change.kind == "equal":
            replaces = before == "delete" and change.kind == "insert"
            tag = Markup('<ins class="instead">{}</ins>') if replaces else tags[change.kind]
            made.append(tag.format(change.text))
            before = change.kind
    return Markup("").join(made)


def changes(run: Iterable[Change]) -> Markup:
    """Changes with `<ins>` and `<del>`, and one `<p>` for each paragraph."""
    return Markup(to_html(run).replace("<p>", '<p dir="auto">'))


def sanitised(html: str) -> Markup:
    """Stored HTML, cleaned again on its way out, each paragraph in its own direction."""
    return Markup(re.sub(r"<(p|h[1-6]|li|blockquote|td|th)>", r'<\1 dir="auto">', outlined(clean(html))))


def named(headline: str, body: str = "") -> Markup:
    """A headline, or the opening of the text where it is missing."""
    if headline.strip():
        return escape(headline)
    return Markup('<span class="none">no headline</span> <bdi>{}</bdi>').format(
        cut(body, MAX_OPENING_CHARACTERS)
    )


_OWN_FILTERS: tuple[Callable[..., Any], ...] = (
    changes, day, published_day, hours, lang, later, minute, named, number, out, published, runs, sanitised, snippet, values, wayback,
    web_url,
)  # fmt: skip
#: The filters of the templates by name.
FILTERS: dict[str, Callable[..., Any]] = {
    **{one.__name__: one for one in _OWN_FILTERS},
    "flag": plainwords.flag,
    "kind": plainwords.label,
    "quoted": lambda text: quote(str(text), safe=""),
    "size": byte_size,
    "rule": plainwords.rule,
    "source": plainwords.source,
}

#: Characters of the text that the list of repairs shows on each side of a repair.
MAX_CONTEXT_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of the body, or a run of blocks that were left out (`dropped`, then `pieces` is empty)."""

    pieces: tuple[Piece, ...] = ()
    dropped: tuple[Block, ...] = ()

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """What was left out, by kind, the most frequent first."""
        return Counter(block.label for block in self.dropped).most_common()


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair with the text around it; `before` and `after` of the edit stand between the two."""

    edit: Edit
    left: str = ""
    right: str = ""


def marked(text: str, edits: Sequence[Edit], where: str) -> list[Piece]:
    """A text with its edits in place; the bare text where they do not fit it (an older version's)."""
    try:
        return pieces(text, [edit for edit in edits if edit.where == where])
    except ValueError:
        return [Piece(text)] if text else []


def lines(body: str, edits: Sequence[Edit], dropped: Sequence[Block], places: Sequence[int]) -> list[Line]:
    """The page from top to bottom: the body's paragraphs, and between them what was left out.

    `places` are the positions of `dropped` among all blocks; the body's paragraphs fill the others.
    """
    kept = [Line(tuple(paragraph)) for paragraph in paragraphs(marked(body, edits, BODY))]
    page: list[Line] = []
    for number, (place, block) in enumerate(zip(places, dropped, strict=False)):
        placed = len(page) - sum(bool(line.dropped) for line in page)
        before = max(0, place - number - placed)  # paragraphs above the block that are not on the page yet
        page += kept[:before]
        del kept[:before]
        if page and page[-1].dropped:
            page[-1] = Line(dropped=(*page[-1].dropped, block))
        else:
            page.append(Line(dropped=(block,)))
    return page + kept


def repairs(texts: dict[str, str], edits: Sequence[Edit]) -> list[Repair]:
    """Every edit, with the text around it where it stands in one of `texts` (by the edit's `where`)."""
    found: list[Repair] = []
    for where in dict.fromkeys(edit.where for edit in edits):
        own = [edit for edit in edits if edit.where == where]
        run = marked(texts.get(where, ""), own, where)
        if sum(piece.edit is not None for piece in run) != len(own):
            found += [Repair(edit) for edit in own]
            continue
        for i, piece in enumerate(run):
            if piece.edit:
                left = "".join(one.text for one in run[max(0, i - 8) : i]).rpartition("\n\n")[2]
                right = "".join(one.text for one in run[i + 1 : i + 9]).partition("\n\n")[0]
                context = left[-MAX_CONTEXT_CHARACTERS:], right[:MAX_CONTEXT_CHARACTERS]
                found.append(Repair(piece.edit, *context))
    return found

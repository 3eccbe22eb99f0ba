"""Full-text search over SQLite's FTS5 and PostgreSQL's tsvector: filters, ranking and snippets, alike on both.

`search(source, "ferry OR harbour", site="blog.example")` gives the best articles first, each with the part of its text
that has the most of what was searched for. `filters` reads what narrows a search, an export or a stream of articles from
what a person types; the language of the words is `newsarchive.db.query_language`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from inspect import Parameter, signature
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar, Unpack

from newsarchive.core.urls import site_of
from newsarchive.db.counted import OWN, REPUBLISHED, Copies, counted, own, republished
from newsarchive.db.hidden import unseen, visible
from newsarchive.db.query_language import (
    And,
    Node,
    Not,
    Or,
    Run,
    Token,
    Words,
    fold,
    has_run,
    parse,
    positive,
    tokenise,
)
from newsarchive.db.readonly import File, Reader, Row, reading
from newsarchive.db.reserved import RESERVED, RIGHTS
from newsarchive.db.values import storable, utc
from newsarchive.exceptions import NewsArchiveError, UsageError, WrongType

if TYPE_CHECKING:
    from sqlalchemy import Engine


#: A day or a moment: a `date`, a `datetime` (UTC where it has no zone), or ISO 8601 text.
Day = date | str
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search; an empty value narrows nothing.

    `site` is a domain, `origin` a part of a publisher's name or domain, `author` a part of a name in the byline (case
    and diacritics do not matter, and a whole name finds longer ones that hold it too), `language` a code (`en` finds `en-GB`
    too), `since` and `until` bound the day of publication (UTC; a day in `until` counts in full).
    `hidden` lets those through too that are in quarantine or were dropped. `copies` is which copies of a story count
    (`newsarchive.db.counted`). The `origin`s "own" and "republished" stand for no other publisher and for any.
    `rights` is "any", or "tdm" for what no site reserved from text and data mining when it was fetched last.
    """

    site: str | None = ""
    origin: str | None = ""
    language: str | None = ""
    author: str | None = ""
    since: date | None = None
    until: date | None = None
    cluster: int | None = None
    hidden: bool = False
    copies: Copies = Copies.ALL
    rights: str = "any"

    @property
    def any(self) -> bool:
        """Whether anything is narrowed."""
        return self != Filters(hidden=self.hidden)

    def since_moment(self) -> datetime | None:
        """The first moment that passes."""
        return _moment(self.since, time.min)

    def until_moment(self) -> datetime | None:
        """The last moment that passes."""
        return _moment(self.until, time.max)


class FilterOptions(TypedDict, total=False):
    """The filters as a person gives them: keyword arguments of `filters`, and of every function that takes filters."""

    site: str
    origin: str
    language: str
    author: str
    since: Day | None
    until: Day | None
    cluster: int | None
    hidden: bool
    copies: str
    rights: str


def with_filters(function: F) -> F:
    """Let the signature of a function name each filter in place of `**chosen`, for help and editors."""
    before = signature(function)
    own = [one for one in before.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
    defaults = Filters()
    named = [
        Parameter(
            name, Parameter.KEYWORD_ONLY, default=getattr(defaults, name), annotation=kind.__forward_arg__
        )
        for name, kind in FilterOptions.__annotations__.items()
    ]
    function.__signature__ = before.replace(parameters=[*own, *named])  # type: ignore[attr-defined]
    return function


@with_filters
def filters(**chosen: Unpack[FilterOptions]) -> Filters:
    """Filters from what a person gives; `None` and "" narrow nothing. A `site` may be a URL of it.

    Raises `UsageError` for a day that cannot be read and for days that let nothing through, `WrongType` (a
    `TypeError` as well) for any other kind of value, naming the filter.
    """
    if unknown := chosen.keys() - FilterOptions.__annotations__.keys():
        raise TypeError(
            f"{min(unknown)!r} is no filter; there are {', '.join(FilterOptions.__annotations__)}"
        )
    named = {name: _text(name, chosen.get(name)) for name in _EXAMPLES}
    if "://" in named["site"]:
        named["site"] = _site(named["site"])
    since, until = chosen.get("since"), chosen.get("until")
    wanted = Filters(
        **named,
        since=day(since, "since"),
        until=day(until, "until"),
        cluster=_number(chosen.get("cluster")),
        hidden=_flag(chosen.get("hidden", False)),
        copies=_copies(chosen.get("copies")),
        rights=_rights(chosen.get("rights")),
    )
    begin, end = wanted.since_moment(), wanted.until_moment()
    if begin and end and begin > end:
        raise UsageError(f"since {since} is after until {until}: no day is between them")
    return wanted


#: The filters that are texts, each with an example for the message to a person who gave something else.
_EXAMPLES = {
    "site": "the domain of a site, 'blog.example'; for several ask once for each",
    "origin": "a publisher's name or domain or a part of it, 'scmp.com'; for several ask once for each",
    "language": "the code of a language, 'en'; for several ask once for each",
    "author": "a name in the byline or a part of it, 'Ann Lee'; for several ask once for each",
}


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WrongType(name, value, f"give {_EXAMPLES[name]}")
    return value


def _site(url: str) -> str:
    try:
        return site_of(url)
    except (NewsArchiveError, ValueError) as error:
        raise UsageError(f"site {url!r}: no address of a site; give {_EXAMPLES['site']}") from error


def _number(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise WrongType("cluster", value, "give the number of a story, an article's cluster_id")
    return index(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongType("hidden", value, "give True or False")
    return value


def _rights(value: object) -> str:
    if value in (None, ""):
        return "any"
    if value not in RIGHTS:
        raise UsageError(f"rights {value!r}: one of {', '.join(RIGHTS)}")
    return str(value)


def _copies(value: object) -> Copies:
    if value is None or value == "":
        return Copies.ALL
    if not isinstance(value, str):
        raise WrongType("copies", value, f"give one of {', '.join(Copies)}")
    try:
        return Copies(value)
    except ValueError:
        raise UsageError(f"copies {value!r}: one of {', '.join(Copies)}") from None


def day(value: Day | None, name: str) -> date | None:
    """A day from ISO text (`2025-04-01`, or a time as well); a date stays as it is."""
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise WrongType(name, value, "give a day, '2025-04-01' or datetime.date(2025, 4, 1)")
    try:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{name} {value!r}: not a day; write it as 2025-04-01") from None


def _moment(day: date | None, edge: time) -> datetime | None:
    """A day is meant in UTC; a datetime without a zone too."""
    if day is None:
        return None
    return utc(day if isinstance(day, datetime) else datetime.combine(day, edge))


#: Code points of a snippet; a longer text is cut at white space near there.
MAX_SNIPPET_CHARACTERS = 240


class Marks(NamedTuple):
    """What stands before and after a found word."""

    start: str = "**"
    end: str = "**"


MARKS = Marks()


def snippet(
    text: str, leaves: Iterable[Words | Run], marks: Marks = MARKS, width: int = MAX_SNIPPET_CHARACTERS
) -> str:
    """The part of the text with the most of what was searched for, on one line, found words marked.

    Gives the beginning of the text where nothing of the query stands in it (it was in the headline).
    """
    found = sorted(_places(text, list(leaves)))
    start, end = _window(text, found, width)
    out, at = [], start
    for left, right in found:
        if left >= at and right <= end:
            out += [text[at:left], marks.start, text[left:right], marks.end]
            at = right
    out.append(text[at:end])
    whole = re.sub(r"\s+", " ", "".join(out)).strip()
    return ("…" if start else "") + whole + ("…" if end < len(text) else "")


def _places(text: str, leaves: list[Words | Run]) -> set[tuple[int, int]]:
    tokens = list(tokenise(text))
    places: set[tuple[int, int]] = set()
    for leaf in leaves:
        if isinstance(leaf, Run):
            places |= {match.span() for match in re.finditer(re.escape(leaf.text), text, re.I)}
        else:
            places |= set(_phrases(tokens, leaf))
    return places


def _phrases(tokens: list[Token], leaf: Words) -> Iterable[tuple[int, int]]:
    size = len(leaf.words)
    for i in range(len(tokens) - size + 1):
        run = tokens[i : i + size]
        last = run[-1].text.startswith(leaf.words[-1]) if leaf.prefix else run[-1].text == leaf.words[-1]
        if last and all(token.text == word for token, word in zip(run[:-1], leaf.words, strict=False)):
            yield run[0].start, run[-1].end


def _window(text: str, found: list[tuple[int, int]], width: int) -> tuple[int, int]:
    """The stretch of about `width` that holds most of what was found, from word to word."""
    if not found:
        return 0, _at_word(text, min(width, len(text)), -1)
    best = max(
        found, key=lambda place: sum(place[0] <= left < place[0] + width * 3 // 4 for left, _ in found)
    )
    start = max(0, best[0] - width // 4)
    start = _at_word(text, start, 1) if start else 0
    start = min(start, best[0])
    end = max(min(len(text), start + width), best[1])
    return start, max(_at_word(text, end, -1), best[1])


def _at_word(text: str, at: int, step: int) -> int:
    """The nearest white space in one direction, within 20 code points."""
    if at >= len(text):
        return len(text)
    for i in range(at, max(0, min(len(text), at + 20 * step)), step):
        if text[i].isspace():
            return i
    return at


#: Matches that are ranked, the newest; older ones are left out. A word that half the archive has tells no article from
#: another, and scoring each of a million takes a second.
MAX_RANKED = 20_000

_JOINED = """
    JOIN sites AS s ON s.id = a.site_id
    LEFT JOIN article_origins AS ao ON ao.article_id = a.id
    LEFT JOIN origins AS o ON o.id = ao.origin_id
"""
_COLUMNS = "a.id, a.url, a.headline, a.in_language, a.date_published, s.domain AS site, o.name AS origin"
_NEWEST = "a.date_published DESC NULLS LAST, a.id DESC"
#: The orders in which ids of matches can be had.
ORDERS = {"id": "a.id", "date": _NEWEST, "site": "s.domain, a.date_published NULLS LAST, a.id"}


@dataclass(frozen=True, slots=True)
class Hit:
    """One found article. A higher `score` is a better match; 0 where results are in order of date."""

    id: int
    url: str
    headline: str
    snippet: str
    site: str
    origin: str
    in_language: str
    date_published: datetime | None
    score: float


def search(
    source: File | Engine,
    words: str = "",
    *,
    filters: Filters | None = None,
    order: str = "rank",
    limit: int = 20,
    offset: int = 0,
    marks: Marks = MARKS,
    **chosen: Any,
) -> list[Hit]:
    """The articles that match, best first (`order="date"`: newest first).

    `words` is in the language of `db/query_language.py`; without any, all that the filters let through come,
    newest first. Filters may be given one by one too. Raises `UsageError` for a query that cannot be
    read, naming what is wrong with it. Where more than `MAX_RANKED` match, the newest of them are ranked.
    """
    if order not in ("rank", "date"):
        raise UsageError(f"order {order!r}: rank or date")
    tree = tree_of(words)
    with reading(source) as reader:
        query = _Query(reader, filters or Filters(**chosen))
        sql = query.page(tree, order, limit, offset)
        return [_hit(reader, row, tree, marks) for row in reader.rows(sql, query.values)]


def count(source: File | Engine, words: str = "", filters: Filters | None = None) -> int:
    """How many articles match. Raises `UsageError` as `search` does."""
    tree = tree_of(words)
    with reading(source) as reader:
        query = _Query(reader, filters or Filters())
        return int(reader.value(query.count(tree), query.values))


@dataclass(frozen=True, slots=True)
class Facets:
    """How the matches of a search are spread: a value and its number of articles, the largest number first, months in order.

    `total` counts all matches. The others count the newest `MAX_RANKED` of them, all where `are_whole`.
    """

    total: int
    sites: dict[str, int]
    origins: dict[str, int]
    languages: dict[str, int]
    months: dict[str, int]
    are_whole: bool


def facets(source: File | Engine, words: str = "", filters: Filters | None = None) -> Facets:
    """How the matches are spread over sites, publishers, languages and months. Raises `UsageError` as `search` does."""
    tree = tree_of(words)
    with reading(source) as reader:
        query = _Query(reader, filters or Filters())
        rows = reader.tuples(query.spread(tree), query.values)
        total = sum(row[-1] for row in rows)
        if total >= MAX_RANKED:
            query = _Query(reader, filters or Filters())
            total = int(reader.value(query.count(tree), query.values))
    counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
    for *names, number in rows:
        for count_of, name in zip(counts, names, strict=True):
            if name:
                count_of[name] += number
    sites, origins, languages, months = counts
    return Facets(
        total,
        dict(sites.most_common()),
        dict(origins.most_common()),
        dict(languages.most_common()),
        dict(sorted(months.items())),
        total <= MAX_RANKED,
    )


def ids(
    reader: Reader, words: str, filters: Filters, order: str = "id", limit: int | None = None
) -> list[int]:
    """The ids of all articles that match, or of the first `limit`, in one of `ORDERS`."""
    query = _Query(reader, filters)
    cut = "" if limit is None else f" LIMIT {int(limit)}"
    sql = f"{query.all('a.id', tree_of(words))} ORDER BY {ORDERS[order]}{cut}"
    return [row[0] for row in reader.tuples(sql, query.values)]


def tree_of(words: str) -> Node | None:
    """The tree of a query, `None` where it asks for nothing."""
    return parse(storable(words)) if words.strip() else None  # as the texts are stored


def _hit(reader: Reader, row: Row, tree: Node | None, marks: Marks) -> Hit:
    body = reader.value("SELECT article_body FROM articles WHERE id = :id", {"id": row["id"]})
    shown = snippet(body, positive(tree) if tree else (), marks)
    named = {"origin": row["origin"] or "", "score": float(row["score"] or 0.0), "snippet": shown}
    return Hit(**row | named)


def folded(name: str) -> str:
    """A name as it is looked for: without regard to case and, in Latin script, to diacritics, as words are.

    >>> folded("Peić  Ann"), folded("ΣΟΦΟΣ") == folded("σοφος")
    ('peic ann', True)
    """
    return "\n".join(" ".join(fold(line).split()) for line in name.splitlines())


class _Query:
    """Writes the SELECT for one database, its values beside it."""

    def __init__(self, reader: Reader, filters: Filters) -> None:
        self.reader, self.dialect = reader, reader.dialect
        self.values: dict[str, Any] = {}
        self.filters = list(self._conditions(filters))
        self.hidden = filters.hidden
        self.hides = self.reader.value(f"{unseen(self.hidden)} LIMIT 1") is not None
        self.key = self.dialect.search_key

    def page(self, tree: Node | None, order: str, limit: int, offset: int) -> str:
        if tree and order == "rank" and not has_run(tree):
            return self._ranked(tree, limit, offset)
        return f"{self.all(f'{_COLUMNS}, 0.0 AS score', tree)} ORDER BY {_NEWEST} {self._cut(limit, offset)}"

    def all(self, columns: str, tree: Node | None, joined: str = _JOINED) -> str:
        """Every article that matches, in no order; with `joined` "" of its own columns alone."""
        conditions = [*([self.condition(tree)] if tree else []), *self.filters, *self._seen("a.id")]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {columns} FROM articles AS a {joined} {where}"

    def count(self, tree: Node | None) -> str:
        """How many match; without filters the index counts alone."""
        if tree and not self.filters and not has_run(tree):
            return self._among("count(*)", tree)
        return self.all("count(*)", tree, joined="")

    def spread(self, tree: Node | None) -> str:
        """How many of the newest matches have each site, publisher, language and month."""
        month = self.dialect.month("a.date_published")
        if tree and not has_run(tree):
            newest = (
                f"{self._among(f'{self.key} AS id', tree)} ORDER BY {self.key} DESC LIMIT {int(MAX_RANKED)}"
            )
            matches = f"JOIN ({newest}) AS found ON found.id = a.id"
        else:
            newest = f"{self.all('a.id', tree, joined='')} ORDER BY a.id DESC LIMIT {int(MAX_RANKED)}"
            matches = f"WHERE a.id IN ({newest})"
        return f"SELECT s.domain, o.name, a.in_language, {month}, count(*) FROM articles AS a {_JOINED} {matches} GROUP BY 1, 2, 3, 4"

    def condition(self, node: Node) -> str:
        """A tree with strings to look for: each part by its own index, joined by the operators."""
        if not has_run(node) and not isinstance(node, Not):
            return f"a.id IN ({self._matching(node)})"
        if isinstance(node, Run):
            return self._containing(node)
        if isinstance(node, Not):
            return f"NOT {self.condition(node.part)}"
        assert isinstance(node, And | Or)
        joint = " AND " if isinstance(node, And) else " OR "
        return f"({joint.join(self.condition(part) for part in node.parts)})"

    def _ranked(self, tree: Node, limit: int, offset: int) -> str:
        """The best first: the index ranks by itself, only what is shown is looked up."""
        best = self._among(f"{self.key} AS id, {self.dialect.score(tree, self._value)} AS score", tree)
        if limit + offset <= MAX_RANKED:
            best += self._newest(tree)
        best += f" ORDER BY score DESC, {self.key} DESC {self._cut(limit, offset)}"
        return (
            f"SELECT {_COLUMNS}, found.score FROM articles AS a {_JOINED} JOIN ({best}) AS found ON found.id = a.id"
            " ORDER BY found.score DESC, found.id DESC"
        )

    def _newest(self, tree: Node) -> str:
        """Leaves out what is older than the newest `MAX_RANKED`, where so many match."""
        keys = f"{self._among(self.key, tree)} ORDER BY {self.key} DESC LIMIT 1 OFFSET {int(MAX_RANKED)}"
        floor = self.reader.value(keys, self.values)
        return "" if floor is None else f" AND {self.key} > {int(floor)}"

    def _among(self, columns: str, tree: Node) -> str:
        """Matches that pass the filters; without any the index answers alone.

        Who passes is found first, by the indexes of `articles`, and a match is then only looked up among
        them: reading the article of each match costs ten times as much. The + keeps SQLite from asking
        the full-text index once for each that passes.
        """
        conditions = [self.dialect.matches(tree, self._value), *self._seen(self.key)]
        if self.filters:
            passing = f"SELECT a.id FROM articles AS a WHERE {' AND '.join(self.filters)}"
            conditions.append(f"+{self.key} IN ({passing})")
        return f"SELECT {columns} FROM article_search AS f WHERE {' AND '.join(conditions)}"

    def _seen(self, key: str) -> list[str]:
        """Only what readers see, asked of the short table alone; nothing where it is empty."""
        return [visible(key, self.hidden)] if self.hides else []

    def _matching(self, node: Node) -> str:
        return f"SELECT {self.key} FROM article_search AS f WHERE {self.dialect.matches(node, self._value)}"

    def _containing(self, run: Run) -> str:
        """Articles with the string; those in a spaced script have it as a word of its own."""
        words = tuple(token.text for token in tokenise(run.text))
        as_word = f" OR a.id IN ({self._matching(Words(words, prefix=True))})" if words else ""
        return f"({self.dialect.contains(run.text, self._value)}{as_word})"

    def _conditions(self, wanted: Filters) -> Iterator[str]:
        if wanted.site:
            domain = self._value(wanted.site.lower().removeprefix("www."))
            yield f"a.site_id = (SELECT id FROM sites WHERE domain = {domain})"
        if wanted.origin and wanted.origin.lower() in (OWN, REPUBLISHED):
            yield own("a") if wanted.origin.lower() == OWN else republished("a")
        elif wanted.origin:
            known = self._named("SELECT id, name, domain FROM origins", wanted.origin)
            yield f"a.id IN (SELECT article_id FROM article_origins WHERE origin_id {known})"
        if wanted.language:
            code = wanted.language.replace("/", "//").replace("%", "/%").replace("_", "/_")
            like = f"a.in_language LIKE {self._value(f'{code}-%')} ESCAPE '/'"
            yield f"(a.in_language = {self._value(wanted.language)} OR {like})"
        if wanted.since:
            yield f"a.date_published >= {self._value(wanted.since_moment())}"
        if wanted.until:
            yield f"a.date_published <= {self._value(wanted.until_moment())}"
        if wanted.author:
            known = self._named("SELECT id, name FROM authors", wanted.author)
            yield f"a.id IN (SELECT article_id FROM article_authors WHERE author_id {known})"
        if wanted.cluster is not None:
            yield f"a.cluster_id = {self._value(wanted.cluster)}"
        if wanted.rights == "tdm":
            yield f"a.id NOT IN ({RESERVED})"
        yield from counted(wanted.copies)

    def _named(self, names: str, part: str) -> str:
        """Which of these rows (an id, then names) have the part in a name, as the end of a condition.

        Compared here, not by the databases: SQLite's `lower` knows ASCII alone, PostgreSQL's goes by its locale.
        """
        wanted = folded(part)
        found = [
            row[0] for row in self.reader.tuples(names) if wanted and wanted in folded("\n".join(row[1:]))
        ]
        return self.dialect.among(found, self._value)

    def _value(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def _cut(self, limit: int, offset: int) -> str:
        return f"LIMIT {int(limit)} OFFSET {int(offset)}"

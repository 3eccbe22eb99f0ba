"""Full-text search over SQLite's FTS5 and PostgreSQL's tsvector: filters, ranking and snippets, alike on both.

`search(source, "ferry OR harbour", site="blog.example")` gives the best articles first, each with the part of its text
that has the most of what was searched for. `filters` reads what a person types to narrow a search, an export or a
stream of articles. The language of the words is `newsarchive.db.query_language`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from inspect import Parameter, signature
from operator import index
from typing import Any, TypedDict, TypeVar, Unpack

from newsarchive.core.urls import domain_of
from newsarchive.db.conditions import (
    OWN,
    OWN_IDS,
    REPUBLISHED,
    REPUBLISHED_IDS,
    RESERVED,
    RIGHTS,
    Copies,
    counted,
    counted_ids,
    unseen,
    visible,
)  # fmt: skip
from newsarchive.db.query_language import (
    MARKS,
    And,
    Marks,
    Node,
    Not,
    Or,
    Run,
    Words,
    fold,
    has_run,
    inside,
    parse,
    positive,
    snippet,
    tokenise,
)
from newsarchive.db.reading.finding import find
from newsarchive.db.readonly import Reader, Source, reading
from newsarchive.db.values import storable
from newsarchive.exceptions import UsageError, WrongType
from newsarchive.times import span_edge, utc

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
    (`newsarchive.db.conditions`). Two values of `origin` are no names: "own" lets through what names no other publisher as the
    first, "republished" what names any.
    `rights` is "any", or "tdm" for what no site reserved from text and data mining when it was fetched last.
    `article` are addresses, ids or identifiers of articles: no other articles are let through. An empty tuple lets none through.
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
    article: tuple[str, ...] | None = None

    def since_moment(self) -> datetime | None:
        """The first moment of publication that the filter lets through."""
        return moment_of(self.since, time.min)

    def until_moment(self) -> datetime | None:
        """The last moment of publication that the filter lets through."""
        return moment_of(self.until, time.max)


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
    article: str | int | Iterable[str | int] | None


def with_filters(function: F) -> F:
    """Let the signature of a function name each filter instead of `**chosen`, for `help()` and for editors."""
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
    named["site"] = domain_of(named["site"])
    since, until, hidden = chosen.get("since"), chosen.get("until"), chosen.get("hidden", False)
    if not isinstance(hidden, bool):
        raise WrongType("hidden", hidden, "give True or False")
    wanted = Filters(
        **named,
        since=day(since, "since"),
        until=day(until, "until"),
        cluster=_number(chosen.get("cluster")),
        hidden=hidden,
        copies=Copies(_choice("copies", chosen.get("copies"), list(Copies))),
        rights=_choice("rights", chosen.get("rights"), RIGHTS),
        article=_articles(chosen.get("article")),
    )
    begin, end = wanted.since_moment(), wanted.until_moment()
    if begin and end and begin > end:
        raise UsageError(f"since {since} is after until {until}: no day is between them")
    return wanted


#: The largest number that a database takes: eight bytes with a sign.
MAX_INTEGER = 2**63 - 1

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


def _number(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise WrongType("cluster", value, "give the number of a story, an article's cluster_id")
    return max(-1, min(index(value), MAX_INTEGER))  # a number beyond the database's is no story's


def _choice(name: str, value: object, choices: Sequence[str]) -> str:
    """One of these words; the first where nothing is given."""
    if value is None or value == "":
        return choices[0]
    if not isinstance(value, str):
        raise WrongType(name, value, f"give one of {', '.join(choices)}")
    if value not in choices:
        raise UsageError(f"{name} {value!r}: one of {', '.join(choices)}")
    return value


def _articles(value: Any) -> tuple[str, ...] | None:
    if value is None or (isinstance(value, str) and not value):
        return None
    given = list(value) if isinstance(value, Iterable) and not isinstance(value, str | bytes) else [value]
    for one in given:
        # The ids of a data frame are numbers of numpy.
        if isinstance(one, bool) or not (isinstance(one, str) or hasattr(one, "__index__")):
            raise WrongType("article", one, "give an address or an id, or a list of them")
    return tuple(one if isinstance(one, str) else str(index(one)) for one in given)


def day(value: Day | None, name: str) -> date | None:
    """A day from ISO text (`2025-04-01`, a year, a month, or a time as well); a date stays as it is. Of a year or a month it is
    the first day, and the last one under the name "until"; "" is no day."""
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise WrongType(name, value, "give a day, '2025-04-01' or datetime.date(2025, 4, 1)")
    try:
        if whole := span_edge(value, is_end=name == "until"):
            return whole
        if not any(sign in value for sign in "Tt "):
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
        utc(moment)
        return moment
    except (ValueError, OverflowError):
        raise UsageError(f"{name} {value!r}: not a day; write it as 2025-04-01, 2025-04 or 2025") from None


def moment_of(day: date | None, edge: time) -> datetime | None:
    """The first or last moment (`edge`) of a day in UTC. A datetime is its own moment, in UTC where it has no zone."""
    if day is None:
        return None
    return utc(day if isinstance(day, datetime) else datetime.combine(day, edge))


#: This many matches, the newest ones, are ranked; older matches come on the pages behind them. A word that half of the articles have
#: tells no article from another, and to score each of a million takes a second.
MAX_RANKED = 20_000

#: Up to this many matches are sorted by their dates. Where more match, all articles are read in the order of their
#: dates instead, until enough match.
MAX_SORTED = 10_000

#: The tables beside `articles AS a`: the site of each article, and its first publisher where it names one.
JOINED = """
    JOIN sites AS s ON s.id = a.site_id
    LEFT JOIN article_origins AS ao ON ao.article_id = a.id
    LEFT JOIN origins AS o ON o.id = ao.origin_id
"""
_COLUMNS = (
    "a.id, a.url, a.headline, a.in_language, a.date_published, a.date_published_source,"
    " a.is_accessible_for_free, s.domain AS site, o.name AS origin"
)
_NEWEST = "a.date_published DESC NULLS LAST, a.id DESC"
_BEST = "is_new DESC, score DESC"
#: The orders in which ids of matches can be had.
ORDERS = {"id": "a.id", "date": _NEWEST, "site": "s.domain, a.date_published NULLS LAST, a.id"}


@dataclass(frozen=True, slots=True)
class Paging:
    """Which of the matches are wanted: in which order (the best first, or with "date" the newest first), how many, and
    how many before them are skipped.

    `marks` stand around the found words. Raises `UsageError` for another order.
    """

    order: str = "rank"
    limit: int = 20
    offset: int = 0
    marks: Marks = MARKS

    def __post_init__(self) -> None:
        if self.order not in ("rank", "date"):
            raise UsageError(f"order {self.order!r}: rank or date")


@dataclass(frozen=True, slots=True)
class Hit:
    """One found article. A higher `score` is a better match; 0 where results are in order of date. `is_accessible_for_free` is
    false where the page says that it must be paid for, `None` where it says nothing."""

    id: int
    url: str
    headline: str
    snippet: str
    site: str
    origin: str
    in_language: str
    date_published: datetime | None
    score: float
    is_accessible_for_free: bool | None = None
    date_published_source: str = ""


def search(
    source: Source, words: str = "", filters: Filters | None = None, paging: Paging | None = None
) -> list[Hit]:
    """The articles that match.

    `words` is in the language of `db/query_language.py`; without any, all that the filters let through come, newest first.
    Where more than `MAX_RANKED` match, the newest of them are ranked. Raises `UsageError` for a query that cannot be read,
    naming what is wrong with it.
    """
    paging = paging or Paging()
    tree = tree_of(words)
    with reading(source) as reader:
        query = Query(reader, filters or Filters())
        tree = query.inside(tree)
        sql = query.page(tree, paging.order, paging.limit, paging.offset)
        hits = []
        for row in reader.rows(sql, query.values):
            body = reader.value("SELECT article_body FROM articles WHERE id = :id", {"id": row["id"]})
            shown = snippet(body, positive(tree) if tree else (), paging.marks)
            named = {"origin": row["origin"] or "", "score": float(row["score"] or 0.0), "snippet": shown}
            hits.append(Hit(**row | named))
        return hits


def count(source: Source, words: str = "", filters: Filters | None = None) -> int:
    """How many articles match. Raises `UsageError` as `search` does."""
    tree = tree_of(words)
    with reading(source) as reader:
        query = Query(reader, filters or Filters())
        return int(reader.value(query.count(query.inside(tree)), query.values))


def ids(
    reader: Reader, words: str, filters: Filters, order: str = "id", limit: int | None = None
) -> list[int]:
    """The ids of all articles that match, or of the first `limit`, in one of `ORDERS`."""
    query = Query(reader, filters)
    cut = "" if limit is None else f" LIMIT {min(int(limit), MAX_INTEGER)}"
    tree = query.inside(tree_of(words))
    found = query.dated("a.id", tree) if order == "date" and cut else query.all("a.id", tree)
    sql = f"{found} ORDER BY {ORDERS[order]}{cut}"
    return [row[0] for row in reader.tuples(sql, query.values)]


def tree_of(words: str) -> Node | None:
    """The tree of a query, `None` where it asks for nothing."""
    return parse(storable(words)) if words.strip() else None  # as the texts are stored


def folded(name: str) -> str:
    """A name as it is looked for: without regard to case and, in Latin script, to diacritics, as words are, and to strokes.

    >>> folded("Peić  Ann"), folded("ΣΟΦΟΣ") == folded("σοφος"), folded("Łukasz Żółć")
    ('peic ann', True, 'lukasz zolc')
    """
    return "\n".join(" ".join(fold(line).split()) for line in name.splitlines()).translate(_PLAIN_LETTERS)


#: Letters that Unicode does not take apart, as people type them whose keyboard lacks them. Words are not folded so: the
#: full-text indexes hold these letters.
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe"}
    | {"ß": "ss", "þ": "th"}
)

#: Languages that are written without spaces between words.
UNSPACED_LANGUAGES = frozenset(("bo", "ja", "km", "lo", "my", "th", "wuu", "yue", "zh"))
#: The languages of the articles, by a look into their index for each.
_LANGUAGES = """
    WITH RECURSIVE spoken(code) AS (
        SELECT min(in_language) FROM articles
        UNION ALL
        SELECT (SELECT min(a.in_language) FROM articles AS a WHERE a.in_language > spoken.code)
        FROM spoken WHERE spoken.code IS NOT NULL
    )
    SELECT code FROM spoken
"""


class Query:
    """Writes the SELECT for one database, its values beside it."""

    def __init__(self, reader: Reader, filters: Filters) -> None:
        self.reader, self.dialect = reader, reader.dialect
        self.values: dict[str, Any] = {}
        # Conditions on the columns of `articles AS a`, and on the id alone, which stands as {id} in them.
        self.on_columns, self.on_ids = list(self._on_columns(filters)), list(self._on_ids(filters))
        if self.on_columns:
            self.on_columns += counted(filters.copies)
        else:
            self.on_ids += counted_ids(filters.copies)
        self.hidden, self.language = filters.hidden, (filters.language or "").partition("-")[0]
        self.hides = self.reader.value(f"{unseen(self.hidden)} LIMIT 1") is not None
        self.key = self.dialect.search_key

    def inside(self, tree: Node | None) -> Node | None:
        """The tree, with its words looked for inside texts without spaces too where only such texts are wanted, or where no
        text has the words between spaces. Otherwise results would be in no order of rank."""
        if tree is None or has_run(tree):
            return tree
        if not any(code.partition("-")[0] in UNSPACED_LANGUAGES for code in self._languages()):
            return tree
        if self.language in UNSPACED_LANGUAGES or not self.reader.tuples(self.newest(tree, 1), self.values):
            return inside(tree)
        return tree

    def page(self, tree: Node | None, order: str, limit: int, offset: int) -> str:
        """One page of results with the columns of a `Hit`: the best matches with order "rank", else the newest."""
        if tree and order == "rank" and not has_run(tree):
            return (
                f"SELECT {_COLUMNS}, best.score FROM articles AS a {JOINED}"
                f" JOIN ({self.best(tree, limit, offset)}) AS best ON best.id = a.id ORDER BY {_BEST}, a.id DESC"
            )
        columns = f"{_COLUMNS}, 0.0 AS score"
        return f"{self.dated(columns, tree)} ORDER BY {_NEWEST} {self._cut(limit, offset)}"

    def dated(self, columns: str, tree: Node | None) -> str:
        """Every article that matches, in a form in which the newest by date are found quickly. SQLite does not know
        beforehand how many match, so they are counted first: few matches are sorted; for many, all articles are read in
        the order of their dates."""
        if (tree and has_run(tree)) or not (tree or self.on_ids):
            return self.all(columns, tree)
        few = self.newest(tree, MAX_SORTED)
        if int(self.reader.value(f"SELECT count(*) FROM ({few}) AS few", self.values)) < MAX_SORTED:
            return f"SELECT {columns} FROM articles AS a {JOINED} WHERE a.id IN ({few})"
        matching = [f"+a.id IN ({self._matching(tree)})"] if tree else []
        return f"SELECT {columns} FROM articles AS a {JOINED} WHERE {' AND '.join([*matching, *self._passing('+a.id')])}"

    def all(self, columns: str, tree: Node | None, joined: str = JOINED) -> str:
        """Every article that matches, in no order. With `joined` "" only columns of the article itself can be had."""
        conditions = [*([self.condition(tree)] if tree else []), *self._passing("a.id")]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {columns} FROM articles AS a {joined} {where}"

    def count(self, tree: Node | None) -> str:
        """How many articles match. The index counts them, without the table of articles where nothing is filtered."""
        if tree and not has_run(tree):
            return f"SELECT count(*) FROM article_search AS f WHERE {self._among(tree)}"
        if tree:
            return self.all("count(*)", tree, joined="")
        # With the +, SQLite counts from the index alone and does not read each article that passes.
        passing = " AND ".join(self._passing("+a.id"))
        return f"SELECT count(*) FROM articles AS a {'WHERE ' if passing else ''}{passing}"

    def newest(self, tree: Node | None, number: int) -> str:
        """The ids of the newest matches."""
        if tree and not has_run(tree):
            return f"SELECT {self.key} AS id FROM article_search AS f WHERE {self._among(tree)} {self._newest(number)}"
        is_negative = all(condition.startswith("{id} NOT IN") for condition in self.on_ids)
        if tree or self.on_columns or not (self.on_ids and is_negative):
            return f"{self.all('a.id', tree, joined='')} ORDER BY a.id DESC LIMIT {number}"
        # Perhaps few articles pass the filters. The + keeps SQLite from reading all articles in the order of their ids:
        # a short index has those that pass.
        passing = " AND ".join(self._passing("+a.id"))
        return f"SELECT a.id FROM articles AS a WHERE {passing} ORDER BY +a.id DESC LIMIT {number}"

    def best(self, tree: Node, limit: int, offset: int) -> str:
        """The ids and scores of the best matches. On the pages behind the newest matches come the older ones, so that each match
        stands on one page."""
        is_beyond, is_new = limit + offset > MAX_RANKED, "1"
        if is_beyond:
            is_new = f"CASE WHEN id >= (SELECT min(id) FROM ({self.newest(tree, MAX_RANKED)}) AS n) THEN 1 ELSE 0 END"
        score = self.dialect.score(tree, self._value)
        found = self.dialect.scored(self._among(tree), "" if is_beyond else self._newest(MAX_RANKED), score)
        best = f"SELECT id, score, {is_new} AS is_new FROM ({found}) AS found ORDER BY {_BEST}, id DESC"
        return f"{best} {self._cut(limit, offset)}"

    def condition(self, node: Node) -> str:
        """A tree with strings to look for: each part by its own index, joined by the operators."""
        if not has_run(node) and not isinstance(node, Not):
            return f"a.id IN ({self._matching(node)})"
        if isinstance(node, Run):  # texts in a spaced script have the string as a word of its own
            words = node.words or Words(tuple(token.text for token in tokenise(node.text)), prefix=True)
            as_word = f" OR a.id IN ({self._matching(words)})" if words.words else ""
            return f"({self.dialect.contains(node.text, self._value)}{as_word})"
        if isinstance(node, Not):
            return f"NOT {self.condition(node.part)}"
        assert isinstance(node, And | Or)
        joint = " AND " if isinstance(node, And) else " OR "
        return f"({joint.join(self.condition(part) for part in node.parts)})"

    def _newest(self, number: int) -> str:
        return f"ORDER BY {self.key} DESC LIMIT {number}"

    def _among(self, tree: Node) -> str:
        """The condition that an entry of the index matches and that its article passes the filters.

        The articles that pass are found first, by the indexes of `articles`, and each match is then only looked up
        among them: to read the article of each match costs ten times as much. The + keeps SQLite from asking the
        full-text index once for each article that passes.
        """
        conditions = [self.dialect.matches(tree, self._value)]
        if self.on_columns:
            passing = f"SELECT a.id FROM articles AS a WHERE {' AND '.join(self._passing('a.id'))}"
            return " AND ".join([*conditions, f"+{self.key} IN ({passing})"])
        return " AND ".join([*conditions, *self._passing(f"+{self.key}")])

    def _passing(self, key: str) -> list[str]:
        """The conditions of the filters, and the condition that readers see an article. The latter asks only the short
        table of hidden articles, and is left out where that table is empty."""
        seen = [visible(key, self.hidden)] if self.hides else []
        return [*self.on_columns, *(condition.format(id=key) for condition in self.on_ids), *seen]

    def _matching(self, node: Node) -> str:
        return f"SELECT {self.key} FROM article_search AS f WHERE {self.dialect.matches(node, self._value)}"

    def _on_columns(self, wanted: Filters) -> Iterator[str]:
        if wanted.site:
            domain = self._value(domain_of(wanted.site))
            yield f"a.site_id = (SELECT id FROM sites WHERE domain = {domain})"
        if wanted.since:
            yield f"a.date_published >= {self._value(wanted.since_moment())}"
        if wanted.until:
            yield f"a.date_published <= {self._value(wanted.until_moment())}"
        if wanted.cluster is not None:
            yield f"a.cluster_id = {self._value(wanted.cluster)}"

    def _on_ids(self, wanted: Filters) -> Iterator[str]:
        if code := wanted.language:
            found = [one for one in self._languages() if one == code or one.startswith(f"{code}-")] or [code]
            yield f"{{id}} IN (SELECT l.id FROM articles AS l WHERE l.in_language IN {self._value(found)})"
        if wanted.origin and wanted.origin.lower() in (OWN, REPUBLISHED):
            yield OWN_IDS if wanted.origin.lower() == OWN else REPUBLISHED_IDS
        elif wanted.origin:
            known = self._named("SELECT id, name, domain FROM origins", wanted.origin)
            yield f"{{id}} IN (SELECT article_id FROM article_origins WHERE origin_id {known})"
        if wanted.author:
            known = self._named("SELECT id, name FROM authors", wanted.author)
            yield f"{{id}} IN (SELECT article_id FROM article_authors WHERE author_id {known})"
        if wanted.article is not None:
            known = self.dialect.among([find(self.reader, name) for name in wanted.article], self._value)
            yield f"{{id}} {known}"
        if wanted.rights == "tdm":
            yield f"{{id}} NOT IN ({RESERVED})"

    def _languages(self) -> list[str]:
        """The language codes of the archive's articles."""
        return [known for (known,) in self.reader.tuples(_LANGUAGES) if known]

    def _named(self, names: str, part: str) -> str:
        """The end of a condition that is true for those of these rows (an id, then names) that have `part` in a name.

        The names are compared here and not in the database: SQLite's `lower` knows only ASCII, and PostgreSQL's depends
        on its locale.
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
        return f"LIMIT {min(int(limit), MAX_INTEGER)} OFFSET {min(int(offset), MAX_INTEGER)}"

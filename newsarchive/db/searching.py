"""Full-text search over SQLite's FTS5 and PostgreSQL's tsvector, with one set of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    REAL,
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    cast,
    column,
    func,
    literal_column,
    not_,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql

from newsarchive.db.engine import reading
from newsarchive.db.models import (
    ArticleAuthor,
    ArticleOrigin,
    ArticleRow,
    AuthorRow,
    OriginRow,
    Site,
)
from newsarchive.db.search import And, Node, Not, Or, Run, Words, fts5, has_run, parse, positive, tsquery
from newsarchive.db.snippet import MARKS, Marks, snippet
from newsarchive.db.tokens import tokenise
from newsarchive.db.types import storable
from newsarchive.exceptions import UsageError

#: How much a word in the headline counts against one in the text.
HEADLINE_WEIGHT = 4.0

#: The full-text tables of the migrations: `rowid` on SQLite, `article_id` and `document` on PostgreSQL.
_INDEX = table("article_search", column("rowid"), column("article_id"), column("document"))
_TRIGRAMS = table("article_trigrams", column("rowid"))

#: Matches that are ranked, the newest ones: a word that half the archive has tells no article from
#: another, and scoring each of a million takes a second.
CANDIDATES = 20_000

#: FTS5's trigram index finds strings of three characters and more.
_TRIGRAM = 3


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search; an empty value narrows nothing.

    `site` is a domain, `origin` a publisher's name or domain, `language` a code (`en` finds `en-GB`
    too), `since` and `until` bound the day of publication (UTC; a day in `until` counts in full).
    """

    site: str | None = ""
    origin: str | None = ""
    language: str | None = ""
    author: str | None = ""
    since: date | None = None
    until: date | None = None
    cluster: int | None = None


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
    engine: Engine,
    words: str,
    *,
    filters: Filters | None = None,
    order: str = "rank",
    limit: int = 20,
    offset: int = 0,
    marks: Marks = MARKS,
    **chosen: Any,
) -> list[Hit]:
    """The articles that match, best first (`order="date"`: newest first).

    `words` is in the language of `db/search.py`; without any, all that the filters let through come,
    newest first. Filters may be given one by one too. Raises `UsageError` for a query that cannot be
    read, naming what is wrong with it. Where more than `CANDIDATES` match, the newest of them are ranked.
    """
    if order not in ("rank", "date"):
        raise UsageError(f"order {order!r}: rank or date")
    tree = tree_of(words)
    conditions = list(_conditions(filters or Filters(**chosen)))
    with reading(engine) as connection:
        query = _Query(connection, conditions).select(tree, order, limit, offset)
        found = connection.execute(query).mappings().all()
        return [_hit(connection, row, tree, marks) for row in found]


def count(engine: Engine, words: str = "", filters: Filters | None = None) -> int:
    """How many articles match. Raises `UsageError` as `search` does."""
    with reading(engine) as connection:
        return int(connection.execute(matching(connection, words, filters, func.count())).scalar_one())


def matching(connection: Connection, words: str, filters: Filters | None, column: Any) -> Select[Any]:
    """A column of the articles that match, in no order."""
    tree = tree_of(words)
    found = _with_site_and_origin(select(column).select_from(ArticleRow)).where(
        *_conditions(filters or Filters())
    )
    return found if tree is None else found.where(_Query(connection, []).condition(tree))


def tree_of(words: str) -> Node | None:
    """The tree of a query, `None` where it asks for nothing."""
    return parse(storable(words)) if words.strip() else None  # as the texts are stored


def _hit(connection: Connection, row: Any, tree: Node | None, marks: Marks) -> Hit:
    body = connection.execute(select(ArticleRow.article_body).where(ArticleRow.id == row["id"])).scalar_one()
    plain = {name: row[name] for name in ("id", "url", "headline", "site", "in_language", "date_published")}
    shown = snippet(body, positive(tree) if tree else (), marks)
    return Hit(**plain, origin=row["origin"] or "", score=float(row["score"] or 0.0), snippet=shown)


class _Query:
    """Builds the SELECT for one database."""

    def __init__(self, connection: Connection, filters: Sequence[ColumnElement[bool]]) -> None:
        self.connection, self.filters = connection, filters
        self.sqlite = connection.dialect.name == "sqlite"
        self.key: ColumnElement[int] = _INDEX.c.rowid if self.sqlite else _INDEX.c.article_id

    def select(self, tree: Node | None, order: str, limit: int, offset: int) -> Select[Any]:
        if tree and order == "rank" and not has_run(tree):
            return self._ranked(tree, limit, offset)
        newest = (ArticleRow.date_published.desc().nulls_last(), ArticleRow.id.desc())
        wanted = [self.condition(tree)] if tree else []
        found = _columns(literal_column("0.0")).where(*wanted, *self.filters)
        return found.order_by(*newest).limit(limit).offset(offset)

    def condition(self, node: Node) -> ColumnElement[bool]:
        """A tree with strings to look for: each part by its own index, joined by the operators."""
        if not has_run(node) and not isinstance(node, Not):
            return ArticleRow.id.in_(self._matching(node))
        if isinstance(node, Run):
            return self._containing(node)
        if isinstance(node, Not):
            return not_(self.condition(node.part))
        assert isinstance(node, And | Or)
        join = and_ if isinstance(node, And) else or_
        return join(*(self.condition(part) for part in node.parts))

    def _ranked(self, tree: Node, limit: int, offset: int) -> Select[Any]:
        """The best first: the index ranks by itself, only what is shown is looked up."""
        score = self._score(tree).label("score")
        best = self._among(select(self.key.label("id"), score).where(self._match("article_search", tree)))
        if limit + offset <= CANDIDATES:
            best = self._newest(tree, best)
        found = best.order_by(text("score DESC"), self.key.desc()).limit(limit).offset(offset).subquery()
        ranked = _columns(found.c.score).join(found, found.c.id == ArticleRow.id)
        return ranked.order_by(found.c.score.desc(), found.c.id.desc())

    def _score(self, tree: Node) -> ColumnElement[Any]:
        if self.sqlite:
            return -func.bm25(literal_column("article_search"), 1.0, HEADLINE_WEIGHT)
        weights = cast([0.25, 0.25, 0.25, 1.0], postgresql.ARRAY(REAL))
        wanted = cast(tsquery(tree), postgresql.TSQUERY)
        return func.ts_rank_cd(weights, _INDEX.c.document, wanted, 1)

    def _newest(self, tree: Node, query: Select[Any]) -> Select[Any]:
        """Leave out what is older than the newest `CANDIDATES`, where so many match."""
        keys = self._among(select(self.key).where(self._match("article_search", tree)))
        floor = self.connection.execute(keys.order_by(self.key.desc()).offset(CANDIDATES).limit(1)).scalar()
        return query if floor is None else query.where(self.key > floor)

    def _among(self, query: Select[Any]) -> Select[Any]:
        """Apply the filters; without any the index answers alone."""
        if not self.filters:
            return query
        query = query.join(ArticleRow, ArticleRow.id == self.key)
        return _with_site_and_origin(query).where(*self.filters)

    def _matching(self, node: Node) -> Select[Any]:
        return select(self.key).where(self._match("article_search", node))

    def _match(self, table_name: str, node: Node) -> ColumnElement[bool]:
        if self.sqlite:
            return self._fts(table_name, fts5(node))
        wanted = cast(tsquery(node), postgresql.TSQUERY)
        found: ColumnElement[bool] = _INDEX.c.document.bool_op("@@")(wanted)
        return found

    def _fts(self, table_name: str, query: str) -> ColumnElement[bool]:
        return literal_column(table_name).bool_op("MATCH")(query)

    def _containing(self, run: Run) -> ColumnElement[bool]:
        """Articles with the string; those in a spaced script have it as a word of its own."""
        words = tuple(token.text for token in tokenise(run.text))
        as_word = [ArticleRow.id.in_(self._matching(Words(words, prefix=True)))] if words else []
        if self.sqlite and len(run.text) >= _TRIGRAM:
            quoted = '"' + run.text.replace('"', '""') + '"'
            found = select(_TRIGRAMS.c.rowid).where(self._fts("article_trigrams", quoted))
        else:
            inside = or_(
                ArticleRow.article_body.icontains(run.text, autoescape=True),
                ArticleRow.headline.icontains(run.text, autoescape=True),
            )
            found = select(ArticleRow.id).where(ArticleRow.unspaced, inside)
        return or_(ArticleRow.id.in_(found), *as_word)


def _columns(score: ColumnElement[Any]) -> Select[Any]:
    return _with_site_and_origin(
        select(
            ArticleRow.id,
            ArticleRow.url,
            ArticleRow.headline,
            ArticleRow.in_language,
            ArticleRow.date_published,
            Site.domain.label("site"),
            OriginRow.name.label("origin"),
            score.label("score"),
        )
    )


def _with_site_and_origin(query: Select[Any]) -> Select[Any]:
    return (
        query.join(Site, Site.id == ArticleRow.site_id)
        .outerjoin(ArticleOrigin, ArticleOrigin.article_id == ArticleRow.id)
        .outerjoin(OriginRow, OriginRow.id == ArticleOrigin.origin_id)
    )


def _conditions(wanted: Filters) -> Iterator[ColumnElement[bool]]:
    if wanted.site:
        yield Site.domain == wanted.site.lower().removeprefix("www.")
    if wanted.origin:
        named = wanted.origin.lower()
        yield or_(func.lower(OriginRow.name) == named, OriginRow.domain == named)
    if wanted.language:
        code = wanted.language
        yield or_(ArticleRow.in_language == code, ArticleRow.in_language.startswith(f"{code}-"))
    if wanted.since:
        yield ArticleRow.date_published >= _moment(wanted.since, time.min)
    if wanted.until:
        yield ArticleRow.date_published <= _moment(wanted.until, time.max)
    if wanted.author:
        by = select(ArticleAuthor.article_id).join(AuthorRow, AuthorRow.id == ArticleAuthor.author_id)
        yield ArticleRow.id.in_(by.where(func.lower(AuthorRow.name) == wanted.author.lower()))
    if wanted.cluster is not None:
        yield ArticleRow.cluster_id == wanted.cluster


def _moment(day: date, edge: time) -> datetime:
    """A day is meant in UTC; a datetime without a zone too."""
    if isinstance(day, datetime):
        return day if day.tzinfo else day.replace(tzinfo=UTC)
    return datetime.combine(day, edge, UTC)

"""A post that moved: the page of a new address is the article of an address that the post has left.

    /2024/05/night-ferry/   404          the article was read here
    /night-ferry/           the same text under the same headline: the post moved here, and the article goes with it

A site that changes the form of its addresses would else have each of its posts twice. What was read at the old address stays in
the history of the article, and `newsarchive show` finds it by either address. `former_of` says which stored article a page may be;
`newsarchive.crawling.other_addresses` asks its old address, and `follow` gives the article the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, bindparam, update

from newsarchive.core.discovery.revisit import Visits, next_check
from newsarchive.core.urls import site_of, url_key
from newsarchive.db import bulk
from newsarchive.db.conditions import visible
from newsarchive.db.engine import writing
from newsarchive.db.frontier.absences import LEADS_HOME
from newsarchive.db.models import ArticleRow, Site, Url
from newsarchive.db.reading.replaced import Text, text_of
from newsarchive.db.readonly import Reader, reading
from newsarchive.db.rows import keys, signature_of
from newsarchive.db.writing import field_changes
from newsarchive.items import Article, ChangeKind, DropReason

if TYPE_CHECKING:
    from newsarchive.db.writing.plan import Plan

#: `Url.reason` of an address that a post has left; `reason_detail` is its new address.
MOVED = "moved to another address"
#: Why an address is known to answer as the post no longer. A single 404 counts: where the site is broken for an evening, the post does
#: not answer at another address.
_ABSENT = ("http 404", "http 410", LEADS_HOME, MOVED)
#: Stored articles that are compared with one page, by each way to find them. Where more have one date, as after an import, only some
#: of them are.
MAX_COMPARED = 100
#: The most between two dates of one post: a theme without times, or with another time zone, may give the day before.
MAX_DATES_APART = timedelta(hours=36)

_KNOWN_HERE = "SELECT (SELECT count(*) FROM articles WHERE url_key = :key), (SELECT last_checked_at FROM urls WHERE url_key = :key)"
# With the plus sign SQLite does not use the index of the site, by which it would read all articles of the site.
_CANDIDATES = """
    SELECT id FROM articles WHERE url_key IN :asked
    UNION SELECT id FROM (SELECT id FROM articles WHERE content_hash = :hash LIMIT :most) AS a
    UNION SELECT id FROM (
        SELECT id FROM articles WHERE site_id = (SELECT id FROM sites WHERE domain = :domain) AND date_published = :at LIMIT :most
    ) AS b
    UNION SELECT id FROM (
        SELECT id FROM articles WHERE post_id = :post AND +site_id = (SELECT id FROM sites WHERE domain = :domain) LIMIT :most
    ) AS c
"""
# Asked by ids: in one query with the candidates PostgreSQL may read all articles in the order of their ids.
_FORMER = f"""
    SELECT a.id, a.url, a.url_key, a.canonical_key, a.headline, a.content_hash, a.minhash, a.date_published, a.post_id, a.last_seen_at,
           s.domain, s.state AS site_state, u.reason
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id LEFT JOIN urls AS u ON u.url_key = a.url_key
    WHERE a.id IN :ids AND {visible("a.id", hidden=True)} ORDER BY a.id
"""
_AUTHORS = """
    SELECT n.name FROM article_authors AS a JOIN authors AS n ON n.id = a.author_id WHERE a.article_id = :id
"""
# Nobody else writes in a write transaction (`writing`), so what this finds is so until the address is written.
_MAY_MOVE = f"""
    SELECT canonical_key, (SELECT r.version FROM article_revisions AS r WHERE r.id = revision_id) FROM articles WHERE id = :id AND url_key = :old AND {visible("id", hidden=True)}
    AND NOT EXISTS (SELECT 1 FROM articles WHERE url_key = :new)
"""
_URL = update(Url).where(Url.url_key == bindparam("b_old"), Url.reason != DropReason.WITHHELD)


@dataclass(frozen=True, slots=True)
class Former:
    """A stored article whose post may have moved to the address of a page. `has_left` says that its own address is known to answer as
    the post no longer; `is_of_site`, that it is on the same site; `is_named`, that it has the id or the headline of the page, or leads
    to it. The post was there at `last_seen_at`."""

    article_id: int
    url: str
    key: str
    text: Text
    has_left: bool
    is_of_site: bool
    last_seen_at: datetime
    is_named: bool = False

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        return self.has_left, self.is_of_site, self.is_named


def former_of(engine: Engine, article: Article) -> Former | None:
    """The stored article that a page may be the new address of; `None` where the page's address has an article, or no stored text is
    the page's.

    The same text alone is not enough: it needs the same id, the same moment of publication, or the same headline without another day
    and without other authors (an open thread of each week; two authors of one host); or a redirect from the old address. An article
    of another site comes into question only where that site does not answer as it did: most articles of two sites with one text are
    copies. Where several articles come into question alike, the site publishes one text under many headlines, and none is taken.
    """
    new, key = text_of(article), url_key(article.url)
    if not new.content_hash or not new.body:
        return None
    capture = article.capture
    asked = {url_key(url) for url in ((capture.url, capture.final_url) if capture else ()) if url} - {key}
    values = {
        "asked": sorted(asked),
        "hash": new.content_hash,
        "domain": site_of(article.url),
        "at": article.date_published,
        "post": article.post_id or None,
        "most": MAX_COMPARED,
    }
    with reading(engine) as reader:
        [(stored, looked_at)] = reader.tuples(_KNOWN_HERE, {"key": key})
        if stored:
            return None
        ids = [row_id for (row_id,) in reader.tuples(_CANDIDATES, values)]
        rows = reader.rows(_FORMER, {"ids": ids}) if ids else []
        found = list(_formers(reader, rows, article, asked, looked_at is not None))
    best = max(found, key=lambda one: one.rank, default=None)
    if best is None or (best.has_left and best.is_named):
        return best
    return best if [one.rank for one in found].count(best.rank) == 1 else None


def _formers(
    reader: Reader, rows: Iterable[dict[str, Any]], article: Article, asked: set[str], is_known: bool
) -> Iterator[Former]:
    """Those of these articles that the page may be. `is_known` says that the page was looked at before."""
    new, domain = text_of(article), site_of(article.url)
    own, canonical = keys(article)
    for row in rows:
        text = Text("", row["content_hash"], signature_of(row["minhash"]))
        led, here = row["url_key"] in asked, row["domain"] == domain
        has_id = article.post_id == row["post_id"] != ""
        has_headline = article.headline == row["headline"] != ""
        if not text.is_one_with(new) or not (
            led or has_id or _is_one_post(reader, article, row, has_headline)
        ):
            continue
        if not here and not led and row["site_state"] != "failing":
            continue
        is_absent = here and row["reason"] in _ABSENT
        # The page says that the post is at its old address: it may be a view for phones to which the server led this time.
        if canonical == row["url_key"] != own and not is_absent:
            continue
        has_left = led or is_absent
        # The post names this address as its own, or the page was looked at before: one is a view of the other.
        if not has_left and (is_known or row["canonical_key"] == own):
            continue
        is_named = led or has_id or has_headline
        yield Former(
            row["id"], row["url"], row["url_key"], text, has_left, here, row["last_seen_at"], is_named
        )


def _is_one_post(reader: Reader, article: Article, row: dict[str, Any], has_headline: bool) -> bool:
    """Whether a page has the headline or the moment of a stored article, and neither another day nor other authors."""
    here, there = article.date_published, row["date_published"]
    if not (has_headline or here == there is not None) or are_days_apart(here, there):
        return False
    named = _name_words(author.name for author in article.authors)
    stored = _name_words(name for (name,) in reader.tuples(_AUTHORS, {"id": row["id"]}))
    return not named or not stored or bool(named & stored)


def are_days_apart(here: datetime | None, there: datetime | None) -> bool:
    """Whether two posts have dates, and these are too far apart for one post."""
    return here is not None and there is not None and abs(here - there) > MAX_DATES_APART


def _name_words(names: Iterable[str]) -> set[str]:
    """The words of names: a new theme may write `Anna Lee` where the old one wrote `Anna`."""
    return {word for name in names for word in name.casefold().split()}


#: Versions that were read at an address that is not their article's own.
_ONCE_AT = """
    SELECT u.url_key, c.final_url, a.id FROM urls AS u JOIN captures AS c ON c.url_id = u.id
    JOIN article_revisions AS r ON r.capture_id = c.id JOIN articles AS a ON a.id = r.article_id
    WHERE u.url_key IN :keys AND a.url_key <> u.url_key ORDER BY r.id
"""


def once_at(connection: Connection, plans: Iterable[Plan]) -> dict[str, int]:
    """The ids of the articles that were read at the addresses of these pages and have another one now, by the key of the page."""
    asked = [plan.key for plan in plans]
    found = bulk.select_rows(connection, _ONCE_AT, {"keys": asked}) if asked else []
    return {row["url_key"]: row["id"] for row in found if url_key(row["final_url"]) == row["url_key"]}


def follow(
    engine: Engine, former: Former, article: Article, now: datetime, run_id: int | None = None
) -> bool:
    """Give a stored article the address of the page to which its post moved, and record that as a change of its field `url`. Nothing
    happens, and this is false, where in the meantime it has moved already, was withheld, or another article has the address."""
    url, capture = article.url, article.capture
    key, domain = url_key(url), site_of(url)
    with writing(engine) as connection:
        values = {"id": former.article_id, "old": former.key, "new": key}
        found = bulk.select_tuples(connection, _MAY_MOVE, values)
        if not found:
            return False
        [(canonical_key, version)] = found
        sites = bulk.ids_of(connection, Site, ("domain",), [{"domain": domain}])
        changes = {"url": url, "url_key": key, "site_id": sites[domain,]}
        if canonical_key == former.key:
            changes["canonical_key"] = key
        bulk.update_rows(connection, ArticleRow, [{"b_id": former.article_id, **changes}])
        change = field_changes.ArticleChanges(
            former.article_id,
            version,
            ChangeKind.PUBLISHER,
            article.extractor_version,
            (capture and capture.fetched_at) or now,
            [field_changes.Change("url", (former.url,), (url,))],
        )
        field_changes.record(connection, [change], run_id)
        after = next_check(Visits(now, failures=1), now, "gone", former.key)
        left = {"state": "gone", "reason": MOVED, "reason_detail": url, "fail_count": 1}
        bulk.execute_many(
            connection, _URL, [{"b_old": former.key, **left, "last_checked_at": now, "next_check_at": after}]
        )
        return True

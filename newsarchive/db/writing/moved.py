"""A post that moved: the page of a new address is the article of an address that the post has left.

    /2024/05/night-ferry/   404          the article was read here
    /night-ferry/           the same text under the same headline: the post moved here, and the article goes with it

A site that changes the form of its addresses would else have each of its posts twice. What was read at the old address stays in
the history of the article, and `newsarchive show` finds it by either address. `former_of` says which stored article a page may be;
`newsarchive.crawling.moved_posts` asks its old address, and `follow` gives the article the new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, bindparam, update

from newsarchive.core.discovery.revisit import Visits, next_check
from newsarchive.core.urls import site_of, url_key
from newsarchive.db import bulk
from newsarchive.db.bulk import Prepared
from newsarchive.db.conditions import visible
from newsarchive.db.engine import writing
from newsarchive.db.frontier.elsewhere import LEADS_HOME
from newsarchive.db.models import ArticleRow, Site, Url
from newsarchive.db.reading.replaced import Text, text_of
from newsarchive.db.readonly import reading
from newsarchive.db.rows import keys, minhash_of
from newsarchive.items import Article, DropReason

if TYPE_CHECKING:
    from newsarchive.db.writing.plan import Plan

#: `Url.reason` of an address that a post has left; `reason_detail` is its new address.
MOVED = "moved to another address"
#: Why an address is known to answer as the post no longer. A single 404 counts: where the site is broken for an evening, the post does
#: not answer at another address.
_ABSENT = ("http 404", "http 410", LEADS_HOME, MOVED)
#: Stored articles that are compared with one page.
MAX_COMPARED = 20

_KNOWN_HERE = "SELECT (SELECT count(*) FROM articles WHERE url_key = :key), (SELECT last_checked_at FROM urls WHERE url_key = :key)"
_FORMER = f"""
    SELECT a.id, a.url, a.url_key, a.canonical_key, a.headline, a.content_hash, a.minhash, a.article_body, a.date_published, a.post_id,
           s.domain, s.state AS site_state, u.reason
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id LEFT JOIN urls AS u ON u.url_key = a.url_key
    WHERE a.id IN (
        SELECT id FROM articles WHERE url_key IN :asked
        UNION SELECT id FROM articles WHERE content_hash = :hash AND content_hash <> ''
        UNION SELECT p.id FROM articles AS p JOIN sites AS o ON o.id = p.site_id WHERE o.domain = :domain AND p.date_published = :at
        UNION SELECT p.id FROM articles AS p JOIN sites AS o ON o.id = +p.site_id WHERE o.domain = :domain AND p.post_id = :post AND p.post_id <> ''
    ) AND {visible("a.id", hidden=True)}
    ORDER BY a.id LIMIT :most
"""
_ARTICLE = Prepared(
    update(ArticleRow).where(ArticleRow.id == bindparam("b_id"), ArticleRow.url_key == bindparam("b_old"))
)
_CANONICAL = Prepared(
    update(ArticleRow).where(
        ArticleRow.id == bindparam("b_id"), ArticleRow.canonical_key == bindparam("b_old")
    )
)
_URL = Prepared(update(Url).where(Url.url_key == bindparam("b_old"), Url.reason != DropReason.WITHHELD))


@dataclass(frozen=True, slots=True)
class Former:
    """A stored article whose post may have moved to the address of a page. `has_left` says that its own address is known to answer as
    the post no longer; `is_of_site`, that it is on the same site."""

    article_id: int
    url: str
    key: str
    text: Text
    has_left: bool
    is_of_site: bool


def former_of(engine: Engine, article: Article) -> Former | None:
    """The stored article that a page may be the new address of; `None` where the page's address has an article, or no stored text is
    the page's.

    The same text alone is not enough: it needs the same headline, day or id too, or a redirect from the old address. An article of
    another site comes into question only where that site does not answer as it did: most articles of two sites with one text
    are copies.
    """
    new, key = text_of(article), url_key(article.url)
    if not new.content_hash or not new.body:
        return None
    capture = article.capture
    asked = {url_key(url) for url in ((capture.url, capture.final_url) if capture else ()) if url} - {key}
    values = {
        "asked": sorted(asked) or [""],
        "hash": new.content_hash,
        "domain": site_of(article.url),
        "at": article.date_published,
        "post": article.post_id,
        "most": MAX_COMPARED,
    }
    with reading(engine) as reader:
        [(stored, looked_at)] = reader.tuples(_KNOWN_HERE, {"key": key})
        if stored:
            return None
        rows = reader.rows(_FORMER, values)
    own, canonical = keys(article)
    found = []
    for row in rows:
        text = Text(row["article_body"] or "", row["content_hash"], minhash_of(row["minhash"]))
        led, here = row["url_key"] in asked, row["domain"] == values["domain"]
        has_left = led or (here and row["reason"] in _ABSENT)
        if not text.is_one_with(new) or (not led and not _names_same(article, row)):
            continue
        if not here and not led and row["site_state"] != "failing":
            continue
        # One of the two pages names the other's address as its own, or the page was looked at before: one is a view of the other.
        is_view = canonical == row["url_key"] != own or row["canonical_key"] == own
        if not has_left and (looked_at is not None or is_view):
            continue
        found.append(Former(row["id"], row["url"], row["url_key"], text, has_left, here))
    return max(found, key=lambda one: (one.has_left, one.is_of_site), default=None)


def _names_same(article: Article, row: dict[str, Any]) -> bool:
    """Whether headline, date or id of a page are those of a stored article."""
    same_id: bool = article.post_id != "" and article.post_id == row["post_id"]
    same_date = article.date_published is not None and article.date_published == row["date_published"]
    return same_id or same_date or article.headline == row["headline"] != ""


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


def follow(engine: Engine, former: Former, url: str, now: datetime) -> None:
    """Give a stored article the address to which its post moved. Nothing happens where it has moved already."""
    key, domain = url_key(url), site_of(url)
    with writing(engine) as connection:
        sites = bulk.ids_of(connection, Site, ("domain",), [{"domain": domain}])
        own = {"b_id": former.article_id, "b_old": former.key}
        _CANONICAL.run(connection, [own | {"canonical_key": key}])
        _ARTICLE.run(connection, [own | {"url": url, "url_key": key, "site_id": sites[domain,]}])
        after = next_check(Visits(now, failures=1), now, "gone", former.key)
        left = {"state": "gone", "reason": MOVED, "reason_detail": url, "fail_count": 1}
        _URL.run(connection, [{"b_old": former.key, **left, "last_checked_at": now, "next_check_at": after}])

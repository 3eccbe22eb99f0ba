"""What the frontier takes over from a listing and from a fetch.

`record` makes a row of each link before it is fetched, with who named it and what its source says of it. A post becomes due where
its source gives another `lastmod` than before, or, for a post whose text the archive has from the source, another text. That it is
due stands in the frontier, and outlives a fetch that fails or is killed.

`mark` remembers of a post that answered when to look again, and the validators that make that look conditional.

`record_look` keeps how much a list of the site (front page, feeds, API) named, for `core.alarms.listings`. Looks that found the
same stand in one row: `first_at` is the first of them, `last_at` the last. A list that changes at each look has a row for each.

`mark_led` is for the address of a stored article that leads to another article now: a post was replaced, or all old posts lead to one.

    /2024/05/night-ferry/  301  /2024/05/the-night-ferry-returns/       both are articles: the first was read when it answered itself

The article of the old address is not there any more. It keeps its text, and gets `gone_at` as one that answers 404: where looks half a
day apart found the same. Its address is asked for again, and an answer of its own ends that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from newsarchive.core.alarms.listings import MAX_DATE_DISTANCE, MAX_LAG
from newsarchive.core.discovery.revisit import Outcome, Visits, is_news, next_check
from newsarchive.core.urls import same_site, url_key
from newsarchive.db import bulk
from newsarchive.db.frontier import source_texts
from newsarchive.db.frontier.edit_rates import EditRates
from newsarchive.db.models import ArticleRow, Discovery, ListingLook, Source, Url, UrlPart
from newsarchive.db.readonly import Reader
from newsarchive.db.values import moment
from newsarchive.items import Article, Capture, ChangeKind, Link, QualityFlag, Validators

#: `Url.reason` of a post whose text a feed or an API gave begins so; `Url.filled_from`, the name of the source, follows.
FILLED = "text from "

_DONE = update(Url).where(Url.url_key == bindparam("b_key"))
_VISITS = """
    SELECT a.url_key, a.canonical_key, a.site_id, a.first_seen_at, a.date_published,
           (SELECT count(*) FROM article_revisions AS r WHERE r.article_id = a.id AND r.change_kind = :kind) AS changes
    FROM articles AS a WHERE a.url_key IN :keys OR a.canonical_key IN :keys ORDER BY a.id
"""
_FIRST_SEEN = "SELECT url_key, site_id, first_seen_at FROM urls WHERE url_key IN :keys"

_ARTICLES_AT = """
    SELECT id, url FROM articles WHERE url_key = :key UNION SELECT id, url FROM articles WHERE canonical_key = :key
    UNION SELECT a.id, a.url FROM urls AS u
    JOIN captures AS c ON c.url_id = u.id AND c.final_url = (
        SELECT last.final_url FROM captures AS last WHERE last.url_id = u.id AND +last.parent_id IS NULL ORDER BY last.fetched_at DESC, last.id DESC LIMIT 1)
    JOIN article_revisions AS r ON r.capture_id = c.id JOIN articles AS a ON a.id = r.article_id
    WHERE u.url_key = :key AND NOT EXISTS (SELECT 1 FROM urls AS listed WHERE listed.url_key = a.url_key)
"""
#: Rows of a list that are kept: two weeks, where an hourly look finds another list each time. More would only take
#: space.
MAX_KEPT_LOOKS = 400
#: Posts of late among which one is looked for that a feed lacks.
MAX_LACKING = 100
#: A look that finds the same within this time after the last one does not count: a crawl by hand is no further
#: evidence.
MIN_LOOK_DISTANCE = timedelta(minutes=30)
_NEWEST = "SELECT id, last_at, looks, posts, digest FROM listing_looks WHERE source_id = :source ORDER BY id DESC LIMIT 1"
#: A second answer 404 within this time of the first says nothing new. With less, a server that is broken for an evening
#: marks posts as deleted; with more than 21 hours, the look that follows a 404 after a day comes too early.
MIN_TIME_BETWEEN_ABSENCES = timedelta(hours=12)
#: `Url.reason` of an address that leads to another article now; `reason_detail` is that of the other one.
LEADS_ELSEWHERE = "leads to another post"
#: `Url.reason` of an address that leads to a front page: the post is not there, as if the server had answered 404.
LEADS_HOME = "leads to the front page"

_LED_FROM = """
    SELECT a.id, a.last_seen_at, u.url_key, u.state, u.reason, u.last_checked_at, u.fail_count
    FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key WHERE a.url_key IN :keys
"""
_GONE = update(ArticleRow).where(ArticleRow.id == bindparam("b_id"), ArticleRow.gone_at.is_(None))


@dataclass(frozen=True, slots=True)
class Naming:
    """Who named some links: the source, in which run, of which site, and when."""

    site_id: int
    run_id: int
    source_id: int | None
    at: datetime


def record(
    connection: Connection, links: Sequence[Link], naming: Naming, keep: source_texts.Keep | None = None
) -> None:
    """Make a row of every link. At most `bulk.MAX_VALUES` links at once."""
    by_key = {url_key(link.url): link for link in reversed(links)}
    here = Url.url_key.in_(list(by_key))
    rows = [
        {
            "url": link.url,
            "url_key": key,
            "site_id": naming.site_id,
            "first_seen_at": naming.at,
            "state": "new",
        }
        for key, link in reversed(by_key.items())
    ]
    bulk.insert_new_rows(connection, Url, rows)
    known = connection.execute(
        select(Url.id, Url.url, Url.url_key, Url.lastmod, Url.last_checked_at).where(here)
    ).all()
    by_id = {row.id: by_key[row.url_key] for row in known}
    _name(connection, by_id, naming)
    # A post is due that was last looked at before the time of change which a listing states.
    said, due = [], []
    for row in known:
        lastmod = by_id[row.id].lastmod
        if lastmod is not None and lastmod != row.lastmod:
            said.append({"b_id": row.id, "lastmod": lastmod})
        if is_news(lastmod, row.lastmod, row.last_checked_at):
            due.append(row.id)
    bulk.update_rows(connection, Url, said)
    if due:
        connection.execute(update(Url).where(Url.id.in_(due)).values(next_check_at=naming.at))
    texts = {url_id: link.text for url_id, link in by_id.items() if link.text is not None}
    # A post whose article was filled from a text that has changed is due, and is fetched without a condition.
    if replaced := source_texts.keep(connection, texts, {row.id: row.url for row in known}, keep):
        filled = Url.id.in_(replaced) & (Url.filled_from != "")
        connection.execute(
            update(Url).where(filled).values(etag="", last_modified="", next_check_at=naming.at)
        )


def _name(connection: Connection, links: Mapping[int, Link], naming: Naming) -> None:
    """Record who named these URLs, where that source had not named them before."""
    same = (
        Discovery.source_id == naming.source_id
        if naming.source_id is not None
        else Discovery.source_id.is_(None)
    )
    query = select(Discovery.url_id, Discovery.kind).where(Discovery.url_id.in_(list(links)), same)
    before = {(row.url_id, row.kind) for row in connection.execute(query)}
    rows = [
        {"url_id": url_id, "run_id": naming.run_id, "source_id": naming.source_id, "kind": link.source}
        for url_id, link in links.items()
        if (url_id, link.source) not in before
    ]
    bulk.insert_new_rows(connection, Discovery, rows)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An article, when it was fetched, and whether its text changed."""

    article: Article
    at: datetime
    changed: bool

    @property
    def keys(self) -> list[str]:
        """The keys of what was asked for, what answered, and what the article is kept under."""
        capture = self.article.capture
        urls = (capture.url, capture.final_url, self.article.url) if capture else ()
        return list(dict.fromkeys(url_key(url) for url in urls if url))


def mark(connection: Connection, fetched: Iterable[Fetched], rates: EditRates) -> None:
    """Mark what was asked for and what answered as done, and set when to look again, by the `rates` of edits of the sites.

    Runs in the transaction that stores the articles."""
    rows: list[dict[str, Any]] = []
    parts: dict[str, Sequence[Validators]] = {}
    asked = [one for one in fetched if one.keys]
    known = visits(connection, [url_key(one.article.url) for one in asked], rates)
    for one in asked:
        first, *further = validators(one.article) or [Validators("")]
        values = {"state": "ok", "reason_detail": "", "last_checked_at": one.at}
        values |= {"etag": first.etag, "last_modified": first.last_modified}
        values |= _next_look(one, known)
        rows += [{"b_key": key, **values} for key in one.keys]
        parts |= dict.fromkeys(one.keys, further)
    bulk.execute_many(connection, _DONE, rows)
    for keys in bulk.parts(parts):
        query = "SELECT url_key, id FROM urls WHERE url_key IN :keys"
        here = dict(bulk.select_tuples(connection, query, {"keys": keys}))
        connection.execute(delete(UrlPart).where(UrlPart.url_id.in_(here.values())))
        bulk.insert_rows(connection, UrlPart, [
            {"url_id": url_id, "part": number, "url": one.url, "etag": one.etag, "last_modified": one.last_modified}
            for key, url_id in here.items() for number, one in enumerate(parts[key], 2)
        ])  # fmt: skip


def take_up(connection: Connection, read: Iterable[Fetched]) -> None:
    """Mark URLs that were skipped as done, and set when they are due, after their stored bytes were read again and gave
    an article."""
    values = {"state": "ok", "reason": "", "reason_detail": "", "fail_count": 0, "next_check_at": None}
    skipped = update(Url).where(Url.state == "skipped").values(values)
    bulk.change_in(connection, skipped, Url.url_key, (key for one in read for key in one.keys))


def validators(article: Article) -> list[Validators]:
    """The validators of every answer that the article was made of, its own first.

    Empty where one of the answers has no validators: then the server cannot say that nothing changed.
    """
    capture = article.capture
    if capture is None or capture.status != 200 or QualityFlag.PARTS_MISSING in article.quality.flags:
        return []
    found = [capture.validators, *(part.validators for part in capture.parts), *capture.data]
    return found if all(found) else []


def visits(connection: Connection, keys: Sequence[str], rates: EditRates) -> dict[str, Visits]:
    """What the archive knows of how the posts under these keys change. Of an address without an article of its own (a view of a
    post, for instance) only the age is known. Addresses that the archive does not know are left out."""
    found: dict[str, Visits] = {}
    for part in bulk.parts(set(keys)):
        values = {"keys": part, "kind": ChangeKind.PUBLISHER.value}
        for row in bulk.select_rows(connection, _VISITS, values):
            site = rates.of(connection, row["site_id"])
            seen = Visits(row["first_seen_at"], row["date_published"], row["changes"], site=site)
            for key in {row["url_key"], row["canonical_key"]}.intersection(part):
                found.setdefault(key, seen)
        if others := [key for key in part if key not in found]:
            for row in bulk.select_rows(connection, _FIRST_SEEN, {"keys": others}):
                found[row["url_key"]] = Visits(
                    row["first_seen_at"], site=rates.of(connection, row["site_id"])
                )
    return found


def articles_at(connection: Connection, key: str, answered: str = "") -> list[int]:
    """The ids of the articles under this key. Also of an article whose own address no listing names, where this address
    led to it when it was fetched last: a listing may name a post as `/?p=12`.

    What an address of another site answers says nothing of a post to which it once led. It says something where it still
    leads there: where the key of the post is that of the address that `answered`.
    """
    found = bulk.select_tuples(connection, _ARTICLES_AT, {"key": key})
    return [i for i, url in found if same_site(f"https://{key}", url) or url_key(url) == answered]


def _next_look(one: Fetched, known: Mapping[str, Visits]) -> dict[str, Any]:
    """When to look again, and what to remember until then. An article that lacks a part is due at once."""
    article, key = one.article, url_key(one.article.url)
    filled = {"filled_from": article.filled_from}
    if QualityFlag.PARTS_MISSING in article.quality.flags:
        due = {"next_check_at": one.at, "reason": QualityFlag.PARTS_MISSING.value, "fail_count": 1}
        return filled | due
    outcome: Outcome = "changed" if one.changed else "unchanged"
    seen = known.get(key, Visits(one.at))
    seen = replace(seen, published=seen.published or article.date_published)
    return filled | {
        "next_check_at": next_check(seen, one.at, outcome, key),
        "reason": f"{FILLED}{article.filled_from}" if article.filled_from else "",
        "fail_count": 0,
    }


def record_look(
    connection: Connection, source_id: int, now: datetime, posts: int | None = None, digest: str = ""
) -> None:
    """Keep what a look at a list found; without `posts` it found what the look before found (304)."""
    rows = Reader.of(connection).tuples(_NEWEST, {"source": source_id})
    id_, last, looks, known, same = rows[0] if rows else (None, None, 0, None, "")
    if id_ is not None and (posts is None or (known, same) == (posts, digest)):
        at = moment(last)
        if at is None or now - at >= MIN_LOOK_DISTANCE:
            bulk.update_rows(connection, ListingLook, [{"b_id": id_, "last_at": now, "looks": looks + 1}])
    elif posts is not None:
        row = {"source_id": source_id, "posts": posts, "digest": digest}
        bulk.insert_rows(connection, ListingLook, [row | {"first_at": now, "last_at": now, "looks": 1}])


def same_since(connection: Connection, source_id: int) -> datetime | None:
    """Since when looks at a list have found the same; `None` for a list that nobody looked at."""
    newest = select(ListingLook.first_at).where(ListingLook.source_id == source_id)
    return connection.execute(newest.order_by(ListingLook.id.desc()).limit(1)).scalar_one_or_none()


#: Posts of late that a feed lacks although it should have them, the newest: they came since it was as it is, and long enough ago.
_LACKING = """
    SELECT max(u.first_seen_at)
    FROM (SELECT id, url_key, first_seen_at FROM urls WHERE site_id = :site AND state = 'ok' ORDER BY id DESC LIMIT :most) AS u
    LEFT JOIN articles AS a ON a.url_key = u.url_key
    WHERE u.first_seen_at > :since AND u.first_seen_at > :begin AND u.first_seen_at <= :until
      AND (a.date_published IS NULL OR a.date_published > :begin)
      AND NOT EXISTS (SELECT 1 FROM discoveries AS d WHERE d.url_id = u.id AND d.kind IN ('feed', 'fresh feed'))
"""


def lacks_since(connection: Connection, site_id: int, source_id: int, now: datetime) -> datetime | None:
    """When a crawl met the newest post of the last days that a feed has lacked for longer than feeds take; `None` for none."""
    since = same_since(connection, source_id)
    if since is None:
        return None
    values = {
        "site": site_id,
        "since": since,
        "begin": now - MAX_DATE_DISTANCE - MAX_LAG,
        "until": now - MAX_LAG,
    }
    return moment(Reader.of(connection).value(_LACKING, values | {"most": MAX_LACKING}))


#: Posts with a day that a feed must name before it tells which posts it has lost.
MIN_DATED_POSTS = 5
#: Posts that a list may have lost at a time. Where it lacks more it is no list of all posts, or of the newest ones.
MAX_LOST_POSTS = 3
#: The same for a sitemap, as a share of the posts that it names (0 to 1): it may hold thousands.
MAX_LOST_SHARE = 0.02
#: Time after a look at a post in which a feed that lacks it is no reason for another one: the post may be left out on purpose.
MIN_TIME_TO_LOST = timedelta(hours=12)
#: The same for a sitemap, which goes on lacking the post for years where it is left out on purpose.
MIN_TIME_TO_LOST_OF_SITEMAP = timedelta(days=7)
#: Posts of a feed whose languages are those of the feed: it tells nothing of posts in others, which have feeds of their own. Further
#: posts are not looked at.
MAX_SPOKEN_POSTS = 100
#: Articles of a site between two days that its feed or API named, in the languages of some of its posts.
_BETWEEN = """
    SELECT u.id, u.url_key, u.last_checked_at AS seen_at FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key
    WHERE a.site_id = :site AND a.date_published > :begin AND a.date_published < :end AND u.state = 'ok'
      AND a.in_language IN (SELECT s.in_language FROM articles AS s WHERE s.url_key IN :some)
      AND EXISTS (SELECT 1 FROM discoveries AS d WHERE d.url_id = u.id AND d.kind IN ('feed', 'wp-json'))
    ORDER BY a.date_published DESC LIMIT :most
"""
#: Articles that a source has ever named.
_EVER_NAMED = """
    SELECT DISTINCT u.id, u.url_key, u.last_checked_at AS seen_at
    FROM discoveries AS d JOIN urls AS u ON u.id = d.url_id JOIN articles AS a ON a.url_key = u.url_key
    WHERE d.source_id = :source AND u.state = 'ok'
"""


def lost(
    connection: Connection, links: Sequence[Link], now: datetime, *, site_id: int = 0, source_id: int = 0
) -> list[int]:
    """The ids of posts that the feed of a site, or the sitemap `source_id`, has lost, and that are to be looked at: they may have been
    deleted. `links` are what it names now. A feed has lost posts of days that lie between its own, a sitemap those that it named before."""
    days = [link.published for link in links if link.published is not None]
    names = [url_key(link.url) for link in links]
    if source_id:
        most, rest = max(MAX_LOST_POSTS, int(MAX_LOST_SHARE * len(links))), MIN_TIME_TO_LOST_OF_SITEMAP
        posts = bulk.select_rows(connection, _EVER_NAMED, {"source": source_id})
    elif len(days) >= MIN_DATED_POSTS:
        most, rest = MAX_LOST_POSTS, MIN_TIME_TO_LOST
        values = {"site": site_id, "begin": min(days), "end": max(days), "most": len(links) + most + 1}
        posts = bulk.select_rows(connection, _BETWEEN, values | {"some": names[:MAX_SPOKEN_POSTS]})
    else:
        return []
    named = set(names)
    missing = [post for post in posts if post["url_key"] not in named]
    if len(missing) > most:
        return []
    return [post["id"] for post in missing if post["seen_at"] and post["seen_at"] <= now - rest]


def prune_looks(connection: Connection, site_id: int) -> None:
    """Forget all but the newest `MAX_KEPT_LOOKS` rows of each list of a site."""
    of_site = select(Source.id).where(Source.site_id == site_id)
    many = (
        select(ListingLook.source_id)
        .where(ListingLook.source_id.in_(of_site))
        .group_by(ListingLook.source_id)
        .having(func.count() > MAX_KEPT_LOOKS)
    )
    for source_id in connection.execute(many).scalars().all():
        newest = select(ListingLook.id).where(ListingLook.source_id == source_id)
        last = newest.order_by(ListingLook.id.desc()).offset(MAX_KEPT_LOOKS).limit(1).scalar_subquery()
        old = delete(ListingLook).where(ListingLook.source_id == source_id, ListingLook.id <= last)
        connection.execute(old)


@dataclass(frozen=True, slots=True)
class Led:
    """An address that led elsewhere: the article that was read there before, and what was known of it at this look."""

    key: str
    article_id: int
    to: str
    at: datetime
    #: When a look found the same first; `None` where none did.
    since: datetime | None
    looks: int
    #: Whether looks before this one have found the article gone.
    was_gone: bool


def led(connection: Connection, answers: Iterable[tuple[Capture, int, datetime]]) -> list[Led]:
    """Those of these captures, each with the article that was read on it and its time, at whose address another article is stored.

    Ask before the answers are marked (`mark`).
    """
    asked = {
        key: (capture.base_url, article_id, at)
        for capture, article_id, at in answers
        if (key := url_key(capture.url)) != url_key(capture.base_url)
    }
    found = []
    for row in bulk.select_rows(connection, _LED_FROM, {"keys": list(asked)}) if asked else ():
        to, article_id, at = asked[row["url_key"]]
        seen = moment(row["last_seen_at"])
        if row["id"] != article_id and seen is not None and seen < at:  # a file may hold an older answer
            since = moment(row["last_checked_at"]) if row["reason"] == LEADS_ELSEWHERE else None
            was_gone = row["state"] == "gone"
            found.append(Led(row["url_key"], row["id"], to, at, since, row["fail_count"], was_gone))
    return found


def mark_led(connection: Connection, found: Iterable[Led]) -> None:
    """Keep that addresses lead elsewhere, and mark their articles as gone where looks half a day apart found it."""
    urls: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for one in found:
        waited = one.at - one.since if one.since is not None else timedelta()
        is_gone = one.was_gone or waited >= MIN_TIME_BETWEEN_ABSENCES
        looked_at = one.at if is_gone or one.since is None or one.since > one.at else one.since
        looks = one.looks + 1 if looked_at == one.at else one.looks
        after = next_check(
            Visits(one.at, failures=looks), looked_at, "gone" if is_gone else "missing", one.key
        )
        urls.append(
            {
                "b_key": one.key,
                "state": "gone" if is_gone else "ok",
                "reason": LEADS_ELSEWHERE,
                "reason_detail": one.to,
                "last_checked_at": looked_at,
                "next_check_at": after,
                "fail_count": looks,
            }
        )
        if is_gone:
            gone.append({"b_id": one.article_id, "gone_at": one.at})
    bulk.execute_many(connection, _DONE, urls)
    bulk.execute_many(connection, _GONE, gone)

"""Tells which articles are at an address no more: it answers 404 or 410, or leads to another article now.

    /2024/05/night-ferry/  301  /2024/05/the-night-ferry-returns/       both are articles: the first was read when it answered itself

The article of the old address is not there any more. It keeps its text, and gets `gone_at` as one that answers 404: where looks half a
day apart found the same. Its address is asked for again, and an answer of its own ends that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, update

from newsarchive.core.discovery.revisit import Visits, next_check
from newsarchive.core.urls import same_site, url_key
from newsarchive.db import bulk
from newsarchive.db.models import ArticleRow, Url
from newsarchive.db.values import moment
from newsarchive.items import Capture

#: A second answer 404 within this time of the first says nothing new. With less, a server that is broken for an evening
#: marks posts as deleted; with more than 21 hours, the look that follows a 404 after a day comes too early.
MIN_TIME_BETWEEN_ABSENCES = timedelta(hours=12)
#: `Url.reason` of an address that leads to another article now; `reason_detail` is that of the other one.
LEADS_ELSEWHERE = "leads to another post"
#: `Url.reason` of an address that leads to a front page: the post is not there, as if the server had answered 404.
LEADS_HOME = "leads to the front page"

_ARTICLES_AT = """
    SELECT id, url FROM articles WHERE url_key = :key UNION SELECT id, url FROM articles WHERE canonical_key = :key
    UNION SELECT a.id, a.url FROM urls AS u
    JOIN captures AS c ON c.url_id = u.id AND c.final_url = (
        SELECT last.final_url FROM captures AS last WHERE last.url_id = u.id AND +last.parent_id IS NULL ORDER BY last.fetched_at DESC, last.id DESC LIMIT 1)
    JOIN article_revisions AS r ON r.capture_id = c.id JOIN articles AS a ON a.id = r.article_id
    WHERE u.url_key = :key AND NOT EXISTS (SELECT 1 FROM urls AS listed WHERE listed.url_key = a.url_key)
"""
_LED_FROM = """
    SELECT a.id, a.last_seen_at, u.url_key, u.state, u.reason, u.last_checked_at, u.fail_count
    FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key WHERE a.url_key IN :keys
"""
_GONE = update(ArticleRow).where(ArticleRow.id == bindparam("b_id"), ArticleRow.gone_at.is_(None))


def articles_at(connection: Connection, key: str, answered: str = "") -> list[int]:
    """The ids of the articles under this key. Also of an article whose own address no listing names, where this address
    led to it when it was fetched last: a listing may name a post as `/?p=12`.

    What an address of another site answers says nothing of a post to which it once led. It says something where it still
    leads there: where the key of the post is that of the address that `answered`.
    """
    found = bulk.select_tuples(connection, _ARTICLES_AT, {"key": key})
    return [i for i, url in found if same_site(f"https://{key}", url) or url_key(url) == answered]


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
                "b_id": one.key,
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
    bulk.update_rows(connection, Url, urls, by="url_key")
    bulk.execute_many(connection, _GONE, gone)

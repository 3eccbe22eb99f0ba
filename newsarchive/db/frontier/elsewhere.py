"""The address of a stored article that leads to another article now: a post was replaced, or all old posts lead to one.

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
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.bulk import Prepared
from newsarchive.db.frontier.queue import MIN_TIME_BETWEEN_ABSENCES
from newsarchive.db.models import ArticleRow, Url
from newsarchive.db.values import moment
from newsarchive.items import Capture

#: `Url.reason` of such an address; `reason_detail` is the address to which it led.
LEADS_ELSEWHERE = "leads to another post"
#: `Url.reason` of an address that leads to a front page: the post is not there, as if the server had answered 404.
LEADS_HOME = "leads to the front page"

_AT = """
    SELECT a.id, a.last_seen_at, u.url_key, u.state, u.reason, u.last_checked_at, u.fail_count
    FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key WHERE a.url_key IN :keys
"""
_URL = Prepared(update(Url).where(Url.url_key == bindparam("b_key")))
_GONE = Prepared(update(ArticleRow).where(ArticleRow.id == bindparam("b_id"), ArticleRow.gone_at.is_(None)))


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

    Ask before the answers are marked (`updates.mark`).
    """
    asked = {
        key: (capture.base_url, article_id, at)
        for capture, article_id, at in answers
        if (key := url_key(capture.url)) != url_key(capture.base_url)
    }
    found = []
    for row in bulk.select_rows(connection, _AT, {"keys": list(asked)}) if asked else ():
        to, article_id, at = asked[row["url_key"]]
        seen = moment(row["last_seen_at"])
        if row["id"] != article_id and seen is not None and seen < at:  # a file may hold an older answer
            since = moment(row["last_checked_at"]) if row["reason"] == LEADS_ELSEWHERE else None
            was_gone = row["state"] == "gone"
            found.append(Led(row["url_key"], row["id"], to, at, since, row["fail_count"], was_gone))
    return found


def mark(connection: Connection, found: Iterable[Led]) -> None:
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
    _URL.run(connection, urls)
    _GONE.run(connection, gone)

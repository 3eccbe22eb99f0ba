"""What `benchmarks.alarms` keeps of its blogs: in the tables of an archive, or in memory, which takes a fifth of the time.

Both ask the same `judge` and the same `witnesses` with the same history: `tests/alarms/test_alarms.py` lets both keep one season, and
compares every look.
"""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NamedTuple, Protocol

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, delete, insert, update

from benchmarks.alarm_blogs import START, Blog, Post
from newsarchive.core.alarms import witnesses
from newsarchive.core.alarms.judge import judge
from newsarchive.core.alarms.listings import (
    FEED,
    FRESH_FEED,
    FRESH_FRONT_PAGE,
    FRONT_PAGE,
    MIN_PROMPT_SHARE,
    Listing,
    NamedPost,
    PostList,
    SameLooks,
    awaited,
)
from newsarchive.core.alarms.losses import Version, shrunk_at
from newsarchive.core.alarms.parts import names
from newsarchive.core.alarms.records import AlarmKind, History, Look, Past, Reading, State
from newsarchive.db import bulk
from newsarchive.db.engine import writing
from newsarchive.db.frontier.listings import MAX_KEPT_LOOKS, MIN_LOOK_DISTANCE, record_look
from newsarchive.db.models import (
    ArticleAuthor,
    ArticleRow,
    AuthorRow,
    CrawlRun,
    Discovery,
    FieldChange,
    Revision,
    Site,
    Source,
    Url,
)
from newsarchive.db.reading.alarms import EMPTIED_REASONS, MAX_READINGS, MAX_VERSIONS, RHYTHM, problem_of
from newsarchive.db.writing.alarms import KEEPING, look

DAY, QUARTER = timedelta(days=1), timedelta(hours=6)


class Found(NamedTuple):
    """A post as it was read."""

    published: datetime | None
    words: int
    text: str
    confidence: float
    has_author: bool
    section: str = ""


class Seen(NamedTuple):
    """What a look at a blog gave: the alarms that stand, in words, and the posts that are read again."""

    standing: dict[AlarmKind, str]
    witnesses: Sequence[int]


class Keeper(Protocol):
    """Keeps what crawls of the blogs find."""

    def day(self) -> AbstractContextManager[None]: ...
    def meet(self, blog: Blog, post: Post, now: datetime, named_by: str) -> None: ...
    def name_again(self, blog: Blog, post: Post, named_by: str) -> None: ...
    def settle(self, blog: Blog, post: Post, state: str, reason: str, now: datetime) -> None: ...
    def store(self, blog: Blog, post: Post, found: Found, now: datetime) -> None: ...
    def listed(
        self, blog: Blog, kind: str, now: datetime, posts: int, digest: str, changed_at: datetime | None
    ) -> None: ...
    def look(self, blog: Blog, now: datetime) -> Seen: ...


# -- in an archive ----------------------------------------------------------------------------

_URL = update(Url).where(Url.id == bindparam("b_id"))
_ARTICLE = update(ArticleRow).where(ArticleRow.id == bindparam("b_id"))
_SOURCE = update(Source).where(Source.id == bindparam("b_id"))
_VERSION = update(Revision).where(Revision.id == bindparam("b_id"))
_NO_AUTHOR = delete(ArticleAuthor).where(ArticleAuthor.article_id == bindparam("b_id"))


#: What no alarm asks of a version and of a change.
_REVISION = {"change_kind": "publisher", "extractor_version": 1, "headline": "A post"}
_CHANGE = {
    "version": 1, "change_kind": "publisher", "extractor_version": 1, "value_before": [], "value_after": [],
}  # fmt: skip


class InArchive:
    """Nothing of the alarms is replaced: each look is that of a crawl."""

    connection: Connection

    def __init__(self, engine: Engine, blogs: Sequence[Blog]) -> None:
        self.engine = engine
        self.sources: dict[tuple[int, str], int] = {}
        self.found: dict[int, Found] = {}
        self.versions: Counter[int] = Counter()
        self.revisions: dict[int, int] = {}
        with writing(engine) as self.connection:
            for blog in blogs:
                home = f"https://blog{blog.number}.example/"
                values = {"domain": f"blog{blog.number}.example", "home_url": home}
                blog.site_id = self._id(Site, values | {"state": "ok", "last_success_at": START})
                blog.author_id = self._id(AuthorRow, {"name": f"Author {blog.number}"})
                for kind in (FEED, FRESH_FEED, FRONT_PAGE, FRESH_FRONT_PAGE, "wp-json"):
                    source = {"site_id": blog.site_id, "kind": kind, "url": f"{home}{kind.replace(' ', '-')}"}
                    self.sources[blog.number, kind] = self._id(Source, source)
            self.run = self._id(CrawlRun, {"spider": "news", "started_at": START})

    def _id(self, model: Any, values: dict[str, Any]) -> int:
        return int(self.connection.execute(insert(model).values(values).returning(model.id)).scalar_one())

    @contextmanager
    def day(self) -> Iterator[None]:
        with writing(self.engine) as self.connection:
            yield

    def meet(self, blog: Blog, post: Post, now: datetime, named_by: str) -> None:
        url = blog.address(post)
        row = {"id": post.id, "url": url, "url_key": url, "site_id": blog.site_id, "first_seen_at": now}
        bulk.insert_rows(self.connection, Url, [row])
        self.name_again(blog, post, named_by)

    def name_again(self, blog: Blog, post: Post, named_by: str) -> None:
        source = self.sources[blog.number, named_by]
        named = {"url_id": post.id, "run_id": self.run, "source_id": source, "kind": named_by}
        bulk.insert_rows(self.connection, Discovery, [named])

    def settle(self, blog: Blog, post: Post, state: str, reason: str, now: datetime) -> None:
        found = {"state": state, "reason": reason, "last_checked_at": now}
        bulk.execute_many(self.connection, _URL, [{"b_id": post.id, **found}])

    def store(self, blog: Blog, post: Post, found: Found, now: datetime) -> None:
        values = {
            "date_published": found.published, "word_count": found.words, "content_hash": found.text,
            "last_seen_at": now, "quality": {"confidence": found.confidence}, "headline": "A post",
            "article_section": found.section,
        }  # fmt: skip
        before = self.found.get(post.id)
        self.found[post.id] = found
        changed = {
            "authors": before is not None and before.has_author != found.has_author,
            "date_published": before is not None and before.published != found.published,
        }
        rows = [{"article_id": post.id, "field": name, "seen_at": now} for name in changed if changed[name]]
        bulk.insert_rows(self.connection, FieldChange, [row | _CHANGE for row in rows])
        if post.stored:
            bulk.execute_many(self.connection, _ARTICLE, [{"b_id": post.id, **values}])
            bulk.execute_many(self.connection, _NO_AUTHOR, [{"b_id": post.id}])
        else:
            url = blog.address(post)
            own = {"id": post.id, "url": url, "url_key": url, "canonical_key": url, "site_id": blog.site_id}
            bulk.insert_rows(self.connection, ArticleRow, [own | values | {"first_seen_at": now}])
        if before is None or before.words != found.words:
            if before is not None:  # the version that was current keeps its text from now on
                text = {"b_id": self.revisions[post.id], "article_body": "word " * before.words}
                bulk.execute_many(self.connection, _VERSION, [text])
            row = {"article_id": post.id, "version": self.versions[post.id], "seen_at": now}
            self.versions[post.id] += 1
            self.revisions[post.id] = self._id(Revision, row | _REVISION)
            bulk.execute_many(
                self.connection, _ARTICLE, [{"b_id": post.id, "revision_id": self.revisions[post.id]}]
            )
        if found.has_author:
            row = {"article_id": post.id, "position": 0, "author_id": blog.author_id}
            bulk.insert_rows(self.connection, ArticleAuthor, [row])

    def listed(
        self, blog: Blog, kind: str, now: datetime, posts: int, digest: str, changed_at: datetime | None
    ) -> None:
        record_look(self.connection, self.sources[blog.number, kind], now, posts, digest)
        if changed_at is not None:
            stamp = {
                "b_id": self.sources[blog.number, kind],
                "last_modified": format_datetime(changed_at, usegmt=True),
            }
            bulk.execute_many(self.connection, _SOURCE, [stamp])

    def look(self, blog: Blog, now: datetime) -> Seen:
        changes = look(self.connection, blog.site_id, now)
        return Seen({one.kind: one.sentence for one in changes.standing}, changes.witnesses)


# -- in memory --------------------------------------------------------------------------------


@dataclass
class _Kept:
    """What is known of one blog. `looks` and `readings` are in the order in which they were made."""

    met: datetime | None = None
    looks: OrderedDict[int, tuple[int, Look]] = field(default_factory=OrderedDict)
    readings: OrderedDict[int, Reading] = field(default_factory=OrderedDict)
    #: Post → when a crawl met it first, the sources that named it, its state and its last reason, when it came.
    met_at: dict[int, datetime] = field(default_factory=dict)
    by: dict[int, tuple[str, ...]] = field(default_factory=dict)
    changed_at: datetime | None = None
    state: dict[int, tuple[str, str]] = field(default_factory=dict)
    came: dict[int, float] = field(default_factory=dict)
    lists: dict[str, list[tuple[SameLooks, str]]] = field(default_factory=dict)
    #: Post → its versions, the newest first.
    versions: dict[int, list[Version]] = field(default_factory=dict)
    standing: dict[AlarmKind, datetime] = field(default_factory=dict)
    told_parts: dict[AlarmKind, str] = field(default_factory=dict)
    past: list[Past] = field(default_factory=list)


def _newest(items: OrderedDict[int, Any], at: Callable[[Any], tuple[datetime, int]]) -> list[Any]:
    """The last `MAX_READINGS`, in order of time and number; those of one moment stand in any order in `items`."""
    taken: list[Any] = []
    for item in reversed(items.values()):
        if len(taken) >= MAX_READINGS and at(item)[0] < at(taken[-1])[0]:
            break
        taken.append(item)
    return sorted(taken, key=at)[-MAX_READINGS:]


class InMemory:
    """The same history without tables."""

    def __init__(self, blogs: Sequence[Blog]) -> None:
        self.kept = {blog.number: _Kept() for blog in blogs}

    def day(self) -> AbstractContextManager[None]:
        return nullcontext()

    def meet(self, blog: Blog, post: Post, now: datetime, named_by: str) -> None:
        own = self.kept[blog.number]
        own.met_at[post.id] = now
        own.by[post.id] = (named_by,)

    def name_again(self, blog: Blog, post: Post, named_by: str) -> None:
        own = self.kept[blog.number]
        own.by[post.id] = (*own.by[post.id], named_by)

    def settle(self, blog: Blog, post: Post, state: str, reason: str, now: datetime) -> None:
        own = self.kept[blog.number]
        own.state[post.id] = (state, reason)
        if state in ("ok", "gone") or own.by[post.id][0] in (FEED, "wp-json"):
            parts = own.readings[post.id].parts if post.id in own.readings else names("", blog.address(post))
            is_emptied = state == "ok" and reason in EMPTIED_REASONS
            look = Look(now, own.met_at[post.id], problem_of(reason, ""), parts, is_emptied)
            own.looks[post.id] = (post.id, look)
            own.looks.move_to_end(post.id)

    def store(self, blog: Blog, post: Post, found: Found, now: datetime) -> None:
        own = self.kept[blog.number]
        before = own.readings.get(post.id)
        own.came.pop(post.id, None)
        met = before.met if before else now
        own.met = min(own.met or met, met)
        if found.published is not None or met > own.met + DAY:  # a first crawl meets a whole archive at once
            published = found.published or met
            own.came[post.id] = (published if published.date() < met.date() else met).timestamp()
        own.readings[post.id] = Reading(
            post.id, now, met, found.published, found.words, found.has_author, found.confidence, found.text,
            names(found.section, blog.address(post)),
            *_since(before, found, now), self._shrunk(own, post.id, found.words, now),
        )  # fmt: skip
        own.readings.move_to_end(post.id)

    def _shrunk(self, own: _Kept, post: int, words: int, now: datetime) -> datetime | None:
        versions = own.versions.setdefault(post, [])
        if not versions or versions[0].words != words:
            versions.insert(0, Version(now, words))
        return shrunk_at(versions[:MAX_VERSIONS])

    def listed(
        self, blog: Blog, kind: str, now: datetime, posts: int, digest: str, changed_at: datetime | None
    ) -> None:
        self.kept[blog.number].changed_at = changed_at or self.kept[blog.number].changed_at
        rows = self.kept[blog.number].lists.setdefault(kind, [])
        if rows and (rows[-1][0].posts, rows[-1][1]) == (posts, digest):
            last = rows[-1][0]
            if now - last.last_at >= MIN_LOOK_DISTANCE:
                rows[-1] = (last._replace(last_at=now, looks=last.looks + 1), digest)
        else:
            rows.append((SameLooks(now, now, 1, posts), digest))

    def look(self, blog: Blog, now: datetime) -> Seen:
        own = self.kept[blog.number]
        history = self._history(own, now)
        found = {alarm.kind: alarm for alarm in judge(history, now)}
        words = {}
        for kind, since in list(own.standing.items()):
            alarm = found.get(kind)
            if alarm is None or alarm.state is not State.STANDS:
                del own.standing[kind]
                own.told_parts.pop(kind, None)
                own.past.append(Past(kind, since, now, alarm is not None and alarm.state is State.SETTLED))
        for kind, alarm in found.items():
            if alarm.state is State.STANDS:
                own.standing[kind], words[kind] = alarm.since, alarm.sentence
                own.told_parts.pop(kind, None)
                if "part" in alarm.evidence:
                    own.told_parts[kind] = str(alarm.evidence["part"])
        if not KEEPING & own.standing.keys():
            own.lists = {kind: rows[-MAX_KEPT_LOOKS:] for kind, rows in own.lists.items()}
        after = witnesses.wanted(_standing(history, own), now)
        there = [post for post in after.candidates if own.state[post][0] == "ok"]
        there.sort(key=lambda post: own.state[post][1] != "")
        return Seen(words, there[: after.number])

    def _history(self, own: _Kept, now: datetime) -> History:
        lists = [Listing(kind, [same for same, _ in rows]) for kind, rows in own.lists.items()]
        stored = (post for post in reversed(own.met_at) if own.state.get(post, ("", ""))[0] == "ok")
        newest = sorted(itertools.islice(stored, MAX_READINGS), key=lambda post: (own.met_at[post], post))
        named = [_named(own, post) for post in newest]
        feeds = PostList(
            FEED,
            [one.found for one in lists if one.kind == FEED],
            own.changed_at,
            FRESH_FEED,
            MIN_PROMPT_SHARE,
        )
        pages = PostList(
            FRONT_PAGE, [one.found for one in lists if one.kind == FRONT_PAGE], fresh_kind=FRESH_FRONT_PAGE
        )
        quarters, last_post = _rhythm(own, now)
        return History(
            _newest(own.readings, lambda one: (one.at, one.id)),
            [one for _, one in _newest(own.looks, lambda one: (one[1].at, one[0]))],
            awaited(named, feeds),
            [sum(quarters[at : at + 4]) for at in range(0, len(quarters), 4)],
            last_post,
            standing=dict(own.standing),
            told_parts=dict(own.told_parts),
            past=list(own.past),
            met=own.met,
            quarters=quarters,
            listings=lists,
            on_page=awaited(named, pages),
        )


def _since(before: Reading | None, found: Found, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Since when authors and date of a post are as they are."""
    if before is None:
        return now, now
    return (
        before.author_since if before.has_author == found.has_author else now,
        before.date_since if before.published == found.published else now,
    )


def _named(own: _Kept, post: int) -> NamedPost:
    return NamedPost(
        own.met_at[post], f"https://blog.example/{post}", own.readings[post].published, own.by[post]
    )


def _standing(history: History, own: _Kept) -> History:
    return History(
        history.readings,
        history.looks,
        met=history.met,
        standing=dict(own.standing),
        told_parts=dict(own.told_parts),
    )


def _rhythm(own: _Kept, now: datetime) -> tuple[list[int], datetime | None]:
    """When posts came: as `db.reading.alarms` asks the tables."""
    moments = np.fromiter(own.came.values(), float)
    moments = moments[(moments <= now.timestamp()) & (moments >= (now - RHYTHM).timestamp())]
    if not len(moments):
        return [], None
    counts = np.bincount(((now.timestamp() - moments) // QUARTER.total_seconds()).astype(int)).tolist()
    return counts[: (len(counts) - 1) // 4 * 4], datetime.fromtimestamp(moments.max(), UTC)

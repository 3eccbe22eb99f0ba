"""What an archive knows of a site that tells whether it is broken, and the alarms that stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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
from newsarchive.core.alarms.questions import short_text
from newsarchive.core.alarms.records import AlarmKind, History, Look, Past, Problem, Reading, sentence
from newsarchive.core.discovery.revisit import is_future
from newsarchive.core.text.words import count_words
from newsarchive.db.conditions import visible
from newsarchive.db.readonly import Connected, Reader
from newsarchive.db.values import decoded, json_from, moment, unpack_text
from newsarchive.items import ChangeKind, DropReason
from newsarchive.times import http_time

#: Readings, looks and listed posts of a site that are compared: the newest.
MAX_READINGS = 300
#: Time for which the rhythm of a site is known.
RHYTHM = timedelta(days=400)
#: Failed runs of a site that are counted, the newest.
MAX_RUNS = 5000
#: Versions of a short text that are compared with it, the newest. An earlier long version of a text with more of them is not found.
MAX_VERSIONS = 10
#: Reasons in the frontier that mean that a page is there and its article is not, as where a theme breaks. A post that was deleted
#: answers 404, or leads to the home page; one behind a paywall is no breakage.
EMPTIED_REASONS = frozenset(
    (DropReason.EMPTY, DropReason.NO_TEXT, DropReason.TOO_SHORT, DropReason.SCRIPT_ONLY,
     DropReason.ONE_PAGE_FOR_ALL, DropReason.CUT_SHORT)
)  # fmt: skip
#: Reasons in the frontier that mean that the site keeps us out.
BLOCKED_REASONS = frozenset(("captcha", "challenge", "http 401", "http 403", "http 429"))

_READINGS = """
    SELECT a.id, a.last_seen_at, a.first_seen_at, a.date_published, a.word_count,
           EXISTS (SELECT 1 FROM article_authors AS b WHERE b.article_id = a.id), {confidence}, a.cluster_id, a.content_hash,
           a.url, a.article_section, CASE WHEN a.article_section = '' THEN (
               SELECT f.value_before FROM field_changes AS f
               WHERE f.article_id = a.id AND f.field = 'article_section' ORDER BY f.id DESC LIMIT 1
           ) END,
           (SELECT max(f.seen_at) FROM field_changes AS f WHERE f.article_id = a.id AND f.field = 'authors'),
           (SELECT max(f.seen_at) FROM field_changes AS f WHERE f.article_id = a.id AND f.field = 'date_published')
    FROM (SELECT id FROM articles WHERE site_id = :site AND {seen} ORDER BY last_seen_at DESC, id DESC LIMIT :most) AS n
    JOIN articles AS a ON a.id = n.id
    ORDER BY a.last_seen_at DESC, a.id DESC
"""
#: The versions of texts, the current one of each first, which holds no text of its own.
_VERSIONS = """
    SELECT a.id, r.seen_at, r.change_kind, r.article_body
    FROM articles AS a JOIN article_revisions AS c ON c.id = a.revision_id
    JOIN article_revisions AS r ON r.article_id = a.id AND r.version > c.version - :versions
    WHERE a.id IN :ids ORDER BY a.id, r.id = c.id DESC, r.seen_at DESC, r.version DESC
"""
#: Posts alone: what gave an article once, and what the site names as a post. A tag page that is none is no breakage.
_LOOKS = """
    SELECT coalesce(u.last_checked_at, u.first_seen_at) AS at, u.first_seen_at, u.reason, u.filled_from, u.url, a.id, u.state
    FROM urls AS u LEFT JOIN articles AS a ON a.url_key = u.url_key
    WHERE u.site_id = :site AND NOT (u.state = 'new' AND u.reason = '') AND u.reason <> :since
      AND (u.state IN ('ok', 'gone')
           OR EXISTS (SELECT 1 FROM discoveries AS d WHERE d.url_id = u.id AND d.kind IN ('feed', 'wp-json')))
    ORDER BY at DESC, u.id DESC LIMIT :most
"""
_NAMED = """
    SELECT u.id, u.first_seen_at, u.url, a.date_published, d.kind
    FROM (SELECT id, url, url_key, first_seen_at FROM urls WHERE site_id = :site AND state = 'ok' ORDER BY id DESC LIMIT :most) AS u
    JOIN discoveries AS d ON d.url_id = u.id LEFT JOIN articles AS a ON a.url_key = u.url_key
    ORDER BY u.first_seen_at, u.id, d.id
"""
_CHANGED = "SELECT last_modified FROM sources WHERE site_id = :site AND kind = 'feed' AND last_modified <> '' AND fail_count = 0"
#: When posts came: when a crawl met them, or when they were published where that was on an earlier day. Blogs that give days and no
#: times have all posts of a day at its midnight, so that the morning of each day would seem silent.
_CAME = """
    SELECT id, first_seen_at, date_published,
           CASE WHEN {published} < {met} THEN date_published ELSE first_seen_at END AS came
    FROM articles WHERE site_id = :site AND first_seen_at >= :begin
"""
#: A first crawl meets a whole archive at once: of its posts those without a date do not count.
_QUARTERS = f"""
    SELECT {{age}} / 21600 AS quarter, count(*), max(came) FROM ({_CAME}) AS a
    WHERE came >= :begin AND came <= :now AND (date_published IS NOT NULL OR first_seen_at > :met)
    GROUP BY 1
"""
_LOOKS_AT_LISTS = """
    SELECT s.id, s.kind, l.first_at, l.last_at, l.looks, l.posts
    FROM sources AS s JOIN listing_looks AS l ON l.source_id = s.id WHERE s.site_id = :site ORDER BY s.id, l.id
"""
_MET = "SELECT min(first_seen_at) FROM articles WHERE site_id = :site"
_ALARMS = "SELECT kind, since, cleared_at, is_settled, evidence FROM alarms WHERE site_id = :site"
_STANDING = """
    SELECT s.domain, a.kind, a.since, a.evidence FROM alarms AS a JOIN sites AS s ON s.id = a.site_id
    WHERE a.cleared_at IS NULL ORDER BY s.domain, a.since, a.id
"""
_FAILED_RUNS = """
    SELECT started_at, stats FROM crawl_runs
    WHERE spider = 'news' AND site = :domain AND started_at > :last AND NOT reached AND finished_at IS NOT NULL
    ORDER BY started_at DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that stands at a site."""

    site: str
    kind: AlarmKind
    since: datetime
    sentence: str


def standing(connection: Connected) -> list[StandingAlarm]:
    """The alarms that stand, by site."""
    found = []
    for site, name, since, evidence in Reader.of(connection).tuples(_STANDING):
        kind, begins = AlarmKind(name), _moment(since)
        found.append(StandingAlarm(site, kind, begins, sentence(kind, begins, _json(evidence))))
    return found


def history(connection: Connected, site_id: int, now: datetime, *, failed: bool = False) -> History:
    """What the archive knows of a site; `failed` says that the crawl at hand could not be made."""
    reader = Reader.of(connection)
    values = {"site": site_id, "most": MAX_READINGS, "since": DropReason.BEFORE_SINCE.value}
    query = _READINGS.format(
        seen=visible("id", hidden=True), confidence=reader.dialect.json_number("a.quality", "confidence")
    )
    readings = [
        Reading(
            id_, _moment(at), _moment(met), moment(published), words, bool(authors), 1.0 if sure is None else sure,
            f"cluster {cluster}" if cluster is not None else text, names(section or _first(lost), url),
            moment(signed) or _moment(met), moment(dated) or _moment(met),
        )
        for id_, at, met, published, words, authors, sure, cluster, text, url, section, lost, signed, dated
        in reversed(reader.tuples(query, values))
    ]  # fmt: skip
    readings = _with_shrunk(readings, reader)
    parts = {one.id: one.parts for one in readings}
    looks = [
        Look(
            _moment(at),
            _moment(met),
            problem_of(reason, filled),
            parts.get(article) or names("", url),
            state == "ok" and reason in EMPTIED_REASONS,
        )
        for at, met, reason, filled, url, article, state in reversed(reader.tuples(_LOOKS, values))
    ]
    lists = _listings(reader, site_id)
    named = _named(reader, values)
    changed = [at for (text,) in reader.tuples(_CHANGED, {"site": site_id}) if (at := http_time(text))]
    feeds = PostList(
        FEED,
        [one.found for one in lists if one.kind == FEED],
        max(changed, default=None),
        FRESH_FEED,
        MIN_PROMPT_SHARE,
    )
    pages = PostList(
        FRONT_PAGE, [one.found for one in lists if one.kind == FRONT_PAGE], fresh_kind=FRESH_FRONT_PAGE
    )
    alarms = [
        (AlarmKind(kind), _moment(since), moment(cleared), bool(settled), _json(evidence))
        for kind, since, cleared, settled, evidence in reader.tuples(_ALARMS, values)
        if not is_future(_moment(since), now)  # a clock was wrong: nothing that comes now would end it
    ]
    met = moment(reader.value(_MET, {"site": site_id}))
    quarters, last_post = _rhythm(reader, site_id, now, met)
    days = [sum(quarters[at : at + 4]) for at in range(0, len(quarters), 4)]
    failing, runs, blocked = _failures(reader, site_id) if failed else (None, 0, False)
    return History(
        readings,
        looks,
        awaited(named, feeds),
        days,
        last_post,
        failing,
        runs,
        blocked,
        standing={kind: since for kind, since, cleared, _, _ in alarms if cleared is None},
        told_parts={
            kind: told["part"] for kind, _, cleared, _, told in alarms if cleared is None and "part" in told
        },
        past=[Past(kind, since, cleared, settled) for kind, since, cleared, settled, _ in alarms if cleared],
        met=met,
        quarters=quarters,
        listings=lists,
        on_page=awaited(named, pages),
    )


def _with_shrunk(readings: list[Reading], reader: Reader) -> list[Reading]:
    """The readings, with the moment at which the texts that are short were cut down. Only their versions are read: most texts are not
    short, and most short ones have one version."""
    limit, _ = short_text(readings)
    short = {one.id: one for one in readings if one.words < limit}
    if not short:
        return readings
    versions: dict[int, list[Version]] = {}
    for id_, at, kind, body in reader.tuples(_VERSIONS, {"ids": list(short), "versions": MAX_VERSIONS}):
        found = versions.setdefault(id_, [])
        words = count_words(unpack_text(body)) if found else short[id_].words
        found.append(Version(_moment(at), words, kind == ChangeKind.PUBLISHER))
    shrunk = {id_: at for id_, found in versions.items() if (at := shrunk_at(found))}
    return [one._replace(shrunk_at=shrunk[one.id]) if one.id in shrunk else one for one in readings]


def _listings(reader: Reader, site_id: int) -> list[Listing]:
    """What looks at the lists of a site found."""
    found: dict[int, tuple[str, list[SameLooks]]] = {}
    for source, kind, first, last, looks, posts in reader.tuples(_LOOKS_AT_LISTS, {"site": site_id}):
        same = SameLooks(_moment(first), _moment(last), looks, posts)
        found.setdefault(source, (kind, []))[1].append(same)
    return [Listing(kind, runs) for kind, runs in found.values()]


def _named(reader: Reader, values: dict[str, Any]) -> list[NamedPost]:
    """The newest posts, and the kinds of sources that named each."""
    found: dict[int, NamedPost] = {}
    for id_, at, url, published, kind in reader.tuples(_NAMED, values):
        before = found.get(id_) or NamedPost(_moment(at), url, moment(published), ())
        found[id_] = before._replace(by=(*before.by, kind))
    return list(found.values())


def problem_of(reason: str, filled_from: str) -> Problem | None:
    if not reason or filled_from:
        return None
    if reason in BLOCKED_REASONS:
        return Problem.BLOCKED
    return Problem.SCRIPTS_ONLY if reason == DropReason.SCRIPT_ONLY else Problem.OTHER


def _rhythm(
    reader: Reader, site_id: int, now: datetime, met: datetime | None
) -> tuple[list[int], datetime | None]:
    """The posts of each six hours, counted back from now, of all days that are known whole; and when the newest came."""
    if met is None:
        return [], None
    values = {"site": site_id, "begin": now - RHYTHM, "now": now, "met": met + timedelta(days=1)}
    dialect = reader.dialect
    query = _QUARTERS.format(
        age=dialect.seconds_before("came"),
        published=dialect.day("date_published"),
        met=dialect.day("first_seen_at"),
    )
    rows = reader.tuples(query, values)
    found = {int(quarter): number for quarter, number, _ in rows}
    last = max((_moment(came) for _, _, came in rows), default=None)
    whole = max(found, default=0) // 4 * 4
    return [found.get(quarter, 0) for quarter in range(whole)], last


def _failures(reader: Reader, site_id: int) -> tuple[datetime | None, int, bool]:
    """When the first crawl after the last success of a site failed, how many did since, and whether one was kept out.

    The run at hand is not written yet, and counts.
    """
    ((domain, success),) = reader.tuples(
        "SELECT domain, last_success_at FROM sites WHERE id = :site", {"site": site_id}
    )
    last = moment(success)
    if last is None:
        return None, 0, False
    values = {"domain": domain, "last": last, "most": MAX_RUNS}
    failed = reader.tuples(_FAILED_RUNS, values)
    blocked = any("blocked" in key for _, stats in failed for key in _json(stats))
    return moment(failed[-1][0]) if failed else None, 1 + len(failed), blocked


def _first(values: Any) -> str:
    """The section that a post had before a reading found none: a theme that breaks may lose it too."""
    return str((_json(values) or [""])[0]) if values else ""


def _moment(value: Any) -> datetime:
    found = moment(value)
    assert found is not None
    return found


def _json(value: Any) -> Any:
    return decoded("a stored value of JSON", json_from, value)

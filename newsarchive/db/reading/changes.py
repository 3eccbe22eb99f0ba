"""What happened to articles after they were published: texts were edited, pages vanished, dates and authors were changed.

    for one in changes(source, since=date(2025, 4, 1)):
        print(one.seen_at, one.kind, one.site, one.headline)

Only changes by publishers count. A text that a newer extractor reads better is no such change (`items.ChangeKind`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from newsarchive.core.urls import domain_of
from newsarchive.db.conditions import visible
from newsarchive.db.reading.search import moment_of
from newsarchive.db.readonly import Connected, Reader, Row, Source, reading
from newsarchive.exceptions import UsageError
from newsarchive.items import ChangeKind


class Happening(StrEnum):
    """What happened."""

    EDITED = "edited"  # the page has another text or headline
    VANISHED = "vanished"  # the page was found deleted
    DETAILS = "details"  # date, authors, section or another field was changed


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of an article. `seen_at` is when a crawl saw it, and `last_seen_before` when a crawl fetched the page for the last
    time as it was before, where the archive knows: it happened between the two.

    An edited article has the number of its new version and the headline before. Changed details have the name of the field and its
    values `before` and `after`.
    """

    kind: Happening
    seen_at: datetime
    id: int
    url: str
    site: str
    headline: str
    in_language: str
    version: int = 0
    headline_before: str = ""
    field: str = ""
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    last_seen_before: datetime | None = None


#: Ids in one statement; SQLite takes 32,766 values.
MAX_IDS = 10_000
#: Events that are read at a time, about 1 KB each.
MAX_EVENTS = 1_000_000

#: Kind → the query of its events. Most articles have one version. The inner query finds the others by an index, so that
#: not every version of the archive is read. A post that moved has another canonical address, and one that was edited a later
#: date of change: neither is an event of its own.
_KINDS = {
    Happening.EDITED: """
        SELECT 'edited' AS kind, r.article_id, r.seen_at AS at, r.id AS row_id, r.capture_id FROM article_revisions AS r
        WHERE r.id IN (SELECT id FROM article_revisions WHERE version > 1) AND r.change_kind = :publisher""",
    Happening.VANISHED: """
        SELECT 'vanished' AS kind, g.id AS article_id, g.gone_at AS at, g.id AS row_id, w.capture_id FROM articles AS g
        LEFT JOIN article_revisions AS w ON w.id = g.revision_id
        WHERE g.gone_at IS NOT NULL""",
    Happening.DETAILS: """
        SELECT 'details' AS kind, f.article_id, f.seen_at AS at, f.id AS row_id, w.capture_id FROM field_changes AS f
        LEFT JOIN articles AS g ON g.id = f.article_id LEFT JOIN article_revisions AS w ON w.id = g.revision_id
        WHERE f.change_kind = :publisher AND NOT (f.field IN ('canonical_url', 'date_modified') AND EXISTS (
            SELECT 1 FROM field_changes AS o WHERE o.article_id = f.article_id AND o.seen_at = f.seen_at
            AND o.change_kind = :publisher AND (o.field = 'url' OR f.field = 'date_modified' AND o.field <> f.field)))
        AND NOT (f.field = 'date_modified' AND EXISTS (
            SELECT 1 FROM article_revisions AS r WHERE r.article_id = f.article_id AND r.seen_at = f.seen_at
            AND r.version > 1 AND r.change_kind = :publisher))""",
}
_EVENTS = """
    FROM ({events}) AS e JOIN articles AS a ON a.id = e.article_id JOIN sites AS s ON s.id = a.site_id
    WHERE {conditions}
"""
#: The last fetch of the page before the event; `capture_id` is any capture of the page.
_FETCHED_BEFORE = """
    (SELECT max(c.fetched_at) FROM captures AS c JOIN captures AS own ON own.url_id = c.url_id
     WHERE own.id = e.capture_id AND c.fetched_at < e.at AND c.parent_id IS NULL)"""
_PAGE = (
    "SELECT e.kind, e.at AS seen_at, e.row_id, a.id, a.url, a.headline, a.in_language, s.domain AS site,"
    f" {_FETCHED_BEFORE} AS fetched_at"
)
_VERSIONS = """
    SELECT r.id, r.version, r.headline,
           (SELECT p.headline FROM article_revisions AS p WHERE p.article_id = r.article_id AND p.version < r.version
            ORDER BY p.version DESC LIMIT 1) AS headline_before
    FROM article_revisions AS r WHERE r.id IN :ids
"""
_FIELDS = "SELECT id, version, field, value_before, value_after FROM field_changes WHERE id IN :ids"


def changes(
    source: Source,
    *,
    kinds: Sequence[Happening] = tuple(Happening),
    site: str = "",
    since: date | None = None,
    until: date | None = None,
    limit: int | None = 50,
    offset: int = 0,
) -> list[Happened]:
    """The events of these kinds that a crawl saw between two days (UTC, both included), the newest first; with `limit` `None` all of
    them. Raises `UsageError` where no day is between the two."""
    with reading(source) as reader:
        sql, values = _selected(kinds, site, since, until)
        order = "ORDER BY e.at DESC, e.row_id DESC, e.kind LIMIT :limit OFFSET :offset"
        most = MAX_EVENTS if limit is None else limit
        rows = reader.rows(f"{_PAGE} {sql} {order}", {**values, "limit": most, "offset": offset})
        versions = _by_id(reader, _VERSIONS, rows, Happening.EDITED)
        moved = _by_id(reader, _FIELDS, rows, Happening.DETAILS)
    found = []
    for row in rows:
        kind, row_id, before = Happening(row.pop("kind")), row.pop("row_id"), row.pop("fetched_at")
        one = Happened(kind, **row, last_seen_before=before)
        if kind is Happening.EDITED:
            own = versions[row_id]
            headlines = {"headline": own["headline"], "headline_before": own["headline_before"] or ""}
            one = replace(one, version=own["version"], **headlines)
        elif kind is Happening.DETAILS:
            own = moved[row_id]
            said = {"before": own["value_before"], "after": own["value_after"]}
            one = replace(one, version=own["version"], field=own["field"], **said)
        found.append(one)
    return found


def counts(
    source: Source, *, site: str = "", since: date | None = None, until: date | None = None
) -> dict[Happening, int]:
    """How many events of each kind a crawl saw between two days."""
    with reading(source) as reader:
        sql, values = _selected(tuple(Happening), site, since, until)
        found = dict(reader.tuples(f"SELECT e.kind, count(*) {sql} GROUP BY e.kind", values))
    return {kind: int(found.get(kind.value, 0)) for kind in Happening}


def _selected(
    kinds: Sequence[Happening], site: str, since: date | None, until: date | None
) -> tuple[str, dict[str, Any]]:
    if since and until and since > until:
        raise UsageError(f"since {since} is after until {until}: no day is between them")
    events = " UNION ALL ".join(_KINDS[kind] for kind in kinds)
    conditions = [visible("a.id")]
    values: dict[str, Any] = {"publisher": ChangeKind.PUBLISHER.value}
    if site:
        conditions.append("s.domain = :site")
        values["site"] = domain_of(site)
    for name, moment, sign in (
        ("begin", moment_of(since, time.min), ">="),
        ("end", moment_of(until, time.max), "<="),
    ):
        if moment is not None:
            values[name] = moment
            conditions.append(f"e.at {sign} :{name}")
    return _EVENTS.format(events=events, conditions=" AND ".join(conditions)), values


def _by_id(reader: Reader, query: str, rows: Sequence[Row], kind: Happening) -> Mapping[int, Row]:
    ids = [row["row_id"] for row in rows if row["kind"] == kind]
    some = [ids[at : at + MAX_IDS] for at in range(0, len(ids), MAX_IDS)]
    return {row["id"]: row for part in some for row in reader.rows(query, {"ids": part})}


#: Articles of a site that a run saw, and whose current text is another one at each look (`db.writing.restless`).
_RESTLESS_BY = """
    SELECT a.id FROM articles AS a JOIN article_revisions AS r ON r.id = a.revision_id
    JOIN article_revisions AS b ON b.article_id = a.id AND b.version = r.version - 1
    WHERE a.site_id = :site_id AND a.last_seen_at >= (SELECT started_at FROM crawl_runs WHERE id = :run)
    AND r.change_kind = :kind AND r.capture_id <> b.capture_id AND (r.content_hash <> b.content_hash OR r.headline <> b.headline
        OR r.alternative_headline <> b.alternative_headline OR r.description <> b.description)
    ORDER BY a.id
"""


def restless_by(connection: Connected, run_id: int, site_id: int) -> list[int]:
    """The ids of the articles of a site that this run saw, and that show another text at each look."""
    values = {"run": run_id, "site_id": site_id, "kind": ChangeKind.SITE}
    return [row_id for (row_id,) in Reader.of(connection).tuples(_RESTLESS_BY, values)]

"""Where posts are found and what was fetched: sites, their sources, the frontier, runs, captures, what sites said of the
use of their pages, and what was learned of a site from its pages."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base, Compressed, cascade, set_null

#: The entries that the other sites are asked for, spelled as in their index: a database uses it where a query has the same words.
IS_HEAD = text("role IN ('head', 'inset')")


class Site(Base):
    """A blog or paper that is crawled. `state` is `new`, `ok`, `failing`, `broken` or `gone`."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    home_url: Mapped[str] = mapped_column(default="")
    platform: Mapped[str] = mapped_column(default="")
    in_language: Mapped[str] = mapped_column(default="")
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="new")
    last_success_at: Mapped[datetime | None]


class Source(Base):
    """Where a site lists its posts. `kind` is `home page`, `feed`, `sitemap`, `wp-json`, or another of `spiders.discovery`."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("site_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = cascade("sites.id")
    kind: Mapped[str]
    url: Mapped[str]
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")
    last_checked_at: Mapped[datetime | None]
    fail_count: Mapped[int] = mapped_column(default=0)


class ListingLook(Base):
    """Looks at a source, one after the other, that found the same: the number of posts that it named, and a digest.

    The digest is that of the posts that a feed or API names, and that of the whole answer of a front page.
    """

    __tablename__ = "listing_looks"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = cascade("sources.id", index=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    looks: Mapped[int]
    posts: Mapped[int]
    digest: Mapped[str]


class HubSubscription(Base):
    """A subscription to a feed (`topic`) at a hub of WebSub, as the server of WebSub last wrote it, at `seen_at`.

    `state` is `wanted`, `asked`, `verified` or `refused`. `verified_since` is when it was first verified without a break,
    `lease_until` when its lease ends. `announced` counts the newest posts in a row that pushes announced; where they are
    enough, the site is asked less often until `relied_until`.
    """

    __tablename__ = "hub_subscriptions"
    __table_args__ = (UniqueConstraint("site_id", "hub", "topic"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = cascade("sites.id")
    hub: Mapped[str]
    topic: Mapped[str]
    state: Mapped[str]
    verified_since: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    relied_until: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    announced: Mapped[int] = mapped_column(default=0, server_default="0")
    problem: Mapped[str] = mapped_column(default="", server_default="")


class HubPush(Base):
    """A push that a hub sent for a site."""

    __tablename__ = "hub_pushes"
    __table_args__ = (Index(None, "site_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = cascade("sites.id")
    at: Mapped[datetime]


class Url(Base):
    """The frontier: every URL that is known. `state` is `new`, `ok`, `gone`, `blocked` or `skipped`.

    `reason` says why the URL is blocked, skipped or failed last, in words that can be counted (an `items.DropReason`,
    `http 404`, `timeout`), `reason_detail` what a person may want to know besides. `filled_from` names the source
    (`feed`, `wp-json`) that gave the text of its article, "" where the page did. `published` is when its post was
    published, where a crawl with `since` left it out. `fail_count` counts failures in a row. `last_checked_at` is
    when the last answer was stored; `lastmod` is the last change by the site's own clock, as a feed, sitemap or API
    said it last. `etag` and `last_modified` are kept where every answer that the post was made of has them: its own
    and those in `url_parts`.
    """

    __tablename__ = "urls"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    url_key: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int | None] = set_null("sites.id", index=True)
    first_seen_at: Mapped[datetime]
    last_checked_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")
    lastmod: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="new")
    reason: Mapped[str] = mapped_column(default="")
    reason_detail: Mapped[str] = mapped_column(default="", server_default="")
    filled_from: Mapped[str] = mapped_column(default="", server_default="")
    published: Mapped[datetime | None]
    fail_count: Mapped[int] = mapped_column(default=0)


class UrlPart(Base):
    """A further answer that a post was made of: a page of a split post (`part` counts from 2) or what its script
    fetched."""

    __tablename__ = "url_parts"

    url_id: Mapped[int] = cascade("urls.id", primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    etag: Mapped[str]
    last_modified: Mapped[str]


class SourceTextRow(Base):
    """What a feed, an API or a sitemap said last of a post.

    It is evidence for the post's metadata; its text fills in where the page has less, and teaches the page's layout.
    `published_offset` and `updated_offset` are the minutes that the site's clock is ahead of UTC, where the source
    tells it. `warc_file` and the columns behind it say where the bytes lie that it was read from, as for a capture.
    """

    __tablename__ = "source_texts"

    url_id: Mapped[int] = cascade("urls.id", primary_key=True)
    source: Mapped[str]
    is_full: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(default="")
    author: Mapped[str] = mapped_column(default="")
    published: Mapped[datetime | None]
    updated: Mapped[datetime | None]
    html: Mapped[str] = mapped_column(Compressed, nullable=True)
    published_offset: Mapped[int | None]
    updated_offset: Mapped[int | None]
    authors: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    keywords: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    sections: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    in_language: Mapped[str] = mapped_column(default="", server_default="")
    image: Mapped[str] = mapped_column(default="", server_default="")
    publisher: Mapped[str] = mapped_column(default="", server_default="")
    post_id: Mapped[str] = mapped_column(default="", server_default="")
    warc_file: Mapped[str] = mapped_column(default="", server_default="")
    warc_offset: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    warc_length: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    warc_digest: Mapped[str] = mapped_column(default="", server_default="")


class RobotsFile(Base):
    """The robots.txt of a host, as it last answered with one: it is obeyed where a crawl gets none for a failure of the server."""

    __tablename__ = "robots_files"

    host: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    seen_at: Mapped[datetime]


class CrawlDefaults(Base):
    """Settings of many sites: `scope` is `global` or the name of a platform. A site's own stand in `sites.config`."""

    __tablename__ = "crawl_defaults"

    scope: Mapped[str] = mapped_column(primary_key=True)
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)


_HAS_FOLDER = text("warc_folder > ''")


class CrawlRun(Base):
    """One run of a spider. `finished_at` stays empty where the process was killed.

    `site` is the host of the site that it crawled, "" for a run that crawls no site; `reached` says that it was finished, and
    that the site could be asked. `warc_folder` is the folder of its WARC files as JSON has it, since the name of a folder may have any
    bytes; "" for the folder beside the archive, and for a run that writes none.
    """

    __tablename__ = "crawl_runs"
    # Hourly crawls of 200 sites make 1.7 million runs a year, and `stats` is large: nothing asks for all of them without an index.
    __table_args__ = (
        Index(None, "spider", "site", "started_at", "reached"),
        Index(None, "finished_at", "spider"),
        Index(
            "ix_crawl_runs_warc_folder",
            "warc_folder",
            "id",
            sqlite_where=_HAS_FOLDER,
            postgresql_where=_HAS_FOLDER,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    spider: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    finish_reason: Mapped[str] = mapped_column(default="")
    stats: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="", server_default="")
    reached: Mapped[bool] = mapped_column(default=False, server_default=false())
    warc_folder: Mapped[str] = mapped_column(default="", server_default="")


class AlarmRow(Base):
    """What is wrong with a site that was crawled: `kind` is a `core.alarms.records.AlarmKind`, `evidence` the numbers,
    and the `part` of the site that it is about, where it is about one.

    `since` is when the evidence begins, `raised_at` when a crawl (`run_id`) found it. `cleared_at` is empty while the
    alarm stands; `is_settled` says that it was cleared because it became the site's way. `told_at` is when the command
    or webhook took it last, empty where neither did.
    """

    __tablename__ = "alarms"
    __table_args__ = (Index(None, "site_id", "cleared_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = cascade("sites.id")
    run_id: Mapped[int | None] = set_null("crawl_runs.id", index=True)
    kind: Mapped[str]
    since: Mapped[datetime]
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    is_settled: Mapped[bool] = mapped_column(default=False, server_default=false())
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Discovery(Base):
    """Which source named which URL, and in which run it did so first.

    Of two sources of one kind that name a URL in the same run the first is kept; the second is kept by the next run in which it
    answers. A unique key with `source_id` would keep both at once, for a copy of the whole table at the upgrade and a longer key for
    each row: nothing that is asked of the table needs it a run earlier.
    """

    __tablename__ = "discoveries"
    __table_args__ = (UniqueConstraint("url_id", "run_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    url_id: Mapped[int] = cascade("urls.id")
    source_id: Mapped[int | None] = set_null("sources.id", index=True)
    run_id: Mapped[int] = cascade("crawl_runs.id", index=True)
    kind: Mapped[str]


class CaptureRow(Base):
    """One fetch of a URL, and where its bytes lie in a WARC file (empty where none was written).

    `payload_digest` is of the decoded body, `warc_digest` of the body as it came from the wire.
    `extractor_version` is that of the last extractor that read it, 0 for none. A post that is split over pages has a
    capture for each page: `part` counts from 1, and the captures from 2 on name the first as `parent_id`.
    `tls_verified` says whether the server's certificate was checked, empty without TLS and where that is not known.
    `refused` is why a text was read on it and did not become a version of its article, empty for all other captures; such a
    capture is not read again.
    """

    __tablename__ = "captures"
    __table_args__ = (Index(None, "warc_file", "warc_offset"), Index(None, "url_id", "fetched_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    url_id: Mapped[int] = cascade("urls.id")
    run_id: Mapped[int | None] = set_null("crawl_runs.id", index=True)
    fetched_at: Mapped[datetime]
    final_url: Mapped[str] = mapped_column(default="")
    status: Mapped[int]
    content_type: Mapped[str] = mapped_column(default="")
    charset_declared: Mapped[str] = mapped_column(default="")
    charset_used: Mapped[str] = mapped_column(default="")
    payload_digest: Mapped[str] = mapped_column(default="", index=True)
    warc_file: Mapped[str] = mapped_column(default="")
    warc_offset: Mapped[int | None] = mapped_column(BigInteger)
    warc_length: Mapped[int | None] = mapped_column(BigInteger)
    warc_digest: Mapped[str] = mapped_column(default="", server_default="", index=True)
    extractor_version: Mapped[int] = mapped_column(default=0, server_default="0")
    parent_id: Mapped[int | None] = mapped_column(index=True)  # no foreign key: both go with their URL
    part: Mapped[int] = mapped_column(default=1, server_default="1")
    tls_verified: Mapped[bool | None]
    refused: Mapped[str] = mapped_column(default="", server_default="")


class RightsRow(Base):
    """What a site says of the use of its pages (`items.Rights`), each statement once; its captures refer to it (`capture_rights`).

    `digest` is that of the statement, by which it is found again. `tdm_reserved` says whether text and data mining was
    reserved, empty where nothing was said of it; `licence` is the first licence that the page names, "" for none.
    """

    __tablename__ = "rights"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    tdm_reserved: Mapped[bool | None]
    licence: Mapped[str] = mapped_column(default="")
    statement: Mapped[dict[str, Any]] = mapped_column(default=dict)


class CaptureRights(Base):
    """What the site said of the use of a page when it was fetched. A capture about which nothing was said has no row."""

    __tablename__ = "capture_rights"

    capture_id: Mapped[int] = cascade("captures.id", primary_key=True)
    rights_id: Mapped[int] = cascade("rights.id", index=True)


class SiteBlock(Base):
    """An entry of a site's template, as `core.site_template.model.Template.rows` gives it.

    `version` is the number of a layout; `is_proved` is true for a layout that the full text of a feed or an API proved.
    """

    __tablename__ = "site_blocks"
    __table_args__ = (
        Index(None, "site_id", "last_seen_at"),
        Index("ix_site_blocks_heads", "fingerprint", sqlite_where=IS_HEAD, postgresql_where=IS_HEAD),
        {"sqlite_with_rowid": False},
    )

    site_id: Mapped[int] = cascade("sites.id", primary_key=True)
    fingerprint: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0)
    label: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    pages: Mapped[int] = mapped_column(default=0)
    clusters: Mapped[int] = mapped_column(default=0)
    first: Mapped[str] = mapped_column(default="")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    sample: Mapped[str] = mapped_column(default="")
    is_proved: Mapped[bool] = mapped_column(default=False, server_default=false())


class PageSighting(Base):
    """What learning needs to know of an article's page; `core.site_template.observations` packs it into `record`.

    `digest` is that of the record. `verdict` is the number of what the template made of the page when it was read last,
    `layout` the number of the layout that the page fitted then.
    """

    __tablename__ = "page_sightings"
    __table_args__ = (Index(None, "site_id", "seen_at"),)

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    site_id: Mapped[int] = cascade("sites.id")
    seen_at: Mapped[datetime]
    digest: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[int] = mapped_column(BigInteger, default=0)
    layout: Mapped[int] = mapped_column(default=0)
    origin: Mapped[str] = mapped_column(default="")
    record: Mapped[bytes] = mapped_column(LargeBinary)


class LineSighting(Base):
    """An article that holds a line, or a line of a form: so the pages of one site find those of another.

    `is_named` says that the line holds the name of the article's origin.
    """

    __tablename__ = "line_sightings"
    __table_args__ = (Index(None, "article_id"), {"sqlite_with_rowid": False})

    fingerprint: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    is_named: Mapped[bool] = mapped_column(default=False)

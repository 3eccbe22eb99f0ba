"""How often the posts of a site are edited, as far as the archive has seen: this decides when to look at them again.

EditRates().of(connection, site_id)
# SiteEdits(edits=31, exposure=812.4, announced=27, announces=True, min_gain=0.02)
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import aliased

from newsarchive.core.discovery.revisit import SiteEdits, Visits, exposure, min_gain_for
from newsarchive.db.frontier import known_sites
from newsarchive.db.models import ArticleRow, CaptureRow, Revision, Site, Url
from newsarchive.items import ChangeKind

#: The newest articles of a site by which its edits are judged; older ones are not looked at.
MAX_ARTICLES = 2000

_Listed = aliased(Url)
_EDITS = (
    select(func.count())
    .where(Revision.article_id == ArticleRow.id, Revision.change_kind == ChangeKind.PUBLISHER.value)
    .scalar_subquery()
    .label("edits")
)
# Where the article's own address has no row, what lists said of the addresses under which its versions were fetched: a
# list may name the post as `/?p=12`, which leads to it.
_LASTMOD = func.coalesce(
    Url.lastmod,
    select(func.max(_Listed.lastmod))
    .join(CaptureRow, CaptureRow.url_id == _Listed.id)
    .join(Revision, Revision.capture_id == CaptureRow.id)
    .where(Revision.article_id == ArticleRow.id)
    .scalar_subquery(),
    type_=Url.lastmod.type,
).label("lastmod")
# The ids come from an index alone, so that of 100,000 articles only the newest are read.
_IDS = (
    select(ArticleRow.id)
    .where(ArticleRow.site_id == bindparam("site_id"))
    .order_by(ArticleRow.id.desc())
    .limit(MAX_ARTICLES)
    .subquery()
)
_NEWEST = (
    select(ArticleRow.first_seen_at, ArticleRow.last_seen_at, ArticleRow.date_published, _LASTMOD, _EDITS)
    .join(_IDS, _IDS.c.id == ArticleRow.id)
    .join(Url, Url.url_key == ArticleRow.url_key, isouter=True)
    .order_by(ArticleRow.id.desc())
)


class EditRates:
    """What is known of the edits of sites. It is read once for each site, because one crawl changes it little."""

    def __init__(self) -> None:
        self._known: dict[int, SiteEdits] = {}

    def of(self, connection: Connection, site_id: int) -> SiteEdits:
        if site_id not in self._known:
            self._known[site_id] = self._read(connection, site_id)
        return self._known[site_id]

    def _read(self, connection: Connection, site_id: int) -> SiteEdits:
        edits, announced, announces, watched = 0, 0, False, 0.0
        ages = []
        for row in connection.execute(_NEWEST, {"site_id": site_id}):
            post = Visits(row.first_seen_at, row.date_published)
            watched += exposure(
                post.age(row.first_seen_at), post.age(max(row.first_seen_at, row.last_seen_at))
            )
            ages.append(post.age(row.last_seen_at))
            edits += row.edits
            if row.lastmod is not None:
                announces = True
                # A listing that never gave a time of change later than the first look announced nothing.
                announced += min(row.edits, 1) if row.lastmod > row.first_seen_at else 0
        site = SiteEdits(edits, watched, announced, announces)
        own = connection.execute(select(Site.platform, Site.config).where(Site.id == site_id)).first()
        if own is None:
            return site
        settings = known_sites.of_platform(known_sites.defaults(connection), own.platform) | own.config
        allowed = settings.get("looks_a_day")
        return site if allowed is None else replace(site, min_gain=min_gain_for(ages, site, float(allowed)))

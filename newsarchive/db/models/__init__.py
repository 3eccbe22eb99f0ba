"""The tables of the archive, as typed SQLAlchemy models, by subject.

The full-text tables have no models: they differ by database (`newsarchive.db.fulltext`).
"""

from newsarchive.db.models.articles import (
    ArticleRow,
    BlockLabel,
    DroppedLine,
    EditRow,
    FieldChange,
    Line,
    Quarantined,
    Revision,
)
from newsarchive.db.models.base import NAMING, ArticleAuthor, ArticleTerm, AuthorRow, Base, ImageRow, Term
from newsarchive.db.models.copies import (
    ArticleOrigin,
    Cluster,
    CopyRow,
    MinhashBand,
    MinhashPage,
    OriginRow,
    ParaphraseRow,
)
from newsarchive.db.models.crawl import (
    AlarmRow,
    CaptureRights,
    CaptureRow,
    CrawlDefaults,
    CrawlRun,
    Discovery,
    HubPush,
    HubSubscription,
    ListingLook,
    RightsRow,
    Site,
    Source,
    SourceTextRow,
    Url,
    UrlPart,
)
from newsarchive.db.models.site_templates import LineSighting, PageSighting, SiteBlock
from newsarchive.db.models.withheld import SealedText, Withholding

__all__ = [
    "NAMING",
    "AlarmRow",
    "ArticleAuthor",
    "ArticleOrigin",
    "ArticleRow",
    "ArticleTerm",
    "AuthorRow",
    "Base",
    "BlockLabel",
    "CaptureRights",
    "CaptureRow",
    "Cluster",
    "CopyRow",
    "CrawlDefaults",
    "CrawlRun",
    "Discovery",
    "DroppedLine",
    "EditRow",
    "FieldChange",
    "HubPush",
    "HubSubscription",
    "ImageRow",
    "Line",
    "LineSighting",
    "ListingLook",
    "MinhashBand",
    "MinhashPage",
    "OriginRow",
    "PageSighting",
    "ParaphraseRow",
    "Quarantined",
    "Revision",
    "RightsRow",
    "SealedText",
    "Site",
    "SiteBlock",
    "Source",
    "SourceTextRow",
    "Term",
    "Url",
    "UrlPart",
    "Withholding",
]

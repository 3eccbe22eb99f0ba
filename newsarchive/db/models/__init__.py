"""The tables of the archive, as typed SQLAlchemy models, by subject.

The full-text tables have no models: they differ by database (`newsarchive.db.fulltext`).
"""

from newsarchive.db.models.articles import (
    ArticleAuthor,
    ArticleOrigin,
    ArticleRow,
    ArticleTerm,
    AuthorRow,
    BlockLabel,
    Cluster,
    CopyRow,
    CorrectionRow,
    DroppedLine,
    EditRow,
    FieldChange,
    ImageRow,
    Line,
    MinhashBand,
    MinhashPage,
    OriginRow,
    ParaphraseRow,
    Quarantined,
    Revision,
    SealedText,
    Term,
    Withholding,
)
from newsarchive.db.models.base import Base
from newsarchive.db.models.crawl import (
    AlarmRow,
    CaptureRights,
    CaptureRow,
    CrawlDefaults,
    CrawlRun,
    Discovery,
    HubPush,
    HubSubscription,
    LineSighting,
    ListingLook,
    PageSighting,
    RightsRow,
    RobotsFile,
    Site,
    SiteBlock,
    Source,
    SourceTextRow,
    Url,
    UrlPart,
)

__all__ = [
    "AlarmRow", "ArticleAuthor", "ArticleOrigin", "ArticleRow", "ArticleTerm", "AuthorRow", "Base",
    "BlockLabel", "CaptureRights", "CaptureRow", "Cluster", "CopyRow", "CorrectionRow", "CrawlDefaults", "CrawlRun",
    "Discovery", "DroppedLine", "EditRow", "FieldChange", "HubPush", "HubSubscription", "ImageRow", "Line",
    "LineSighting", "ListingLook", "MinhashBand", "MinhashPage", "OriginRow", "PageSighting", "ParaphraseRow",
    "Quarantined", "Revision", "RightsRow", "RobotsFile", "SealedText", "Site", "SiteBlock", "Source", "SourceTextRow",
    "Term", "Url", "UrlPart", "Withholding",
]  # fmt: skip

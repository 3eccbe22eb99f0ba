"""newsarchive: an archiver of republished news.

The pure core, with no Scrapy and no database (importing this package loads neither):

    from newsarchive import extract, repair

    article = extract(body, url="https://blog.example/2025/04/post/")
    print(article.headline, article.origin, article.article_body)
    print(repair("Trumpโ€™s return").text)

And the archive, to read from:

    from newsarchive import Archive

    with Archive("newsarchive.db") as archive:
        print(archive.search("ferry", limit=5))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsarchive.version import EXTRACTOR_VERSION, VERSION

if TYPE_CHECKING:
    from datetime import datetime

    from newsarchive.items import Article, Repaired
    from newsarchive.reader import Archive

__version__ = VERSION
__all__ = ["EXTRACTOR_VERSION", "VERSION", "Archive", "extract", "repair"]


def extract(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    fetched_at: datetime | None = None,
    standfirst: str = "",
) -> Article:
    """Run the whole pure core on the bytes of one page.

    `content_type` is the HTTP header's value, if there was one; `fetched_at` lets dates in the future
    be refused; `standfirst` says where a sentence between headline and text goes, `description` (beside the
    article, the default) or `text` (its first paragraph). Raises `NotAnArticle`, whose `reason` is one of `items.DROP_REASONS`.
    """
    from newsarchive import rules
    from newsarchive.core import process
    from newsarchive.items import Capture

    headers = {"content-type": content_type} if content_type else {}
    capture = Capture(url=url, body=body, headers=headers, fetched_at=fetched_at)
    return process.article_from(capture, rules.with_standfirst(standfirst))


def repair(text: str) -> Repaired:
    """Repair mojibake in a text, and say what was done.

    Text that is right comes back as it is, with no edits.
    """
    from newsarchive import rules
    from newsarchive.core import encoding

    return encoding.repair(text, rules.models_alone())


def __getattr__(name: str) -> Any:
    """`Archive` is loaded when it is asked for: a database driver takes its time."""
    if name == "Archive":
        from newsarchive.reader import Archive

        return Archive
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[Any]:
    return sorted(__all__)

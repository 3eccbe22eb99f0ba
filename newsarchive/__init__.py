"""newsarchive: an archiver of republished news.

The pure core, with no Scrapy and no database (importing this package loads neither):

    from newsarchive import extract, repair

    article = extract(response.content, url="https://blog.example/2025/04/post/")
    print(article.headline, article.origin, article.article_body)
    print(repair("Trumpโ€™s return").text)

And the archive, to read from:

    from newsarchive import Archive

    with Archive("newsarchive.db") as archive:
        print(archive.search("ferry", limit=5))
        frame = archive.dataframe(site="blog.example")

`row` and `record` give an article as a dictionary: its flat row as exports have it, or all of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsarchive.exceptions import NewsArchiveError, NoSuchArticle, NotAnArticle, UsageError, WrongType
from newsarchive.version import EXTRACTOR_VERSION, VERSION

if TYPE_CHECKING:
    from newsarchive.archive import Archive, Hit, Stored
    from newsarchive.fields import record, row
    from newsarchive.items import Article, Block, Capture, Edit, Origin, Repaired

__version__ = VERSION
__all__ = [
    "EXTRACTOR_VERSION", "VERSION", "Archive", "Article", "Block", "Capture", "Edit", "Hit",
    "NewsArchiveError", "NoSuchArticle", "NotAnArticle", "Origin", "Repaired", "Stored", "UsageError",
    "extract", "record", "repair", "row",
]  # fmt: skip

#: Names that are loaded when they are asked for, and where they are: a database driver takes its time.
_LATER = {
    "newsarchive.items": ("Article", "Block", "Capture", "Edit", "Origin", "Repaired"),
    "newsarchive.fields": ("record", "row"),
    "newsarchive.archive": ("Archive", "Hit", "Stored"),
}


def extract(
    body: bytes | None = None,
    *,
    url: str = "",
    html: str | None = None,
    content_type: str | None = None,
    fetched_at: datetime | None = None,
    standfirst: str = "",
) -> Article:
    """Run the whole pure core on one page.

    Give the page in one of two ways: `body` are its bytes as the server sent them (`response.content` of requests and httpx,
    `response.body` of Scrapy), from which the encoding is told; `html` is the page as text. `url` is its address, which must be
    given, because links, dates and the site's name are read by it. `content_type` is the value of the HTTP header. With
    `fetched_at` (UTC where it has no zone), dates in the future are refused. `standfirst` says where a sentence between
    headline and text goes: `description` (beside the article, the default) or `text` (its first paragraph).

    Raises `NotAnArticle`, whose `reason` is an `items.DropReason`, and `UsageError` (a `TypeError` as well where
    a type is wrong) that names the argument and what to pass.
    """
    from newsarchive import plugins, rules
    from newsarchive.core import steps
    from newsarchive.items import Capture

    page = _page(body, html)
    remedy = "give the address of the page as text, url='https://blog.example/post/' or str(response.url)"
    _require_text("extract(): url", url, remedy)
    if not url:
        raise UsageError(f"extract(): url is missing: {remedy}")
    if html is not None:
        content_type = "text/html; charset=utf-8"
    if content_type is not None:
        _require_text(
            "extract(): content_type", content_type, "the header as text, 'text/html; charset=utf-8'"
        )
    if fetched_at is not None and not isinstance(fetched_at, datetime):
        raise WrongType("extract(): fetched_at", fetched_at, "give a datetime, datetime.now(UTC)")
    headers = {"content-type": content_type} if content_type else {}
    capture = Capture(url=url, body=page, headers=headers, fetched_at=fetched_at)
    return steps.article_from(capture, rules.with_standfirst(standfirst), plugins.in_force())


def repair(text: str) -> Repaired:
    """Repair mojibake in a text, and say what was done.

    Text that is right comes back as it is, with no edits. Raises `WrongType` (a `UsageError` and a `TypeError`) for
    what is no text.
    """
    from newsarchive import rules
    from newsarchive.core.encoding import step

    if isinstance(text, (bytes, bytearray)):
        raise WrongType(
            "repair(): text", text,
            "decode it first, repair(data.decode('utf-8')); a whole page goes to extract(data, url=…)",
        )  # fmt: skip
    _require_text("repair(): text", text, "give the text to repair as str")
    return step.repair(text, rules.models_alone())


def _page(body: object, html: object) -> bytes:
    """The bytes of the page, of the one argument that was given."""
    if body is not None and html is not None:
        raise UsageError("extract(): body and html are both given: give the bytes, or the text, not both")
    if html is not None:
        _require_text(
            "extract(): html", html, "give the page as str; its bytes go first, extract(data, url=…)"
        )
        assert isinstance(html, str)
        return html.encode("utf-8", "replace")
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    if body is None:
        raise UsageError(
            "extract(): no page is given: extract(response.content, url=…), or extract(html=text, url=…)"
        )
    wanted = "give the page's bytes, extract(response.content, url=…), or text as extract(html=text, url=…)"
    if isinstance(body, str) and body.startswith(("http://", "https://")):
        wanted = "nothing is fetched here: give the page's bytes, extract(response.content, url=…)"
    raise WrongType("extract(): body", body, wanted)


def _require_text(argument: str, given: object, wanted: str) -> None:
    if not isinstance(given, str):
        raise WrongType(argument, given, wanted)


def __getattr__(name: str) -> Any:
    """The names of `_LATER`, when they are asked for."""
    for module, names in _LATER.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[Any]:
    return sorted(__all__)

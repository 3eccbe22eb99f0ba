"""Finds what a citation names: an article by its address or id, one of its versions, or the version that an identifier names.

cited(source, "nwa:1:txt:6b0a…;url=https://blog.example/post/")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsarchive import citation
from newsarchive.db.reading.articles import Stored, get, history
from newsarchive.db.reading.withheld import Entry, WithheldVersion
from newsarchive.db.readonly import File
from newsarchive.exceptions import NoSuchArticle, UsageError, Withheld

if TYPE_CHECKING:
    from sqlalchemy import Engine


def cited(source: File | Engine, which: str | int, version: int | None = None) -> Stored:
    """The article as the version that is cited has it.

    `which` is the address of an article, its id, or an identifier (`newsarchive.citation`), which names the version
    itself. Raises `NoSuchArticle` where the archive has no such article or no such version any more, `UsageError` for an
    identifier that is no whole one, and `Withheld` where the article is withheld or was erased.
    """
    if not citation.is_identifier(str(which)):
        return get(source, which, version)
    if version is not None:
        raise UsageError("an identifier names its version itself: leave out --version")
    wanted = citation.parse_identifier(str(which))
    if not wanted.url:
        raise UsageError(
            f"{which}: this identifier has no address to look it up by: add ;url= and the address of the article"
        )
    try:
        article = get(source, wanted.url)
    except Withheld as withheld:
        _version(withheld.entry, wanted)
        raise
    if citation.identifier(article.headline, article.article_body).digest == wanted.digest:
        return article
    versions = history(source, article.id)
    for one in versions:
        if citation.identifier(one.headline, one.article_body).digest == wanted.digest:
            return get(source, article.id, one.version)
    held = ", ".join(f"{one.version} of {one.seen_at:%Y-%m-%d}" for one in versions)
    raise NoSuchArticle(
        f"the version that {which} names is not in the archive any more; of {article.url} it has {len(versions)}: {held}"
    )


def citation_of(source: File | Engine, which: str | int, version: int | None = None) -> citation.Citation:
    """The citation of what `cited` finds. Of what is withheld or was erased it has the identifier and the digests, and says so.

    Raises as `cited` does, but for `Withheld`.
    """
    try:
        return citation.of(cited(source, which, version))
    except Withheld as withheld:
        entry: Entry = withheld.entry
        wanted = citation.parse_identifier(str(which)) if citation.is_identifier(str(which)) else None
        return citation.of_withheld(entry, _version(entry, wanted, version))


def _version(entry: Entry, wanted: citation.Identifier | None, number: int | None = None) -> WithheldVersion:
    """The version of a withheld article that is asked for: the named one, otherwise the newest."""
    if wanted is not None:
        found = entry.version_of(wanted.digest)
        if found is None:
            raise NoSuchArticle(
                f"{entry.sentence}; {wanted} names none of its {len(entry.versions)} versions"
            )
        return found
    named = [one for one in entry.versions if number in (None, one.version)]
    if not named:
        raise UsageError(f"no version {number} of {entry.url}: the register has {len(entry.versions)}")
    return named[-1]

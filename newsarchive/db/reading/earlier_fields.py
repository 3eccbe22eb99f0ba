"""The fields of an article that are no part of a version's text, as its publisher had them while an earlier version stood.

A blog names the Harbour Gazette as the origin of a post, and later the Morning Post: whoever cites the first version cites
what the blog said then. `field_changes` has the values, as texts. A better reading of the same page counts for every version,
so only changes by the publisher are taken back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsarchive.db.readonly import Reader
from newsarchive.items import Author, Image, Origin

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: What publishers changed with later versions. Where a post stands now is told by `moved_from`.
_CHANGED_LATER = """
    SELECT field, value_before FROM field_changes
    WHERE article_id = :id AND version > :version AND change_kind = 'publisher' AND field <> 'url' ORDER BY version, seen_at, id
"""
#: How a name is written that is no person's.
_KIND = re.compile(r"(?P<name>.+) \((?P<kind>agency|organisation)\)", re.DOTALL)


def at_version(reader: Reader, article: Stored) -> Stored:
    """The article with the fields that the publisher gave it while the version that it shows was the newest.

    Of an origin that was another one then, only name, domain, address and licence are known, and of a date only the moment.
    """
    before: dict[str, Sequence[str]] = {}
    for row in reader.rows(_CHANGED_LATER, {"id": article.id, "version": article.version}):
        before.setdefault(row["field"], row["value_before"])
    found: dict[str, Any] = {}
    for name, values in before.items():
        if name in ("date_published", "date_modified"):
            found |= {f"{name}_raw": "", f"{name}_source": ""}
        found[name] = _READERS.get(name, _text)(values)
    if "origin" in found:
        found |= {"original_id": None, "original_url": ""}
    if "authors" in found:  # the page of an author is not kept with a change
        pages = {author.name: author.url for author in article.authors}
        found["authors"] = tuple(replace(one, url=pages.get(one.name, "")) for one in found["authors"])
    return replace(article, **found)


def _text(values: Sequence[str]) -> str:
    return values[0] if values else ""


def _moment(values: Sequence[str]) -> datetime | None:
    return datetime.fromisoformat(values[0]) if values else None


def authors_of(values: Sequence[str]) -> tuple[Author, ...]:
    """Authors of their names, as `Jane Doe` or `dpa (agency)`."""
    matches = [(_KIND.fullmatch(value), value) for value in values]
    return tuple(Author(match["name"], match["kind"]) if match else Author(name) for match, name in matches)


def _origin(values: Sequence[str]) -> Origin | None:
    return Origin(values[0], values[1], values[2], license=values[3]) if values else None


def _image(values: Sequence[str]) -> Image | None:
    return Image(*values) if values else None


#: The fields that are no plain text, each with what makes its value of the texts.
_READERS: Mapping[str, Callable[[Sequence[str]], Any]] = {
    "authors": authors_of,
    "date_published": _moment,
    "date_modified": _moment,
    "keywords": tuple,
    "image": _image,
    "origin": _origin,
    "is_accessible_for_free": lambda values: values[0] == "true" if values else None,
}

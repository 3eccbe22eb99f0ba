"""What a page knows of a request, and what it answers: a page with its record, a file, or the way to another page.

A view is a function of the archive and a `Request`. It gives a `Page`: a template with its values, and the record that the
address with `.json` behind it gives to a program. The view decides only the content; `app` makes an HTTP response of
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from newsarchive.exceptions import NewsArchiveError


class Forbidden(NewsArchiveError):
    """Only a person who has the token of this server may do this."""


#: Seconds for which a feed reader or a program need not ask again.
FEED_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Request:
    """A request: the parts of its path, its query and the fields of its form. Where a name is given several times, the
    last value counts."""

    path: str
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A template with its values; `record` is the same for a program."""

    template: str
    values: Mapping[str, Any]
    record: Any = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Content:
    """Something else than a page. With `name` the browser saves it as a file of that name. For `seconds` nobody needs
    to ask again."""

    body: str | bytes
    content_type: str
    name: str = ""
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A redirect to another address of this server. `cookie` is a name and a value that the browser keeps."""

    path: str
    cookie: tuple[str, str] | None = None


Answer = Page | Content | Elsewhere

"""Identifiers of archived texts, computed from the text itself, as those of Software Heritage are (SWHID, ISO/IEC 18670).

`nwa:1:txt:` and the SHA-256 of headline and text name what was read, wherever it is kept; whoever has both can compute it
again. A qualifier says where it stood:

    nwa:1:txt:6b0a…;url=https://blog.example/2025/04/post/

The digest is that of the headline, a blank line, and the text, in UTF-8. A version of an article keeps its identifier for
ever, also after the page was changed or is read otherwise.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from newsarchive.exceptions import UsageError

#: The name of the scheme, its version, and the kind of thing: a text.
PREFIX = "nwa:1:txt:"
_IDENTIFIER = re.compile(r"nwa:1:txt:(?P<digest>[0-9a-f]{64})(?:;url=(?P<url>\S+))?")


@dataclass(frozen=True, slots=True)
class Identifier:
    """What an identifier says: the digest (64 hexadecimal digits) and the address, "" where it names none."""

    digest: str
    url: str = ""

    def __str__(self) -> str:
        return f"{PREFIX}{self.digest}" + (f";url={self.url}" if self.url else "")


def identifier(headline: str, text: str, url: str = "") -> Identifier:
    """The identifier of a text.

    >>> str(identifier("A ferry", "It sails."))[:20]
    'nwa:1:txt:25b0562b97'
    """
    digest = hashlib.sha256(f"{headline}\n\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return Identifier(digest, url)


def is_identifier(name: str) -> bool:
    """Whether a person gave an identifier, and no address or number."""
    return name.lower().startswith("nwa:")


def parse(name: str) -> Identifier:
    """An identifier as a person gives it. Raises `UsageError` for one that is cut short or of another scheme."""
    if match := _IDENTIFIER.fullmatch(name.strip()):
        return Identifier(match["digest"], match["url"] or "")
    raise UsageError(
        f"{name[:100]!r} is no identifier: give it whole, {PREFIX} and 64 hexadecimal digits, then ;url= and the address"
    )

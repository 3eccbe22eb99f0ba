"""Citations of archived articles: both addresses, the time of the capture, and digests of the text and of the bytes.

    CSL-JSON   what Zotero, pandoc and citeproc read (csl-data.json of the Citation Style Language, 1.0.2)
    BibTeX     `@misc` with the fields of biblatex's `@online` (`url`, `urldate`) beside those of BibTeX
    RIS        the type BLOG of Research Information Systems' format (specification of 2011)
    a line     for a footnote

Names of people are given whole, as the byline prints them: which part of a name is the family's no page says. CSL has no
variable for the time of a capture or a digest, so that these stand in `note`, as in BibTeX and RIS.

An identifier names a text, wherever it is kept, as those of Software Heritage do (SWHID, ISO/IEC 18670): `nwa:1:txt:` and the SHA-256
of the headline, a blank line, and the text in UTF-8. A person who has headline and text can compute it again. A
qualifier says where the text stood:

    nwa:1:txt:6b0a…;url=https://blog.example/2025/04/post/

A version of an article keeps its identifier for ever, also after the page has changed or the extraction reads it
differently.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsarchive.exceptions import UsageError
from newsarchive.reprs import language_tag, one_line
from newsarchive.times import as_printed, is_day_known, isoformat, utc

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored
    from newsarchive.db.reading.hidden import Entry, WithheldVersion

#: Characters that mean something to TeX, with what prints them. BibTeX counts braces behind a backslash too.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    }
)  # fmt: skip
#: Between two characters of which TeX makes another one: `--` is a dash, `<<` a quotation mark.
_LIGATURE = re.compile(r"(?<=([-`',<>]))(?=\1)|(?<=[!?])(?=`)")
#: The same for an address, in which only what would end TeX's argument is replaced: biblatex takes a backslash for a part of it.
_TEX_URL = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})
#: Characters of a word that TeX must print in one line; it prints what is too long, as a digest, beyond the margin.
MAX_UNBROKEN_CHARS = 24
#: What a longer word must have so that TeX may break it: the digits of a digest, or an address. It divides other words by itself.
_BREAKABLE = re.compile("[0-9a-f]{32}|://")
#: Characters at the end of a word that begin no line.
CLOSING = ".,;:!?)"
#: Characters of a longer word after which TeX may begin a line. With 16, lines end 65 points beyond the margin, with 8 or 4 up to 34.
PIECE_CHARS = 8
#: What BibTeX takes for the end of a name or of its first part, also in capital letters, and what it takes for the family's name.
_TAKEN_APART = re.compile(r"(?:^|\s)and(?:\s|$)|,|\s(?:[js]r\.?|i{2,3}|iv)$", re.I)
#: The name of the scheme, its version, and the kind of thing: a text.
PREFIX = "nwa:1:txt:"
#: Some styles of citation begin it with a capital letter.
_IDENTIFIER = re.compile(r"nwa:1:txt:(?P<digest>[0-9a-f]{64})(?:;url=(?P<url>\S+))?", re.I)


#: Fields that a person may correct and a citation names → their words.
_CORRECTED = {"authors": "authors", "date_published": "date", "origin": "origin"}


@dataclass(frozen=True, slots=True)
class Citation:
    """What is cited: one version of an article, as one capture had it. Texts may be empty, times `None`.

    `authors` are names and whether each is a person. `site` is the name of the blog, else its domain. `original_url` is
    where the text first appeared, `fetched_at` when the page was fetched, `payload_digest` the SHA-256 of its bytes,
    unpacked, in hexadecimal digits behind "sha256:". `published` is in the zone that the page names: readers see that day
    on the page, and in Bangkok it is often another one than in UTC.
    """

    identifier: Identifier
    url: str
    headline: str
    authors: tuple[tuple[str, bool], ...]
    site: str
    language: str
    published: datetime | None
    version: int
    fetched_at: datetime | None
    payload_digest: str
    origin: str = ""
    original_url: str = ""
    original_date: datetime | None = None
    #: Whether the day of `published` is known, or only its month.
    is_day_known: bool = True
    #: Where the post is now, where it left `url`, at which it was captured; "" where it is there still.
    moved_to: str = ""
    #: Why the text cannot be read, as a sentence without its full stop; "" for a text that can.
    withheld: str = ""
    #: What of it a person corrected, and the page says otherwise: "authors", "date", "origin".
    corrected: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """A short name for a bibliography: the year, and a digest of the identifier with its address, which tells copies of one
        text apart."""
        digest = hashlib.sha256(str(self.identifier).encode()).hexdigest()
        return f"nwa{self.published.year if self.published else ''}-{digest[:12]}"

    @property
    def title(self) -> str:
        """The headline; of a post without one its address."""
        return one_line(self.headline) or self.url

    @property
    def published_day(self) -> str:
        """`2025-04-01`, or `2025-04` where the day is not known; "" for no date."""
        return self.published.date().isoformat()[: None if self.is_day_known else 7] if self.published else ""

    @property
    def first_published(self) -> str:
        """Where the text first appeared, as a sentence without its full stop; "" for the blog's own."""
        parts = [f"First published by {one_line(self.origin)}"] if self.origin else []
        parts += [_day(self.original_date)] if self.original_date and parts else []
        parts += (
            [self.original_url if parts else f"Based on {self.original_url}"] if self.original_url else []
        )
        return ", ".join(parts)

    @property
    def note(self) -> str:
        """What no style has a place for: the original, the capture, the digests. It ends with the identifier, without a full
        stop, which would be taken for a part of it."""
        sentences = [said for said in (self.withheld, self.first_published) if said]
        if self.corrected:
            sentences.append(f"Corrected by hand in the archive: {', '.join(self.corrected)}")
        if self.fetched_at:
            sentences.append(f"Captured {utc(self.fetched_at):%Y-%m-%dT%H:%M:%SZ}")
        if self.payload_digest:
            sentences.append(f"SHA-256 of the page: {self.payload_digest.removeprefix('sha256:')}")
        if self.moved_to:
            sentences.append(f"The post moved to {self.moved_to}")
        sentences.append(f"Version {self.version} in the archive: {self.identifier}")
        return ". ".join(sentences)


def of(article: Stored) -> Citation:
    """The citation of a stored article as it is shown."""
    origin, url = article.origin, article.moved_from or article.url
    return Citation(
        identifier(article.headline, article.article_body, url),
        url,
        article.headline,
        tuple((author.name, author.kind == "person") for author in article.authors),
        article.publisher or article.site,
        language_tag(article.in_language),
        as_printed(article.date_published, article.date_published_raw) if article.date_published else None,
        article.version,
        article.fetched_at,
        article.payload_digest,
        origin.name if origin else "",
        (origin.url if origin else "") or article.is_based_on,
        origin.date if origin else None,
        is_day_known(article.date_published_source),
        article.url if article.moved_from else "",
        corrected=tuple(_CORRECTED[name] for name in article.corrected if name in _CORRECTED),
    )


def of_withheld(entry: Entry, version: WithheldVersion) -> Citation:
    """The citation of a version that is withheld or was erased: its identifier and digests stay, its words are not told."""
    url = version.moved_from or entry.url
    return Citation(
        Identifier(parse_identifier(version.identifier).digest, url),
        url,
        "Erased from the archive" if entry.is_erased else "Withheld from the archive",
        (),
        entry.site,
        "",
        None,
        version.version,
        datetime.fromisoformat(version.seen_at),
        version.payload_digest,
        moved_to=entry.url if version.moved_from else "",
        withheld=entry.said.rstrip("."),
    )


def csl(citation: Citation) -> dict[str, Any]:
    """An item of CSL-JSON."""
    item: dict[str, Any] = {"id": citation.key, "type": "post-weblog", "title": citation.title}
    if citation.authors:
        item["author"] = [{"literal": one_line(name)} for name, _ in citation.authors]
    item["container-title"] = one_line(citation.site)
    for name, moment in (
        ("issued", citation.published), ("accessed", citation.fetched_at), ("original-date", citation.original_date),
    ):  # fmt: skip
        if moment:
            parts = [moment.year, moment.month, moment.day]
            item[name] = {"date-parts": [parts if name != "issued" or citation.is_day_known else parts[:2]]}
    if citation.origin:
        item["original-publisher"] = one_line(citation.origin)
    if citation.language:
        item["language"] = citation.language
    return item | {
        "URL": citation.url,
        "archive": "newsarchive",
        "archive_location": str(citation.identifier),
        "note": citation.note,
    }


def csl_json(citation: Citation) -> str:
    """A CSL-JSON document with one item."""
    return json.dumps([csl(citation)], ensure_ascii=False, indent=2)


def bibtex(citation: Citation) -> str:
    """An entry of BibTeX, which biblatex reads too."""
    names = " and ".join(
        _tex(name) if is_person and not _TAKEN_APART.search(name) else f"{{{_tex(name)}}}"
        for name, is_person in citation.authors
    )
    published = citation.published
    fields = {
        "author": names,
        "title": f"{{{_tex(citation.title)}}}",
        "howpublished": _tex(citation.site),
        "year": str(published.year) if published else "",
        "date": citation.published_day,
        "url": one_line(citation.url).translate(_TEX_URL),
        "urldate": citation.fetched_at.date().isoformat() if citation.fetched_at else "",
        "note": " ".join(map(_tex_word, one_line(citation.note).split())),
    }
    rows = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{citation.key},\n" + ",\n".join(rows) + "\n}\n"


def ris(citation: Citation) -> str:
    """A record of RIS; its lines end in CR and LF, as the format asks."""
    captured = citation.fetched_at
    rows = [
        ("TY", "BLOG"),
        # A comma behind the name of an organisation says that it has no given name: "Press, A." is no agency.
        *(("AU", name if is_person else f"{name.rstrip(',')},") for name, is_person in citation.authors),
        ("TI", citation.title),
        ("T2", citation.site),
        ("PY", citation.published_day[:4]),
        ("DA", citation.published_day.replace("-", "/") + ("" if citation.is_day_known else "//")),
        ("Y2", f"{captured:%Y/%m/%d}" if captured else ""),
        ("LA", citation.language),
        ("UR", citation.url),
        ("AN", str(citation.identifier)),
        ("N1", citation.note),
        ("ER", ""),
    ]
    lines = [f"{tag}  - {one_line(value)}" for tag, value in rows if value or tag == "ER"]
    return "".join(f"{line}\r\n" for line in lines)


def line(citation: Citation) -> str:
    """A citation in one line: who, what, where, when; the original; the capture and its digests."""
    names = [one_line(name) for name, _ in citation.authors]
    who = ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1] if names else ""
    when = f", {_day(citation.published, citation.is_day_known)}" if citation.published else ""
    head = f"{who}: " if who else ""
    stop = "" if citation.title.endswith((".", "?", "!", "…", "。", "？", "！")) else "."
    return f"{head}“{citation.title}”{stop} {one_line(citation.site)}{when}. {one_line(citation.url)}. {citation.note}"


def jsonld(article: Stored) -> dict[str, Any]:
    """An article as schema.org's NewsArticle, for the head of its page: Zotero and other programs read it there."""
    citation = of(article)
    kinds = {True: "Person", False: "Organization"}
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": citation.title,
        "url": citation.url,
        "identifier": str(citation.identifier),
        "author": [{"@type": kinds[is_person], "name": name} for name, is_person in citation.authors],
        "publisher": {"@type": "Organization", "name": citation.site},
        "datePublished": (isoformat(citation.published) or "")
        if citation.is_day_known
        else citation.published_day,
        "dateModified": utc(article.date_modified).isoformat() if article.date_modified else "",
        "inLanguage": citation.language,
        "articleSection": article.article_section,
        "isBasedOn": citation.original_url,
        "creditText": article.origin.credit_text if article.origin else "",
        "license": article.origin.license if article.origin else "",
    }
    return {name: value for name, value in found.items() if value}


#: What a citation can be written as: the name of the format and its function.
FORMATS = {"text": line, "csl": csl_json, "bibtex": bibtex, "ris": ris}


def _day(moment: datetime, is_day_known: bool = True) -> str:
    """A day, or only its month, in words that every country reads in the same way.

    >>> _day(datetime(2025, 4, 1)), _day(datetime(2025, 4, 1), False)
    ('1 April 2025', 'April 2025')
    """
    months = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    )  # fmt: skip
    day = f"{moment.day} " if is_day_known else ""
    return f"{day}{months[moment.month - 1]} {moment.year}"


def _tex(text: str) -> str:
    return _LIGATURE.sub("{}", one_line(text).translate(_TEX))


def _tex_word(word: str) -> str:
    """A word of a note for TeX, which may begin a line within a digest or an address: neither before the point behind it, nor beside a
    character outside ASCII, whose accent may follow it, nor in a character that is written as `%E6`."""
    whole = len(word.rstrip(CLOSING))
    if whole <= MAX_UNBROKEN_CHARS or not _BREAKABLE.search(word):
        return _tex(word)
    ends = [
        at
        for at in range(PIECE_CHARS, whole, PIECE_CHARS)
        if word[at - 1 : at + 1].isascii() and "%" not in word[at - 2 : at]
    ]
    pieces = zip([0, *ends], [*ends, len(word)], strict=True)
    return r"\allowbreak{}".join(_tex(word[start:end]) for start, end in pieces)


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
    'nwa:1:txt:93dd918137'
    """
    digest = hashlib.sha256(f"{headline}\n\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return Identifier(digest, url)


def is_identifier(name: str) -> bool:
    """Whether a person gave an identifier, and no address or number."""
    return name.lower().startswith("nwa:")


def parse_identifier(name: str) -> Identifier:
    """An identifier as a person gives it. Raises `UsageError` for one that is cut short or of another scheme."""
    if match := _IDENTIFIER.fullmatch(name.strip()):
        return Identifier(match["digest"].lower(), match["url"] or "")
    raise UsageError(
        f"{name[:100]!r} is no identifier: give it whole, {PREFIX} and 64 hexadecimal digits, then ;url= and the address"
    )

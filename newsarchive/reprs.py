"""How records are shown to people: one line in a shell or a log, a short page in a notebook.

A post has thousands of words and a page hundreds of blocks. Printed whole, as dataclasses are by default, one record
fills the screen and a list of them the log.

    >>> line("Block", "The ferry came back", kind="paragraph", label="body", rule="")
    "Block('The ferry came back', kind='paragraph', label='body')"
"""

from __future__ import annotations

import errno
import os
import re
import signal
from collections.abc import Iterable
from datetime import date, datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from newsarchive.times import written_day

if TYPE_CHECKING:
    from newsarchive.items import Article, Origin

#: Characters of one text in a line; a longer text is cut, with an ellipsis.
MAX_TEXT_CHARACTERS = 60

#: What a system says of a disk that is full, and of a share of it that is used up.
FULL = (errno.ENOSPC, errno.EDQUOT)
#: Code points that are no characters: biber refuses a whole bibliography for one.
_NO_CHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)
)
#: Control characters, the line and paragraph separators of Unicode, and its overrides of direction.
_LINE_ENDS = re.compile(f"[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202d\\u202e{_NO_CHARACTERS}]")

#: A tag of a language: its code, then parts for script, region and more. `i-` and `x-` begin registered and private ones.
_LANGUAGE_TAG = re.compile(r"(?:[A-Za-z]{2,8}|[ix](?=-))(?:-[A-Za-z0-9]{1,8})*")

#: Paragraphs of an article that a notebook shows at once; the rest opens on a click.
MAX_OPEN_PARAGRAPHS = 3


def one_line(text: str) -> str:
    """A text without line ends and other control characters, which would begin a line or a field of their own.

    >>> one_line(" two\\nlines\\x1b[31m ")
    'two lines [31m'
    """
    return " ".join(_LINE_ENDS.sub(" ", text).split())


def why_not_written(error: OSError) -> str:
    """Why a file cannot be written, with the remedy where the disk is full.

    >>> why_not_written(OSError(28, "No space left on device")), why_not_written(OSError(30, "Read-only file system"))
    ('the disk is full; free some space and run again', 'Read-only file system')
    """
    # pyarrow gives the number in its words alone.
    if error.errno in FULL or "errno 28]" in str(error).lower():
        return "the disk is full; free some space and run again"
    return error.strerror or str(error)


def cut(text: str, limit: int = MAX_TEXT_CHARACTERS) -> str:
    """The beginning of a text on one line.

    >>> cut("The ferry\\n\\ncame back at night", 15)
    'The ferry came…'
    """
    flat = " ".join(text[: 4 * limit].split())
    return flat if len(flat) <= limit and len(text) <= 4 * limit else flat[: limit - 1].rstrip() + "…"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "article"), counted(1200, "article"), counted(2, "try", "tries")
    ('1 article', '1,200 articles', '2 tries')
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def signal_name(number: int) -> str:
    """The name of a signal; those of real time have none in Python.

    >>> signal_name(9), signal_name(37)
    ('SIGKILL', 'signal 37')
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def byte_size(number: int) -> str:
    """A number of bytes in the unit that fits.

    >>> byte_size(0), byte_size(1536), byte_size(5 * 2**30)
    ('0 bytes', '1.5 KiB', '5.0 GiB')
    """
    value, units = float(number), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:.0f} bytes" if units[0] == "bytes" else f"{value:.1f} {units[0]}"


def line(name: str, *values: Any, **named: Any) -> str:
    """A record in one line; what is empty is left out."""
    parts = [_one(value) for value in values]
    parts += [f"{key}={_one(value)}" for key, value in named.items() if value not in (None, "", (), {})]
    return f"{name}({', '.join(parts)})"


def _one(value: Any) -> str:
    if isinstance(value, str):
        return repr(cut(value))
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else repr(value)


def byline(article: Article) -> str:
    """`By A and B · 2025-04-01 · Blog`; `2025-04` where the day is not known."""
    names = " and ".join(author.name for author in article.authors)
    day = written_day(article.date_published, article.date_published_source)
    return " · ".join(part for part in (f"By {names}" if names else "", day, article.publisher) if part)


def origin_line(origin: Origin | None) -> str:
    """Where it first appeared, in one line; "" for a blog's own post."""
    if origin is None:
        return ""
    where = f" ({origin.domain})" if origin.domain else ""
    notice = f" — {origin.copyright_notice}" if origin.copyright_notice else ""
    confidence = (
        f", confidence {origin.confidence:.2f}" if origin.confidence else ""
    )  # of earlier versions it is not kept
    return f"First published by {origin.name}{where}{confidence}{notice}"


def language_tag(code: str) -> str:
    """A stored language as a tag that BCP 47 allows (RFC 5646, 2.1); `und`, undetermined, for what is spelled in another way,
    as the item of another project may be. An empty one stays empty.

    >>> language_tag("de"), language_tag("pt_BR"), language_tag("Deutsch (AT)"), language_tag("")
    ('de', 'pt-BR', 'und', '')
    """
    tag = code.replace("_", "-")
    return tag if not tag or _LANGUAGE_TAG.fullmatch(tag) else "und"


def language_attribute(code: str) -> str:
    """The attribute `lang` of an element of HTML, with a space in front; "" for a language that is not known."""
    tag = language_tag(code)
    return f' lang="{tag}"' if tag else ""


def article_html(article: Article) -> str:
    """An article as a notebook shows it: everything escaped, nothing loaded."""
    heads = [byline(article), origin_line(article.origin)]
    small = "".join(f"<div><small>{escape(head)}</small></div>" for head in heads if head)
    paragraphs = [f"<p>{escape(part)}</p>" for part in article.article_body.split("\n\n") if part]
    first, rest = paragraphs[:MAX_OPEN_PARAGRAPHS], paragraphs[MAX_OPEN_PARAGRAPHS:]
    more = f"<details><summary>{len(rest)} more paragraphs</summary>{''.join(rest)}</details>" if rest else ""
    return (
        f'<article dir="auto"{language_attribute(article.in_language)}><h3>{escape(article.headline) or "(no headline)"}</h3>{small}'
        f"<div><small>{link(article.url)}</small></div>{''.join(first)}{more}</article>"
    )


def web_url(url: str | None) -> str:
    """The URL where it is http or https, else "", so that `javascript:` and its kin are never linked.

    >>> web_url("https://blog.example/a"), web_url("javascript:alert(1)"), web_url("//evil.example")
    ('https://blog.example/a', '', '')
    """
    bare = (url or "").strip()
    try:
        parts = urlsplit(bare)
    except ValueError:
        return ""
    return bare if parts.scheme in ("http", "https") and parts.netloc else ""


def link(url: str, text: str = "") -> str:
    """A link, or the bare text where the URL is not of the web."""
    shown = escape(text or url)
    return f'<a href="{escape(web_url(url))}" rel="noreferrer">{shown}</a>' if web_url(url) else shown


def table_html(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table for a notebook; the cells are HTML already."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = ("".join(f'<td dir="auto">{cell}</td>' for cell in row) for row in rows)
    body = "".join(f"<tr>{cells}</tr>" for cells in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def what_was_raised(error: BaseException, called: Any) -> str:
    """What a function of another project raised, and where, for its author: "KeyError: 'title' (line 12 of own_step.py)".
    It is the last line that is the project's own, and not one of a library that the project calls."""
    place = error.__traceback__
    below = []
    while place and (place := place.tb_next):  # the first is our call
        below.append(place)
    said = f"{type(error).__name__}: {error}"
    if not below:
        return said
    project = str(getattr(called, "__module__", "")).partition(".")[0]
    own = [one for one in below if one.tb_frame.f_globals.get("__name__", "").partition(".")[0] == project]
    last = (own or below)[-1]
    return f"{said} (line {last.tb_lineno} of {os.path.basename(last.tb_frame.f_code.co_filename)})"

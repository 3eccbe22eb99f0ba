"""One file an article, by a template of names: `newsarchive export -o '{site}/{date}-{slug}.md'`.

What a page says becomes a name that every file system takes. It cannot make a folder, leave the folder, hide a file or replace
another one.

    headline "../../etc/passwd"   {slug}      → etc-passwd
    headline "CON"                {headline}  → _CON           a device on Windows
    headline "A: B?"              {headline}  → A- B-
    two posts called "News"       {slug}      → news, news-17  the second with its id

The files are first made in a temporary folder, and moved to their places when all of them are whole. A run that is broken off
leaves nothing behind, and no file that was there before is replaced without `overwrite`.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from pkgutil import resolve_name
from string import Formatter
from typing import TYPE_CHECKING

from newsarchive.exceptions import OutputError, UsageError
from newsarchive.export import to_json, writer
from newsarchive.reprs import why_not_written
from newsarchive.times import written_day

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: Bytes of a name in UTF-8. File systems take 255; the rest is for an id and for what a program adds (`.part`, `.bak`).
MAX_NAME_BYTES = 200
#: Bytes of one value in a name, so that a long headline leaves room for what stands beside it.
MAX_VALUE_BYTES = 120
#: Letters of a headline in a slug.
MAX_SLUG_LETTERS = 50
#: Characters that Windows allows in no name. Other systems forbid the slash alone.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
#: Names of devices on Windows, which no file may have, with any ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|$)", re.I)
#: Unicode categories of characters that are invisible, or break a line.
_UNSEEN = frozenset(("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"))


def _of_day(begin: int, end: int) -> Callable[[Stored], str]:
    return lambda article: written_day(article.date_published)[begin:end] or "undated"


#: The fields of a template, and how each is read from an article.
FIELDS: dict[str, Callable[[Stored], str]] = {
    "id": lambda article: str(article.id),
    "site": lambda article: article.site,
    "date": _of_day(0, 10),
    "year": _of_day(0, 4),
    "month": _of_day(5, 7),
    "day": _of_day(8, 10),
    "slug": lambda article: slug(article.headline) or str(article.id),
    "headline": lambda article: article.headline or str(article.id),
    "author": lambda article: article.authors[0].name if article.authors else "unknown",
    "publisher": lambda article: article.publisher or article.site,
    "origin": lambda article: article.origin.name if article.origin else "own",
    "language": lambda article: article.in_language or "und",
    "section": lambda article: article.article_section or "none",
}


def slug(headline: str) -> str:
    """The letters and digits of a headline, with hyphens between words; "" where it has none. Latin letters lose their
    accents. Marks of other scripts are parts of their letters: without its vowel signs a word of Hindi or Thai is none.

    >>> slug("Café: the “harbour” & more…"), slug("台灣新聞"), slug("हिन्दी में"), slug("../.."), slug("Votes \N{BALLOT BOX}\ufe0f 1\ufe0f\u20e3")
    ('cafe-the-harbour-more', '台灣新聞', 'हिन्दी-में', '', 'votes-1')
    """
    plain = "".join(map(_plain, unicodedata.normalize("NFC", headline))).lower()
    # A mark belongs to the letter before it, but a variation selector and a frame around a digit to an emoji.
    words = "".join(
        c
        if c.isalnum() or (unicodedata.category(c) in ("Mn", "Mc") and not "\ufe00" <= c <= "\ufe0f")
        else " "
        for c in plain
    ).split()
    return "-".join(words)[:MAX_SLUG_LETTERS].strip("-")


def _plain(character: str) -> str:
    """A Latin letter or a sign in plain letters (`é`, `…`); any other character as it is."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not "\u0300" <= c <= "\u036f")
    return bare if bare and bare.isascii() else character


def safe(name: str) -> str:
    """A name that every file system takes; "_" where nothing is left.

    >>> safe("A: B?"), safe("con.txt"), safe(".."), safe(" x. "), safe("a/../b")
    ('A- B-', '_con.txt', '_', 'x', 'a-..-b')
    """
    seen = "".join(" " if c == "\ufffd" or unicodedata.category(c) in _UNSEEN else c for c in name)
    kept = _FORBIDDEN.sub("-", unicodedata.normalize("NFC", seen))
    # Windows drops a dot or a space at the end, a dot in front hides a file, and a shell gives a tilde or hyphen in
    # front a meaning.
    kept = " ".join(kept.split()).rstrip(". ").lstrip(".~- ")
    return f"_{kept}" if not kept or _DEVICES.match(kept) else kept


def shortened(text: str, limit: int) -> str:
    """The beginning of a text that has at most `limit` bytes in UTF-8, without half a character at its end."""
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


@dataclass(frozen=True, slots=True)
class Template:
    """A name with fields. `root` is the folder before the first of them, `parts` are folders and name below it: pieces of
    text, each with the field that follows it ("" for none). `ending` is what the name ends with (`.md`)."""

    root: Path
    parts: tuple[tuple[tuple[str, str], ...], ...]
    ending: str

    def path(self, article: Stored) -> str:
        """The path of an article below `root`, without the ending. `parse` has checked the template's own words; a slash in a value
        becomes a hyphen."""
        filled = (
            "".join(
                text
                + (shortened(_FORBIDDEN.sub("-", FIELDS[name](article)), MAX_VALUE_BYTES) if name else "")
                for text, name in part
            )
            for part in self.parts
        )
        return "/".join(safe(shortened(safe(one), MAX_NAME_BYTES)) for one in filled)


def parse(template: str) -> Template | None:
    """A template as it is typed; `None` for a name without fields. Raises `UsageError` for one that cannot be read.

    >>> parse("out/{site}/{date}.md").root.as_posix(), parse("out/articles.csv")
    ('out', None)
    """
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"{template}: {error}; a brace that is no field is written twice: {{{{") from error
    if not any(name is not None for _, name, _, _ in pieces):
        return None
    for _, name, form, conversion in pieces:
        if name is not None and (name not in FIELDS or form or conversion):
            known = ", ".join(f"{{{field}}}" for field in FIELDS)
            wrong = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
            raise UsageError(f"{template}: {{{wrong}}} is no field of a file name; these are: {known}")
    parts: list[list[tuple[str, str]]] = [[]]
    for text, name, _, _ in pieces:
        first, *more = text.split("/")
        parts[-1].append((first, ""))
        for one in more:
            parts.append([(one, "")])
        if name:
            parts[-1].append(("", name))
    begin = next(at for at, part in enumerate(parts) if any(name for _, name in part))
    root = "/".join("".join(text for text, _ in part) for part in parts[:begin])
    below = parts[begin:]
    for part in below:
        fixed = "".join(text for text, _ in part)
        if not any(name for _, name in part) and safe(fixed) != fixed:
            raise UsageError(f"{template}: {fixed!r} is no name of a folder below {{…}}: choose another")
    *_, (last, field) = below[-1]
    ending = "" if field else last[last.rfind(".") :] if "." in last else ""
    if ending:
        below[-1][-1] = (last.removesuffix(ending), "")
    start = root + "/" if begin and not root else root or "."
    return Template(Path(start), tuple(tuple(part) for part in below), ending)


class Names:
    """Gives each path once. Paths that differ in case or in the spelling of accents count as the same, because some file systems
    take them for one."""

    def __init__(self) -> None:
        self.given: set[bytes] = set()

    def free(self, path: str, ending: str, id: int) -> str:
        """The path with its ending. The id is added where the path was given before, and a number where that was given too."""
        for more in ("", f"-{id}", *(f"-{id}-{number}" for number in range(2, 1000))):
            name = f"{path}{more}{ending}"
            # Hashes of 12 bytes save memory. Where two names have the same hash, the second gets an id that it did not
            # need.
            key = blake2b(unicodedata.normalize("NFKC", name).casefold().encode(), digest_size=12).digest()
            if key not in self.given:
                self.given.add(key)
                return name
        raise AssertionError("an id is given once")


#: Makes the text of an article's file.
Document = Callable[["Stored"], str]


@dataclass(frozen=True, slots=True)
class ArticleFormat:
    """A format that writes one file for each article. `endings` of a file's name mean this format. `made` makes the text of a
    file, or names the function that does, where it needs the library of the format with the same name in
    `newsarchive.export`."""

    endings: tuple[str, ...]
    made: Document | str


FORMATS = {
    "markdown": ArticleFormat((".md", ".markdown"), "newsarchive.export.markdown:document"),
    "text": ArticleFormat((".txt",), lambda article: f"{article.headline}\n\n{article.article_body}\n"),
    "html": ArticleFormat((".html", ".htm"), "newsarchive.export.pages:single"),
    "json": ArticleFormat((".json",), lambda article: to_json(article, indent=2) + "\n"),
}


def format_of(template: Template, name: str | None) -> str:
    """The format of a template's files: that of `--format`, or what the name ends with. Raises `UsageError`."""
    by_ending = next((form for form, made in FORMATS.items() if template.ending.lower() in made.endings), "")
    if name in FORMATS or (name is None and by_ending):
        return name or by_ending
    wanted = (
        f"{name} writes all articles into one place"
        if name
        else f"no format by article ends with {template.ending!r}"
    )
    endings = ", ".join(ending for made in FORMATS.values() for ending in made.endings)
    raise UsageError(f"{wanted}: a name with {{…}} is for one file an article, and ends with {endings}")


def document(form: str) -> Document:
    """What makes the files of a format. Raises `UsageError` that names the extra where a library is missing."""
    made = FORMATS[form].made
    if not isinstance(made, str):
        return made
    writer(form)
    found: Document = resolve_name(made)
    return found


def write_files(
    articles: Iterable[Stored], template: Template, made: Document, *, overwrite: bool = False
) -> int:
    """Write a file for each article; gives their number.

    Raises `OutputError` where one cannot be written, or is there already without `overwrite`; then none is moved to its place.
    """
    root = template.root
    if not root.absolute().parent.is_dir():
        raise OutputError(f"{root}: there is no folder {root.absolute().parent}; create it first")
    names, number = Names(), 0
    try:
        root.mkdir(exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".newsarchive.", dir=root))
    except OSError as error:
        raise OutputError(f"{root} cannot be written: {why_not_written(error)}") from error
    try:
        for article in articles:
            number += 1
            path = work / names.free(template.path(article), template.ending, article.id)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made(article), encoding="utf-8", errors="replace", newline="\n")
        _move(work, root, overwrite)
        return number
    except OSError as error:
        raise OutputError(f"{root} cannot be written: {why_not_written(error)}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _move(work: Path, root: Path, overwrite: bool) -> None:
    for folder, _, files in os.walk(work):
        below = root / Path(folder).relative_to(work)
        if below.is_symlink() or (below.exists() and not below.is_dir()):
            raise OutputError(f"{below} is in the way: it is no folder")
        for name in files:
            place = below / name
            if place.is_dir() or (place.exists() and not overwrite):
                raise OutputError(
                    f"{place} exists already: choose another folder, or replace files with --overwrite"
                )
    for folder, _, files in os.walk(work):
        below = root / Path(folder).relative_to(work)
        below.mkdir(exist_ok=True)
        for name in files:
            (Path(folder) / name).replace(below / name)

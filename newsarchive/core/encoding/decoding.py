"""Bytes to text, as a reader should see it, also where nothing declares their codec; and whether they are a page at all.

Servers call anything text/html, so `refuse` asks the bytes, after the MIME Sniffing Standard
(https://mimesniff.spec.whatwg.org/) as far as an archive of articles needs it.

Valid UTF-8 is UTF-8, whatever the page claims, because legacy text hardly ever is valid UTF-8 by chance. Then comes a page
that is UTF-8 but for a few stray windows-1252 bytes, then what header and page declare (labels as browsers read them:
https://encoding.spec.whatwg.org/#names-and-labels), then `detected`:

    detected("Новости дня".encode("koi8-r"))      # "koi8-r"

Every codec of the web reads the bytes that are not ASCII, with what stands around them, and the reading that is likeliest
as text wins. The pair model of the repairs judges it, so that no detector need be installed.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

from newsarchive.core.encoding.charsets import whatwg_label
from newsarchive.core.encoding.mojibake import UTF8
from newsarchive.core.encoding.pair_model import model_of
from newsarchive.core.text import caches
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture, DropReason, Page
from newsarchive.rules import Rules, models_alone

#: Bytes of a page, from its first byte beyond ASCII on, that are searched for text beyond ASCII; later ones are not.
MAX_SEARCHED_BYTES = 16_384
#: Bytes of what was found that are read with each codec; the rest is not.
MAX_SAMPLE_BYTES = 3_000
#: Nats. What each character that no text has (a control, U+FFFD, a private one) costs a codec, on top of what the model says.
NO_TEXT_NATS = 12.0
#: Nats → charsets of the web (https://encoding.spec.whatwg.org/#names-and-labels) in which text must be likelier by this than in
#: windows-1252. An English page may have a single byte beyond ASCII, ½ or ©, that is a letter in another charset; a page in another
#: script has hundreds of such bytes, so that the handicap changes nothing. Of two charsets that read alike, the first one wins.
HANDICAPS_NATS = {
    0.0: "windows-1252",
    5.0: "windows-1250 windows-1254 windows-1257 windows-1258 iso-8859-2 iso-8859-15",
    16.0: "windows-1251 windows-1253 windows-1255 windows-1256 windows-874 koi8-r iso-8859-5 iso-8859-7 gb18030 big5 euc-jp "
    "shift_jis euc-kr iso-8859-6 iso-8859-8 iso-8859-13",
    24.0: "koi8-u macintosh x-mac-cyrillic ibm866",
    # Hardly a page is in these. In iso-8859-10 "m²" is "mē", which the model takes for a word.
    32.0: "iso-8859-3 iso-8859-4 iso-8859-10 iso-8859-14 iso-8859-16",
}
#: Python codec → the nats that count against it.
_HANDICAPS = {
    codec: nats
    for nats, labels in HANDICAPS_NATS.items()
    for label in labels.split()
    if (codec := whatwg_label(label))
}

#: A run of bytes beyond ASCII, with ASCII bytes between them that may be second halves of characters, and one byte at either end.
_RUN = re.compile(rb"[^\x80-\xff]?[\x80-\xff](?:[^\x80-\xff\n<>]{0,3}[\x80-\xff])*[^\x80-\xff]?")
_BYTE_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_NO_TEXT = re.compile("[\x7f-\x9f\ue000-\uf8ff\ufffd]")


def detected(body: bytes) -> str:
    """The Python codec in which these bytes are likeliest text; windows-1252 for ASCII."""
    first = _BYTE_BEYOND_ASCII.search(body)
    if first is None:
        return "cp1252"
    start = max(0, first.start() - 1)
    searched = body[start : start + MAX_SEARCHED_BYTES]
    sample = b"\n".join(run[0] for run in _RUN.finditer(searched))[:MAX_SAMPLE_BYTES]
    model = model_of(models_alone())

    def cost(codec: str) -> float:
        text = _lenient(sample, codec)
        return _HANDICAPS[codec] + model.cost(text) + NO_TEXT_NATS * len(_NO_TEXT.findall(text))

    return min(_HANDICAPS, key=cost)


#: How the bytes of a file begin → what it is.
_MAGIC = {
    b"%PDF-": "PDF",
    b"%!PS-": "PostScript",
    b"\x89PNG\r\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"BM\x00": "BMP",
    b"\x00\x00\x01\x00": "icon",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"PK\x03\x04": "ZIP or Office document",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"(\xb5/\xfd": "Zstandard",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"\xd0\xcf\x11\xe0": "Office document",
    b"{\\rtf": "RTF",
    b"ID3": "MP3",
    b"OggS": "Ogg",
    b"fLaC": "FLAC",
    b"\x1aE\xdf\xa3": "Matroska",
    b"wOFF": "font",
    b"wOF2": "font",
    b"\x7fELF": "program",
    b"FLV": "Flash video",
}
_NOT_HTML = re.compile(
    r"^(?:image|video|audio|font)/|^application/(?!xhtml|xml|octet-stream|html)|^text/(?:css|csv|javascript|calendar)"
)
#: The first tag. What stands before it is matched once: comments could be parted in more ways than anybody can try.
_ROOT = re.compile(
    rb"\s*+(?>(?:<\?[^>]{0,300}>|<!--.{0,2000}?-->|<!DOCTYPE[^>]{0,300}>)\s*)*+<([a-z][\w:-]*)", re.I | re.S
)
_FEEDS = {
    b"rss": "feed",
    b"feed": "feed",
    b"rdf:rdf": "feed",
    b"urlset": "sitemap",
    b"sitemapindex": "sitemap",
    b"svg": "SVG",
}
#: How a list or an object begins; what else begins with a bracket may be a page: `{{ header }}`, `[[menu]]`.
_JSON = re.compile(rb"\{\s*\"|(?:\[\s*)+[\"{]")
_TAG = re.compile(
    rb"<(?:!doctype|html|head|body|p|div|a|br|article|h[1-6]|table|title|meta|span|section|main)\b", re.I
)


def refuse(body: bytes, content_type: str | None) -> None:
    """Raise `NotAnArticle` for a body that is no HTML: `empty`, `binary` or `not html`."""
    head = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n\f")
    if not body.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise NotAnArticle(DropReason.EMPTY, f"{len(body)} bytes, none of them text")
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            raise NotAnArticle(DropReason.BINARY, name)
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI ", b"WAVE")):
        raise NotAnArticle(DropReason.BINARY, "picture, sound or film")
    declared = (content_type or "").strip().lower()
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:512].count(0) * 4 >= len(head[:512])
    narrow = head.replace(b"\x00", b"") if is_wide else head
    root = _ROOT.match(narrow)
    if root and root[1].lower() in _FEEDS:
        raise NotAnArticle(DropReason.NOT_HTML, _FEEDS[root[1].lower()])
    is_other = bool(_NOT_HTML.match(declared))
    # A program or JSON may hold tags in its strings.
    if _TAG.search(narrow) and (root or not (is_other or _JSON.match(narrow))):
        return
    if narrow.count(0) or sum(c < 9 for c in narrow):
        raise NotAnArticle(DropReason.BINARY, "control bytes and no markup")
    if is_other or declared.startswith("text/plain"):
        raise NotAnArticle(DropReason.NOT_HTML, declared.split(";")[0])
    if narrow[:1] in (b"{", b"["):
        raise NotAnArticle(DropReason.NOT_HTML, "JSON")


#: Bytes at the start of a page that are searched for a declaration. Browsers search 1,024; some pages declare later.
MAX_DECLARATION_BYTES = 4096
#: Stray bytes as a share of the bytes in valid sequences, 0 to 1. Up to here a page is UTF-8 with stray bytes in it; above, it is
#: not UTF-8.
MAX_STRAY_SHARE = 0.5

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEADER = re.compile(r"charset\s*+=\s*+[\"']?+\s*+([^\s\"';,]+)", re.I)
_COMMENT = re.compile(rb"<!--(?:-?>|.*?-->)", re.S)
_META = re.compile(rb"<meta\b[^>]{0,300}?charset\s*+=\s*+[\"']?+\s*+([^\s\"'/>;]+)", re.I)
_XML = re.compile(rb"^\s*<\?xml\b[^>]{0,200}?encoding\s*+=\s*+[\"']([^\"'>]+)", re.I)
#: The beginning of a character of UTF-8 at the end of a page that was not received whole.
_CUT = re.compile(rb"(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})\Z")
_HIGH = bytes(range(0x80, 0x100))
#: What switches ISO-2022-JP from ASCII to Japanese characters.
_JAPANESE = re.compile(rb"\x1b\$[@B]")


class Decoded(NamedTuple):
    """A text, the charset declared ("" for none), the Python codec used, and what decided it.

    `source` is one of `utf-8`, `bom`, `header`, `meta`, `detector`.
    """

    text: str
    declared: str
    used: str
    source: str


def decode_step(capture: Capture, rules: Rules) -> Page:
    """Decode one response.

    Raises `NotAnArticle` (`empty`, `binary`, `not html`) for what is no page.
    """
    refuse(capture.body, capture.content_type)
    caches.text_read(len(capture.body))
    found = decode(capture.body, capture.content_type)
    return Page(capture, found.text, found.declared, found.used)


@lru_cache(maxsize=1)  # a page is looked at and then read
def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Decode the body of a page. Never fails: what no codec reads becomes U+FFFD."""
    declarations = declared_charsets(body, content_type)
    declared = declarations[0][0] if declarations else ""
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return Decoded(body.decode(codec, "replace").lstrip("\ufeff"), declared, codec, "bom")
    if wide := _without_bom(body):
        return Decoded(body.decode(wide, "replace"), declared, wide, "detector")
    if _JAPANESE.search(body) and (text := _japanese(body, declared)) is not None:
        return Decoded(text, declared, "iso2022_jp", "detector")
    marked = body.startswith(codecs.BOM_UTF8)
    if (text := _utf8(body) or _rescued(body)) is not None:
        return Decoded(text.lstrip("\ufeff"), declared, "utf-8", "bom" if marked else "utf-8")
    body = body.removeprefix(codecs.BOM_UTF8)
    for label, source in declarations:
        named = whatwg_label(label)
        if named and not named.startswith("utf") and (text := _strict(body, named)):
            return Decoded(text, declared, named, source)
    likeliest = detected(body)
    return Decoded(_lenient(body, likeliest), declared, likeliest, "detector")


def declared_charsets(body: bytes, content_type: str | None) -> list[tuple[str, str]]:
    """What is declared, in order of precedence: (label, `header` or `meta`)."""
    found = []
    if match := _HEADER.search(content_type or ""):
        found.append((match[1].lower(), "header"))
    head = _COMMENT.sub(b"", body[:MAX_DECLARATION_BYTES])
    for pattern in (_META, _XML):
        if hit := pattern.search(head):
            found.append((hit[1].decode("ascii", "replace").lower(), "meta"))
    return found


def _without_bom(body: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of its markup is zero."""
    head = body[:512]
    if len(head) < 8 or head.count(0) * 4 < len(head):
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd else None


def _japanese(body: bytes, declared: str) -> str | None:
    """A body in ISO-2022-JP, which may be damaged only where it is declared so: three bytes in a comment of a reader would else
    make Chinese letters of all that follows, markup too."""
    if (text := _strict(body, "iso2022_jp_ext")) is not None:
        return text
    is_declared = whatwg_label(declared) == "iso2022_jp" and (body.isascii() or _utf8(body) is None)
    return _lenient(body, "iso2022_jp_ext") if is_declared else None


def _utf8(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _rescued(body: bytes) -> str | None:
    """UTF-8 in which a few bytes are windows-1252, or that was cut off within a character; `None` where UTF-8 does not prevail."""
    valid = sum(map(len, UTF8.findall(body)))
    stray = len(body) - len(body.translate(None, _HIGH)) - valid
    if not valid or stray > MAX_STRAY_SHARE * valid:
        return None
    cut = _CUT.search(body, max(0, len(body) - 3))
    out, at = [], 0
    for match in UTF8.finditer(body):
        out += [_windows(body[at : match.start()]), match[0].decode()]
        at = match.end()
    rest = _windows(body[at : cut.start()]) + "\ufffd" if cut else _windows(body[at:])
    return "".join([*out, rest])


def _windows(stray: bytes) -> str:
    return stray.decode("cp1252", "replace")


def _strict(body: bytes, codec: str) -> str | None:
    """A body that is text in a codec, as far as it was received: a character that was cut off becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(codec)(_AS_BROWSERS)
    try:
        return decoder.decode(body) + "\ufffd" * bool(decoder.getstate()[0])
    except UnicodeDecodeError:
        return None


def _lenient(body: bytes, codec: str) -> str:
    """A body in a codec; what is no character of it becomes U+FFFD."""
    return body.decode(codec, _AS_BROWSERS_OR_LOST if codec in ("gb18030", *_SHIFT_OF_ROWS) else "replace")


#: Codecs in which Python lacks characters that browsers read → what is added there to the row and the cell of a character.
_SHIFT_OF_ROWS = {"euc_jp": 0xA1, "iso2022_jp_ext": 0x21}


def _added(error: UnicodeDecodeError) -> tuple[str, int] | None:
    """A character that browsers read where Python's codec has none (https://encoding.spec.whatwg.org/#indexes), and where to go on.

    In EUC-JP and ISO-2022-JP these are the characters that NEC and IBM added, as `①`, `㈱` and `髙`. They have the same rows and
    cells in Shift_JIS, where Python knows them. In GBK it is `€`. `None` for anything else.
    """
    raw = error.object[error.start : error.start + 2]
    if error.encoding == "gb18030" and raw[0] == 0x80:
        return "€", error.start + 1
    shift = _SHIFT_OF_ROWS.get(error.encoding, 0)
    if shift and len(raw) == 2 and shift <= min(raw) <= max(raw) < shift + 94:
        row, cell = raw[0] - shift, raw[1] - shift
        first = row // 2 + (0x81 if row < 62 else 0xC1)
        second = cell + (0x9F if row % 2 else 0x40 + (cell >= 63))
        if (char := bytes((first, second)).decode("cp932", "replace")) != "\ufffd":
            return char, error.start + 2
    return None


def _added_or_error(error: UnicodeError) -> tuple[str, int]:
    """What `_added` finds. Raises the error where it finds nothing."""
    if isinstance(error, UnicodeDecodeError) and (found := _added(error)):
        return found
    raise error


def _added_or_lost(error: UnicodeError) -> tuple[str, int]:
    """What `_added` finds, else U+FFFD. Nothing is raised for it: Python's codecs use one error for all of a page, which would keep
    a note of each time that it was raised, some 600 bytes."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _added(error) or ("\ufffd", error.end)


#: Name of the handler that reads what browsers read beyond Python's tables, and raises for any other byte.
_AS_BROWSERS = "as-browsers"
#: Name of the handler that does the same, and puts U+FFFD for any other byte.
_AS_BROWSERS_OR_LOST = "as-browsers-or-lost"
codecs.register_error(_AS_BROWSERS, _added_or_error)
codecs.register_error(_AS_BROWSERS_OR_LOST, _added_or_lost)

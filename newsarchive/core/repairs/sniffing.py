"""Is this a page at all? Servers call anything text/html, so the bytes are asked.

After the MIME Sniffing Standard (https://mimesniff.spec.whatwg.org/), as far as an archive of
articles needs it.
"""

from __future__ import annotations

import re

from newsarchive.exceptions import NotAnArticle
from newsarchive.items import DropReason

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
_ROOT = re.compile(
    rb"\s*(?:<\?[^>]{0,300}>\s*|<!--.{0,2000}?-->\s*|<!DOCTYPE[^>]{0,300}>\s*)*<([a-z][\w:-]*)", re.I | re.S
)
_FEEDS = {
    b"rss": "feed",
    b"feed": "feed",
    b"rdf:rdf": "feed",
    b"urlset": "sitemap",
    b"sitemapindex": "sitemap",
    b"svg": "SVG",
}
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
    _refuse_text(head, (content_type or "").strip().lower())


def _refuse_text(head: bytes, content_type: str) -> None:
    narrow = head.replace(b"\x00", b"") if _is_wide(head) else head
    root = _ROOT.match(narrow)
    if root and root[1].lower() in _FEEDS:
        raise NotAnArticle(DropReason.NOT_HTML, _FEEDS[root[1].lower()])
    if _TAG.search(narrow):
        return
    if narrow.count(0) or sum(c < 9 for c in narrow):
        raise NotAnArticle(DropReason.BINARY, "control bytes and no markup")
    if _NOT_HTML.match(content_type) or content_type.startswith("text/plain"):
        raise NotAnArticle(DropReason.NOT_HTML, content_type.split(";")[0])
    if narrow[:1] in (b"{", b"["):
        raise NotAnArticle(DropReason.NOT_HTML, "JSON")


def _is_wide(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:512].count(0) * 4 >= len(head[:512])

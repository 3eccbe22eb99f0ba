"""The captures of a day, made of real pages: each site has the layout of one page, each capture words of its own.

    made = Pages([Path("../shared/data/articles")], captures=10_000)
    url, body = made.capture(17)          # always the same

In long pieces of text nearly all words are replaced by words of other pages in the same language, so that
encoding, length and markup stay real and two texts have little in common. One capture in five is a copy: the text of another
site, with one word in a hundred changed. Addresses and the numbers of posts are new, because one address is one article. Words
of menus stay, as on a real site.
"""

from __future__ import annotations

import gzip
import html
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsarchive import rules
from newsarchive.core.steps import article_from
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture

#: Captures of one site in the whole day. A source of Media Cloud gives about as many: half a million stories of 60,000 sources.
PAGES_OF_A_SITE = 8
#: Sites that share the layout of one page, and may copy from each other.
SITES_OF_A_LAYOUT = 5
#: Captures whose text is that of another site.
COPIED_SHARE = 0.2
#: Pages whose words a text gets.
PAGES_OF_WORDS = 4
#: Words that are replaced in a text of a site's own, and in a copy.
REPLACED_SHARE = 0.9
REPLACED_IN_COPY_SHARE = 0.01
#: Characters of a piece of text whose words are replaced; shorter ones are menus, names and dates.
MIN_TEXT_CHARACTERS = 25

_SCRIPT = re.compile(r"(<(?:script|style)\b.*?</(?:script|style)>)", re.DOTALL | re.IGNORECASE)
_TEXT = re.compile(rf"(?<=>)[^<>]{{{MIN_TEXT_CHARACTERS},}}(?=<)")
_TITLE = re.compile(r"(?<=<title>)[^<>]+|(?<=<h1>)[^<>]+", re.IGNORECASE)
_BODY = re.compile(r'(?<="articleBody":)\s*"(?:[^"\\]|\\.)*"')
_WORD = re.compile(r"(?<![&#\w\\])[^\W\d_]{2,}")
_CANONICAL = re.compile(
    r"""(<link[^>]+rel=["']?canonical["']?[^>]*href=["'])[^"']*|(<meta[^>]+og:url["'][^>]*content=["'])[^"']*""",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layout:
    """One real page: its text, its encoding, the address and the number of its post ("" where it says none), its language, its words."""

    text: str
    encoding: str
    url: str
    post: str
    language: str
    words: Sequence[str]


class Pages:
    """The captures of a day, by number. The sites take turns, as in a file of a crawl of many sites."""

    def __init__(self, folders: Sequence[Path], captures: int) -> None:
        self.sites = max(1, captures // PAGES_OF_A_SITE)
        files = [(folder, line) for folder in folders for line in _truth(folder)]
        random.Random(1).shuffle(files)
        wanted = max(1, self.sites // SITES_OF_A_LAYOUT)
        self.layouts = [
            _layout(folder / "pages" / f"{line['id']}.html.gz", line["url"] or "", line.get("language", "en"))
            for folder, line in files[:wanted]
        ]
        self.languages: dict[str, list[Layout]] = {}
        for layout in self.layouts:
            self.languages.setdefault(layout.language, []).append(layout)

    def capture(self, number: int) -> tuple[str, bytes]:
        """The address and the body of a capture."""
        turn, site = divmod(number, self.sites)
        layout_number = site % len(self.layouts)
        layout = self.layouts[layout_number]
        url = f"https://blog-{site}.example/2026/11/post-{turn}.html"
        own = random.Random(f"own {number}")
        is_copy = own.random() < COPIED_SHARE
        text = _own(layout, url, number)
        if is_copy:
            text = self._told(text, layout, random.Random(f"story {layout_number} {turn}"), REPLACED_SHARE)
        text = self._told(text, layout, own, REPLACED_IN_COPY_SHARE if is_copy else REPLACED_SHARE)
        return url, text.encode(layout.encoding, "xmlcharrefreplace")

    def _told(self, text: str, layout: Layout, chance: random.Random, share: float) -> str:
        """A page with other words, of pages in its language."""
        alike = self.languages[layout.language]
        words = [word for _ in range(PAGES_OF_WORDS) for word in chance.choice(alike).words]
        return replaced(text, words, chance, share)


def _truth(folder: Path) -> list[dict[str, str]]:
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def _layout(file: Path, url: str, language: str) -> Layout:
    body = gzip.decompress(file.read_bytes())
    try:
        text, encoding = body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = body.decode("latin-1"), "latin-1"
    pieces = [piece for part in _SCRIPT.split(text)[::2] for piece in _TEXT.findall(part)]
    words = sorted({word for piece in pieces for word in _WORD.findall(piece)})
    try:
        post = article_from(Capture(url or "https://blog.example/post", body), rules.default()).post_id
    except NotAnArticle:
        post = ""
    return Layout(text, encoding, url, post.rpartition(":")[2], language, words)


def _own(layout: Layout, url: str, number: int) -> str:
    """The page with an address and a number of its own in place of those of the real page."""
    text = layout.text
    if layout.url:
        for old in {layout.url, html.escape(layout.url), layout.url.replace("/", "\\/")}:
            text = text.replace(old, url)
    text = _CANONICAL.sub(lambda found: (found[1] or found[2]) + url, text)
    return re.sub(rf"(?<!\d){layout.post}(?!\d)", str(1_000_000 + number), text) if layout.post else text


def replaced(text: str, words: Sequence[str], chance: random.Random, share: float) -> str:
    """A page with this share of the words of its texts and titles replaced by others of `words`."""
    if not words:
        return text

    def word(found: re.Match[str]) -> str:
        return chance.choice(words) if chance.random() < share else found[0]

    def piece(found: re.Match[str]) -> str:
        return _WORD.sub(word, found[0])

    parts = _SCRIPT.split(text)
    parts[::2] = [_TITLE.sub(piece, _TEXT.sub(piece, part)) for part in parts[::2]]
    parts[1::2] = [_BODY.sub(piece, part) for part in parts[1::2]]
    return "".join(parts)

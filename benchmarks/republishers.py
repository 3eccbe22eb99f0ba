"""What the archive says of posts that programs republished: the text, every field, who published first, and where.

    python -m benchmarks.republishers DATA                       # every program, its API on, and its pages alone
    python -m benchmarks.republishers DATA --only WP Feedzy --misses misses.txt

DATA has `sentences.jsonl.gz`: lines with `lang`, `doc` and `text`, real sentences. Posts are made of them as the programs' own templates
make posts (`tests/cases/origin/republishers.toml`), two of each, on a real WordPress with one blog for each program; three stock themes
go round. Each blog is crawled with `scrapy crawl news` over loopback, and every field is compared with what was put in. `text` counts
posts whose text is the article's and nothing else, `address` those whose original has the right address.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.blog_scores import table
from benchmarks.crawling import crawl
from newsarchive import Archive
from newsarchive.archive import Stored
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import url_key
from tests.wordpress.blogs import PIXEL
from tests.wordpress.server import Settings, WordPress, missing, missing_theme

TEMPLATES = Path(__file__).parent.parent / "tests" / "cases" / "origin" / "republishers.toml"
THEMES = ("twentytwentyfive", "twentytwentyfour", "twentytwentythree")
#: A theme that prints no date on the page of a post; API and feed have it.
WITHOUT_DATE = "twentytwentyfive"
#: Posts of each template.
COPIES = 2
#: Paragraphs of a post, one sentence each.
PARAGRAPHS = 6
#: Characters of a sentence that can be a paragraph: the fewest and the most.
SENTENCE_CHARACTERS = (50, 400)
#: Words of a headline.
HEADLINE_WORDS = 9
#: Characters of a headline in a language without spaces.
HEADLINE_CHARACTERS = 24
#: The blog that republishes, and how it files each post.
BLOG, SECTION, TAGS = "Harbour Mirror", "Harbour News", ("ferry", "harbour")
#: Who published first.
SITE, HOST, AUTHOR = "Lantern Weekly", "lanternweekly.example", "Jane Roe"
FIELDS = (
    "headline",
    "author",
    "day",
    "publisher",
    "section",
    "tags",
    "picture",
    "language",
    "text",
    "origin",
    "address",
)
#: How the dateline at the beginning of an agency's text begins.
DATELINE = re.compile(r"^.{3,60}?(?:\([A-Za-z ]{2,15}\)|/PRNewswire/)[\s:.–—-]*")
#: Gives each page the address of the original, as FeedWordPress, Distributor and PressForward do.
CANONICAL = """<?php
remove_action('wp_head', 'rel_canonical');
add_action('wp_head', function () {
    $url = is_single() ? get_post_meta(get_the_ID(), 'original', true) : '';
    echo $url ? '<link rel="canonical" href="' . esc_url($url) . '">' : '';
});
"""


@dataclass(frozen=True)
class Post:
    """One post as it was put in."""

    template: Mapping[str, Any]
    number: int
    headline: str
    paragraphs: Sequence[str]

    @property
    def day(self) -> str:
        return str(date(2025, 3, 31) + timedelta(days=self.number))

    @property
    def url(self) -> str:
        words = "-".join(re.findall(r"\w+", self.headline.lower()))[:70].strip("-")
        return f"https://{HOST}/2025/03/{words if words.isascii() else f'story-{self.number}'}/"

    def filled(self, text: str) -> str:
        """A text of a template with the article in its places."""
        first, *middle, last = (escape(text, quote=False) for text in self.paragraphs)
        for name, value in {
            "text": "\n".join(f"<p>{one}</p>" for one in (first, *middle, last)),
            "lines": "<br>".join((first, *middle, last)),
            "first": first,
            "middle": "\n".join(f"<p>{one}</p>" for one in middle),
            "last": last,
            "headline": escape(self.headline, quote=False),
            "url": self.url,
            "home": f"https://{HOST}/",
            "host": HOST,
            "site": SITE,
            "author": AUTHOR,
        }.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def action(self) -> dict[str, Any]:
        picture = {"name": f"picture-{self.number}.png", "content": PIXEL} if self.number % 2 else None
        post = {
            "post_type": "post", "post_status": "publish", "post_title": self.headline, "post_name": f"post-{self.number}",
            "post_content": self.filled(self.template["content"]), "post_date": f"{self.day} 09:00:00",
            "author": self.filled(self.template.get("user", "admin")), "categories": [SECTION], "tags": list(TAGS),
            "meta_input": {"original": self.url} if self.template.get("canonical") else {},
        }  # fmt: skip
        return {"do": "insert", "post": post, "picture": picture, "comments": []}


@dataclass
class Score:
    posts: int = 0
    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, post: Post, stored: Stored | None, not_shown: Sequence[str]) -> None:
        self.posts += 1
        self.right["found"] += stored is not None
        for name, (right, got) in judged(post, stored).items() if stored else ():
            if name in not_shown:
                continue
            self.asked[name] += 1
            self.right[name] += right
            if not right:
                self.wrong.append(
                    f"{post.template['program']}: {post.template['label']}\t{name}\t{got!r}"[:600]
                )

    def row(self, name: str) -> list[str]:
        cells = [f"{self.right[one]} of {self.asked[one]}" if self.asked[one] else "–" for one in FIELDS]
        return [name, f"{self.right['found']} of {self.posts}", *cells]


def judged(post: Post, stored: Stored) -> dict[str, tuple[bool, Any]]:
    """Field → whether it is right, and what the archive says. What a post does not show is left out."""
    template, origin = post.template, stored.origin
    names = [author.name for author in stored.authors]
    lines = [DATELINE.sub("", line) for line in stored.article_body.split("\n") if line.strip()]
    wanted = post.filled(template.get("origin", "{site}"))
    picture = stored.image.url if stored.image else ""
    language = template.get("lang", "en")
    found = {
        "headline": (key(stored.headline) == key(post.headline), stored.headline),
        # An agency that a dateline names counts as an author; the account "admin" is nobody.
        "author": (names == [AUTHOR] if template.get("author") else all(a.kind != "person" for a in stored.authors), names),
        "day": (str(stored.date_published)[:10] == post.day, stored.date_published),
        "publisher": (stored.publisher == BLOG, stored.publisher),
        "section": (stored.article_section == SECTION, stored.article_section),
        "tags": (set(stored.keywords) == set(TAGS), stored.keywords),
        "picture": (f"picture-{post.number}" in picture if post.number % 2 else HOST in picture or not picture, picture),
        "language": (stored.in_language == language, stored.in_language),
        "text": ([*map(key, lines)] == [*map(key, post.paragraphs)], sorted({*lines} ^ {*post.paragraphs})),
        "origin": (
            (origin.name == wanted or (wanted == SITE and origin.domain == HOST)) if origin else not wanted,
            origin and (origin.name, origin.domain),
        ),
    }  # fmt: skip
    if wanted == SITE and template.get("url", True):
        found["address"] = (origin is not None and origin.url == post.url, origin and origin.url)
    return found


def posts(templates: Sequence[Mapping[str, Any]], articles: Mapping[str, Iterator[list[str]]]) -> list[Post]:
    """The posts of one program, as many of each template as `COPIES` says."""
    made: list[Post] = []
    for template in (one for one in templates for _ in range(COPIES)):
        language = template.get("lang", "en")
        first, *paragraphs = next(articles[language])
        words = first.split()
        headline = " ".join(words[:HEADLINE_WORDS]) if len(words) > 2 else first[:HEADLINE_CHARACTERS]
        made.append(Post(template, len(made) + 1, headline.strip(" .,;:–—-«»„“”\"'"), paragraphs))
    return made


def articles(sentences: Path) -> dict[str, Iterator[list[str]]]:
    """Language → lists of sentences, none twice: of each the first makes the headline of a post, the others its paragraphs."""
    found: dict[str, list[str]] = defaultdict(list)
    with gzip.open(sentences, "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            text = row["text"].strip()
            if SENTENCE_CHARACTERS[0] <= len(text) <= SENTENCE_CHARACTERS[1] and text[-1] in ".。।":
                found[row["lang"]].append(text)
    unique = {language: iter(dict.fromkeys(texts)) for language, texts in found.items()}
    return {
        language: iter(lambda own=own: [*islice(own, PARAGRAPHS + 1)], []) for language, own in unique.items()
    }


def measured(program: str, made: Sequence[Post], theme: str, *, api: bool) -> Score:
    score = Score()
    with (
        tempfile.TemporaryDirectory() as folder,
        WordPress(Settings(title=BLOG, theme=theme, rest=api, feeds=api)) as blog,
    ):
        (blog.docroot / "wp-content/mu-plugins/canonical.php").write_text(CANONICAL)
        addresses = [answer["url"] for answer in blog.run([post.action() for post in made])]
        database = Path(folder) / "archive.db"
        crawl(database, "news", f"url={blog.url}")
        with Archive(database) as archive:
            stored = {url_key(one.url): one for one in archive.articles()}
        for post, address in zip(made, addresses, strict=True):
            score.add(
                post, stored.get(url_key(address)), ["day"] if theme == WITHOUT_DATE and not api else []
            )
    return score


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with sentences.jsonl.gz")
    parser.add_argument("--only", nargs="+", help="only programs whose name begins with one of these")
    parser.add_argument("--misses", type=Path, help="write everything that went wrong into this file")
    options = parser.parse_args()
    if why := missing() or next(filter(None, map(missing_theme, THEMES)), ""):
        print(f"no WordPress here: {why}", file=sys.stderr)
        return 2
    programs: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for template in tomllib.loads(TEMPLATES.read_text(encoding="utf-8"))["post"]:
        programs[template["program"]].append(template)
    texts, rows, wrong = articles(options.data / "sentences.jsonl.gz"), [["", "found", *FIELDS]], []
    for number, (program, templates) in enumerate(programs.items()):
        if options.only and not program.startswith(tuple(options.only)):
            continue
        made = posts(templates, texts)
        for api in (True, False):
            score = measured(program, made, THEMES[number % len(THEMES)], api=api)
            rows.append(score.row(program if api else f"{program}, pages alone"))
            wrong += [f"{'' if api else 'pages alone: '}{line}" for line in score.wrong]
            print("  ".join(rows[-1]), file=sys.stderr)
    print(table(rows))
    if options.misses:
        options.misses.write_text("\n".join(wrong) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the archive says of posts on WordPress blogs in 28 languages, with the words and dates of WordPress's own translators.

    python -m benchmarks.wordpress_languages DATA                    # every language, with API and feeds and by its pages alone
    python -m benchmarks.wordpress_languages DATA --only th ja --pages --misses misses.txt

DATA has `sentences.jsonl.gz`: lines with `lang`, `doc` and `text`, real sentences. A blog has up to twelve posts in one language, made of
sentences of that language, and comments; three stock themes go round. What WordPress prints around a post (the date in the
language's own form, "Leave a reply", "says", the names of months) comes from its translators: needs Debian's
wordpress-l10n besides what `.ci/services` installs. Titles, names, categories and tags stand in wordpress_languages.toml.
Each blog is crawled with `scrapy crawl news` over loopback; every field is compared with what was put in.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.blog_scores import table
from benchmarks.crawling import crawl
from newsarchive import Archive
from newsarchive.archive import Stored
from newsarchive.core.urls import url_key
from tests.wordpress.blogs import Line, Plan, Post, Settings, opened
from tests.wordpress.server import missing, missing_locale, missing_theme
from training.scores import word_f1

THEMES = ("twentytwentyfive", "twentytwentyfour", "twentytwentythree")
POSTS = 12
#: Characters of a sentence that can be a headline; a language written without spaces needs half of them.
HEADLINE_CHARACTERS = (24, 90)
#: Themes that print no date on the page of a post; lists and feeds have it.
WITHOUT_DATE = ("twentytwentyfive",)
#: How a page names its language, where that is not the name of the table.
WRITTEN = {"zh-hans": "zh", "zh-hant": "zh"}
FIELDS = ("headline", "author", "day", "publisher", "section", "tags", "language")


@dataclass
class Score:
    posts: int = 0
    found: int = 0
    too_many: int = 0
    f1: float = 0
    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        self.posts, self.found = self.posts + other.posts, self.found + other.found
        self.too_many, self.f1 = self.too_many + other.too_many, self.f1 + other.f1
        self.right.update(other.right)
        self.asked.update(other.asked)

    def row(self, name: str) -> list[str]:
        cells = [f"{self.right[one]} of {self.asked[one]}" if self.asked[one] else "–" for one in FIELDS]
        return [
            name,
            f"{self.found} of {self.posts} / {self.too_many}",
            f"{self.f1 / max(1, self.found):.4f}",
            *cells,
        ]


def main() -> int:
    options = parsed()
    if why := missing():
        print(f"no WordPress here: {why}", file=sys.stderr)
        return 2
    sentences = read_sentences(options.data)
    rows, total, wrong = [["blog", "found / too many", "body F1", *FIELDS]], Score(), []
    for number, (language, about) in enumerate(blogs()):
        if options.only and language not in options.only:
            continue
        theme = THEMES[number % len(THEMES)]
        if why := missing_locale(about["locale"]) or missing_theme(theme):
            print(f"{language} is left out: {why}", file=sys.stderr)
            continue
        for rest in (True, False) if not options.pages else (False,):
            name = f"{language}, {theme}{'' if rest else ', pages alone'}"
            score = measured(language, about, theme, sentences[language], rest=rest, keep=options.keep)
            rows.append(score.row(name))
            wrong += [f"{name}\t{line}" for line in score.wrong]
            total.add(score)
            print("  ".join(score.row(name)), file=sys.stderr)
    print(table([*rows, total.row("all")]))
    if options.misses:
        options.misses.write_text("\n".join(wrong) + "\n", encoding="utf-8")
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with sentences.jsonl.gz")
    parser.add_argument(
        "--only", nargs="+", choices=[language for language, _ in blogs()], help="only these languages"
    )
    parser.add_argument("--pages", action="store_true", help="only blogs that have neither an API nor feeds")
    parser.add_argument("--misses", type=Path, help="write everything that went wrong into this file")
    parser.add_argument("--keep", type=Path, help="keep the archives (SQLite) in this folder")
    return parser.parse_args()


def blogs() -> Iterator[tuple[str, dict[str, Any]]]:
    path = Path(__file__).with_name("wordpress_languages.toml")
    yield from tomllib.loads(path.read_text(encoding="utf-8")).items()


def read_sentences(data: Path) -> dict[str, list[str]]:
    """Language → its sentences, in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    with gzip.open(data / "sentences.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            found[line["lang"]].append(" ".join(line["text"].split()))
    return found


def planned(
    language: str, about: dict[str, Any], theme: str, sentences: Sequence[str], *, rest: bool
) -> Plan:
    """A blog of real sentences; no sentence is used twice."""
    rng = random.Random(f"{language}/{theme}")
    shortest, longest = HEADLINE_CHARACTERS
    if language.startswith(("zh", "ja", "ko")):
        shortest, longest = shortest // 2, longest // 2
    mixed = rng.sample(sentences, len(sentences))
    headlines = [one for one in mixed if shortest <= len(one) <= longest][:POSTS]
    rest_of_them = iter([one for one in mixed if one not in headlines])
    space = "" if language.startswith(("zh", "ja")) else " "
    posts = []
    for number, headline in enumerate(headlines):
        paragraphs = [space.join(islice(rest_of_them, rng.randint(2, 4))) for _ in range(rng.randint(4, 7))]
        if not all(paragraphs):  # a language with few sentences has fewer posts
            break
        posts.append(
            Post(
                slug=f"post-{number}",
                title=Line(headline.rstrip(".。")),
                lines=tuple(map(Line, paragraphs)),
                language=language,
                date=datetime(2024, 1, 9, 8, 30) + timedelta(days=29 * number + rng.randrange(20), minutes=rng.randrange(600)),
                author=about["authors"][number % 3],
                categories=(about["categories"][number // 3 % 3],),
                tags=tuple(rng.sample(about["tags"], 2)),
                comments=tuple(islice(rest_of_them, number % 3)),
                picture=number % 2 == 0,
            )
        )  # fmt: skip
    settings = Settings(
        title=about["title"],
        tagline="",
        theme=theme,
        locale=about["locale"],
        rest=rest,
        feeds=rest,
    )
    return Plan(settings, tuple(posts), "")


def measured(
    language: str,
    about: dict[str, Any],
    theme: str,
    sentences: Sequence[str],
    *,
    rest: bool,
    keep: Path | None,
) -> Score:
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        database = folder / f"{language}-{'api' if rest else 'pages'}.db"
        blog = stack.enter_context(
            opened(planned(language, about, theme, sentences, rest=rest), extras=False)
        )
        crawl(database, "news", f"url={blog.url}")
        with Archive(database) as archive:
            articles = {url_key(one.url): one for one in archive.articles(hidden=True)}
        return scored(blog.posts, blog.plan.settings, articles)


def scored(posts: Sequence[Post], settings: Settings, articles: dict[str, Stored]) -> Score:
    score = Score(posts=len(posts))
    for post in posts:
        article = articles.pop(url_key(post.url), None)
        if article is None:
            score.wrong.append(f"missing\t{post.url}")
            continue
        score.found += 1
        f1 = word_f1(article.article_body, "\n\n".join(post.paragraphs))
        score.f1 += f1
        if f1 < 1:
            score.wrong.append(f"text\t{post.url}\t{f1:.4f}")
        for name, (ours, right) in answers(article, post, settings).items():
            score.asked[name] += 1
            score.right[name] += ours == right
            if ours != right:
                score.wrong.append(f"{name}\t{post.url}\t{ours!r} instead of {right!r}")
    score.too_many = len(articles)
    score.wrong += [f"too many\t{url}" for url in articles]
    return score


def answers(article: Stored, post: Post, settings: Settings) -> dict[str, tuple[object, object]]:
    """Field → what the archive says, what is right; the day is that of the blog's own clock."""
    published = article.date_published
    day = published.astimezone(ZoneInfo(settings.timezone)).date() if published else None
    fields: dict[str, tuple[object, object]] = {
        "headline": (_plain(article.headline), _plain(post.title.text)),
        "author": ([_plain(author.name) for author in article.authors], [_plain(post.author)]),
        "day": (day, post.date.date()),
        "publisher": (article.publisher, settings.title),
        "section": (article.article_section, post.categories[0]),
        "tags": (sorted(article.keywords), sorted(post.tags)),
        "language": (
            (article.in_language or "").partition("-")[0],
            WRITTEN.get(post.language, post.language),
        ),
    }
    if settings.theme in WITHOUT_DATE and not settings.rest:
        del fields["day"]
    return fields


def _plain(text: str) -> str:
    """Letters and digits alone: WordPress turns quotation marks and dashes into better ones."""
    return "".join(filter(str.isalnum, text))


if __name__ == "__main__":
    sys.exit(main())

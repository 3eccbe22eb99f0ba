"""What the archive says of posts on WordPress blogs with stock themes, against what was put into them.

    python -m benchmarks.wordpress_themes                       # ten blogs, each with one of three date formats
    python -m benchmarks.wordpress_themes --formats all         # thirty: every theme with every format
    NEWSARCHIVE_TEST_THEMES=FOLDER python -m benchmarks.wordpress_themes    # themes that WordPress lacks here

Five themes, Twenty Twenty-One to Twenty-Five, each as WordPress ships it and with a head as plugins for search
engines print it. Posts have four authors, categories, tags, some of them a picture, some several pages. Each blog is
crawled with `scrapy crawl news`; then one post is added and one edited, and it is crawled again. `moved` counts the
posts whose date is another than before although the archive has no further version of them. A theme that is not to be
had is named and left out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.blog_scores import table
from benchmarks.crawling import crawl
from newsarchive.core.urls import url_key
from newsarchive.items import Article
from tests.wordpress.blogs import Blog, Line, Plan, Post, Settings, insertion, opened, simple
from tests.wordpress.server import THEMES, missing, missing_theme

STOCK = ("twentytwentyone", "twentytwentytwo", "twentytwentythree", "twentytwentyfour", "twentytwentyfive")
FORMATS = ("F j, Y", "d/m/Y", "Y-m-d")
#: Names as accounts have them: a plain one, one with an accent, an office that ends in a word for a role, one word.
AUTHORS = ("Ana Moreira", "Björn Åkesson", "Harbour Desk", "Lindiwe")
#: Every seventh post is split over two pages.
SPLIT_EVERY = 7
#: Every third post has a picture.
PICTURE_EVERY = 3
#: Every fifth post has no tags.
UNTAGGED_EVERY = 5
FIELDS = ("date", "author", "publisher", "headline", "tags", "section", "image")


@dataclass
class Score:
    """Right answers by field, and the number of posts; `wrong` are lines that say what was wrong."""

    posts: int = 0
    found: int = 0
    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        self.posts, self.found, self.moved = (
            self.posts + other.posts,
            self.found + other.found,
            self.moved + other.moved,
        )
        self.right.update(other.right)
        self.asked.update(other.asked)


def main() -> int:
    arguments = parsed()
    if arguments.themes:
        os.environ[THEMES] = arguments.themes
    if why := missing():
        print(f"no WordPress here: {why}", file=sys.stderr)
        return 2
    for theme in arguments.only:
        if why := missing_theme(theme):
            print(f"left out: {why}", file=sys.stderr)
    themes = [theme for theme in arguments.only if not missing_theme(theme)]
    rows, total, wrong = [["", "posts", "found", *FIELDS, "moved"]], Score(), []
    for settings in variants(themes, arguments.formats, rest=not arguments.no_rest):
        one = measured(settings, arguments.posts, arguments.keep)
        name = f"{settings.theme}{', SEO' if settings.seo else ''}, {settings.date_format}"
        rows.append(row(name, one))
        wrong += [f"{name}\t{line}" for line in one.wrong]
        total.add(one)
    print(table([*rows, row("all", total)]))
    if arguments.misses:
        arguments.misses.write_text("\n".join(wrong) + "\n", encoding="utf-8")
    elif wrong:
        print("\n".join(wrong[:20]))
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posts", type=int, default=20, help="posts a blog")
    parser.add_argument("--formats", choices=("one", "all"), default="one", help="date formats of each theme")
    parser.add_argument("--only", nargs="+", choices=STOCK, default=STOCK, help="only these themes")
    parser.add_argument("--themes", help=f"folders with more themes; stands for {THEMES}")
    parser.add_argument("--no-rest", action="store_true", help="blogs whose REST API is off")
    parser.add_argument("--misses", type=Path, help="write everything that went wrong into this file")
    parser.add_argument("--keep", type=Path, help="keep the archives (SQLite) in this folder")
    return parser.parse_args()


def variants(themes: Sequence[str], formats: str, *, rest: bool) -> Iterator[Settings]:
    """The settings of each blog: with `formats` "one" the formats go round."""
    for at, theme in enumerate(themes):
        for seo in (False, True):
            chosen = FORMATS if formats == "all" else (FORMATS[(at + seo) % len(FORMATS)],)
            for date_format in chosen:
                title = f"Harbour Post & Sons {at}" if seo else f"The {theme[12:].title()} Harbour Post"
                yield Settings(title=title, theme=theme, date_format=date_format, seo=seo, rest=rest)


def planned(settings: Settings, posts: int) -> Plan:
    """A blog of plain English posts, by several authors."""
    rng = random.Random(f"{settings.theme}/{settings.seo}/{settings.date_format}")
    plain = simple(posts, seed=rng.randint(1, 10_000), settings=settings)
    made = [
        replace(
            post,
            author=AUTHORS[at % len(AUTHORS)],
            pages=2 if at % SPLIT_EVERY == 0 else 1,
            picture=at % PICTURE_EVERY == 0,
            tags=post.tags if at % UNTAGGED_EVERY else (),
        )
        for at, post in enumerate(plain.posts)
    ]
    return replace(plain, posts=tuple(made))


def measured(settings: Settings, posts: int, keep: Path | None = None) -> Score:
    """One blog, crawled, changed, and crawled again."""
    plan = planned(settings, posts)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if keep:
            folder = keep
            folder.mkdir(parents=True, exist_ok=True)
        name = f"{settings.theme}-{'seo' if settings.seo else 'plain'}-{FORMATS.index(settings.date_format)}"
        database = folder / f"{name}.db"
        blog = stack.enter_context(opened(plan, extras=False))
        crawl(database, "news", f"url={blog.url}")
        before = stored(database)
        one = score(blog.posts, settings, before)
        change(blog)
        crawl(database, "news", f"url={blog.url}")
        for key, (article, versions) in stored(database).items():
            was = before.get(key)
            if was and article.date_published != was[0].date_published and versions == was[1]:
                one.moved += 1
                one.wrong.append(
                    f"moved\t{article.url}\t{was[0].date_published} became {article.date_published}"
                )
    return one


def change(blog: Blog) -> None:
    """One post more, and another text in an old one."""
    newest = max(blog.posts, key=lambda post: post.date)
    fresh = replace(
        newest,
        slug="a-new-post",
        date=datetime(2025, 3, 14, 9, 26),
        title=Line("A new post that nobody expected"),
        pages=1,
    )
    [answer] = blog.wordpress.run([insertion(fresh)])
    blog.posts.append(replace(fresh, id=answer["id"], url=answer["url"]))
    edited = blog.posts[1]
    blog.edit(
        edited, [*edited.lines, Line("Correction: the meeting was on a Thursday, not on a Tuesday at all.")]
    )


def stored(database: Path) -> dict[str, tuple[Article, int]]:
    """url key → article and the number of its versions."""
    from sqlalchemy import func, select

    from newsarchive.db.engine import open_existing, reading
    from newsarchive.db.models import ArticleRow, Revision
    from newsarchive.db.reading.articles import Selection

    engine = open_existing(f"sqlite:///{database.absolute()}")
    with reading(engine) as connection:
        counted = (
            select(ArticleRow.url, func.count())
            .join(Revision, Revision.article_id == ArticleRow.id)
            .group_by(ArticleRow.url)
        )
        versions = {url_key(url): number for url, number in connection.execute(counted)}
    found = {
        url_key(one.url): (one, versions.get(url_key(one.url), 0))
        for one in Selection(engine)
        if one.gone_at is None
    }
    engine.dispose()
    return found


def score(posts: Sequence[Post], settings: Settings, found: Mapping[str, tuple[Article, int]]) -> Score:
    one = Score(posts=len(posts))
    for post in posts:
        article = found[url_key(post.url)][0] if url_key(post.url) in found else None
        if article is None:
            one.wrong.append(f"missing\t{post.url}")
            continue
        one.found += 1
        for name, (said, right) in answers(article, post, settings).items():
            one.asked[name] += 1
            one.right[name] += said == right
            if said != right:
                one.wrong.append(f"{name}\t{post.url}\t{said!r} instead of {right!r}")
    return one


def answers(article: Article, post: Post, settings: Settings) -> dict[str, tuple[object, object]]:
    """field → what the archive says, what is right. The day is that of the blog's own clock."""
    clock = ZoneInfo(settings.timezone)
    day = article.date_published.astimezone(clock).date() if article.date_published else None
    shown = (article.image.url.rpartition("/")[2] if article.image else "").partition("-1.png")[0]
    return {
        "date": (day, post.date.date()),
        "author": ([author.name for author in article.authors], [post.author]),
        "publisher": (article.publisher, settings.title),
        "headline": (article.headline, post.title.text),
        "tags": (sorted(article.keywords), sorted(post.tags)),
        "section": (article.article_section, post.categories[0]),
        "image": (shown.removesuffix(".png"), post.slug if post.picture else ""),
    }


def row(name: str, one: Score) -> list[str]:
    shares = [f"{one.right[name]}/{one.asked[name]}" for name in FIELDS]
    if name == "all":
        shares = [f"{100 * one.right[name] / max(1, one.asked[name]):.1f}%" for name in FIELDS]
    return [name, str(one.posts), str(one.found), *shares, str(one.moved)]


if __name__ == "__main__":
    sys.exit(main())

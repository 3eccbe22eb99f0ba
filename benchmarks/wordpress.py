"""Four real WordPress blogs, crawled from their front pages and scored against what was put into them.

    python -m benchmarks.wordpress                        # wordings of the set dev, 40 posts a blog
    python -m benchmarks.wordpress --set usual --posts 160 --misses misses.txt

The sets of wordings: `dev` to develop with; for figures `usual` (stock phrases of plugins and papers) and `report`
(never seen by whoever wrote the rules). `varied` and `apart` differ in the shape of lists and promos as well.

We crawl with `scrapy crawl news`, one blog after the other into one archive. `page alone` is our pure core on the
page of each post, with nothing found and nothing learned; `learned` is the same and what those pages teach.
trafilatura stands beside us with its own discovery (sitemaps, feeds, its crawler) and extraction. Needs what
`.ci/services` installs. All on loopback.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import resource
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.blog_scores import Answer, Score, copies, folded, precision, recall, score, share, table
from benchmarks.crawling import crawl
from benchmarks.hosts import named
from newsarchive.items import Article
from tests.wordpress.blogs import SETS, Blog, Plan, Post, opened, plan
from tests.wordpress.server import missing

CONTENDERS = ("newsarchive", "page alone", "learned", "trafilatura")
Archiver = Callable[[Sequence[Blog], Path], dict[str, list[Answer]]]


def main() -> int:
    arguments = parsed()
    if why := missing():
        print(f"no WordPress here: {why}", file=sys.stderr)
        return 2
    print(f"set {arguments.set}, seed {arguments.seed}, {arguments.posts} posts a blog")
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        plans = plan(arguments.set, posts=arguments.posts, seed=arguments.seed)[: arguments.blogs]
        blogs = [stack.enter_context(opened(one, host=host(one))) for one in plans]
        stack.enter_context(named({host(blog.plan): blog.wordpress.ip for blog in blogs}))
        misses: list[str] = []
        rows = [HEAD]
        for name, archiver in contenders(arguments).items():
            rows += list(measured(name, archiver, blogs, Path(folder), misses))
        print(table(rows))
    if arguments.misses:
        arguments.misses.write_text("\n".join(misses) + "\n", encoding="utf-8")
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=SETS, default="dev", help="which wordings the clutter has")
    parser.add_argument("--posts", type=int, default=40, help="posts a blog")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blogs", type=int, default=4, help="only the first so many blogs of the set")
    parser.add_argument("--recrawl", action="store_true", help="crawl each blog twice before scoring")
    parser.add_argument("--only", choices=CONTENDERS, nargs="+", help="leave the others out")
    parser.add_argument("--misses", type=Path, help="write everything that went wrong into this file")
    parser.add_argument("--keep", type=Path, help="keep our archive (SQLite) in this new file")
    return parser.parse_args()


def host(one: Plan) -> str:
    """A name as the blog might have, below the domain that is kept for examples."""
    return re.sub(r"[^a-z]+", "-", one.settings.title.lower()).strip("-") + ".example"


def contenders(arguments: argparse.Namespace) -> dict[str, Archiver]:
    """name → what gives its answers, by front page."""

    def ours(blogs: Sequence[Blog], folder: Path) -> dict[str, list[Answer]]:
        return newsarchive(blogs, arguments.keep or folder / "archive.db", twice=arguments.recrawl)

    def alone(blogs: Sequence[Blog], folder: Path) -> dict[str, list[Answer]]:
        return {blog.url: list(pages_alone(blog)) for blog in blogs}

    def together(blogs: Sequence[Blog], folder: Path) -> dict[str, list[Answer]]:
        return learned(blogs)

    def theirs(blogs: Sequence[Blog], folder: Path) -> dict[str, list[Answer]]:
        return {blog.url: list(trafilatura(blog)) for blog in blogs}

    all_of_them = {"newsarchive": ours, "page alone": alone, "learned": together, "trafilatura": theirs}
    return {name: all_of_them[name] for name in arguments.only or all_of_them}


# --- the contenders ------------------------------------------------------------------------------------------------


def newsarchive(blogs: Sequence[Blog], database: Path, twice: bool) -> dict[str, list[Answer]]:
    """Crawl every blog as a user would, then read what is stored."""
    from sqlalchemy import select

    from newsarchive.db.engine import open_existing, reading
    from newsarchive.db.models import ArticleRow
    from newsarchive.db.reading.articles import Selection

    for _ in range(2 if twice else 1):
        for blog in blogs:
            crawl(database, "news", f"url={blog.url}")
    engine = open_existing(f"sqlite:///{database}")
    answers: dict[str, list[Answer]] = {blog.url: [] for blog in blogs}
    with reading(engine) as connection:
        rows = connection.execute(select(ArticleRow.url, ArticleRow.cluster_id))
        stories = {row.url: row.cluster_id for row in rows}
    for one in Selection(engine):
        home = next((url for url in answers if one.url.startswith(url)), None)
        if home is not None and one.gone_at is None:
            answers[home].append(replace(answer(one), cluster=stories[one.url]))
    engine.dispose()
    return answers


def pages_alone(blog: Blog) -> Iterator[Answer]:
    """Our pure core on each post's page, told the address, with nothing learned from any other page."""
    return map(answer, read(blog).values())


def learned(blogs: Sequence[Blog]) -> dict[str, list[Answer]]:
    """The same pages, with what the four blogs together teach. Copies are told to it: the crawl finds them itself."""
    from newsarchive import rules
    from newsarchive.core.site_template.learner import learn
    from newsarchive.core.site_template.observations import Window, observation
    from newsarchive.core.site_template.template import apply_template
    from tests.support.networks import network

    articles = {blog.url: read(blog) for blog in blogs}
    windows = {blog.url: Window() for blog in blogs}
    for blog in blogs:
        for post, article in articles[blog.url].items():
            cluster = post.cluster or post.url
            windows[blog.url].add(
                observation(article, rules.default(), site=host(blog.plan), cluster=cluster)
            )
    shared = network(windows.values())
    templates = {url: learn(window, shared=shared) for url, window in windows.items()}
    return {
        url: [answer(apply_template(article, templates[url])) for article in found.values()]
        for url, found in articles.items()
    }


def read(blog: Blog) -> dict[Post, Article]:
    """Our pure core on the page of each post."""
    from newsarchive import extract
    from newsarchive.exceptions import NotAnArticle

    found = {}
    for post in blog.posts:
        with urllib.request.urlopen(post.url, timeout=60) as response:
            body, content_type = response.read(), response.headers["Content-Type"]
        with contextlib.suppress(NotAnArticle):
            found[post] = extract(body, url=post.url, content_type=content_type)
    return found


def answer(one: Article) -> Answer:
    origin = (one.origin.name, one.origin.domain) if one.origin else None
    return Answer(one.url, one.headline, one.article_body, origin)


def trafilatura(blog: Blog) -> Iterator[Answer]:
    """trafilatura as its documentation puts the parts together; origins it does not look for."""
    from trafilatura import bare_extraction, fetch_url
    from trafilatura.feeds import find_feed_urls
    from trafilatura.settings import use_config
    from trafilatura.sitemaps import sitemap_search
    from trafilatura.spider import focused_crawler

    config = use_config()
    # Loopback is no attack, and nobody waits.
    config.read_dict({"DEFAULT": {"SSRF_PROTECTION": "off", "SLEEP_TIME": "0"}})
    known = {
        *sitemap_search(blog.url, sleep_time=0, config=config),
        *find_feed_urls(blog.url, sleep_time=0, config=config),
    }
    _, crawled = focused_crawler(blog.url, max_seen_urls=60, max_known_urls=1000, config=config)
    own = [url for url in sorted({*known, *crawled}) if url.startswith(blog.url)]
    for url in own[:2000]:
        page = fetch_url(url, config=config)
        document = page and bare_extraction(
            page, url=url, include_comments=False, with_metadata=True, config=config
        )
        if document and document.text:
            yield Answer(url, document.title or "", document.text, ("", ""))


# --- the table -----------------------------------------------------------------------------------------------------

HEAD = ["", "posts", "found", "extra", "F1", "leak", "lost", "(on purpose)", "repairs", "changed", "headline"]
HEAD += ["name P", "name R", "domain P", "domain R", "own", "CPU s"]


def measured(
    name: str, archiver: Archiver, blogs: Sequence[Blog], folder: Path, misses: list[str]
) -> Iterator[list[str]]:
    """One row a blog and one for all; what went wrong is added to `misses`."""
    before, started = _cpu(), time.monotonic()
    answers = archiver(blogs, folder)
    seconds, elapsed = _cpu() - before, time.monotonic() - started
    total = Score()
    for blog in blogs:
        one = score(blog.posts, answers[blog.url], furniture(blog))
        misses += [f"{name}\t{blog.plan.settings.title}\t{m.what}\t{m.url}\t{m.detail}" for m in one.misses]
        yield row(f"{name}: {blog.plan.settings.title}", one)
        total.add(one)
    yield row(f"{name}: all, {elapsed:.0f} s", total, f"{seconds:.1f}")
    every = [post for blog in blogs for post in blog.posts]
    pairs, right, wrong = copies(every, [one for found in answers.values() for one in found])
    if right or wrong:
        print(f"{name} copies: {right} of {pairs} pairs found, {wrong} that are none")
    if total.leaks:
        print(f"{name} leaks: " + ", ".join(f"{kind} {count}" for kind, count in total.leaks.most_common()))


def row(name: str, one: Score, seconds: str = "") -> list[str]:
    return [
        name,
        str(one.posts),
        _percent(share(one.found, one.posts)),
        str(one.extra),
        _number(share(one.f1, one.found)),
        _percent(share(one.leaking, one.found)),
        f"{one.lost}/{one.paragraphs}",
        f"{one.on_purpose_lost}/{one.on_purpose}",
        _percent(share(one.repaired, one.damaged)),
        f"{one.changed}/{one.clean}",
        _percent(share(one.headlines, one.found)),
        _number(precision(one.names)),
        _number(recall(one.names)),
        _number(precision(one.domains)),
        _number(recall(one.domains)),
        f"{one.own_kept}/{one.own}",
        seconds,
    ]


_BETWEEN_TAGS = re.compile(r">([^<>{}]+)<")


def furniture(blog: Blog) -> list[str]:
    """The known lines of a blog's furniture, and of what others say there: titles of its other posts, quotes."""
    settings = blog.plan.settings
    pieces = [piece["html"].replace("{blog}", settings.title) for piece in settings.furniture]
    texts = [text for piece in pieces for text in _BETWEEN_TAGS.findall(piece)]
    texts += [text for pair in settings.quotes for text in pair] + [post.title.printed for post in blog.posts]
    return [text for text in map(folded, texts) if len(text) > 3]


def _cpu() -> float:
    """CPU seconds of this process and of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())

"""How much clutter is left and how much text is lost, before and after a blog's template is learned.

    python -m benchmarks.template --data ../shared/data --split report
    python -m benchmarks.template --data ../shared/data --split report --hourly

Prints for each wording: posts that still show any clutter (`leak`), those that show page furniture,
true paragraphs lost of all, lost among those repeated on purpose, word F1 of the body, and the CPU
milliseconds a page that learning and applying cost. Articles come from `articles/truth.jsonl`, even
ids for `dev`, odd for `report`; with no data folder the prose is made up.

With `--hourly N` each post comes with a crawl of its own, once a blog has N (30 where no number is given). After each crawl all its pages are read by two
templates: one that is learned at each crawl, and one that is learned when `Learner.learn_around` would do so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from benchmarks import blogs
from newsarchive import rules
from newsarchive.core.boilerplate.step import boilerplate_step
from newsarchive.core.extraction import step
from newsarchive.core.origin.step import origin_step
from newsarchive.core.site_template.layouts import MIN_PAGES
from newsarchive.core.site_template.learner import heads_of, learn
from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import (
    Observation,
    Window,
    observation,
    pack,
    shareable,
    unpack,
)
from newsarchive.core.site_template.template import apply_template, layout_of, verdicts
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Capture, Page
from newsarchive.learning.learner import has_grown, is_due
from tests.support.networks import network

RULES = rules.load()
FURNITURE = {"share", "subscribe", "recent", "quote", "comments", "footer"}
#: Learned again when a new site has so many pages, as a crawl does.
STEPS = (3, 5, 8, 13, 21, 34, 55, 89, 144)
#: Posts of a blog from which on each comes with a crawl of its own, where `--hourly` names no number.
HOURLY_FROM = 30


@dataclass
class Score:
    """Counts over posts."""

    posts: int = 0
    leaks: int = 0
    furniture: int = 0
    lost: int = 0
    paragraphs: int = 0
    purpose_lost: int = 0
    purpose: int = 0
    f1: float = 0.0
    leaked: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)

    def add(self, post: blogs.Post, article: Article) -> None:
        shown = {fold(t) for b in article.blocks if b.label == "body" for t in (b.text,)}
        true = {fold(t) for t in post.truth}
        left = [(t, kind) for t, kind in post.clutter if fold(t) in shown and fold(t) not in true]
        gone = [t for t in post.truth if fold(t) not in shown]
        self.posts += 1
        self.leaks += bool(left)
        self.furniture += any(kind in FURNITURE for _, kind in left)
        self.lost += len(gone)
        self.paragraphs += len(post.truth)
        self.purpose += len(post.on_purpose)
        self.purpose_lost += sum(t in post.on_purpose for t in gone)
        self.f1 += word_f1("\n".join(post.truth), article.article_body)
        self.leaked.update(f"{kind}: {t[:60]}" for t, kind in left)
        self.losses.update(t[:90] for t in gone)

    def row(self, name: str) -> str:
        n = self.posts or 1
        return (
            f"{name:34} {self.f1 / n:.4f} {self.leaks / n:7.1%} {self.furniture / n:9.1%}"
            f" {self.lost:5}/{self.paragraphs} {self.purpose_lost:5}/{self.purpose}"
        )


HEAD = f"{'':34} {'F1':6} {'leak':>7} {'furniture':>9} {'lost':>11} {'on purpose':>10}"


def fold(text: str) -> str:
    return " ".join(text.split())


def word_f1(truth: str, text: str) -> float:
    a, b = (Counter(re.findall(r"\w+", t.lower())) for t in (truth, text))
    total = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / total if total else 1.0


def texts(data: Path, split: str, count: int) -> list[list[str]]:
    """Articles as lists of paragraphs, the title first."""
    found = []
    path = data / "articles" / "truth.jsonl"
    for row in map(json.loads, path.open(encoding="utf-8")) if path.is_file() else ():
        paragraphs = [" ".join(p.split()) for p in row["text"].split("\n\n") if len(p.split()) >= 8]
        if row["title"] and len(paragraphs) >= 5 and int(row["id"]) % 2 == (split != "dev"):
            found += [[row["title"], *paragraphs[:14]]]
            if len(paragraphs) >= 24:
                found += [[row["title"] + ", part two", *paragraphs[14:26]]]
    return (found or list(blogs.made_up(random.Random(7), count)))[:count]


def read(post: blogs.Post) -> Article:
    """The page's own steps; an empty article where they find none, so that all of it counts as lost."""
    page = Page(Capture(url=post.url, body=post.page.encode()), post.page)
    try:
        return origin_step(boilerplate_step(step.extract_step(page, RULES), RULES), RULES)
    except NotAnArticle as error:
        print(f"  {post.url}: {error}")
        return Article(post.url)


class Site:
    """One blog as a crawl sees it: its window, and its template as of the last learning."""

    def __init__(self, blog: blogs.Blog) -> None:
        self.blog, self.template, self.window = blog, Template(blog.name), Window()
        self.pages = [(post, read(post)) for post in blog.posts]

    def crawl(self) -> float:
        """Add the pages one by one, learning at the steps of a new site. Returns CPU seconds."""
        start = time.process_time()
        for n, (post, article) in enumerate(self.pages, 1):
            self.window.add(observation(article, RULES, site=self.blog.name, cluster=post.story.id))
            if n in STEPS:
                self.template = learn(self.window, known=self.template)
        self.template = learn(self.window, known=self.template)
        return time.process_time() - start

    def score(self, score: Score, change: Callable[[Article], Article]) -> None:
        for post, article in self.pages:
            score.add(post, change(article))


def measure(sites: Sequence[Site], verbose: bool) -> None:
    pages = sum(len(site.pages) for site in sites)
    before, alone, joined = Score(), Score(), Score()
    seconds = sum(site.crawl() for site in sites)
    for site in sites:
        site.score(before, lambda a: a)
    for site in sites:
        template = site.template
        site.score(alone, lambda a, t=template: apply_template(a, t))  # type: ignore[misc]
    shared = network([site.window for site in sites], heads_of(site.template for site in sites))
    for site in sites:
        site.template = learn(site.window, known=site.template, shared=shared)
        done = [(post, apply_template(article, site.template)) for post, article in site.pages]
        for post, article in done:
            joined.add(post, article)
    print(before.row("  page by page"))
    print(alone.row("  each blog alone"))
    print(joined.row("  four blogs together"))
    print(
        f"  kinds left: {dict(Counter(k.split(':')[0] for k in joined.leaked.elements()))}\n"
        f"  CPU ms a page, learned again at each step {1000 * seconds / pages:.2f}, "
        + ", ".join(f"{name} {1000 * spent / pages:.2f}" for name, spent in costs(sites).items())
    )
    if verbose:
        for name, counter in (
            ("LEAKED", joined.leaked),
            ("ALONE LEAKED", alone.leaked),
            ("LOST", joined.losses),
            ("ALONE LOST", alone.losses),
        ):
            print(name, *(f"\n   {n:4} {text}" for text, n in counter.most_common(14)))


def hourly(sites: Sequence[Site], first: int) -> str:
    """How often the rule learns after the `first` posts of each blog, and how many texts differ from those of a template that is
    learned at each crawl."""
    crawls = learned = texts = differ = newest = 0
    for site in sites:
        pages = [
            observation(article, RULES, site=site.blog.name, cluster=post.story.id)
            for post, article in site.pages
        ]
        window, holding, new = Window(pages[:first]), Counter[int](), list[Observation]()
        for page in pages[:first]:
            holding.update(shareable(page).keys())
        each = rule = learn(window)
        for page in pages[first:]:
            window.add(page)
            new.append(page)
            before = holding.copy()
            holding.update(keys := shareable(page).keys())
            unknown = [
                key for key in keys if key not in rule.entries or rule.entries[key].finding.role == "aside"
            ]
            each = learn(window, known=each)
            if (
                is_due(len(window.pages), 1, len(new))
                or sum(layout_of(one.lines, rule) is None for one in new) >= MIN_PAGES
                or any(has_grown(before[key], holding[key]) for key in unknown)
            ):
                rule, new, learned = learn(window, known=rule), [], learned + 1
            odd = [_taken_out(one, each) != _taken_out(one, rule) for one in window.pages.values()]
            crawls, texts, differ, newest = crawls + 1, texts + len(odd), differ + sum(odd), newest + odd[-1]
    return (
        f"learned at {learned} of {crawls} crawls; {differ} of {texts} texts after a crawl differ,"
        f" {newest} of {crawls} of the newest post"
    )


def _taken_out(page: Observation, template: Template) -> set[int]:
    found = verdicts(page.lines, template, page.url)
    return {i for i, finding in found.items() if finding.label != "body"}


def costs(sites: Sequence[Site]) -> dict[str, float]:
    """CPU seconds of each part of one crawl's learning, the caches of the chrome step warm."""
    marks = [time.process_time()]
    pages = [
        [observation(article, RULES, site=site.blog.name) for _, article in site.pages] for site in sites
    ]
    marks.append(time.process_time())
    packed = [[pack(page) for page in each] for each in pages]
    marks.append(time.process_time())
    for site, each in zip(sites, packed, strict=True):
        window = Window(
            page
            for data, seen in zip(each, site.pages, strict=True)
            if (page := unpack(data, seen[0].url, site.blog.name))
        )
        site.template = learn(window, known=site.template)
    marks.append(time.process_time())
    for site, each in zip(sites, pages, strict=True):
        for page in each:
            verdicts(page.lines, site.template, page.url)
    marks.append(time.process_time())
    names = ("its record", "packing it", "learning at the end", "applying")
    return dict(zip(names, (b - a for a, b in pairwise(marks)), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data")
    )
    parser.add_argument("--split", choices=["dev", "report"], default="dev")
    parser.add_argument("--posts", type=int, default=120, help="posts of each blog, before the shared ones")
    parser.add_argument("--language", help="one language of the split (en, de, fr, odd) instead of all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--hourly",
        type=int,
        nargs="?",
        const=HOURLY_FROM,
        metavar="N",
        help="posts come one by one once a blog has N",
    )
    parser.add_argument("--verbose", action="store_true", help="list what leaked and what was lost")
    options = parser.parse_args()
    languages = {"dev": ("en", "de", "odd"), "report": ("en", "fr", "odd")}[options.split]
    print(HEAD)
    for language in [options.language] if options.language else languages:
        words = blogs.wordings(options.split, language)
        found = texts(Path(options.data), options.split, 4 * options.posts)
        sites = [Site(blog) for blog in blogs.network(found, words, posts=options.posts, seed=options.seed)]
        print(f"{options.split}, {language}: {sum(len(s.pages) for s in sites)} posts of {len(sites)} blogs")
        print(f"  {hourly(sites, options.hourly)}") if options.hourly else measure(sites, options.verbose)


if __name__ == "__main__":
    main()

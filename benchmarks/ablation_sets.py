"""What `benchmarks.ablation` measures on: pages with truth, blogs, credit lines and damaged lines, each with its score."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.metadata import half
from benchmarks.peers import Extracted
from benchmarks.scores import scored
from newsarchive.items import Article, Capture

#: No page of the data was fetched later.
FETCHED = datetime(2026, 5, 1, tzinfo=UTC)
MEASURES = ("word_f1", "shingle_f1", "kept", "dropped", "title", "date", "authors")


@dataclass
class Item:
    """A page to measure: its set, and how an article of it is scored (measure → value from 0 to 1)."""

    group: str
    id: str
    capture: Capture
    score: Callable[[Any], dict[str, float]]
    #: Blogs that learn together, and the blog and story of the page among them.
    network: str = ""
    site: str = ""
    cluster: str = ""
    kept: dict[str, Any] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)


@dataclass
class Damage:
    """A page of damaged lines, and the lines as they were written."""

    group: str
    truth: list[str]
    lines: list[str]
    before: list[str] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)


def pages(folder: Path, every: int) -> Iterator[Item]:
    """Pages of one folder with their truth."""
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").split("\n")
    for line in [line for line in lines if line][::every]:
        truth = {"title": "", "date": "", "author": "", "with": [], "without": [], "text": ""} | json.loads(
            line
        )
        url = truth["url"] or f"https://page.example/{folder.name}/{truth['id']}"
        body = gzip.decompress((folder / "pages" / f"{truth['id']}.html.gz").read_bytes())
        group = f"articles {half(url)}" if folder.name == "articles" else folder.name
        yield Item(group, f"{folder.name}/{truth['id']}", captured(url, body), page_score(truth))


def captured(url: str, body: bytes, content_type: str = "text/html") -> Capture:
    return Capture(url=url, body=body, headers={"content-type": content_type}, fetched_at=FETCHED)


def page_score(truth: dict[str, Any]) -> Callable[[Any], dict[str, float]]:
    def score(article: Any) -> dict[str, float]:
        if isinstance(article, Article):
            day = article.date_published.date().isoformat() if article.date_published else ""
            people = tuple(author.name for author in article.authors)
            found = Extracted(article.article_body, article.headline, day, people)
        else:
            found = Extracted("", "", "", ())
        row = scored("", truth, found, 0.0)
        return {name: value for name in MEASURES if (value := getattr(row, name)) is not None}

    return score


def made_up_blogs(posts: int) -> Iterator[Item]:
    """Posts of the blogs of `benchmarks.template`, in two sets of wordings."""
    from benchmarks import blogs
    from benchmarks.template import Score as Counts

    def scorer(post: blogs.Post) -> Callable[[Any], dict[str, float]]:
        is_credited = any(kind == "attribution" for _, kind in post.clutter)
        names = blogs.PUBLISHERS[post.story.publisher]

        def score(article: Any) -> dict[str, float]:
            found = article if isinstance(article, Article) else Article(post.url)
            counts = Counts()
            counts.add(post, found)
            values = {
                "f1": counts.f1,
                "clean": 1.0 - counts.leaks,
                "paragraphs": 1 - counts.lost / max(1, counts.paragraphs),
            }
            if is_credited:
                values["origin"] = float(found.origin is not None and found.origin.name == names[0])
            return values

        return score

    for split, language in (("report", "en"), ("report", "fr")):
        texts = list(blogs.made_up(random.Random(7), 4 * posts))
        for blog in blogs.network(texts, blogs.wordings(split, language), posts=posts):
            for post in blog.posts:
                yield Item(
                    "made-up blogs", f"{split}-{language}/{post.url}", captured(post.url, post.page.encode()),
                    scorer(post), f"{split} {language}", blog.name, post.story.id,
                )  # fmt: skip


def wordpress_blogs(sets: Sequence[str], posts: int) -> Iterator[Item]:
    """Posts of real WordPress blogs, fetched once on loopback."""
    from benchmarks.blog_scores import score as score_posts
    from benchmarks.hosts import named
    from benchmarks.wordpress import answer, furniture, host
    from tests.wordpress.blogs import opened, plan

    for name in sets:
        with contextlib.ExitStack() as stack:
            blogs = [
                stack.enter_context(opened(one, host=host(one))) for one in plan(name, posts=posts, seed=1)
            ]
            stack.enter_context(named({host(blog.plan): blog.wordpress.ip for blog in blogs}))
            for blog in blogs:
                around = furniture(blog)

                def scorer(post: Any, around: Sequence[str] = around) -> Callable[[Any], dict[str, float]]:
                    def score(article: Any) -> dict[str, float]:
                        found = article if isinstance(article, Article) else Article(post.url)
                        one = score_posts([post], [answer(found)], around)
                        values = {"f1": one.f1, "clean": 1.0 - one.leaking, "headline": float(one.headlines)}
                        values["paragraphs"] = 1 - one.lost / max(1, one.paragraphs)
                        day = found.date_published
                        values["date"] = float(day is not None and day.date() == post.date.date())
                        values["authors"] = float([a.name for a in found.authors] == [post.author])
                        if one.damaged:
                            values["repaired"] = one.repaired / one.damaged
                        if one.names["printed"]:
                            values["origin"] = one.names["right"] / one.names["printed"]
                        elif one.own:
                            values["own posts"] = one.own_kept / one.own
                        return values

                    return score

                for post in blog.posts:
                    with urllib.request.urlopen(post.url, timeout=60) as response:
                        body, kind = response.read(), response.headers["Content-Type"]
                    yield Item(
                        "WordPress", f"{name}/{post.url}", captured(post.url, body, kind), scorer(post),
                        f"WordPress {name}", host(blog.plan), post.cluster or post.url,
                    )  # fmt: skip


def wordings(every: int) -> Iterator[Item]:
    """Credit lines, and lines that only look like one, of `benchmarks.origins`."""
    from tests.support.originlines import PARTS, Wording, page_of
    from tests.support.originlines import wordings as lines_of

    def scorer(line: Wording) -> Callable[[Any], dict[str, float]]:
        def score(article: Any) -> dict[str, float]:
            origin = article.origin if isinstance(article, Article) else None
            body = article.article_body if isinstance(article, Article) else ""
            right = origin is None if line.name is None else origin is not None and origin.name in line.names
            values = {"origin" if line.name else "no origin": float(right)}
            if line.name:
                values["dropped"] = float(line.text not in body)
            return values

        return score

    for line in [line for part in PARTS for line in lines_of(part)][::every]:
        capture = captured("https://www.lakeside-notes.example/2024/03/bridge", page_of(line).encode())
        yield Item("wordings", f"wordings/{line.language}: {line.text}", capture, scorer(line))


def damages(data: Path, number: int) -> Iterator[Damage]:
    """Pages of clean sentences of the half for reports, damaged in each way of `benchmarks.encoding`."""
    from benchmarks.encoding import PLACEMENTS, damaged
    from benchmarks.encoding import pages as clean_pages
    from benchmarks.encoding_damage import cells

    corpus = clean_pages(data, "report")
    for at, cell in enumerate(cells()):
        able = [lines for language, lines in corpus if not cell.languages or language in cell.languages]
        for place in PLACEMENTS[: 1 if cell.group == "legacy" else 3]:
            turned = able[at % len(able) :] + able[: at % len(able)]
            some = ((lines, bad) for lines in turned if (bad := damaged(cell, place, lines)) != lines)
            for _, (lines, bad) in zip(range(number), some, strict=False):
                yield Damage(f"damage: {cell.group}", lines, bad)
    for _, lines in corpus[:: max(1, len(corpus) // (60 * number))]:
        yield Damage("damage: none", lines, lines)


def damage_scores(page: Damage, lines: list[str]) -> dict[str, float]:
    """Shares of the damaged lines that are restored exactly, and of the whole ones that are left alone."""
    rows = list(zip(page.truth, page.lines, lines, strict=True))
    broken = [after == truth for truth, before, after in rows if before != truth]
    whole = [after == truth for truth, before, after in rows if before == truth]
    values = {"restored": sum(broken) / len(broken)} if broken else {}
    return values | ({"left alone": sum(whole) / len(whole)} if whole else {})

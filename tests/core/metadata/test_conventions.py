"""What all pages of a site together tell of its dates, names, pictures, descriptions and keywords, and how each page is then read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from benchmarks.blogs import sentence
from newsarchive import rules
from newsarchive.core.metadata.conventions import Kind
from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.model import Template, from_rows
from newsarchive.core.site_template.observations import Observation, Window, digest, pack, unpack
from newsarchive.core.steps import article_from, templated
from newsarchive.items import Article, Capture, SourceText

CASES = json.loads(
    (Path(__file__).parents[2] / "cases/metadata/conventions.json").read_text(encoding="utf-8")
)
RULES = rules.default()
HOME = "https://weir.example"
NAMES = ("Jane Doe", "John Roe", "Ann Poe", "Ida Holm", "Omar Said", "Lena Falk")
#: Days on which numbers leave the order of day and month open, and others.
DAYS = (
    "2025-03-04", "2025-05-16", "2025-07-08", "2025-09-20", "2025-11-12", "2025-12-24", "2025-10-02", "2025-08-30",
    "2025-06-13", "2025-04-07", "2025-02-21", "2025-01-27",
)  # fmt: skip
ZONE = timezone(timedelta(hours=7))
FETCHED = datetime(2026, 2, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Post:
    """A post, and what is true of it."""

    url: str
    html: str
    written: datetime
    author: str
    said: SourceText | None


def posts(case: Mapping[str, Any]) -> list[Post]:
    """The posts of a site, each with the day of the newest one, or a list of the newest, where the case has them."""
    days = case.get("days", DAYS)
    count = case["posts"]
    written = [moment(days[n % len(days)], n, case) for n in range(count)]
    newest = sorted(written, reverse=True)[:4]
    listed = "".join(
        f'<li><h3><a href="/other-{n}/">Another story {n} of the mill</a></h3>'
        f'<div class="wp-block-post-date"><time datetime="{when.isoformat()}">{when:%B %-d, %Y}</time></div></li>'
        for n, when in enumerate(newest)
    )
    authors = case.get("authors", NAMES)
    return [
        post(case, n, when, authors[n % len(authors)], f"<ul>{listed}</ul>", newest[0])
        for n, when in enumerate(written)
    ]


def moment(day: str, number: int, case: Mapping[str, Any]) -> datetime:
    """Posts of one day came at one time, as an import leaves them; those of other days do not."""
    minutes = 0 if len(case.get("days", DAYS)) == 1 else number
    return datetime.combine(date.fromisoformat(day), time(9, 30), ZONE) + timedelta(minutes=minutes)


def post(
    case: Mapping[str, Any], number: int, when: datetime, author: str, listed: str, newest: datetime
) -> Post:
    zoned = when.replace(tzinfo=None) if number < case.get("unzoned", 0) else when
    values = {
        "n": number, "y": f"{when:%Y}", "m": f"{when:%m}", "d": f"{when:%d}", "iso": when.isoformat(),
        "zoned": zoned.isoformat(), "words": f"{when:%B %-d, %Y}", "author": author, "list": listed,
        "newest": f"{newest:%B %-d, %Y}", "newest_iso": newest.isoformat(),
    }  # fmt: skip
    part = {
        name: case.get(name, default).format(**values)
        for name, default in {"path": "/post-{n}/", "head": "", "above": "", "below": ""}.items()
    }
    dice = random.Random(f"{case['label']}/{number}")
    prose = "".join(f"<p>{sentence(dice)} {sentence(dice)}</p>" for _ in range(6))
    title = f"Story {number} of the weir"
    html = (
        f'<html lang="{case.get("language", "en")}"><head><title>{title}</title>{part["head"]}</head><body><main>'
        f'<h1>{title}</h1>{part["above"]}<div class="entry-content">{prose}</div>{part["below"]}</main></body></html>'
    )
    said = None
    if number < case.get("site_says", 0):
        named = case.get("site_says_author", "")
        said = SourceText("wp-json", "", author=named, published=when.astimezone(UTC))
    return Post(HOME + part["path"], html, when, author, said)


def alone(one: Post) -> Article:
    capture = Capture(one.url, one.html.encode(), FETCHED, source_text=one.said)
    return article_from(capture, RULES)


def seen(found: Sequence[Article]) -> Iterator[Observation]:
    blank = Template("weir.example")
    return (templated(article, blank, RULES).seen for article in found)


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_a_site_is_read_by_its_conventions(case: Mapping[str, Any]) -> None:
    written = posts(case)
    articles = [alone(one) for one in written]
    template = learn(Window(seen(articles)))
    for one, article in zip(written, articles, strict=True):
        read = templated(article, template, RULES)
        is_own = read.date_published is not None and read.date_published.date() in (
            one.written.date(),
            one.written.astimezone(UTC).date(),
        )
        if "date" in case:
            wanted = {"own": is_own, "none": read.date_published is None}
            assert any(wanted[word] for word in case["date"].split(" or ")), (one.url, read.candidates)
        if case.get("minute"):
            assert read.date_published == one.written
        if "author" in case:
            assert [author.name for author in read.authors] == [one.author], read.candidates
    if "learned" in case:
        assert [str(c.kind) for c in template.conventions.known] == case["learned"]
    if "learned names" in case:
        assert template.conventions.of(Kind.SITES_NAME) == []


#: Label, head of post number n, and the numbers of those of twelve posts that keep their picture and their description.
SUMMARIES: list[tuple[str, Callable[[int], str], set[int], set[int]]] = [
    (
        "each post has its own",
        lambda n: (
            og("image", f"/weir-{n}.jpg") + og("description", f"What the weir saw on its walk number {n}.")
        ),
        set(range(12)),
        set(range(12)),
    ),
    (
        "the theme has one for all",
        lambda n: og("image", "/theme.png") + og("description", "A notebook of things read elsewhere."),
        set(),
        set(),
    ),
    (
        "the theme has one for posts without",
        lambda n: (
            og("image", "/theme.png" if n % 2 else f"/weir-{n}.jpg")
            + og(
                "description",
                "A notebook of things read elsewhere." if n < 5 else f"The weir in week {n} of its year.",
            )
        ),
        {0, 2, 4, 6, 8, 10},
        {5, 6, 7, 8, 9, 10, 11},
    ),
    (
        "four posts of a series share a picture",
        lambda n: og("image", "/series.jpg" if n < 4 else f"/weir-{n}.jpg"),
        set(range(12)),
        set(),
    ),
    (
        "the microdata has the post's own",
        lambda n: og("image", "/theme.png") + f'<meta itemprop="image" content="/weir-{n}.jpg">',
        set(range(12)),
        set(),
    ),
]


def og(name: str, value: str) -> str:
    return f'<meta property="og:{name}" content="{value}">'


@pytest.mark.parametrize(("label", "head", "pictured", "described"), SUMMARIES, ids=[s[0] for s in SUMMARIES])
def test_what_many_posts_share_describes_none_of_them(
    label: str, head: Callable[[int], str], pictured: set[int], described: set[int]
) -> None:
    case = {"label": label, "posts": 12}
    written = [
        replace(one, html=one.html.replace("</head>", head(n) + "</head>"))
        for n, one in enumerate(posts(case))
    ]
    articles = [alone(one) for one in written]
    template = learn(Window(seen(articles)))
    read = [templated(article, template, RULES) for article in articles]
    assert {n for n, one in enumerate(read) if one.image} == pictured
    assert {n for n, one in enumerate(read) if one.description} == described
    for n in pictured:
        found = read[n].image
        assert found is not None
        assert found.url in (f"{HOME}/weir-{n}.jpg", f"{HOME}/series.jpg")
    assert from_rows(template.site, template.rows()).conventions == template.conventions
    refused = [c for one in read for c in one.candidates if c.value.endswith("theme.png")]
    assert all(c.reason.startswith("the site's, not the post's: ") for c in refused)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (lambda n: "harbour, weblog", "linked"),
        (lambda n: "harbour, weblog" if n < 6 else f"harbour, week {n}", "meta"),
    ],
    ids=["all pages have the same words", "half of the pages have the same words"],
)
def test_keywords_of_nearly_all_pages_are_the_sites(head: Callable[[int], str], expected: str) -> None:
    def page(one: Post, n: int) -> str:
        meta = f'<meta name="keywords" content="{head(n)}">'
        tags = f'<ul class="tags"><li><a href="/tags/weir-{n}/">weir {n}</a></li></ul>'
        return one.html.replace("</head>", meta + "</head>").replace("</h1>", "</h1>" + tags, 1)

    written = [replace(one, html=page(one, n)) for n, one in enumerate(posts({"label": "", "posts": 12}))]
    articles = [alone(one) for one in written]
    template = learn(Window(seen(articles)))
    read = [templated(article, template, RULES) for article in articles]
    words = {"linked": lambda n: [f"weir {n}"], "meta": lambda n: head(n).split(", ")}[expected]
    assert [list(one.keywords) for one in read] == [words(n) for n in range(12)]
    assert from_rows(template.site, template.rows()).conventions == template.conventions


def test_versions_of_one_post_do_not_make_its_picture_the_sites() -> None:
    head = og("image", "/weir.jpg")
    written = [
        replace(one, html=one.html.replace("</head>", head + "</head>"))
        for one in posts({"label": "", "posts": 12})
    ]
    pages = [replace(page, cluster="one story") for page in seen([alone(one) for one in written])]
    assert learn(Window(pages)).conventions.of(Kind.SITES_PICTURE) == []


def test_what_loses_by_a_convention_says_so() -> None:
    written = posts(CASES[0])
    articles = [alone(one) for one in written]
    template = learn(Window(seen(articles)))
    read = templated(articles[0], template, RULES)
    reasons = {c.source: c.reason for c in read.candidates if c.field == "date_published"}
    assert reasons["markup time"].startswith("the site's, not the post's: on ")
    assert [c.source for c in read.candidates if c.field == "date_published" and c.chosen] == ["url"]


@pytest.mark.slow
def test_a_template_keeps_its_conventions() -> None:
    for case in CASES:
        template = learn(Window(seen([alone(one) for one in posts(case)])))
        assert from_rows(template.site, template.rows()).conventions == template.conventions


def test_a_record_is_small_exact_and_tells_what_must_be_read_again() -> None:
    """What it keeps of dates and names costs little; the days of other posts make no new record."""
    case = CASES[0]
    pages = list(seen([alone(one) for one in posts(case)]))
    for page in pages:
        kept = unpack(pack(page), page.url, page.site)
        assert kept == page
        assert len(pack(page)) - len(pack(Observation(page.url, page.site, page.url, lines=page.lines))) < 400
    newer = {**case, "posts": 13, "days": [*DAYS, "2026-01-05"]}
    again = list(seen([alone(one) for one in posts(newer)]))[:12]
    newest = max(range(12), key=lambda n: DAYS[n])  # its own day stood at the head of the list
    del again[newest], pages[newest]
    assert [digest(page) for page in again] == [digest(page) for page in pages]

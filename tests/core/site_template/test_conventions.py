"""What all pages of a site together tell of its pictures, descriptions, keywords and authors, and how each page is then read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from benchmarks.blogs import sentence
from newsarchive import rules
from newsarchive.compression import compress, decompress
from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.model import Template, from_rows
from newsarchive.core.site_template.observations import Observation, Window, pack, unpack
from newsarchive.core.steps import article_from, templated
from newsarchive.items import Article, Capture

RULES = rules.default()
HOME = "https://weir.example"
#: Days of twelve posts.
DAYS = (
    "2025-03-04", "2025-05-16", "2025-07-08", "2025-09-20", "2025-11-12", "2025-12-24", "2025-10-02", "2025-08-30",
    "2025-06-13", "2025-04-07", "2025-02-21", "2025-01-27",
)  # fmt: skip
ZONE = timezone(timedelta(hours=7))
FETCHED = datetime(2026, 2, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Post:
    """A post, and when it was written."""

    url: str
    html: str
    written: datetime


def posts(case: Mapping[str, Any]) -> list[Post]:
    """The posts of a site. `days` has the days of all posts, `path` and `below` are patterns of the address and of what stands
    below the text, with the newest posts as `list`."""
    days = case.get("days", DAYS)
    count = case["posts"]
    written = [
        datetime.combine(date.fromisoformat(days[n % len(days)]), time(9, n), ZONE) for n in range(count)
    ]
    listed = "".join(
        f'<li><h3><a href="/other-{n}/">Another story {n} of the mill</a></h3>'
        f'<div class="wp-block-post-date"><time datetime="{when.isoformat()}">{when:%B %-d, %Y}</time></div></li>'
        for n, when in enumerate(sorted(written, reverse=True)[:4])
    )
    return [post(case, n, when, f"<ul>{listed}</ul>") for n, when in enumerate(written)]


def post(case: Mapping[str, Any], number: int, when: datetime, listed: str) -> Post:
    values = {"n": number, "y": f"{when:%Y}", "m": f"{when:%m}", "d": f"{when:%d}", "list": listed}
    path = case.get("path", "/post-{n}/").format(**values)
    dice = random.Random(f"{case['label']}/{number}")
    prose = "".join(f"<p>{sentence(dice)} {sentence(dice)}</p>" for _ in range(6))
    title = f"Story {number} of the weir"
    html = (
        f'<html lang="en"><head><title>{title}</title></head><body><main><h1>{title}</h1>'
        f'<div class="entry-content">{prose}</div>{case.get("below", "").format(**values)}</main></body></html>'
    )
    return Post(HOME + path, html, when)


def alone(one: Post) -> Article:
    capture = Capture(one.url, one.html.encode(), FETCHED)
    return article_from(capture, RULES)


def seen(found: Sequence[Article]) -> Iterator[Observation]:
    blank = Template("weir.example")
    return (templated(article, blank, RULES).seen for article in found)


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


#: Who signs post number n below its headline, and the authors of the twelve posts once the site is learned. The head of each page
#: declares the owner, Ada Example, as Hexo's theme Keep does.
SIGNED: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "others sign, each for himself": (lambda n: PEOPLE[n % 4], lambda n: PEOPLE[n % 4]),
    "two people sign": (lambda n: PEOPLE[n % 2], lambda n: PEOPLE[n % 2]),
    "half are signed by others": (
        lambda n: PEOPLE[n // 2 % 4] if n % 2 else "Ada Example",
        lambda n: PEOPLE[n // 2 % 4] if n % 2 else "Ada Example",
    ),
    "the owner signs in another spelling": (lambda n: "A. M. Example", lambda n: "Ada Example"),
    "one post is a guest's": (
        lambda n: "Ada Example" if n else "Jane Doe",
        lambda n: "Ada Example",
    ),
    "nobody signs": (lambda n: "", lambda n: "Ada Example"),
}
PEOPLE = ("Jane Doe", "Ben Abara", "Lindiwe Maseko", "Ana Moreira")


@pytest.mark.parametrize(("signed", "expected"), SIGNED.values(), ids=SIGNED)
def test_an_author_of_nearly_all_pages_is_the_sites_where_others_sign(
    signed: Callable[[int], str], expected: Callable[[int], str]
) -> None:
    def page(one: Post, n: int) -> str:
        meta = '<meta name="author" content="Ada Example">'
        box = f'<span class="author-name">{name}</span>' if (name := signed(n)) else ""
        return one.html.replace("</head>", meta + "</head>").replace("</h1>", "</h1>" + box, 1)

    written = [replace(one, html=page(one, n)) for n, one in enumerate(posts({"label": "", "posts": 12}))]
    articles = [alone(one) for one in written]
    assert {a.name for one in articles for a in one.authors} == {"Ada Example"}
    template = learn(Window(seen(articles)))
    read = [templated(article, template, RULES) for article in articles]
    assert [[a.name for a in one.authors] for one in read] == [[expected(n)] for n in range(12)]
    changed = [one for n, one in enumerate(read) if expected(n) != "Ada Example"]
    reasons = {c.reason for one in changed for c in one.candidates if c.value == "Ada Example"}
    assert all(reason.startswith("the site's, not the post's: ") for reason in reasons)
    assert from_rows(template.site, template.rows()).conventions == template.conventions


def test_versions_of_one_post_do_not_make_its_picture_the_sites() -> None:
    head = og("image", "/weir.jpg")
    written = [
        replace(one, html=one.html.replace("</head>", head + "</head>"))
        for one in posts({"label": "", "posts": 12})
    ]
    pages = [replace(page, cluster="one story") for page in seen([alone(one) for one in written])]
    assert learn(Window(pages)).conventions == ()


def test_a_record_is_exact_and_what_older_versions_kept_of_days_and_names_is_passed_over() -> None:
    head = og("image", "/weir.jpg") + og("description", "What the weir saw on its walk.")
    one = posts({"label": "", "posts": 1})[0]
    [page] = seen([alone(replace(one, html=one.html.replace("</head>", head + "</head>")))])
    assert page.said.picture == f"{HOME}/weir.jpg"
    assert unpack(pack(page), page.url, page.site) == page
    record = json.loads(decompress(pack(page)))
    record[-1] = [[["url", 739000, 0, 0, 0, 0]], [["", ["Jane Doe"]]], *record[-1]]
    assert unpack(compress(json.dumps(record).encode(), 3), page.url, page.site) == page


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: b"",
        lambda record: b"\0",
        lambda record: record[:-5],
        lambda record: compress(b"[", 3),
        lambda record: compress(b"[]", 3),
        lambda record: compress(b"null", 3),
        lambda record: compress(json.dumps([*json.loads(decompress(record))[:5], [[1]]]).encode(), 3),
        lambda record: "a text",
    ],
)
def test_a_damaged_record_is_none(damage: Callable[[bytes], bytes]) -> None:
    """It kept its whole site from being learned."""
    [page] = seen([alone(posts({"label": "", "posts": 1})[0])])
    assert unpack(damage(pack(page)), page.url, page.site) is None


@pytest.mark.parametrize(("role", "label"), [("convention", "time zone"), ("length", "")])
def test_what_older_versions_learned_of_dates_and_lengths_is_left_out(role: str, label: str) -> None:
    row = {"fingerprint": 1, "role": role, "reason": "", "pages": 9, "clusters": 0, "version": 0}
    old = row | {"label": label, "sample": "60", "first": "", "is_proved": False}
    assert from_rows("weir.example", [old]) == Template("weir.example")

"""What a page says of itself, field by field: each case is a small page and what must be read from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsarchive import extract, rules
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.metadata import step
from newsarchive.core.metadata.relative_dates import OF_FETCH
from newsarchive.core.metadata.step import read_metadata
from newsarchive.items import Article, Block, Capture, Page, SourceText

CASES = Path(__file__).parents[2] / "cases" / "metadata"
FETCHED = datetime(2025, 6, 1, 12, tzinfo=UTC)
URL = "https://blog.example/a-post/"


def read(html: str, url: str = URL, blocks: Sequence[Block] | None = None) -> dict[str, Any]:
    page = Page(Capture(url, html.encode("utf-8", "replace"), fetched_at=FETCHED), html)
    tree = LexborHTMLParser(html)
    if blocks is None:
        blocks = [
            Block(b.text, b.kind, path=b.path, links=tuple(b.links)) for b in read_blocks(tree, url).blocks
        ]
    return read_metadata(tree, page, blocks, rules.default())


def shown(found: dict[str, Any]) -> dict[str, Any]:
    """The fields as a case writes them: authors as `name (kind)`, times in ISO 8601."""
    out = dict(found)
    out["authors"] = [f"{a.name} ({a.kind})" for a in found.get("authors", ())]
    for field in ("date_published", "date_modified"):
        out[field] = found[field].isoformat() if field in found else None
    out["keywords"] = list(found.get("keywords", ()))
    image = found.get("image")
    out["image"] = [image.url, image.caption, image.credit] if image else None
    return out


def cases(name: str, label: str = "label") -> list[Any]:
    rows = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(row, id=row[label]) for row in rows]


def check(case: dict[str, Any]) -> None:
    got = shown(read("".join(case["html"]), case.get("url", URL)))
    assert {k: got.get(k) for k in case["expect"]} == case["expect"]


BYLINES = json.loads((CASES / "bylines.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            row,
            id=row["line"],
            marks=[pytest.mark.xfail(reason=row["known_failure"], strict=True)]
            if "known_failure" in row
            else [],
        )
        for row in BYLINES["lines"]
    ],
)
def test_bylines_of_many_languages(case: dict[str, Any]) -> None:
    """A line between headline and text, as papers of 30 languages print it."""
    text = BYLINES["texts"][case["language"]]
    page = (
        f"<html lang={case['language']}><title>{text[:40]}</title><h1>{text[:40]}</h1><div>{case['line']}</div>"
        + f"<p>{text * 3}</p>" * 3
    )
    assert [author.name for author in extract(html=page, url=URL).authors] == case["authors"]


@pytest.mark.parametrize(
    "home", ["Home", "Acasă", "Strona główna", "Главная", "首页", "ホーム", "الرئيسية", "होम", "Trang chủ"]
)
def test_the_way_home_and_buttons_are_no_section(home: str) -> None:
    crumbs = f"<nav class=breadcrumbs><a href=/>{home}</a> » Ferry returns</nav>"
    meta = f"<meta property=article:section content='{home}'>"
    page = f"<title>Ferry returns</title>{meta}{crumbs}<h1>Ferry returns</h1><p>{'Half of the island came. ' * 9}</p>"
    assert extract(html=page, url=URL).article_section == ""


@pytest.mark.parametrize("case", cases("two-dates", "line"))
def test_the_days_of_publication_and_of_the_last_change_in_one_line(case: dict[str, Any]) -> None:
    """Each line says 3 May for the publication and 5 May for the change, in the words of its language."""
    text = BYLINES["texts"][case["language"]]
    page = (
        f"<html lang={case['language']}><title>{text[:40]}</title><h1>{text[:40]}</h1><div>{case['line']}</div>"
        + f"<p>{text * 3}</p>" * 3
    )
    article = extract(html=page, url=URL)
    days = [
        when.date().isoformat() if when else None for when in (article.date_published, article.date_modified)
    ]
    assert days == ["2024-05-03", "2024-05-05"]


@pytest.mark.parametrize(
    "line",
    [
        "The ferry will run from 3 May 2024 to 5 May 2024, as it was said before the pier was updated",
        "3 May 2024 to 5 May 2024",
    ],
)
def test_two_days_of_which_none_is_a_change(line: str) -> None:
    page = f"<title>Ferry returns</title><h1>Ferry returns</h1><time>2024-05-01</time><div>{line}</div><p>{'Half of the island came. ' * 9}</p>"
    article = extract(html=page, url=URL)
    assert article.date_published is not None
    assert (article.date_published.day, article.date_modified) == (1, None)


@pytest.mark.parametrize(
    "line",
    [
        "Submitted by Jane Doe on Fri, 05/03/2024 - 10:20",
        "3. Mai 2024 | 10:20 Uhr",
        "03.05.2024 - 10.20 Uhr",
        "3 mai 2024 • 10h20",
        "3 May 2024 · 10:20",
        "2024-05-03 | 10:20",
        "10:20 | 03.05.2024",
        "10:20, 3 May 2024",
        "10:20 am on Friday, May 3, 2024",
    ],
)
def test_a_time_of_day_that_stands_apart_from_its_day(line: str) -> None:
    page = f"<title>Ferry returns</title><h1>Ferry returns</h1><div>{line}</div><p>{'Half of the island came. ' * 9}</p>"
    found = extract(html=page, url=URL).date_published
    assert found is not None
    assert found.isoformat() == "2024-05-03T10:20:00+00:00"


@pytest.mark.parametrize("case", cases("in-the-wild"))
def test_read(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize("case", cases("platforms"))
def test_hosts_and_programs_that_mark_little(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize("case", cases("negative"))
def test_refused(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize(
    "case",
    [pytest.param(*p.values, marks=pytest.mark.xfail(strict=True), id=p.id) for p in cases("known-failures")],
)
def test_known_failure(case: dict[str, Any]) -> None:
    check(case)


def test_every_key_is_a_field_of_article() -> None:
    found = read(
        "<title>A title of words</title><h1>A title of words</h1><time datetime=2025-05-01>May</time>"
    )
    assert {"headline", "date_published", "candidates"} <= set(found)
    Article(url=URL, **found)


def test_every_candidate_says_why() -> None:
    found = read(
        "<title>The mill closes - Harbour Post</title><meta property=og:site_name content='Harbour Post'>"
        "<meta property=og:title content='The mill closes'><h1>The mill closes</h1><h1>Harbour Post</h1>"
        "<span class=byline>By admin</span><a rel=author>Jane Doe</a><time datetime=2031-01-01>x 1</time>"
    )
    assert all(c.reason for c in found["candidates"])
    reasons = {(c.field, c.value): c.reason for c in found["candidates"]}
    assert reasons["headline", "Harbour Post"] == "is the site's name"
    assert reasons["date_published", "2031-01-01"] == "in the future"


def test_a_keyword_of_another_source_says_the_same_as_any_that_was_chosen() -> None:
    tags = "".join(f"<a rel=tag>{word}</a>" for word in ("ferries", "harbour", "fishing"))
    found = read(
        f"<meta property=article:tag content=ferries><meta property=article:tag content=harbour>{tags}"
    )
    reasons = {c.value: c.reason for c in found["candidates"] if c.field == "keywords" and not c.chosen}
    assert reasons.pop("fishing") != "says the same"
    assert set(reasons.values()) == {"says the same"}


def test_the_address_that_a_page_calls_its_own_is_spelled_as_that_of_the_article() -> None:
    """WordPress writes small letters in what it escapes, browsers and crawls capitals."""
    found = read(
        "<link rel=canonical href='https://blog.example/%d7%91%d7%90/'>", "https://blog.example/%D7%91%D7%90/"
    )
    assert found["canonical_url"] == "https://blog.example/%D7%91%D7%90/"


def test_one_candidate_of_a_decided_field_is_chosen() -> None:
    found = read(
        "<title>One story of two towns</title><h1>One story of two towns</h1><meta name=date content=2025-01-02>"
    )
    for field in ("headline", "date_published"):
        assert sum(c.chosen for c in found["candidates"] if c.field == field) == 1


def test_a_list_of_authors_inside_the_text_loses_against_the_name_beside_the_date() -> None:
    """A list of new programs names the authors of each."""
    long = "The town council decided on Thursday that the old ferry would return after nine years. " * 2
    texts = [("heading", "title", "Ferry returns after nine years"), ("paragraph", "nav", "Jane Doe"),
             ("paragraph", "other", "Dec 19, 2024"), ("paragraph", "body", long), ("paragraph", "body", long),
             ("paragraph", "body", "Authors: John Roe and Ann Poe")]  # fmt: skip
    blocks = [Block(text, kind, label, path="html/body/h1" if i == 0 else "html/body/div/p") for i, (kind, label, text) in enumerate(texts)]  # fmt: skip
    html = "<h1>Ferry returns after nine years</h1>"
    assert [a.name for a in read(html, blocks=blocks)["authors"]] == ["Jane Doe"]
    above = [blocks[0], blocks[5], *blocks[1:5]]
    assert [a.name for a in read(html, blocks=above)["authors"]] == ["John Roe", "Ann Poe"]


def test_a_change_before_the_publication_is_refused_and_kept_with_its_reason() -> None:
    found = read(
        "<meta property=article:published_time content=2025-04-03T12:00:00Z><h1>Ferry</h1>"
        "<meta property=article:modified_time content=2025-04-03T09:12:30Z>"
    )
    assert found.get("date_modified") is None
    (refused,) = (one for one in found["candidates"] if one.field == "date_modified")
    assert (refused.value, refused.chosen, refused.reason) == (
        "2025-04-03T09:12:30Z",
        False,
        "before the publication",
    )


NOW = FETCHED.isoformat()
JUNE = "2025-05-30T08:00:00+00:00"
CACHED = "2025-06-01T09:00:20+00:00"


@pytest.mark.parametrize(
    ("published", "modified", "said", "expected"),
    [
        pytest.param(JUNE, NOW, None, (JUNE, None), id="the time of the fetch is no change"),
        pytest.param(NOW, NOW, None, (None, None), id="nor a publication"),
        pytest.param(JUNE, "2025-06-01T11:00:00+00:00", None, (JUNE, "2025-06-01T11:00:00+00:00"), id="an hour ago"),
        pytest.param(JUNE, CACHED, None, (JUNE, None), id="a cache made it, and says when"),
        pytest.param(CACHED, CACHED, None, (CACHED, None), id="a cache got it when it was published"),
        pytest.param(JUNE, NOW, FETCHED, (JUNE, NOW), id="the feed says so too"),
    ],
)  # fmt: skip
def test_the_time_of_the_fetch_is_no_time_of_the_post(
    published: str, modified: str, said: datetime | None, expected: tuple[str | None, str | None]
) -> None:
    """A page that prints the present time as its own would be another one at each look."""
    graph = {"@type": "NewsArticle", "datePublished": published, "dateModified": modified}
    html = f"<script type=application/ld+json>{json.dumps(graph)}</script><h1>Ferry returns</h1><p>It left at nine."
    told = SourceText("feed", "https://blog.example/feed/", title="Ferry returns", updated=said)
    headers = {"date": "Sun, 01 Jun 2025 09:00:00 GMT"}
    page = Page(
        Capture(URL, html.encode(), FETCHED, headers=headers, source_text=told if said else None), html
    )
    tree = LexborHTMLParser(html)
    blocks = [Block(b.text, b.kind, path=b.path) for b in read_blocks(tree, URL).blocks]
    found = shown(read_metadata(tree, page, blocks, rules.default()))
    assert (found["date_published"], found["date_modified"]) == expected
    refused = [one for one in found["candidates"] if one.reason == OF_FETCH]
    assert bool(refused) is (None in expected)


def test_the_text_overrules_a_wrong_lang() -> None:
    text = (
        "Der Gemeinderat hat am Dienstag beschlossen, dass die alte Mühle im Sommer geschlossen und verkauft wird. "
        * 3
    )
    found = read("<html lang=en-US><h1>Die Mühle</h1>", blocks=[Block(text)])
    assert (found["in_language"], found["in_language_source"]) == ("de", "detected")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "@type",
                    "@id",
                    "@graph",
                    "author",
                    "name",
                    "headline",
                    "datePublished",
                    "image",
                    "url",
                    "keywords",
                    "publisher",
                    "caption",
                    "creator",
                    "mainEntityOfPage",
                    "isBasedOn",
                    "sameAs",
                ]
            ),
            inner
            | st.sampled_from(
                ["NewsArticle", "Person", "WebPage", "https://blog.example/a-post/", "#a", "2025-01-01"]
            ),
            max_size=6,
        )
    ),
    max_leaves=25,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_JSON)
def test_no_json_ld_breaks_it(value: Any) -> None:
    html = f'<h1>Words of a title</h1><script type="application/ld+json">{json.dumps(value)}</script>'
    Article(url=URL, **read(html))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    Article(
        url=URL,
        **read(f"<title>{text}</title><h1>{text}</h1><span class=byline>{text}</span><time>{text}</time>"),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "html",
    [
        "",
        '<script type="application/ld+json">' + "[" * 100_000,
        '<script type="application/ld+json">' + '{"author":' * 50_000,
        "<meta property=og:title content=x>" * 50_000,
        "<time datetime=2025-01-01>x</time>" * 20_000,
        "<h1>" * 20_000 + "word",
        "<h1>" + "word " * 500_000,
        "<span class=author>By " + "a and b, " * 100_000,
    ],
    ids=["empty", "deep list", "deep object", "metas", "times", "nested", "long", "byline"],
)
def test_hostile_pages_end_soon(html: str) -> None:
    import time

    start = time.process_time()
    Article(url=URL, **read(html))
    assert time.process_time() - start < 2


def test_the_language_of_a_text_below_a_long_menu_is_detected() -> None:
    menu = "".join(f"<li><a href='/{n}'>Entry {n}</a></li>" for n in range(step.MAX_LANGUAGE_BLOCKS + 50))
    text = "<p>Millionen Menschen fahren jeden Tag mit dem Auto, und die Schornsteine der Fabriken rauchen dazu.</p>"
    page = f"<body><nav><ul>{menu}</ul></nav><article><h1>Woher kommt die dicke Luft?</h1>{text * 4}</article></body>"
    article = extract(html=page, url="https://blog.example/luft/")
    assert (article.in_language, article.in_language_source) == ("de", "detected")


@pytest.mark.parametrize(
    ("lang", "text", "month"),
    [
        ("hr", "", "2024-10"),
        ("bs-BA", "", "2024-10"),
        ("pl", "", "2024-11"),
        ("", "", "2024-11"),
        # A theme's own language is believed less than the text.
        (
            "en",
            "Vijeće je u četvrtak priopćilo da se trajekt vraća, nakon devet godina i dvije rasprave o cijeni. "
            * 3,
            "2024-10",
        ),
    ],
)
def test_a_month_that_languages_do_not_agree_on(lang: str, text: str, month: str) -> None:
    """It is `listopada`: October in Croatian and November in Polish."""
    html = f"<html lang={lang!r}><title>Trajekt</title><h1>Trajekt</h1><div>3. listopada 2024.</div><p>{text}</p>"
    assert read(html)["date_published"].date().isoformat() == f"{month}-03"


@pytest.mark.parametrize("case", cases("languages", "language"))
def test_bylines_and_dates_of_many_languages(case: dict[str, Any]) -> None:
    """A page without any markup for machines: author and day stand in plain lines below the headline."""
    found = read(
        f"<html lang={case['lang']}><title>{case['headline']}</title><h1>{case['headline']}</h1>"
        f"<div>{case['byline']}</div><div>{case['date']}</div><p>…</p>"
    )
    assert found["headline"] == case["headline"]
    assert [a.name for a in found.get("authors", ())] == case["authors"]
    assert found["date_published"].date().isoformat() == "2025-04-03"

"""A value that stands in a list of other posts is no evidence for the post of the page."""

from __future__ import annotations

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.metadata.other_posts import reads_as_title
from newsarchive.items import Block
from tests.core.metadata.test_metadata import URL, cases, read, shown


def linked(html: str) -> list[Block]:
    """The page's blocks with their links, as the extraction gives them."""
    found = read_blocks(LexborHTMLParser(html), URL).blocks
    return [Block(b.text, b.kind, path=b.path, links=tuple(b.links)) for b in found]


@pytest.mark.parametrize("case", cases("others"))
def test_a_list_of_other_posts(case: dict[str, Any]) -> None:
    html = f"<html><body>{''.join(case['html'])}</body></html>"
    found = shown(read(html, blocks=linked(html)))
    assert {name: found.get(name) for name in case["expect"]} == case["expect"]


def test_what_a_list_says_stays_a_candidate_with_the_reason() -> None:
    html = "".join(cases("others")[0].values[0]["html"])
    found = read(html, blocks=linked(html))
    lost = [c for c in found["candidates"] if c.field == "date_published"]
    assert [(c.value, c.chosen) for c in lost if c.source == "markup time (of others)"][:1] == [
        ("2025-05-20T08:00:00+07:00", False)
    ]
    assert {c.reason for c in lost} == {"stands in a list of other posts"}


@pytest.mark.parametrize(
    ("text", "is_title"),
    [
        ("The newest post of all", True),
        ("Мост закрыли на год", True),
        ("橋は一年間通行止めになります", True),
        ("Jane Doe", False),
        ("Read more", False),
        ("20/05/2025", False),
        ("20 May 2025", False),
        ("Wczoraj, 10 maja (11:03)", False),
        ("Saturday, the 5th of March 2025", False),
        ("Ten of the 13 best podcasts for sailors", True),
        ("2025年5月20日", False),
        ("", False),
    ],
)
def test_titles_are_told_from_names_and_dates(text: str, is_title: bool) -> None:
    assert reads_as_title(text) == is_title


@pytest.mark.parametrize(("label", "day"), [("comments", None), ("related", None), ("body", 3)])
def test_a_day_far_below_is_the_posts_only_where_nothing_else_stands(label: str, day: int | None) -> None:
    """Block themes give the classes of a post to comments and to lists of posts, so that the labels must tell them."""
    paragraphs = [Block(f"Paragraph {n} of a long text about the ferry.", label="body") for n in range(20)]
    path = "main/div.wp-block-post-content/div.wp-block-comment-date"
    blocks = [
        Block("A post", "heading", label="title"),
        *paragraphs,
        Block("May 3, 2025", label=label, path=path),
    ]
    found = read("<h1>A post</h1>", blocks=blocks).get("date_published")
    assert (found and found.day) == day


@pytest.mark.parametrize(
    ("lines", "authors"),
    [
        (["by Jane Doe on May 3, 2025 at 9:12 am. Reply #", "by John Roe on May 5, 2025 at 10:05 pm. Reply #"], []),
        (["Posted by: Jane Doe | May 3, 2025 09:12 AM", "Posted by: John Roe | May 5, 2025 10:05 PM"], []),
        (["Posted by Ada Lund on May 2, 2025 | Permalink", "Posted by: Jane Doe | May 3, 2025 9:12:01 AM",
          "Posted by: John Roe | May 5, 2025 9:12:01 AM"], ["Ada Lund (person)"]),
        (["Posted by Ada Lund on May 2, 2025", "Posted by Ada Lund on May 9, 2025"], ["Ada Lund (person)"]),
        (["By Jane Doe", "By John Roe"], ["Jane Doe (person)", "John Roe (person)"]),
    ],
)  # fmt: skip
def test_lines_below_that_differ_by_name_and_day_alone_are_signed_by_commenters(
    lines: list[str], authors: list[str]
) -> None:
    texts = [f"Paragraph {n} of a long text about the ferry." for n in range(14)] + lines
    blocks = [Block("The ferry is back", "heading"), *(Block(text, label="body") for text in texts)]
    assert shown(read("<h1>The ferry is back</h1>", blocks=blocks))["authors"] == authors


@pytest.mark.parametrize(("label", "authors"), [("comments", []), ("byline", ["Jane Doe (person)"])])
def test_who_signs_the_only_comment_in_the_element_of_a_post_is_no_author(
    label: str, authors: list[str]
) -> None:
    texts = [f"Paragraph {n} of a long text about the ferry." for n in range(14)]
    blocks = [Block("The ferry is back", "heading"), *(Block(text, label="body") for text in texts)]
    blocks.append(Block("Posted by Jane Doe on May 3, 2025", label=label, path="body/div.post/div.comment/p"))
    assert shown(read("<h1>The ferry is back</h1>", blocks=blocks))["authors"] == authors


@pytest.mark.parametrize(("last", "authors"), [(False, []), (True, ["Jane Doe (person)"])])
def test_a_short_line_between_paragraphs_is_no_author_and_below_the_last_one_may_be(
    last: bool, authors: list[str]
) -> None:
    """Near a date each line of two capitalised words may be a name (Hexo's theme A4)."""
    line = "The town decided on Thursday that the old ferry would return after nine years of waiting. " * 2
    paragraph = Block(line, label="body")
    signed = Block("Jane Doe", label="body")
    blocks = [Block("The ferry is back", "heading"), Block("Updated 2026-11-29"), paragraph, paragraph]
    blocks += [paragraph, signed] if last else [signed, paragraph]
    assert shown(read("<h1>The ferry is back</h1>", blocks=blocks))["authors"] == authors


def test_several_portraits_each_below_a_name_do_not_hide_the_author() -> None:
    life = " is a designer who is known for her work, and whose books were printed in nine countries. " * 2
    names = ["Jane Doe", "Mary Roe", "Anna Poe"]
    blocks = [Block("Three designers", "heading"), Block("Long text. " * 20, label="body")]
    blocks += [Block(text, label="body") for name in names for text in (name, name + life)]
    assert shown(read("<h1>Three designers</h1><p class=author>Ada Lund</p>", blocks=blocks))["authors"] == [
        "Ada Lund (person)"
    ]


def test_the_author_may_be_described_in_the_last_paragraph() -> None:
    life = (
        "Jane Doe is a writer who lives by the harbour. " + "Her books were printed in nine countries. " * 4
    )
    texts = ["Long text. " * 20, "Long text. " * 20, "Jane Doe", life]
    blocks = [Block("The ferry is back", "heading"), *(Block(text, label="body") for text in texts)]
    assert shown(read("<h1>The ferry is back</h1>", blocks=blocks))["authors"] == ["Jane Doe (person)"]

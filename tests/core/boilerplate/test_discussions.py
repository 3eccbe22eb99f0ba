"""Discussions that stand in the article's own element: told by the lines that sign their posts, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsarchive import rules
from newsarchive.core.boilerplate.phrases import phrases
from newsarchive.core.boilerplate.step import boilerplate_step
from newsarchive.core.text.normalise import fold
from newsarchive.items import Article, Block, DecidedBy

RULES = rules.load()
ARTICLE = (
    "The council of the harbour town voted on Tuesday to keep the night ferry for another three years.",
    "It carries about forty lorries a week, most of them with fish, and nobody else wants to run it at that hour.",
    "The mayor promised that a new count of the traffic will be made in autumn, before any money is spent on it.",
)
POSTS = (
    "I cross on it every week and have never once seen it full, so what is the fuss about?",
    "Great post, and about time that somebody looked into where all of the money goes.",
    "I beg to differ: without it the fish would go by road, and that is forty miles longer.",
)


def labels(*lines: str | Block) -> list[str]:
    """The labels of lines that extraction took for the article, all of them in one element."""
    found = [
        line if isinstance(line, Block) else Block(line, path="html/body/div.content/p") for line in lines
    ]
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=tuple(found)), RULES)
    return [block.label for block in done.blocks]


def signed(*signatures: str) -> list[str | Block]:
    """The posts, each above the line that signs it."""
    return [
        line
        for text, name in zip(POSTS, signatures, strict=True)
        for line in (text, Block(name, path="html/body/div.content/p.posted"))
    ]


TYPEPAD = ("Posted by: Ann | Apr 6, 2007 1:11:01 PM", "Posted by: Ben | Apr 6, 2007 1:21:27 PM", "Posted by: Cy | Apr 7, 2007 9:00:00 AM")  # fmt: skip


@pytest.mark.slow
def test_what_stands_below_the_head_of_the_comments_and_is_signed_is_a_discussion() -> None:
    found = labels(*ARTICLE, Block("Comments", "heading", path="html/body/div.content/h2"), *signed(*TYPEPAD))
    assert found[:3] == ["body"] * 3
    assert "body" not in found[3:]
    assert [found[4], found[6], found[8]] == ["comments"] * 3


@pytest.mark.parametrize(
    "signatures",
    [
        TYPEPAD,
        ("Posted by: Ann, Oban on 9:35am Wed 9 Jan 08", "Posted by: Ben on 11:16am Wed 9 Jan 08", "Posted by: Cy on 6:51pm Thu 10 Jan 08"),
        ("Comment by Ann — January 7, 2008 @ 8:21 pm", "Comment by Ben — January 7, 2008 @ 8:48 pm", "Comment by Cy — January 8, 2008 @ 1:01 am"),
        ("Rédigé par : Anne | le 12 mai 2008 à 14h20", "Rédigé par : Ben | le 12 mai 2008 à 15h02", "Rédigé par : Cy | le 13 mai 2008 à 09h10"),
        ("Kommentiert von: Ann | 03.04.2008 um 12:30", "Kommentiert von: Ben | 03.04.2008 um 13:00", "Kommentiert von: Cy | 04.04.2008 um 08:15"),
    ],
    ids=["TypePad", "place and time", "WordPress of 2008", "French", "German"],
)  # fmt: skip
def test_without_a_head_it_begins_with_the_first_signature(signatures: tuple[str, ...]) -> None:
    found = labels(*ARTICLE, *signed(*signatures))
    assert found[:3] == ["body"] * 3
    assert [found[5], found[7]] == ["comments"] * 2


TRACKBACKS = ("Tracked on Apr 6, 2007 3:09:50 PM", "Tracked on Apr 6, 2007 6:56:46 PM", "Tracked on Aug 30, 2007 12:29:29 AM")  # fmt: skip


def test_what_other_blogs_said_is_signed_by_the_day_alone() -> None:
    """TypePad and Movable Type list the posts that mention a post, with excerpts of them and without names."""
    found = labels(
        *ARTICLE, Block("TrackBack", "heading", path="html/body/div.content/h2"), *signed(*TRACKBACKS)
    )
    assert found[:3] == ["body"] * 3
    assert "body" not in found[3:]


def test_comments_above_what_other_blogs_said_are_a_discussion_too() -> None:
    heads = [Block(text, "heading", path="html/body/div.content/h2") for text in ("Comments", "TrackBack")]
    found = labels(
        *ARTICLE, heads[0], *signed(*TYPEPAD), heads[1], *signed(*TRACKBACKS), *signed(*TRACKBACKS)
    )
    assert found[:3] == ["body"] * 3
    assert "body" not in found[3:]


def test_comments_below_their_head_may_be_ten_times_as_long_as_the_article() -> None:
    head = Block("Comments", "heading", path="html/body/div.content/h2")
    found = labels(*ARTICLE, head, *signed(*TYPEPAD) * 12)
    assert found[:3] == ["body"] * 3
    assert "body" not in found[3:]


def test_the_signed_parts_of_a_live_blog_below_a_link_to_its_comments_are_its_text() -> None:
    link = Block("12 comments", "other", path="html/body/div.meta", links=(("12 comments", "#comments"),))
    for line in (link, Block("12 comments", path="html/body/div.meta")):
        found = labels(*ARTICLE, line, *signed(*TYPEPAD) * 12)
        assert found[:3] == ["body"] * 3
        assert found[4::2] == ["body"] * 36


@pytest.mark.parametrize(
    "signatures",
    [
        ("Posted by: Ann | Apr 6, 2007 1:11:01 PM", "Ben", "Cy"),
        ("Posted by Ann on April 6, 2007", "Posted by Ben on April 7, 2007", "Posted by Cy on April 8, 2007"),
        ("Posted by Ann at 1:11 PM", "Posted by Ann at 1:21 PM", "Posted by Ann at 9:00 AM"),
    ],
    ids=["one signature", "no time of day: a list of posts", "one name: the blog's own"],
)
def test_too_few_signatures_prove_nothing(signatures: tuple[str, ...]) -> None:
    assert labels(*ARTICLE, *signed(*signatures)).count("comments") == 0


@pytest.mark.parametrize(
    ("head", "label"),
    [
        (Block("27 commentaires", "heading"), "comments"),
        (Block("3 comments", "heading"), "comments"),
        (Block("Comments", "heading"), "body"),  # may open a part of the article
        (Block("10 comments on the budget", "heading"), "body"),  # the same
        (Block("3 comments"), "body"),  # a link to them, in any place
    ],
)
def test_a_heading_that_counts_the_comments_is_believed_where_they_are_longer_than_the_article(
    head: Block, label: str
) -> None:
    assert labels(*ARTICLE, head, *(POSTS * 2))[-1] == label


@pytest.mark.parametrize("article", [ARTICLE[:1], ARTICLE], ids=["few words", "a small part"])
def test_a_page_whose_text_stands_below_the_number_of_comments_keeps_it(article: tuple[str, ...]) -> None:
    assert labels(*article, Block("27 comments", "heading"), *(POSTS * 12))[-1] == "body"


def test_a_page_that_is_a_discussion_keeps_it() -> None:
    assert labels("Shall the night ferry stay?", *signed(*TYPEPAD)).count("comments") == 0


@pytest.mark.parametrize(
    "line",
    [
        "Score: Arsenal 2 | Chelsea 1",
        "Correction: the talks begin at 12:30",
        "Posted to the north in 1915, he wrote home on Sundays at 12:30",
        "By Ann Roe | 6 April 2007",
    ],
)
def test_what_only_looks_like_a_signature(line: str) -> None:
    assert phrases(RULES).signature(fold(line)) is None


def _marked(*heads: str, path: str = "html/body/div.box/div.c") -> list[str | Block]:
    """The posts as comments that the markup marks, each below a number and a line of `heads` that it does not mark."""
    return [
        line
        for number, (text, head) in enumerate(zip(POSTS, heads, strict=True))
        for line in (
            Block(f"#{number}", path=path),
            Block(head, path=f"{path}/div/p.who"),
            Block(
                text, "paragraph", "comments", path=f"{path}/div/p.commentText", decided_by=DecidedBy.MARKUP
            ),
        )
    ]


def test_numbers_and_names_above_marked_comments_belong_to_them() -> None:
    heads = ("Ann - 15.08.2015 г. 19:42:46", "Ben - 15.08.2015 г. 18:56:07", "Cy - 15.08.2015 г. 18:54:53")
    assert labels(*ARTICLE, *_marked(*heads)) == ["body"] * 3 + ["comments"] * 9


def test_a_text_among_marked_comments_is_kept() -> None:
    assert labels(*ARTICLE, *_marked(*ARTICLE))[3:] == ["comments", "body", "comments"] * 3


def test_short_lines_in_another_element_than_the_comments_are_kept() -> None:
    lines = _marked("Ann", "Ben", "Cy")
    moved = [
        replace(line, path="html/body/div.content/p")
        if isinstance(line, Block) and line.label == "body"
        else line
        for line in lines
    ]
    assert labels(*ARTICLE, *moved).count("body") == 9

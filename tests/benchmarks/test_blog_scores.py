"""The blog benchmark's arithmetic: a perfect answer scores full, and each kind of fault is counted as itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from benchmarks.blog_scores import Answer, Score, copies, f1, precision, recall, score, words
from tests.wordpress.blogs import SETS, plan
from tests.wordpress.truth import Line, Post, Publisher

pytestmark = pytest.mark.slow  # reads whole blogs

POST = Post(
    slug="a",
    url="http://kettle.example/a/",
    title=Line("Bees return to Łódź"),
    language="en",
    date=datetime(2025, 1, 2),
    author="Ana",
    origin=Publisher("The Harbour Ledger", "harbourledger.example"),
    lines=(
        Line("Bees came back to the harbour’s lindens on Monday.", printed="Bees came back to the harbourâ€™s lindens on Monday.", repairs=1),
        Line("Sign up for the briefing.", "promo"),
        Line("Nobody had expected so many of them this early in spring.", on_purpose=True),
        Line("First published in The Harbour Ledger (harbourledger.example).", "attribution"),
    ),
)  # fmt: skip
RIGHT = Answer(
    POST.url, POST.title.text, "\n\n".join(POST.paragraphs), ("Harbour Ledger", "harbourledger.example")
)


def scored(**changes: object) -> Score:
    return score([POST], [replace(RIGHT, **changes)])


def test_a_perfect_answer_scores_full() -> None:
    one = scored()
    assert (one.found, one.extra, one.f1, one.leaking, one.lost, one.changed) == (1, 0, 1, 0, 0, 0)
    assert (one.repaired, one.damaged, one.headlines) == (1, 1, 1)
    assert precision(one.names) == recall(one.names) == precision(one.domains) == recall(one.domains) == 1
    assert one.misses == []


@pytest.mark.parametrize("name", SETS)
def test_every_plan_can_be_answered_perfectly(name: str) -> None:
    for one in plan(name, posts=20):
        posts = [replace(post, url=f"http://kettle.example/{post.slug}/") for post in one.posts]
        answers = [
            Answer(
                p.url,
                p.title.text,
                "\n\n".join(p.paragraphs),
                (p.origin.name, p.origin.domain) if p.origin else None,
            )
            for p in posts
        ]
        assert score(posts, answers).misses == []


@pytest.mark.parametrize("name", SETS)
def test_no_plan_is_answered_by_the_page_as_printed(name: str) -> None:
    for one in plan(name, posts=20):
        posts = [replace(post, url=f"http://kettle.example/{post.slug}/") for post in one.posts]
        found = score(
            posts, [Answer(p.url, p.title.text, "\n\n".join(li.printed for li in p.lines)) for p in posts]
        )
        assert found.leaking == sum(bool(post.dropped) for post in posts)
        assert found.lost == 0
        assert found.repaired == 0 < found.damaged
        assert recall(found.names) == 0


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"url": "http://kettle.example/b/"}, {"found", "extra"}),
        ({"body": RIGHT.body + "\n\nSign up for the briefing."}, {"leak"}),
        ({"body": RIGHT.body.replace("\n\n", " Sign up for the briefing. ")}, {"leak"}),
        ({"body": POST.paragraphs[0]}, {"lost"}),
        ({"body": RIGHT.body.replace("harbour’s", "harbourâ€™s")}, {"repairs"}),
        ({"body": RIGHT.body.replace("expected", "exepcted")}, {"changed"}),
        ({"headline": "Bees"}, {"headline"}),
        ({"origin": None}, {"origin name", "origin domain"}),
        ({"origin": ("Reuters", "harbourledger.example")}, {"origin name"}),
    ],
)  # fmt: skip
def test_a_fault_is_counted_as_itself(changes: dict[str, object], what: set[str]) -> None:
    assert {miss.what for miss in scored(**changes).misses} == what


def test_an_own_post_has_no_origin() -> None:
    own = replace(POST, origin=None)
    assert score([own], [replace(RIGHT, origin=None)]).own_kept == 1
    assert score([own], [RIGHT]).own_kept == 0


def test_copies_are_counted_in_pairs_over_the_posts_that_were_found() -> None:
    stories = {"a": "story 1", "b": "story 1", "c": "story 1", "d": "story 2", "e": "", "f": ""}
    posts = [replace(POST, url=f"https://{name}.example/", cluster=story) for name, story in stories.items()]
    told = {"a": 1, "b": 1, "d": 1, "e": None, "f": None}
    answers = [
        replace(RIGHT, url=f"https://{name}.example/", cluster=number) for name, number in told.items()
    ]
    assert copies(posts, answers) == (1, 1, 2)  # a and b; d stands with both; c was not found
    assert copies(posts, [replace(one, cluster=None) for one in answers]) == (1, 0, 0)


def test_each_chinese_character_is_a_word() -> None:
    assert f1(words("渔民怀念大桥"), words("渔民怀念票价")) == pytest.approx(4 / 6)

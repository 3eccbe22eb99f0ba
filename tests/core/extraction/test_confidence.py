"""How sure the extraction of a page is, once rules have said what its other blocks are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsarchive import rules
from newsarchive.core.extraction.confidence import expected_f1, reconsidered
from newsarchive.core.steps import STEPS, article_from, without
from newsarchive.items import Article, Block, Candidate, Capture, DecidedBy, Quality, QualityFlag

POST = Block("The ferry runs again from Monday on, says the harbour master. " * 5, score=1.5)
OTHER = Block("I have waited for this since spring, and so has everybody I know. " * 10, score=-0.2)
COPY = Block(POST.text, label="repeated", decided_by=DecidedBy.REPETITION, score=0.2)
DOUBTED = Quality(0.6, 0.5, (QualityFlag.THIN_MARGIN, QualityFlag.SHORT))


def page(*blocks: Block, quality: Quality = DOUBTED, capture: Capture | None = None) -> Article:
    return Article("https://blog.example/post", quality=quality, capture=capture).with_blocks(blocks)


def left_out(label: str, decided_by: DecidedBy) -> Block:
    return OTHER.relabelled(label, "", decided_by)


@pytest.mark.parametrize(
    ("known", "takes_doubt"),
    [
        (left_out("comments", DecidedBy.SELECTOR), True),
        (left_out("other", DecidedBy.PHRASE), True),
        (left_out("copyright", DecidedBy.NOTICE), True),
        (left_out("promo", DecidedBy.PROMO), True),
        (left_out("title", DecidedBy.HEADLINE), True),
        (left_out("other", DecidedBy.FILLER), True),
        (left_out("comments", DecidedBy.MARKUP), True),
        (left_out("nav", DecidedBy.MARKUP), False),
        (left_out("other", DecidedBy.MODEL), False),
        (left_out("other", DecidedBy.HIDDEN), False),
    ],
    ids=lambda value: f"{value.label} by {value.decided_by.name}" if isinstance(value, Block) else "",
)
def test_what_is_proved_to_be_no_text_is_no_doubt_and_a_guess_stays_one(
    known: Block, takes_doubt: bool
) -> None:
    before = [POST, OTHER.relabelled("other", "", DecidedBy.MODEL)]
    done = reconsidered(page(POST, known), before).quality
    assert (done.confidence > DOUBTED.confidence + 0.2) == takes_doubt
    assert (QualityFlag.THIN_MARGIN in done.flags) == (not takes_doubt)
    assert QualityFlag.SHORT in done.flags


def test_an_article_that_is_shown_twice_is_one_for_sure() -> None:
    first = replace(POST, score=0.1)
    done = reconsidered(page(first, COPY), [first, COPY]).quality
    assert done.confidence > 0.9


def test_a_sure_line_that_a_rule_takes_out_leaves_the_doubts_of_the_others() -> None:
    line = Block("Jane Doe, the harbour, on the first of April in the morning", score=4.0)
    doubtful = replace(POST, score=0.3)
    after = page(doubtful, line.relabelled("byline", "", DecidedBy.FIELD))
    assert reconsidered(after, [doubtful, line]).quality.confidence < DOUBTED.confidence


def test_a_page_of_which_no_line_is_left_waits_in_quarantine() -> None:
    """A home page whose only sentence announces what follows, and a page whose text a script draws below a list of teasers."""
    kept = replace(POST, score=4.0)
    article = page(kept.relabelled("related", "", DecidedBy.SELECTOR), quality=Quality(0.97, 0.9))
    assert reconsidered(article, [kept]).quality == Quality(
        0.0, 0.9, (QualityFlag.THIN_MARGIN, QualityFlag.SHORT)
    )


@pytest.mark.parametrize(
    "article",
    [
        page(POST, quality=Quality(0.5, 0.5, (QualityFlag.DIFFERS_FROM_FEED,))),
        page(POST, quality=Quality(1.0, 1.0, (QualityFlag.FROM_JSON_LD,))),
        replace(page(POST), candidates=(Candidate("article_body", "40 words", "feed", chosen=True),)),
        page(
            POST,
            capture=Capture(
                "https://blog.example/post",
                b"",
                datetime(2026, 1, 1, tzinfo=UTC),
                parts=(Capture("https://blog.example/post/2", b"", datetime(2026, 1, 1, tzinfo=UTC)),),
            ),
        ),
    ],
    ids=["the feed differs", "text of JSON-LD", "text of the feed", "several pages"],
)
def test_a_confidence_that_is_not_this_page_s_classifier_s_alone_stays(article: Article) -> None:
    before = [POST, OTHER.relabelled("other", "", DecidedBy.MODEL)]
    assert reconsidered(article, before).quality == article.quality


def test_blocks_without_a_score_tell_nothing() -> None:
    bare = [replace(block, score=None) for block in (POST, OTHER)]
    assert expected_f1(bare) == expected_f1([]) == 0.0
    assert reconsidered(page(*bare), bare).quality == DOUBTED


def test_a_long_discussion_that_a_rule_knows_takes_no_confidence_from_the_post_above_it() -> None:
    comment = "<li class='comment'><div class='box'><p>{}</p></div></li>"
    said = (
        "I do not think that number {} of the boats is as old as all of you say, and here is why I think so."
    )
    discussion = "".join(comment.format(said.format(n) * 4) for n in range(80))
    html = f"""<html><head><title>The ferry runs again</title></head><body><div id="content">
<h2>The ferry runs again</h2><div class="x"><p>The last ferry to the outer islands runs again from Monday on, says the harbour master.</p>
<p>The company had blamed the price of fuel, which has doubled in three years, and a bridge that opened in May, and nobody on the islands believed a word of it.</p>
<p>The regional council met on Tuesday and heard a plan for a smaller boat that runs on batteries, which it liked.</p>
<p>Until then the post comes by helicopter, weather permitting, and costs four times as much.</p></div>
<ol id="commentlist">{discussion}</ol></div></body></html>"""
    capture = Capture(
        "https://blog.example/2026/01/ferry/", html.encode(), datetime(2026, 1, 1, tzinfo=UTC),
        headers={"content-type": "text/html; charset=utf-8"},
    )  # fmt: skip
    extracted = article_from(capture, rules.default(), without(STEPS, "chrome"))
    article = article_from(capture, rules.default())
    assert article.article_body == extracted.article_body
    assert article.article_body.endswith("as much.")
    assert extracted.quality.confidence < 0.8 < article.quality.confidence

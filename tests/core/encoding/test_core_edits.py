"""Edits of blocks, moved to the body: the stored text can be taken back to what the page had."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.encoding import changes
from newsarchive.core.encoding.changes import BODY, body_edits, one_after_another, stored_edits
from newsarchive.core.encoding.step import repair_texts
from newsarchive.items import Article, Block, Edit, replay, unreplay
from tests.support.storage import rich_article

RULES = rules.default()


def unrepaired_body(article_body: str, edits: tuple[Edit, ...]) -> str:
    """The body before its repairs."""
    return unreplay(article_body, [edit for edit in edits if edit.where == BODY])


def test_body_edits_stand_at_their_offset_in_the_unrepaired_body() -> None:
    article = rich_article()
    edits = body_edits(article)
    assert [(e.where, e.start) for e in edits] == [("article_body", 2), ("article_body", 18), ("headline", 3)]
    assert unrepaired_body(article.article_body, edits) == "Itâ€™s here.\n\nAnd â€œthere”."


def test_edits_of_dropped_blocks_keep_their_place_on_the_page() -> None:
    article = rich_article()
    blocks = tuple(replace(b, label="promo") if n == 1 else b for n, b in enumerate(article.blocks))
    edits = body_edits(article.with_blocks(blocks))
    assert [(e.where, e.start) for e in edits] == [("article_body", 4), ("blocks/1", 2), ("headline", 3)]


def test_edits_that_do_not_fit_their_block_are_kept_as_they_are() -> None:
    article = Article("https://a.example/").with_blocks([Block("one"), Block("two")])
    odd = Edit("repair", "rule", "x", "y", "blocks/0", 50)
    assert body_edits(replace(article, edits=(odd,))) == (odd,)


def damaged_article(
    paragraphs: int, sentence: str = "â€œIt is a cafÃ©,â€\x9d he said. "
) -> tuple[Article, list[str]]:
    """An article of repaired paragraphs, every other one left out, and its texts as they were."""
    blocks, edits, originals = [], [], []
    for number in range(paragraphs):
        repaired = repair_texts([f"{number}: {sentence * 5}"], RULES)[0]
        originals.append(f"{number}: {sentence * 5}")
        blocks.append(Block(repaired.text, label="share" if number % 2 else "body"))
        edits += [replace(edit, where=f"blocks/{number}") for edit in repaired.edits]
    return Article("https://a.example/").with_blocks(blocks, edits=tuple(edits)), originals


def test_edits_without_number_are_stored_as_few_that_give_back_the_same_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    article, originals = damaged_article(20)
    assert len(article.edits) == 300
    assert stored_edits(article) == body_edits(article)
    monkeypatch.setattr(changes, "MAX_EDITS", 60)
    few = stored_edits(article)
    assert len(few) == 60
    assert unrepaired_body(article.article_body, few) == "\n\n".join(originals[::2])
    for number in range(1, 20, 2):
        own = [edit for edit in few if edit.where == f"blocks/{number}"]
        assert unreplay(article.blocks[number].text, own) == originals[number]
    assert sum(len(edit.before) for edit in few) <= sum(map(len, originals))
    assert sum(edit.evidence or 0 for edit in few) == pytest.approx(
        sum(e.evidence or 0 for e in article.edits)
    )


def test_an_edit_in_place_of_several_names_their_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    edits = [Edit("repair", rule, "x", "y", "blocks/0", at) for at, rule in enumerate("abbcde")]
    article = Article("https://a.example/").with_blocks([Block("yyyyyy")], edits=tuple(edits))
    monkeypatch.setattr(changes, "MAX_EDITS", 1)
    assert stored_edits(article) == (
        Edit("repair", "a and b and c and others", "xxxxxx", "yyyyyy", BODY, 0, 0.0),
    )


def test_edits_that_fit_no_text_are_stored_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tuple(Edit("repair", "rule", "x", "y", "blocks/0", at) for at in (50, 60))
    article = Article("https://a.example/").with_blocks([Block("one")], edits=odd)
    monkeypatch.setattr(changes, "MAX_EDITS", 1)
    assert stored_edits(article) == odd


broken = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=3), st.text(max_size=3)), max_size=4)


@given(st.lists(st.tuples(broken, st.sampled_from(["body", "share"])), max_size=5))
def test_unreplaying_gives_the_original_body(page: list[tuple[list[tuple[str, str, str]], str]]) -> None:
    blocks, edits, originals = [], [], []
    for number, (pieces, label) in enumerate(page):
        original, own = "", []
        for lead, before, after in pieces:
            own.append(Edit("repair", "r", before, after, f"blocks/{number}", len(original) + len(lead)))
            original += lead + before
        blocks.append(Block(replay(original, own), label=label))
        edits += own
        if label == "body":
            originals.append(original)
    article = Article("https://a.example/").with_blocks(blocks, edits=tuple(edits))
    assert unrepaired_body(article.article_body, body_edits(article)) == "\n\n".join(originals)


@st.composite
def edits_of(draw: st.DrawFn, text: str) -> list[Edit]:
    found, at = [], 0
    while at < len(text) and draw(st.booleans()):
        start = draw(st.integers(at, len(text) - 1))
        at = draw(st.integers(start + 1, len(text)))
        after = draw(st.text("abc", max_size=3))
        found.append(Edit("repair", "rule", text[start:at], after, start=start, evidence=1.0))
    return found


@given(st.data(), st.text("xyz", max_size=12))
def test_edits_of_edited_text_are_edits_of_the_text(data: st.DataObject, text: str) -> None:
    first = data.draw(edits_of(text))
    middle = replay(text, first)
    second = data.draw(edits_of(middle))
    both = one_after_another(text, first, second)
    assert replay(text, both) == replay(middle, second)


def test_where_two_edits_change_one_place_the_edit_names_both() -> None:
    first = [Edit("repair", "gbk", "abc", "de", start=1, evidence=2.0)]
    second = [Edit("repair", "big5", "ef", "g", start=2, evidence=3.0)]
    assert one_after_another("xabcfy", first, second) == (
        Edit("repair", "gbk, then big5", "abcf", "dg", start=1, evidence=5.0),
    )

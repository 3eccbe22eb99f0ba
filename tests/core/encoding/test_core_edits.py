"""Edits of blocks, moved to the body: the stored text can be taken back to what the page had."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.encoding.changes import BODY, body_edits, one_after_another
from newsarchive.items import Article, Block, Edit, replay, unreplay
from tests.storage import rich_article


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

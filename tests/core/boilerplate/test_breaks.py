"""Blocks of several lines: cut where their lines get different labels, with their edits moved along."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.boilerplate.multiline import closed, opened
from newsarchive.core.boilerplate.step import boilerplate_step
from newsarchive.core.encoding.changes import original_of
from newsarchive.edits import Edit
from newsarchive.items import Article, Block, DecidedBy

RULES = rules.default()
LINE = st.sampled_from(
    ["Share this:", "Leave a Reply", "The ferry runs", "on Tuesdays", "Trump’s return", "x"]
)
PROSE = "The council met on Tuesday evening to decide whether the old bridge should be closed to lorries for good."


def article(texts, edits=()):
    blocks = [Block(text, path="html/body/div", html=text.replace("\n", "<br>")) for text in texts]
    return Article(url="https://heron.example/1", edits=tuple(edits)).with_blocks(blocks)


@given(st.lists(st.lists(LINE, min_size=1, max_size=4).map("\n".join), max_size=6), st.data())
def test_whatever_the_labels_no_line_is_lost_and_every_repair_can_be_taken_back(texts, data):
    """Each `Trump’s` was repaired; the texts that the page had can be told from blocks and edits."""
    edits = [
        Edit("repair", "windows-874", "â€™", "’", where=f"blocks/{number}", start=place + 2 * before)
        for number, text in enumerate(texts)
        for before, place in enumerate([i for i, c in enumerate(text) if c == "’"])
    ]
    page = article(texts, edits)
    wanted = "\n".join(
        original_of(t, [e for e in edits if e.where == f"blocks/{i}"]) for i, t in enumerate(texts)
    )
    lines = opened(page)
    if lines is None:
        return
    labels = data.draw(
        st.lists(st.sampled_from(["body", "share"]), min_size=len(lines.source), max_size=len(lines.source))
    )
    judged = [
        b.relabelled(label, "test", DecidedBy.PHRASE)
        for b, label in zip(lines.article.blocks, labels, strict=True)
    ]
    done = closed(page, lines, judged)
    assert "\n".join(b.text for b in done.blocks) == "\n".join(texts)
    assert "\n".join(b.html.replace("<br>", "\n") for b in done.blocks) == "\n".join(texts)
    again = [
        original_of(b.text, [e for e in done.edits if e.where == f"blocks/{i}"])
        for i, b in enumerate(done.blocks)
    ]
    assert None not in again
    assert "\n".join(again) == wanted


def test_a_line_keeps_its_links_and_its_markup():
    block = Block(
        PROSE + "\nShare this: Tweet",
        path="html/body/div",
        links=(("council", "https://a.example/"), ("Tweet", "https://t.example/")),
        html=PROSE.replace("council", '<a href="https://a.example/">council</a>')
        + '<br>Share this: <a href="https://t.example/">Tweet</a>',
    )
    page = Article(url="https://heron.example/1").with_blocks([Block(PROSE), block, Block(PROSE)])
    lines = opened(page)
    assert [b.links for b in lines.article.blocks[1:3]] == [(block.links[0],), (block.links[1],)]
    assert lines.article.blocks[1].html.endswith("for good.")
    judged = [
        *lines.article.blocks[:2],
        replace(lines.article.blocks[2], label="share", rule="x"),
        lines.article.blocks[3],
    ]
    done = closed(page, lines, judged)
    assert [(b.label, len(b.links)) for b in done.blocks] == [
        ("body", 0),
        ("body", 1),
        ("share", 1),
        ("body", 0),
    ]
    assert "Tweet" not in done.article_body


def test_text_without_line_breaks_is_not_opened():
    assert opened(article([PROSE, PROSE])) is None


def test_code_keeps_its_lines():
    code = Block("Share this:\nLeave a Reply", kind="code", path="html/body/pre")
    page = Article(url="https://heron.example/1").with_blocks([Block(PROSE), code, Block(PROSE)])
    assert boilerplate_step(page, RULES).blocks[1] == code

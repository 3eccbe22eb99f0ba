"""Edits of a text in its HTML: each letter stays on its side of every tag."""

import html
import re
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.encoding.changes import EditedText, edited_html
from newsarchive.core.steps import article_from
from newsarchive.items import Capture, Edit

RULES = rules.default()


def read_as(text: str, codec: str) -> str:
    """What a program makes of the text's UTF-8 that takes it for another codec."""
    return text.encode().decode(codec)


def edit(before: str, after: str, start: int = 0) -> Edit:
    return Edit("repair", "rule", before, after, start=start)


@pytest.mark.parametrize(
    ("markup", "text", "edits", "expected"),
    [
        pytest.param("Itâ€™s", "Itâ€™s", [edit("â€™", "’", 2)], "It’s", id="no mark-up"),
        pytest.param("Itâ€<b>™s</b>", "Itâ€™s", [edit("â€™", "’", 2)], "It<b>’s</b>", id="inside one letter"),
        pytest.param(
            '<a href="https://a.example/?q=â€™">Itâ€™s</a>',
            "Itâ€™s",
            [edit("â€™", "’", 2)],
            '<a href="https://a.example/?q=â€™">It’s</a>',
            id="addresses stay",
        ),
        pytest.param("&amp;rsquo;s", "&rsquo;s", [edit("&rsquo;", "’")], "’s", id="references"),
        pytest.param("&amp;lt;b>", "&lt;b>", [edit("&lt;", "<")], "&lt;b&gt;", id="what looks like mark-up"),
        pytest.param("Ã©<br>Ã©", "Ã©\nÃ©", [edit("Ã©", "é", 3)], "Ã©<br>é", id="behind a line break"),
        pytest.param("a <b> Ã©</b>", "a Ã©", [edit("Ã©", "é", 2)], "a <b>é</b>", id="more white space"),
        pytest.param(
            '<th colspan="2">Ã©</th><td></td><td>a <em>Ã©</em></td>',
            "Ã© | a Ã©",
            [edit("Ã©", "é"), edit("Ã©", "é", 7)],
            '<th colspan="2">é</th><td></td><td>a <em>é</em></td>',
            id="cells of a row",
        ),
        pytest.param("another text", "Ã©", [edit("Ã©", "é")], "another text", id="HTML of another text"),
    ],
)
def test_an_edit_is_made_in_the_html_of_its_text(
    markup: str, text: str, edits: list[Edit], expected: str
) -> None:
    assert edited_html(markup, EditedText(text, edits)) == expected


@given(
    words=st.lists(st.text("привет мир€’ë", min_size=1, max_size=8), min_size=1, max_size=12),
    data=st.data(),
)
def test_the_letters_of_each_element_are_those_that_it_had(words: list[str], data: st.DataObject) -> None:
    """Each word stands in an element of its own, and the edits cover the text in any stretches."""
    damaged = [read_as(word, "iso-8859-1") for word in words]
    text, right = "".join(damaged), "".join(words)
    bounds = sorted(data.draw(st.sets(st.integers(0, len(right)))) | {0, len(right)})
    edits, at = [], 0
    for low, high in pairwise(bounds):
        before = read_as(right[low:high], "iso-8859-1")
        edits.append(edit(before, right[low:high], at))
        at += len(before)
    marked = "".join(f"<b>{html.escape(word, quote=False)}</b>" for word in damaged)
    found = re.findall("<b>(.*?)</b>", edited_html(marked, EditedText(text, edits)))
    assert [html.unescape(word) for word in found] == words


@given(text=st.text(), edits=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.text(max_size=4))))
def test_parts_that_make_up_a_text_make_up_the_edited_text(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    made, at = [], 0
    for skipped, length, after in edits:
        start = at + skipped
        if start >= len(text):
            break
        before = text[start : start + length]
        made.append(edit(before, after, start))
        at = start + max(len(before), 1)
    edited = EditedText(text, made)
    assert "".join(edited.part(n, n + 1) for n in range(len(text))) == edited.repaired


@pytest.mark.parametrize("codec", ["cp874", "iso-8859-1", "cp1251"])
def test_the_html_of_an_article_says_what_its_text_says(codec: str) -> None:
    """The words of a page in which damaged words stand in elements, with a full stop or a dash on their edge."""
    sentence = (
        "Жители острова ждали этот <b>ночной</b> паром<i>—</i>«<a href='/x'>двадцать лет</a>» и "
        "<em>не верили</em>, что он придёт &amp; останется."
    )
    page = "<html lang=ru><title>Паром вернулся в старую гавань</title><article><h1>Паром вернулся в старую гавань</h1>"
    page += "".join(f"<p>{sentence} Так было и в {year} году.</p>" for year in range(1990, 2004))
    page += "<table><tr><th>год<th>рейсы<tr><td>1990<td>двадцать<tr><td><td>Жители острова ждали этот паром двадцать лет<td>не верили,<br>что он придёт и останется</table><p>Больше не известно никому на острове.</p>"
    damaged = re.sub("[^\x00-\x7f]+", lambda run: "".join(_letters(run[0], codec)), page)
    assert damaged != page
    capture = Capture(
        url="https://blog.example/ferry/", body=damaged.encode(), fetched_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    article = article_from(capture, RULES)
    assert article.repairs
    cells = [
        "<td></td><td>Жители острова ждали этот паром двадцать лет</td>",
        "<td>не верили,<br>что он придёт и останется</td>",
    ]
    assert [block.html for block in article.blocks[-3:-1]] == cells
    # Cells that stay blocks of their own have no bar between them in the text.
    shown = (
        article.article_html.replace("лет</td><td>не", "лет не").replace("<td></td>", "").replace("<br>", " ")
    )
    shown = re.sub("</t[hd]><t[hd]>", " | ", shown.replace("</tr>", "</tr> "))
    assert re.sub("<[^>]*>", "", html.unescape(shown)).split() == article.article_body.split()
    assert ">двадцать лет</a>»" in article.article_html
    assert "<strong>ночной</strong> паром<em>—</em>«" in article.article_html
    assert ("двадцать лет", "https://blog.example/x") in article.blocks[1].links


def _letters(text: str, codec: str) -> list[str]:
    """Each byte of the text as the codec reads it, as Latin-1 does where the codec has no letter for it."""
    return [bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode()]

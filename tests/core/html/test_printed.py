"""What a browser shows and the source does not say: marks of quotations, smileys, raised numbers."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborNode

from newsarchive import extract
from newsarchive.core.html import printed
from newsarchive.core.html.parsing import fresh
from newsarchive.core.html.printed import MAX_QUOTATIONS

HE_SAID = "He said it “will never return”."


def line(html: str, lang: str = "en") -> str:
    node = fresh(f"<html lang='{lang}'><body><p>{html}</p></body></html>").css_first("p")
    assert node is not None
    return node.inner_html or ""


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", "“It is, as ‘they’ said, over”"),
        ("", "“It is, as ‘they’ said, over”"),
        ("xx", "“It is, as ‘they’ said, over”"),
        ("de", "„It is, as ‚they‘ said, over“"),
        ("de-AT", "„It is, as ‚they‘ said, over“"),
        ("fr-CH", "«It is, as ‹they› said, over»"),
        ("fr", "«It is, as «they» said, over»"),
        ("es-MX", "“It is, as ‘they’ said, over”"),
        ("pt-BR", "“It is, as ‘they’ said, over”"),
        ("pt_PT", "«It is, as “they” said, over»"),
        ("zh-CN", "“It is, as ‘they’ said, over”"),
        ("zh-Hans-HK", "“It is, as ‘they’ said, over”"),
        ("zh-Hant-TW", "「It is, as 『they』 said, over」"),
        ("ja", "「It is, as 『they』 said, over」"),
        ("ru", "«It is, as „they“ said, over»"),
        ("sv-SE", "”It is, as ’they’ said, over”"),
    ],
)
def test_the_marks_are_those_of_the_language(lang: str, expected: str) -> None:
    assert line("<q>It is, as <q>they</q> said, over</q>", lang) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("He said it <q>will never return</q>.", HE_SAID),
        (
            "He said it <Q cite='/a'>will <em>never</em> return</Q>.",
            "He said it “will <em>never</em> return”.",
        ),
        ("He said it “<q>will never return</q>”.", HE_SAID),
        ("He said it <q>“will never return”</q>.", HE_SAID),
        ("He said it <q lang='de'>kommt nie wieder</q>.", "He said it „kommt nie wieder“."),
        ("He said <q></q>nothing.", "He said <q></q>nothing."),
    ],
)
def test_a_quotation_has_one_pair_of_marks(html: str, expected: str) -> None:
    assert line(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('glad <img class="emoji" alt="😀" src="/1f600.svg">', "glad 😀"),
        (
            'glad <img draggable="false" role="img" class="emoji" alt="🇨🇭" src="/x.svg"> there',
            "glad 🇨🇭 there",
        ),
        ("glad <img src='/icon_smile.gif' alt=':)' class='wp-smiley'> there", "glad :) there"),
        ('glad <img class="emoji" alt=":smile:" title=":smile:" src="/s.png">', "glad :smile:"),
        ('glad <img class="emoji" alt="A man who smiles at the harbour" src="/s.png">', "glad"),
        ('glad <img class="emoji" alt="smile" src="/s.png">', "glad"),
        ('glad <img class="photo" alt="😀" src="/photo.jpg">', "glad"),
        ("It makes 10<sup>6</sup> litres", "It makes 10⁶ litres"),
        ("at 10<sup>-3</sup> bar, 10<sup>−12</sup> or 10<sup> 19 </sup>cm", "at 10⁻³ bar, 10⁻¹² or 10 ¹⁹ cm"),
        (
            "5 m<sup>2</sup>, 1.200 km<sup>2</sup> and 10<sup>20</sup> cm<sup>-3</sup>",
            "5 m², 1.200 km² and 10²⁰ cm⁻³",
        ),
        ("in 2019<sup>12</sup>", "in 2019¹²"),
        ("the 1<sup>st</sup> of May, 20:<sup>15</sup> o'clock", "the 1st of May, 20:15 o'clock"),
        ("SO<sub>4</sub><sup>2−</sup>, (a+b)<sup>2</sup>", "SO4²⁻, (a+b)2"),
        ("the team<sup>2</sup> and him<sup>3</sup>", "the team2 and him3"),
        ("cost <del>10</del><ins>12</ins> crowns", "cost 10 12 crowns"),
        (
            "<a href='/x'>a letter<span class='screen-reader-text'> (opens in a new tab)</span></a>, he said",
            "a letter, he said",
        ),
        (
            "<a href='/x'>a <em>letter <b class='sr-only'>by mail</b></em><i class='sr-only'>, a file</i></a>",
            "a letter",
        ),
        ("<a href='/x'><span class='sr-only'>Facebook</span></a>", "Facebook"),
        ("<span class='sr-only'>By</span> Ann Bell", "By Ann Bell"),
        ("Ann Bell<sup>1</sup> and CO<sub>2</sub>", "Ann Bell1 and CO2"),
    ],
)
def test_small_signs(html: str, expected: str) -> None:
    node = fresh(f"<p>{html}</p>").css_first("p")
    assert node is not None
    assert node.text().strip() == expected


def test_lines_by_style_alone_are_lines() -> None:
    assert (
        line("<span style='display:block'>One</span><span style='display: inline-block'>two</span>").count(
            "<br>"
        )
        == 2
    )


def test_an_empty_element_that_is_named_as_a_line_break_is_one() -> None:
    # The Times of India
    html = line("<span class='strong'>Two voyages</span><span class='x br' data-pos=19></span>The ferry")
    assert html == '<span class="strong">Two voyages</span><br>The ferry'
    assert "<br>" not in line("<span class='br'>The ferry</span>")


def test_a_box_that_is_called_a_quotation_stays_a_box() -> None:
    tree = fresh("<q class='lire_aussi'><div>Read also</div></q>")
    assert (tree.body.inner_html if tree.body else "") == '<q class="lire_aussi"><div>Read also</div></q>'


def test_an_article_quotes_whom_it_quotes() -> None:
    prose = "<p>The harbour master said on {day} that the ferry <q>will never return</q> to the pier, and nobody contradicted him.</p>"
    text = "".join(prose.format(day=day) for day in ("Monday", "Tuesday", "Friday"))
    article = extract(
        html=f"<title>The ferry goes</title><article><h1>The ferry goes</h1>{text}</article>",
        url="https://heron.example/1",
    )
    assert article.article_body.count("the ferry “will never return” to the pier") == 3


def test_quotations_are_bounded_in_number_and_depth() -> None:
    many = fresh("<p>" + "<q>a</q> " * (MAX_QUOTATIONS + 1)).css_first("p")
    assert many is not None
    assert many.text().count("“") == MAX_QUOTATIONS
    deep = fresh("<p>" + "<q>" * 9 + "a").css_first("p")
    assert deep is not None
    assert deep.text() == "“‘“‘a’”’”"


def test_the_text_of_a_link_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def visible(node: LexborNode) -> int:
        asked.append(node.tag)
        return len(node.text())

    monkeypatch.setattr(printed, "_visible", visible)
    assert "hint" not in line(f"<a href='/x'>a letter {'<i class=sr-only>hint</i>' * 50}</a>")
    assert asked.count("a") == 1


def test_of_what_stands_before_an_element_the_last_piece_alone_is_read() -> None:
    nested = fresh(f"<p>{'<b>' * 9}{'a long text ' * 9}<u>a</u> end{'</b><i>x</i>' * 9}</p>")
    assert [printed._before(node) for node in nested.css("i")] == [" end"] + ["x"] * 8
    assert line("<span>1 <b>10</b></span><sup>6</sup>").endswith("<b>10</b></span>⁶")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<img src=T.gif alt=T>he mayor said so.", "The mayor said so."),
        (
            "<a href='/x'><img src=T.gif alt=T></a>he mayor",
            '<a href="/x"><img src="T.gif" alt="T"></a>he mayor',
        ),
        ("<img src=t.gif alt=T> he mayor", '<img src="t.gif" alt="T"> he mayor'),
        ("<img src=x.gif alt=x>he mayor", '<img src="x.gif" alt="x">he mayor'),
    ],
)
def test_a_first_letter_that_is_a_picture_is_read(html: str, expected: str) -> None:
    assert line(html) == expected

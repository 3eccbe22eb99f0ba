"""Sentences that a translator left in two languages: each language has blocks of its own, and Google's originals are no text."""

from __future__ import annotations

import pytest

from newsarchive import extract
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.parsing import fresh
from newsarchive.core.html.translations import MAX_MOVED_ELEMENTS

#: What Google's page had for a sentence.
SENTENCE = (
    '<span class="notranslate" onmouseover="_tipon(this)" onmouseout="_tipoff()">'
    '<span class="google-src-text" style="direction: ltr; text-align: left">{original}</span> {text}</span>'
)
#: What Immersive Translate writes behind a paragraph.
BEHIND = (
    '{original}<font class="notranslate immersive-translate-target-wrapper" lang="zh-CN"><br><font class="notranslate'
    ' immersive-translate-target-translation-block-wrapper"><font class="notranslate immersive-translate-target-inner">'
    "{text}</font></font></font>"
)
PAIRS = (
    (
        "Die alte Brücke ist nach elf Monaten wieder offen.",
        "The old bridge across the bay reopened after eleven months.",
    ),
    (
        "Die Händler hatten über Verluste geklagt.",
        "Traders on both sides had complained of lost business all year.",
    ),
    ("Der erste Bus fuhr um sechs.", "The first bus crossed at six, with the mayor and forty others in it."),
)


def sentence(original: str, text: str) -> str:
    return SENTENCE.format(original=original, text=text)


def blocks(html: str) -> list[str]:
    return [block.text for block in read_blocks(fresh(html), "https://blog.example/").blocks]


def test_the_originals_of_a_paragraph_stand_behind_it() -> None:
    html = "<p>" + " ".join(sentence(*pair) for pair in PAIRS[:2]) + "</p><p>Next.</p>"
    assert blocks(html) == [" ".join(p[1] for p in PAIRS[:2]), " ".join(p[0] for p in PAIRS[:2]), "Next."]


def test_those_of_a_list_and_of_a_table_stand_behind_the_whole() -> None:
    items = f"<ul><li>{sentence('Brot', 'Bread')}</li><li>{sentence('Milch', 'Milk')}</li></ul>"
    assert blocks(f"<div>{items}</div>") == ["Bread", "Milk", "Brot Milch"]
    cells = f"<table><tr><td>{sentence('Brot', 'Bread')}</td><td>3</td></tr></table>"
    assert blocks(f"<div>{cells}</div>") == ["Bread | 3", "Brot"]


def test_a_translation_stands_behind_its_paragraph() -> None:
    html = f"<h1>{BEHIND.format(original='Guten Tag', text='你好')}</h1><p>{BEHIND.format(original='Es regnet.', text='下雨了。')}</p>"
    assert blocks(html) == ["Guten Tag", "你好", "Es regnet.", "下雨了。"]
    assert blocks(f"<ul><li>{BEHIND.format(original='Brot', text='面包')}</li></ul>") == ["Brot\n面包"]


def test_other_pages_stay() -> None:
    html = '<p>A <span class="notranslate">Heron</span> and <font style="vertical-align: inherit;">a bridge</font>.</p>'
    assert blocks(html) == ["A Heron and a bridge."]


def test_the_text_is_the_translation() -> None:
    body = "".join(f"<p>{sentence(*pair)}</p>" for pair in PAIRS)
    page = f"<html lang=en><h1>{sentence('Die Brücke ist offen', 'The bridge is open')}</h1><article>{body}</article>"
    article = extract(html=page, url="https://blog.example/bridge")
    assert article.headline == "The bridge is open"
    assert article.article_body == "\n\n".join(pair[1] for pair in PAIRS)
    assert {block.text for block in article.blocks if block.label == "other"} >= {pair[0] for pair in PAIRS}
    assert article.in_language == "en"


def test_a_bilingual_text_keeps_both_languages() -> None:
    body = "".join(f"<p>{BEHIND.format(original=pair[0], text=pair[1])}</p>" for pair in PAIRS)
    article = extract(html=f"<h1>The bridge</h1><article>{body}</article>", url="https://blog.example/bridge")
    assert article.article_body == "\n\n".join(line for pair in PAIRS for line in pair)


@pytest.mark.parametrize(
    "html",
    [
        '<span class="google-src-text">' * 400 + "a",
        f"<p>{sentence('a', 'b') * (MAX_MOVED_ELEMENTS + 10)}</p>",
        '<p><span class="google-src-text"><p>a</p></span>b</p>',
        '<span class="google-src-text">a</span>',
    ],
)
def test_pages_that_no_translator_writes(html: str) -> None:
    assert "a" in "".join(blocks(html))


def test_what_google_prints_around_a_text_is_none_of_it() -> None:
    box = (
        '<div id="goog-gt-tt" class="VIpgJd-yAWNEb-L7lbkb skiptranslate"><div><div dir="ltr">Original text</div>'
        '<div id="goog-gt-original-text">Die Händler hatten lange und laut über ihre Verluste geklagt.</div></div></div>'
        '<div id="google_translate_element"><div class="skiptranslate goog-te-gadget">Select a language of yours</div></div>'
    )
    body = "".join(f"<p>{pair[1]}</p>" for pair in PAIRS)
    article = extract(
        html=f"<h1>The bridge</h1><article>{body}{box}</article>", url="https://blog.example/bridge"
    )
    assert article.article_body == "\n\n".join(pair[1] for pair in PAIRS)


def test_an_end_with_a_space_ends_a_link() -> None:
    """Translators write `</ a>`, which a parser takes for a comment: the link would go on through all that follows."""
    html = (
        '<p>The bridge <a href="/1">is open</ a>.</p><p>The first bus <strong>crossed</ Strong > at six.</p>'
    )
    found = read_blocks(fresh(html), "https://blog.example/").blocks
    assert [block.text for block in found] == ["The bridge is open.", "The first bus crossed at six."]
    assert [block.links for block in found] == [[("is open", "https://blog.example/1")], []]

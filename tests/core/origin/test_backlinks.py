"""Lines and elements that lead back to the original, as programs that republish posts print them.

The footers are those of feeds, in the wordings of the translations of plugins for search engines; each stands below an English text
with its links, and without them, since many programs take links out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import extract
from newsarchive.core.origin.attribution import attribution_of
from newsarchive.core.origin.backlinks import backlink_in, label_lines, original_link, without_headline
from newsarchive.items import Block, QualityFlag
from newsarchive.rules import default

FOLDER = Path(__file__).parents[2] / "cases" / "origin"
CASES = FOLDER / "backlinks.json"
CANONICAL = CASES.with_name("canonical.json")
BODY = (
    "The old stone bridge across the bay reopened on Tuesday after eleven months of repairs, and the first bus crossed it.",
    "Traders on both sides had complained of lost business while the crossing was shut, and several shops closed in winter.",
    "The city says that the arches will now hold for another century, and that the tolls will stay at two crowns for now.",
)
TITLE = "Old stone bridge reopens after eleven months"
PATH = "/2025/05/stone-bridge-reopens-after-eleven-months/"
OWN = f"https://www.lakeside-notes.example{PATH}"
HOME = "https://harbourgazette.example/"
URL = f"{HOME}2025/04/stone-bridge-reopens-after-eleven-months/"
MARKS = {
    "{post}": f'<a href="{URL}">{TITLE}</a>',
    "{site}": f'<a href="{HOME}">Harbour Gazette</a>',
    "{title}": TITLE,
    "{url}": URL,
    "{home}": HOME,
    "{own}": OWN,
    "{path}": PATH,
}


def page_of(case: dict[str, Any]) -> str:
    body = "".join(f"<p>{text}</p>" for text in BODY)
    page = (
        f"<html><head><title>{TITLE} - Lakeside Notes</title><meta property=og:site_name content='Lakeside Notes'>"
        f"{case.get('head', '')}</head><body><header><a href='/'>Lakeside Notes</a></header><main><article><h1>{TITLE}</h1>"
        f"<div class=entry-content>{case.get('before', '')}{body}{case.get('after', '')}</div></article></main></body></html>"
    )
    for mark, text in MARKS.items():
        page = page.replace(mark, text)
    return page


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c["label"]) for c in json.loads(CASES.read_text(encoding="utf-8"))]
)
def test_what_leads_back_to_the_original(case: dict[str, Any]) -> None:
    article = extract(html=page_of(case), url=OWN)
    origin = article.origin
    assert (origin.name if origin else None) == case["origin"]
    if origin is not None and case["url"]:
        assert (origin.url, origin.domain) == (URL, "harbourgazette.example")
        assert article.is_based_on == URL
    if not case.get("keep"):
        assert article.article_body == "\n\n".join(BODY)
    if case.get("stays"):
        assert article.article_body != "\n\n".join(BODY)
    assert case["origin"] or QualityFlag.EXCERPT not in article.quality.flags


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c["label"]) for c in json.loads(CANONICAL.read_text(encoding="utf-8"))]
)
def test_a_canonical_address_on_another_site(case: dict[str, Any]) -> None:
    own = f'<meta property=og:url content="{case["url"]}">' if case["states_own"] else ""
    page = page_of({"head": f'<link rel=canonical href="{case["canonical"]}">{own}{case.get("head", "")}'})
    origin = extract(html=page.replace("Lakeside Notes", case["site"]), url=case["url"]).origin
    assert (origin.name if origin else None) == case["origin"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(c["text"], id=c["label"])
        for c in json.loads((FOLDER / "prose.json").read_text(encoding="utf-8"))
    ],
)
def test_prose_in_the_words_of_a_footer_stays_and_names_no_origin(text: str) -> None:
    """Posts, viruses and kings appear first somewhere, too. A footer holds the page's headline."""
    inside = f"{BODY[1]} {text}"
    article = extract(html=page_of({}).replace(BODY[1], inside), url=OWN)
    assert article.origin is None
    assert article.article_body == "\n\n".join((BODY[0], inside, BODY[2]))
    assert attribution_of(text, default()) is None


def test_one_line_is_one_statement() -> None:
    """A footer that a table knows, and that links the headline, counts once."""
    origin = extract(
        html=page_of({"after": "<p>The post {post} appeared first on {site}.</p>"}), url=OWN
    ).origin
    assert origin is not None
    assert (len(origin.evidence), origin.confidence) == (1, 0.95)


def test_a_paper_beside_its_writer_is_no_author() -> None:
    line = "<p class=byline>by Jane Doe, Harbour Gazette</p>"
    article = extract(
        html=page_of({"before": line, "after": "<p>The post {post} appeared first on {site}.</p>"}), url=OWN
    )
    assert [author.name for author in article.authors] == ["Jane Doe"]


@pytest.mark.parametrize(
    ("link", "flagged"), [("{url}", True), ("https://heron.example/another-story/", False)]
)
def test_an_excerpt_of_the_original_is_flagged(link: str, flagged: bool) -> None:
    after = f'<p><a href="{link}">Read More</a></p>'
    quality = extract(html=page_of({"after": after}), url=OWN).quality
    assert (QualityFlag.EXCERPT in quality.flags) is flagged


@pytest.mark.parametrize(("own", "day"), [("2025-05-02", "2025-04-03"), ("2025-04-03", None)])
def test_the_day_beside_the_originals_byline(own: str, day: str | None) -> None:
    """A republish button hands out the original's byline and day with the text. The copy's own day is none of the original."""
    before = "<p class=byline>by Jane Doe, Harbour Gazette<br>April 3, 2025</p>"
    case = {
        "head": f"<meta property=article:published_time content={own}T08:00:00Z>",
        "before": before,
        "after": "<p>The post {post} appeared first on {site}.</p>",
    }
    origin = extract(html=page_of(case), url=OWN).origin
    assert origin is not None
    assert (origin.date and origin.date.date().isoformat()) == day


def test_a_paper_in_the_place_of_an_author_is_an_organisation() -> None:
    """Distributor names the original by the canonical address, and prints its site's name as the author."""
    head = (
        '<link rel=canonical href="{url}"><meta property=og:url content="{own}">'
        '<meta name=author content="Harbour Gazette">'
    )
    article = extract(html=page_of({"head": head}), url=OWN)
    assert [(author.name, author.kind) for author in article.authors] == [("Harbour Gazette", "organisation")]
    assert article.origin is not None
    assert (article.origin.name, article.origin.domain) == ("Harbour Gazette", "harbourgazette.example")


@pytest.mark.parametrize("person", ['{"@type":"Person","name":"Jane Doe"}', '"Jane Doe"'])
def test_a_writer_whose_site_has_her_name_stays_a_person(person: str) -> None:
    head = (
        '<link rel=canonical href="https://janedoe.example/on-bridges/"><meta property=og:url content="{own}">'
        f'<script type="application/ld+json">{{"@type":"BlogPosting","headline":"{TITLE}","author":{person}}}</script>'
        '<meta name=author content="Jane Doe">'
    )
    article = extract(html=page_of({"head": head}), url=OWN)
    assert [(author.name, author.kind) for author in article.authors] == [("Jane Doe", "person")]
    assert article.origin is None or article.origin.name == "janedoe.example"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        (
            "Mill closes: The Heron",
            (("Mill closes", "https://heron.example/1"), ("The Heron", "https://heron.example/")),
        ),
        (
            f"{TITLE} " + "and what was said of it in many other words, " * 5,
            ((TITLE, "https://heron.example/1"),),
        ),
        (f"{TITLE} Heron Fen", ((TITLE, "https://heron.example/1"), ("Fen", "https://fen.example/"))),
        (f"Watch {TITLE} on YouTube", ((TITLE, "https://www.youtube.com/watch?v=1"),)),
        (f"{TITLE} on Heron", (("Heron", "https://heron.example/"),)),
        (
            f"When we asked everybody at the website whether we may give {TITLE} to the readers of these pages, they said yes.",
            ((TITLE, "https://heron.example/1"),),
        ),
        (TITLE, ()),
    ],
)
def test_other_lines_lead_to_no_original(text: str, links: tuple[tuple[str, str], ...]) -> None:
    assert (
        backlink_in(Block(text, links=links), OWN, text.split(":")[0] if "Mill" in text else TITLE, default())
        is None
    )


def test_a_short_headline_stays_in_its_line() -> None:
    assert (
        without_headline("The mill, which closed, appeared first", "The mill")
        == "The mill, which closed, appeared first"
    )
    assert (
        without_headline(f"〈{TITLE}〉這篇文章最早發佈於《湖畔新聞》。", TITLE)
        == "這篇文章最早發佈於《湖畔新聞》。"
    )


@pytest.mark.parametrize(
    ("line", "headline", "rest"),
    [
        (
            "Schließlich: der Beitrag Große Straße bleibt gesperrt erschien zuerst auf Reiher.",
            "Große Straße bleibt gesperrt",
            "Schließlich: der Beitrag erschien zuerst auf Reiher.",
        ),
        (
            "İİİ İstanbul'da köprü kapalı yazısı ilk önce Balıkçıl üzerinde çıktı.",
            "İstanbul'da köprü kapalı",
            "İİİ yazısı ilk önce Balıkçıl üzerinde çıktı.",
        ),
        (
            "İSTANBUL'DA KÖPRÜ KAPALI yazısı ilk önce Balıkçıl üzerinde çıktı.",
            "İstanbul'da köprü kapalı",
            "yazısı ilk önce Balıkçıl üzerinde çıktı.",
        ),
        (
            "ΤΟ ΠΛΟΊΟ ΤΗΣ ΝΎΧΤΑΣ ΕΠΙΣΤΡΈΦΕΙ δημοσιεύτηκε στο Ερωδιός.",
            "Το πλοίο της νύχτας επιστρέφει",
            "δημοσιεύτηκε στο Ερωδιός.",
        ),
        ("THE POST OLD STONE BRIDGE REOPENS AFTER ELEVEN MONTHS APPEARED", TITLE, "THE POST APPEARED"),
    ],
)
def test_a_headline_is_cut_out_whole(line: str, headline: str, rest: str) -> None:
    """Some letters are longer folded than written: the place is that in the line itself."""
    assert without_headline(line, headline) == rest


JUNK_LINKS = (
    "https://heron .example/1", "http://", "http://heron,example/1", "https://www.heron.example)", "http://[link]",
    "http://heron.example:port/1", "://heron.example", "http://[::1", "https://\u0000/",
)  # fmt: skip


@pytest.mark.parametrize("link", JUNK_LINKS)
@pytest.mark.parametrize(
    "label", ["Read more", "Source", "Go to Source", "Source: The Heron", f"More here: {TITLE}"]
)
def test_a_mistyped_link_loses_no_page(link: str, label: str) -> None:
    for where in ("before", "after"):
        article = extract(html=page_of({where: f'<p><a href="{link}">{label}</a></p>'}), url=OWN)
        assert BODY[0] in article.article_body
        assert not article.is_based_on


@given(
    st.lists(st.text(max_size=30).map("http://{}".format) | st.text(max_size=30), max_size=3),
    st.sampled_from(["Source", TITLE]),
)
def test_any_link_may_stand_in_a_line(links: list[str], label: str) -> None:
    block = Block(label, links=tuple((label, link) for link in links))
    backlink_in(block, OWN, TITLE, default())
    original_link(block, OWN, default())
    label_lines([block], OWN, default())

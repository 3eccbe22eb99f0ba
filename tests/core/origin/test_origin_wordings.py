"""Credits in wordings that no table holds: twenty languages, each line about a listed, a linked or an unknown paper.

The lines were written before the words of `[stems]` and split by a hash. Half of them, `dev`, are held here; the
other half is for figures alone (`benchmarks/origins.py`).
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.origins import read
from newsarchive import extract
from newsarchive.core.origin.attribution_patterns import words_of
from newsarchive.core.origin.credits import LineContext, credit_of
from newsarchive.core.origin.mentions import mention_in
from newsarchive.core.origin.step import origin_step
from newsarchive.exceptions import BadRules
from newsarchive.items import Article, Block, DecidedBy
from newsarchive.rules import Rules, default
from tests.support.originlines import BODY, Wording, wordings

HOME = LineContext("https://www.lakeside-notes.example/2024/03/bridge")


@pytest.fixture(scope="module")
def answers() -> list[tuple[Wording, Article]]:
    return [(line, read(line)) for line in wordings("dev")]


@pytest.mark.slow
def test_most_credits_are_read_by_name_and_domain(answers: list[tuple[Wording, Article]]) -> None:
    credits = [(line, article.origin) for line, article in answers if line.name]
    named = [o is not None and o.name in line.names for line, o in credits]
    placed = [o is not None and o.domain == line.domain for line, o in credits if line.domain]
    assert sum(named) / len(named) >= 0.95
    assert sum(placed) / len(placed) >= 0.95


@pytest.mark.slow
def test_no_other_line_names_an_origin(answers: list[tuple[Wording, Article]]) -> None:
    assert [line.text for line, article in answers if line.name is None and article.origin] == []


@pytest.mark.slow
def test_a_line_that_names_the_origin_leaves_the_text(answers: list[tuple[Wording, Article]]) -> None:
    kept = [line.text for line, a in answers if line.name and a.origin and line.text in a.article_body]
    assert kept == []


PROSE = [
    "The ferry company said on Friday that it would print the timetable again.",
    "Readers of the Fenland Courier and of The Guardian will remember the flood.",
    "Ask Reuters.",
    "Related posts",
    "0 Shares",
    "by Daniel Stock",
    "Written by Ada Lowe",
    "Thanks as always to Ada Lowe and the team.",
    "Read the Spanish version of this article translated by Marisa Ortega",
    "This entry was posted in Harbours and tagged Bridges.",
    "via GIPHY",
    "Share this article on Reuters, X and LinkedIn",
    "You can find this article at https://tinyurl.com/90871",
    "Symbolgrafik: © Ada Lowe - stock.adobe.com",
]


@pytest.mark.parametrize("line", PROSE)
def test_a_line_without_the_parts_of_a_credit_is_none(line: str) -> None:
    assert credit_of(Block(line), HOME, default()) is None


def test_what_stands_beside_a_line_decides_where_its_words_do_not() -> None:
    """Nobody words it so; the notice below names the same paper, or the template knows the form."""
    line = Block("Baked first at Mare News.")
    assert credit_of(line, HOME, default()) is None
    beside = LineContext(HOME.url, neighbours=frozenset({"2025marenewsltd"}))
    in_template = LineContext(HOME.url, in_template=True)
    for context in (beside, in_template):
        credit = credit_of(line, context, default())
        assert credit is not None
        assert credit.source == "Mare News"


def test_a_form_that_the_template_of_the_site_knows_names_the_origin() -> None:
    """Learning found that the form of the line stands on other posts with other names."""
    for decided_by, name in ((DecidedBy.TEMPLATE, "Mare News"), (DecidedBy.NOTHING, None)):
        line = Block("Baked warm at Mare News.", label="attribution", decided_by=decided_by)
        page = Article(url=HOME.url).with_blocks([*map(Block, BODY), line])
        origin = origin_step(page, default()).origin
        assert (origin and origin.name) == name


def test_an_agency_that_signs_in_brackets_tells_whose_the_list_above_is() -> None:
    titles = "".join(f"<p>{t}</p>" for t in ("García’s balance divides Umeå", "Schäfer reopens the legacy"))
    body = "".join(f"<p>{t}</p>" for t in BODY)
    text = f"{body}<h2>Also on Reuters</h2>{titles}<p>(Reuters)</p>"
    page = f"<html><body><article><h1>The bridge</h1><div>{text}</div></article></body></html>"
    article = extract(page.encode(), url=HOME.url)
    assert article.origin is not None
    assert article.origin.name == "Reuters"
    assert article.article_body == "\n\n".join(BODY)


def test_a_link_to_an_article_of_the_same_title_needs_no_words() -> None:
    title, same = frozenset({"bridge", "reopens", "after", "repairs"}), "old-bridge-reopens-after-repairs"
    for text, slug, name in (
        ("Mare News", same, "Mare News"),
        ("Mare News", "about-our-bridge", None),
        ("Discuss", same, None),
    ):
        links = ((text, f"https://mare.example/2024/{slug}/"),)
        credit = credit_of(Block(f"→ {text}", links=links), LineContext(HOME.url, title=title), default())
        assert (credit and credit.source) == name


@pytest.mark.parametrize(
    ("line", "name", "domain"),
    [
        ("Borrowed from Kestrel Post (kestrelpost.example).", "Kestrel Post", "kestrelpost.example"),
        ("Borrowed from the Guardian.", "Guardian", "theguardian.com"),
        ("Взято из «Новой газеты».", "Новой газеты", "novayagazeta.ru"),
        ("Lifted from South ChinaMorning Post.", "South ChinaMorning Post", "scmp.com"),
        ("転載元は朝日新聞です。", "朝日新聞", "asahi.com"),
        ("See Le Monde and El País.", None, ""),
        ("See the Reuters Institute.", "Reuters Institute", ""),
        ("Liked on facebook.com/ours", None, ""),
    ],
)
def test_the_one_paper_of_a_line(line: str, name: str | None, domain: str) -> None:
    mention = mention_in(line, (), HOME.url, default())
    assert (mention and mention.name) == name
    assert mention is None or mention.domain == domain


def test_a_group_of_words_that_is_none_is_refused_by_file_and_key() -> None:
    rules = Rules(attribution={"xx": {"stems": {"nothing": ["a"]}}})
    with pytest.raises(BadRules, match=r"attribution/xx\.toml: stems\.nothing"):
        words_of("Anything", rules)


@given(st.text(max_size=200))
def test_any_line_is_told_by_its_parts(text: str) -> None:
    for context in (HOME, LineContext(HOME.url, frozenset({"marenews"}), in_template=True)):
        credit = credit_of(Block(text), context, default())
        assert credit is None or (credit.source and 0 < credit.weight <= 1 and credit.parts)


@given(st.text(max_size=200))
def test_words_are_cut_from_their_line(text: str) -> None:
    words = words_of(text, default())
    assert all(text[w.start : w.end] == w.text for w in words)
    assert all(a.end <= b.start for a, b in itertools.pairwise(words))

"""When a line that repeats is a promo: the rules of `evidence`, each with what it needs and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from newsarchive.core.site_template.evidence import Finding, Stats, judge, judge_form
from newsarchive.core.site_template.observations import Elsewhere, Line

SENTENCE = Line(1, 2, "p", "body", 9, sentence=True)
SELLS = SENTENCE._replace(sells=True)


def stats(line: Line = SENTENCE, articles: int = 3, **counts: Any) -> Stats:
    """A line in the texts of some articles, of one page each."""
    clusters = {f"article {number}" for number in range(articles)}
    return Stats(line, pages=articles, clusters=clusters, **counts)


def said(found: Finding | None) -> tuple[str, str, str] | None:
    return (found.role, found.label, found.reason.rpartition(", ")[2]) if found else None


ASIDE = ("aside", "body", "with no proof that it is boilerplate")

#: Five articles of two other sites, all from one paper, whose name the line says.
OTHERS = Elsewhere(
    frozenset("abc"),
    frozenset("12345"),
    frozenset({"the paper"}),
    named=frozenset("12345"),
    sourced=frozenset("12345"),
)

#: What is known of a line, the number of the site's articles, what other sites show, and what is made of it.
REPEATED = {
    "it offers something": (stats(SELLS), 7, None, ("chrome", "promo", "and offers something to the reader")),
    "beside a promo": (stats(beside_promo=3), 7, None, ("chrome", "promo", "beside a promo in 3 of 3")),
    "beside a promo in most": (
        stats(articles=5, beside_promo=4), 7, None, ("chrome", "promo", "beside a promo in 4 of 5"),
    ),
    "beside a promo too rarely": (stats(articles=5, beside_promo=3), 7, None, ASIDE),
    "inside, with its short line": (
        stats(inside=3, beside_name=3), 7, None,
        ("chrome", "promo", "beside a short line that comes with it"),
    ),
    "at the edge, with a short line": (stats(at_edge=3, beside_name=3), 7, None, ASIDE),
    "inside, with a short line too rarely": (stats(articles=5, inside=5, beside_name=3), 7, None, ASIDE),
    # The articles are those of other sites as well, and a promo of their neighbour says nothing of this site's.
    "beside a promo, on two articles here": (
        stats(articles=2, beside_promo=2, at_edge=2), 7,
        Elsewhere(frozenset("ab"), frozenset({"article 0", "article 1", "article 9"})), ASIDE,
    ),
    "it only repeats": (stats(), 7, None, ASIDE),
    "it offers something, in one article here": (
        stats(SELLS, articles=1), 7, OTHERS, ("chrome", "promo", "and offers something to the reader"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REPEATED.values(), ids=REPEATED)
def test_a_sentence_of_three_articles_is_a_promo_by_a_second_piece_of_evidence(
    case: tuple[Stats, int, Elsewhere | None, tuple[str, str, str]],
) -> None:
    line, total, elsewhere, wanted = case
    assert said(judge(line, total, elsewhere)) == wanted


SHORT = SENTENCE._replace(sentence=False, words=3)


@pytest.mark.parametrize(
    "line",
    [stats(SHORT, 1, at_edge=1), stats(SENTENCE, 1, inside=1, beside_promo=1)],
    ids=["a short line at the end", "a sentence beside a promo"],
)
def test_other_sites_take_no_line_out_of_the_one_article_that_has_it_here(line: Stats) -> None:
    """Whoever has a blog could else take lines out of another's article, by printing them below their own."""
    assert judge(line, 7, OTHERS) is None


#: A line of two articles, inside of both, alone between prose that differs.
PAIR: dict[str, Any] = {"articles": 2, "inside": 2, "isolated": 2}
ONE_PUBLISHER = {"origins": {"the paper": 2}, "beside_name": 2}

PAIRS = {
    "it offers something": (stats(SELLS, **PAIR), None, "and offers something to the reader"),
    "it names a site, and came with its post": (
        stats(SENTENCE._replace(domain=True), **PAIR, carried=2), None, "and names a site",
    ),
    "beside a promo in both": (stats(**PAIR, beside_promo=2), None, "beside a promo in both"),
    "it names the origin": (stats(**PAIR, named=2), None, "and names the origin"),
    "of one publisher, with its short line": (
        stats(**PAIR, **ONE_PUBLISHER), None, "with a short line that comes with it",
    ),
    "of one publisher, that other sites know": (
        stats(**PAIR, **ONE_PUBLISHER), Elsewhere(origins=frozenset({"the paper"})), "with a short line that comes with it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PAIRS.values(), ids=PAIRS)
def test_a_line_of_two_articles_is_a_promo_where_it_stands_and_speaks_like_one(
    case: tuple[Stats, Elsewhere | None, str],
) -> None:
    line, elsewhere, reason = case
    assert said(judge(line, 7, elsewhere)) == ("chrome", "promo", reason)


NO_PAIRS = {
    "nothing is known of it": (stats(**PAIR), None),
    "not inside of both": (stats(SELLS, **PAIR | {"inside": 1}), None),
    "among lines that both articles have": (stats(SELLS, **PAIR | {"isolated": 1}), None),
    "a quotation": (stats(SELLS._replace(quotation=True), **PAIR), None),
    "it names a site in one of them alone": (stats(SENTENCE._replace(domain=True), **PAIR, carried=1), None),
    "a short line that names the origin": (stats(SENTENCE._replace(words=3), **PAIR, named=2), None),
    "of two publishers": (stats(**PAIR, origins={"the paper": 1, "a magazine": 1}, beside_name=2), None),
    "of one publisher, as far as one of them says": (stats(**PAIR, origins={"the paper": 1}, beside_name=2), None),
    "of several publishers elsewhere": (stats(**PAIR, **ONE_PUBLISHER), Elsewhere(origins=frozenset("ab"))),
    "in one article": (stats(SELLS, articles=1, inside=1, isolated=1), None),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_PAIRS.values(), ids=NO_PAIRS)
def test_a_line_of_two_articles_is_else_left_alone(case: tuple[Stats, Elsewhere | None]) -> None:
    line, elsewhere = case
    assert judge(line, 7, elsewhere) is None


#: A form, which is one sentence about different names; the names begin with one word, or with several.
FORMS = {
    "it offers something": (stats(SELLS, keys={1, 2, 3}, starts={1}), "and offers something to the reader"),
    "it offers something about people": (
        stats(SELLS, keys={1, 2, 3}, starts={1, 2, 3}), "and offers something to the reader",
    ),
    "it is about people": (stats(keys={1, 2, 3}, starts={1, 2, 3}), ""),
    "with two names alone": (stats(SELLS, keys={1, 2}, starts={1}), ""),
    "in two articles alone": (stats(SELLS, articles=2, keys={1, 2, 3}, starts={1}), ""),
    "it holds the title of each article": (
        stats(articles=2, keys={1, 2}, starts={1, 2}, titled=2), "and holds the title of each",
    ),
    "it holds the titles of some": (stats(articles=3, keys={1, 2, 3}, starts={1, 2, 3}, titled=2), ""),
    "it holds a title, and is the same line": (stats(articles=2, keys={1}, starts={1}, titled=2), ""),
    "no sentence": (stats(SELLS._replace(sentence=False), keys={1, 2, 3}, starts={1}), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", FORMS.values(), ids=FORMS)
def test_a_form_is_boilerplate_where_it_offers_something_or_holds_each_title(case: tuple[Stats, str]) -> None:
    line, reason = case
    label = "attribution" if line.titled else "promo"
    found = said(judge_form(line, 7, None))
    assert (
        found and (found[0], found[1], found[2].removeprefix(f"this form stands in {line.pages} articles "))
    ) == (("chrome", label, reason) if reason else None)

"""What two articles, one page or another blog prove, with the little that looks like it and stays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.template import apply_template
from newsarchive.core.text.lines import lead_of
from newsarchive.items import Article, Block
from tests.support.networks import network
from tests.support.sites import label_of, learned, line, page, prose, shown, window

PITCH = "Every window of the green house is open to whoever follows Mare and its lamps."
OFFER = "Sign up for our newsletter and podcasts to read more of this."
PLAIN = "Seven cooks from three valleys stir the pot so that nobody goes hungry before noon."


def pages(count: int, texts: dict[int, list[Block]], at: int = 3, origin: str = "mare") -> list[Article]:
    """A site; some posts have lines of their own inside the prose, or at another place."""
    made = []
    for n in range(count):
        blocks = prose(n)
        made.append(page(n, [*blocks[:at], *texts.get(n, []), *blocks[at:]], origin=origin))
    return made


def twice(*lines: Block) -> dict[int, list[Block]]:
    return {2: list(lines), 7: list(lines)}


@pytest.mark.slow
@pytest.mark.parametrize("text", [OFFER, PITCH])
def test_two_articles_are_enough_for_a_line_that_offers_or_names_the_origin(text: str) -> None:
    site = pages(12, twice(line(text)))
    assert label_of(site[2], learned(site), text) == "promo"


def test_two_articles_are_enough_where_a_short_line_comes_along() -> None:
    site = pages(12, twice(line("Kettle House"), line(PLAIN)))
    assert PLAIN not in shown(site[2], learned(site))


@pytest.mark.parametrize(
    ("at", "lines"),
    [
        (3, [line(PLAIN)]),
        (0, [line(OFFER)]),
        (5, [line(PITCH)]),
        (3, [line("“Whoever follows Mare and its lamps will never be lost,” said the keeper of the gate.")]),
        (3, [*prose(90, 6)[:4], line(PITCH), *prose(90, 6)[4:]]),
        (3, [line("What happens next", kind="heading"), line(PLAIN)]),
    ],
    ids=["no cue", "above the text", "below the text", "a quotation", "a shared passage", "a heading"],
)
def test_two_articles_prove_nothing_else(at: int, lines: list[Block]) -> None:
    site = pages(12, twice(*lines), at=at)
    assert all(text.text in shown(site[2], learned(site)) for text in lines)


def test_a_line_seen_once_here_goes_by_what_other_blogs_show() -> None:
    ours, theirs = pages(12, {2: [line(PITCH)]}), []
    for n in range(20, 32):
        blocks = prose(n)
        extra = [line(PITCH)] if n % 3 == 0 else []
        theirs.append(page(n, [*blocks[:3], *extra, *blocks[3:]], site="crane", origin="mare"))
    mine = window(ours)
    assert PITCH in shown(ours[2], learn(mine))
    assert PITCH not in shown(ours[2], learn(mine, shared=network([mine, window(theirs, "crane")])))


def test_the_text_of_an_article_that_another_blog_has_too_is_no_repetition() -> None:
    """Its every line stands on two blogs; the promo inside it is still told from them."""
    extra = [line("Kettle House"), line(PLAIN), line(OFFER)]
    ours = pages(12, twice(*extra))
    copy = [page(2, ours[2].blocks, site="crane", origin="mare")]
    clusters = {ours[2].url: "c", copy[0].url: "c"}
    mine = window(ours, clusters=clusters)
    template = learn(mine, shared=network([mine, window(copy, "crane", clusters)]))
    assert shown(ours[2], template) == [b.text for b in prose(2)]


# One page


def test_a_name_inside_the_text_is_no_attribution() -> None:
    site = pages(12, {2: [line("Out of Mare", kind="heading")]})
    assert "Out of Mare" in shown(site[2], learned(site))


def test_where_nothing_was_learned_a_page_stays_as_it_is() -> None:
    alone = page(1, [*prose(1), line("Out of Mare")], origin="mare")
    assert apply_template(alone, Template("heron")).blocks == alone.blocks


# Labels before titles


def test_a_label_before_titles_of_other_posts_goes() -> None:
    leads = {n: [line(f"Next shelf: Post {'abcdefghijkl'[(n + 5) % 12]} of heron")] for n in (1, 4, 8)}
    titles = [f"Post {letter} of heron" for letter in "abcdefghijkl"]
    site = [
        page(n, [Block(titles[n], label="title"), *p.blocks], title=titles[n])
        for n, p in enumerate(pages(12, leads))
    ]
    template = learned(site)
    assert shown(site[4], template) == [b.text for b in prose(4)]
    later = page(40, [*prose(40), line("Next shelf: A post that nobody here has seen")])
    assert shown(later, template) == [b.text for b in prose(40)]


def test_a_label_before_links_goes() -> None:
    links = {
        n: [line(f"Next shelf: A loaf {'o' * n} far away", links=((f"A loaf {'o' * n} far away", "/x"),))]
        for n in (1, 4, 8)
    }
    site = pages(12, links)
    assert shown(site[4], learned(site)) == [b.text for b in prose(4)]


def test_a_label_before_anything_else_stays() -> None:
    texts = {n: [line(f"Where: The old hall of {'o' * n}ham market")] for n in (1, 4, 8, 9)}
    site = pages(12, texts)
    assert all(texts[n][0].text in shown(site[n], learned(site)) for n in texts)


@pytest.mark.parametrize(
    "text", ["At 10:30 the ferry left", "Note: it was closed on Monday.", "He said: stop", "Photo: Ada"]
)
def test_what_is_no_lead(text: str) -> None:
    assert lead_of(text) == ("", "")


# A saying inside the article's element


def test_a_saying_that_extraction_took_for_something_else_does_not_come_back() -> None:
    def widget(n: int) -> list[Block]:
        saying = line(
            f"“Loaf number {'x' * n} rises while its baker sleeps and the oven is cold.”", label="nav"
        )
        return [line("Pinned above the stove", label="nav"), saying, line("~ Ada Lund", label="nav")]

    site = [page(n, [*prose(n), *widget(n)]) for n in range(12)]
    assert shown(site[5], learned(site)) == [b.text for b in prose(5)]


# Forms and several blogs


def test_a_quoted_title_makes_no_other_form() -> None:
    def credit(n: int) -> str:
        title = " ".join(["swan", "lake", "boat", "mill", "choir"][n % 5 :][:3]) * (1 + n // 5)
        return f"Artikel ini telah tayang di mare.example dengan judul “{title} kembali”."

    site = pages(12, {n: [line(credit(n))] for n in (1, 4, 8)}, at=5, origin="")
    assert all(label_of(site[n], learned(site), credit(n)) == "attribution" for n in (1, 4, 8))


TITLES = ("Swans return to the lake again", "The mill grinds on all winter", "A choir sings for the harbour")


def titled(form: str, titles: Sequence[str]) -> tuple[list[Article], dict[int, str]]:
    """A site of twelve pages, a few of which have a last line that holds their title, and these lines by page."""
    told = {4 * n: form.format(title) for n, title in enumerate(titles)}
    site = [
        page(n, [*prose(n), *([line(told[n])] if n in told else [])], title=TITLES[n // 4]) for n in range(12)
    ]
    return site, told


@pytest.mark.parametrize(
    "form",
    ["Ana Ruiz wrote “{}” for Tern & Tide, which let us run it.", "Liked “{}”? It costs less than a loaf."],
)
def test_a_form_that_holds_the_title_of_each_article_goes(form: str) -> None:
    site, told = titled(form, TITLES)
    assert all(shown(site[n], learned(site)) == [b.text for b in prose(n)] for n in told)


def test_a_sentence_that_begins_like_the_title_stays() -> None:
    site, told = titled("{} because the town paid for it.", TITLES)
    assert all(told[n] in shown(site[n], learned(site)) for n in told)


def test_a_line_that_holds_the_title_of_one_article_stays() -> None:
    site, told = titled("Ana Ruiz hopes that “{}” will be read.", TITLES[:1])
    assert told[0] in shown(site[0], learned(site))


FILED = "Entered in the book on {day} under {name} and left there for whoever comes by."


def test_a_form_that_closes_a_fifth_of_the_articles_goes() -> None:
    days, names = ["Monday", "Tuesday", "Friday"], ["World", "Sport", "Culture"]
    texts = {n: [line(FILED.format(day=days[n % 3], name=names[n // 3 % 3]))] for n in range(0, 40, 4)}
    site = pages(40, texts, at=5, origin="")
    assert all(texts[n][0].text not in shown(site[n], learned(site)) for n in texts)


def test_a_form_that_opens_a_fifth_of_the_articles_stays() -> None:
    towns = ["Husum", "Évora", "Padang", "Umeå", "Porto"]
    texts = {n: [line(f"In this series I walk one street of {towns[n // 4 % 5]}.")] for n in range(0, 40, 4)}
    site = pages(40, texts, at=0, origin="")
    assert all(texts[n][0].text in shown(site[n], learned(site)) for n in texts)

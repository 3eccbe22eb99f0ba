"""What a site's own pages prove, and what they do not: each trap that was met is a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.site_template.learner import heads_of, learn
from newsarchive.core.site_template.model import Template, from_rows
from newsarchive.core.site_template.observations import lines_of
from newsarchive.core.site_template.template import apply_template
from newsarchive.core.steps import templated
from newsarchive.core.text.lines import line_key
from newsarchive.items import Article, Block, DecidedBy
from tests.support.networks import network
from tests.support.sites import CONTENT, RULES, label_of, learned, line, page, prose, shown, window

PROMO = "Four windows and one kettle are waiting for our guests behind the green door."
NAV = "html/body/div.site/nav/li"


def site(count: int, put: Callable[[int, list[Block]], list[Block]], origin: str = "") -> list[Article]:
    """A site of `count` posts; `put` adds lines to each post's prose."""
    return [page(n, put(n, prose(n)), origin=origin) for n in range(count)]


def inside(text: str, every: int) -> Callable[[int, list[Block]], list[Block]]:
    return lambda n, p: [*p[:3], line(text), *p[3:]] if n % every == 0 else p


# What goes, and the reason that is given


def test_a_sentence_inside_a_fifth_of_the_posts_goes() -> None:
    pages = site(40, inside(PROMO, 4))
    template = learned(pages)
    assert PROMO not in shown(pages[0], template)
    reason = next(b.rule for b in apply_template(pages[0], template).blocks if b.text == PROMO)
    assert reason == "template, chrome: this line stands in 10 articles, of 40 on this site"


def test_a_rare_sentence_goes_when_it_offers_something() -> None:
    offer = "Sign up for our newsletter and podcasts to read more of this."
    pages = site(40, inside(offer, 13))
    assert label_of(pages[0], learned(pages), offer) == "promo"


def test_a_rare_sentence_beside_a_promo_goes_with_it() -> None:
    offer = "Sign up for our newsletter and podcasts to read more of this."
    pages = site(60, lambda n, p: [*p[:2], line(PROMO), line(offer), *p[2:]] if n % 15 == 0 else p)
    assert label_of(pages[0], learned(pages), PROMO) == "promo"


def test_a_short_line_next_to_the_end_goes() -> None:
    pages = site(12, lambda n, p: [*p, line("Carry a slice home")] if n < 4 else p)
    assert "Carry a slice home" not in shown(pages[0], learned(pages))


def test_a_form_with_three_names_of_origins_goes() -> None:
    def tail(origin: str) -> str:
        return f"Baked first in the kitchen of {origin} and carried over while it was warm."

    origins = ["Mare", "Granite", "Almanac", "Valley"]
    pages = [page(n, [*prose(n), line(tail(o))], origin=o.lower()) for n, o in enumerate(origins)]
    assert label_of(pages[0], learned(pages), tail("Mare")) == "attribution"


def test_a_line_that_other_pages_show_as_chrome_is_chrome() -> None:
    odd = "Leave the porch light on and we shall ring at dawn."
    chrome = Block(odd, label="subscribe", path="html/body/div.box/p")
    pages = site(10, lambda n, p: [*p, line(odd)] if n == 9 else [*p, chrome])
    assert label_of(pages[9], learned(pages), odd) == "subscribe"


def test_a_promo_of_two_blogs_goes_where_copies_lack_it() -> None:
    """One blog adds a line to articles that the other prints without it."""
    ours = [page(n, [*prose(n)[:3], *([line(PROMO)] if n < 3 else []), *prose(n)[3:]]) for n in range(30)]
    theirs = [page(n, prose(n), site="crane") for n in range(3)]
    theirs += [
        page(90 + n, [*prose(90 + n)[:3], line(PROMO), *prose(90 + n)[3:]], site="crane") for n in range(2)
    ]
    clusters = {f"https://{s}.example/{n}": f"c{n}" for s in ("heron", "crane") for n in range(3)}
    mine = window(ours, clusters=clusters)
    shared = network([mine, window(theirs, "crane", clusters)])
    assert PROMO not in shown(ours[0], learn(mine, shared=shared))
    assert PROMO in shown(ours[0], learn(mine))


@pytest.mark.parametrize("proof", ["copies lack it", "always of one origin", "of several origins"])
def test_other_blogs_take_no_sentence_out_that_the_site_has_once(proof: str) -> None:
    """Whoever has three blogs could else take a true sentence out of another's article: by printing it there, in copies
    that lack it elsewhere or below credits of his choice."""
    ours = [page(n, [*prose(n)[:3], *([line(PROMO)] if n == 0 else []), *prose(n)[3:]]) for n in range(30)]
    windows, clusters = [], {}
    for number, name in enumerate(("crane", "raven", "stork")):
        origin = {"always of one origin": "mare", "of several origins": f"mare {number}"}.get(proof, "")
        begin = 100 if proof == "copies lack it" else 100 * (number + 1)
        theirs = [
            page(
                n,
                prose(n) if n == begin + number else [*prose(n)[:3], line(PROMO), *prose(n)[3:]],
                site=name,
                origin=origin,
            )
            for n in range(begin, begin + 4)
        ]
        if proof == "copies lack it":
            clusters |= {p.url: p.url.rsplit("/", 1)[1] for p in theirs}
        windows.append((theirs, name))
    others = [window(theirs, name, clusters) for theirs, name in windows]
    mine = window(ours)
    assert PROMO in shown(ours[0], learn(mine, shared=network([mine, *others])))
    assert PROMO not in shown(windows[0][0][1], learn(others[0], shared=network([mine, *others])))


def test_a_list_under_a_head_goes_when_its_lines_are_other_posts() -> None:
    def listed(n: int, p: list[Block]) -> list[Block]:
        return [
            *p,
            line("Crumbs from the same loaf"),
            *(line(f"Post {(n + k) % 20} of heron") for k in (1, 2, 3)),
        ]

    pages = site(20, listed)
    assert shown(pages[4], learned(pages)) == [b.text for b in prose(4)]


def test_sayings_that_take_turns_in_a_box_go() -> None:
    """No quotation marks, and extraction takes every second one for the article's."""
    sayings = ["Measure the rain and then argue about it.", "The drum that leaks still keeps its time."]

    def box(n: int, p: list[Block]) -> list[Block]:
        label = "body" if n % 4 < 2 else "nav"
        head, foot = (
            Block("Carved into the bench", label="nav", path=NAV),
            Block("Raked by hand", label="footer", path=NAV),
        )
        return [*p, head, Block(sayings[n % 2], label=label, path=NAV), foot]

    pages = site(16, box)
    assert [shown(pages[n], learned(pages)) for n in (0, 1)] == [[b.text for b in prose(n)] for n in (0, 1)]


def test_titles_between_the_text_and_an_attribution_go_with_their_head() -> None:
    def tail(n: int, p: list[Block]) -> list[Block]:
        titles = [
            line(f"Lake {'i' * (n + k + 1)} has its swans back again", kind="list_item") for k in range(3)
        ]
        credit = line("Baked elsewhere first.", label="attribution")
        return [*p, line("Crumbs from that loaf", kind="heading"), *titles, credit] if n < 4 else p

    pages = site(20, tail)
    assert shown(pages[2], learned(pages)) == [b.text for b in prose(2)]


def test_a_site_with_the_habit_needs_no_repetition_of_a_head() -> None:
    """Six publishers, six heads, each seen once: five posts have shown what stands above an attribution."""

    def tail(n: int, p: list[Block]) -> list[Block]:
        titles = [line(f"Lake {'i' * (3 * n + k + 1)} has its swans back again") for k in range(3)]
        return [
            *p,
            line(f"Crumbs from loaf {'x' * n}"),
            *titles,
            line("Baked elsewhere first.", label="attribution"),
        ]

    pages = site(20, lambda n, p: tail(n, p) if n < 6 else p)
    assert shown(pages[2], learned(pages)) == [b.text for b in prose(2)]
    few = site(20, lambda n, p: tail(n, p) if n < 3 else p)
    assert len(shown(few[2], learned(few))) == 9


def test_a_head_learned_on_one_blog_serves_another() -> None:
    def tail(n: int) -> list[Block]:
        titles = [line(f"Lake {'i' * (n + k + 1)} has its swans back again") for k in range(3)]
        return [
            *prose(n),
            line("Crumbs from that loaf"),
            *titles,
            line("Baked elsewhere first.", label="attribution"),
        ]

    known = learned([page(n, tail(n) if n < 4 else prose(n)) for n in range(20)])
    other = [page(n, tail(n) if n == 30 else prose(n), site="crane") for n in range(30, 40)]
    mine = window(other, "crane")
    assert len(shown(other[0], learn(mine))) > 5
    template = learn(mine, shared=network([mine], heads_of([known])))
    assert shown(other[0], template) == [b.text for b in prose(30)]


def test_lines_beyond_the_frame_go() -> None:
    def frame(n: int, p: list[Block]) -> list[Block]:
        return [
            *p,
            Block("Lean on the counter", label="comments", path=CONTENT),
            line(f"Shelf {'i' * (n + 1)}"),
        ]

    pages = site(12, frame)
    assert shown(pages[3], learned(pages)) == [b.text for b in prose(3)]


# What stays


def test_the_same_article_on_five_blogs_is_no_repetition() -> None:
    pages = [page(1, prose(1), site=f"blog{n}") for n in range(5)]
    clusters = {p.url: "c1" for p in pages}
    windows = [window([p], f"blog{n}", clusters) for n, p in enumerate(pages)]
    template = learn(windows[0], shared=network(windows))
    assert shown(pages[0], template) == [b.text for b in prose(1)]
    assert not template.entries


def test_a_title_and_lede_listed_elsewhere_stay_on_their_own_page() -> None:
    """Every other page shows them under "recent posts", some of them inside the article's element."""
    title, lede = "The swans are back", prose(0)[0].text
    pages = [page(0, [line(title), *prose(0)], title=title)]
    for n in range(1, 20):
        label = "body" if n % 3 == 0 else "related"
        pages.append(page(n, [*prose(n), line(title, label=label), line(lede, label=label)]))
    template = learned(pages)
    assert shown(pages[0], template) == [title, *(b.text for b in prose(0))]
    assert shown(pages[3], template) == [b.text for b in prose(3)]


def test_a_head_takes_no_list_of_twentysix() -> None:
    podcasts = [
        line(f"Episode {chr(97 + n) * 3}: a street and its people", kind="list_item") for n in range(26)
    ]
    pages = site(
        12,
        lambda n, p: (
            [*p, line("More from Mare"), *podcasts]
            if n == 0
            else [*p, line("More from Mare"), line("Post 0 of heron")]
        ),
    )
    assert len(shown(pages[0], learned(pages))) >= 5 + 26


def test_a_head_takes_no_chinese_article() -> None:
    chinese = [
        "市议会周二晚上开会，决定是否永久禁止卡车通过河上的旧桥。居民已经等了四年。" * k for k in (2, 3, 4)
    ]
    pages = site(
        12,
        lambda n, p: (
            [line("More from Mare"), *(line(c) for c in chinese)]
            if n == 0
            else [*p, line("More from Mare"), line("Post 0 of heron")]
        ),
    )
    assert [t for t in shown(pages[0], learned(pages)) if t in chinese] == chinese


def test_ingredients_under_a_heading_stay() -> None:
    """Each post ends in a list of its own under the same heading: no teaser, no link, no head."""

    def recipe(n: int, p: list[Block]) -> list[Block]:
        return [
            *p,
            line("Ingredients", kind="heading"),
            *(line(f"{'a' * (n + k + 1)} of flour", kind="list_item") for k in range(3)),
        ]

    pages = site(20, recipe)
    assert len(shown(pages[4], learned(pages))) == 9


def test_a_heading_of_many_posts_stays() -> None:
    pages = site(20, lambda n, p: [*p[:2], line("Why it matters", kind="heading"), *p[2:]])
    assert "Why it matters" in shown(pages[4], learned(pages))


def test_two_pages_elect_no_container() -> None:
    latest = "html/body/div.latest/p"
    pages = [page(n, [*prose(n), *(Block(b.text, path=latest) for b in prose(50 + n, 9))]) for n in range(2)]
    template = learned(pages)
    assert template.layouts == ()
    assert len(shown(pages[0], template)) == 14


@pytest.mark.parametrize(("name", "stays"), [("ol.footnotes/li", True), ("ol.shelves/li", False)])
def test_footnotes_beyond_the_frame_stay(name: str, stays: bool) -> None:
    def framed(n: int, p: list[Block]) -> list[Block]:
        note = Block(f"Shelf {'i' * (n + 1)}", path=CONTENT.rpartition("/")[0] + f"/{name}")
        return [*p, Block("Lean on the counter", label="comments", path=CONTENT), note]

    pages = site(12, framed)
    assert ("Shelf iiii" in shown(pages[3], learned(pages))) is stays


def test_a_unique_bio_beyond_the_frame_stays() -> None:
    bio = "Ada Lund has written about harbours for thirty years and lives above a chandlery in the old town."
    pages = site(
        12,
        lambda n, p: [
            *p,
            Block("Lean on the counter", label="comments", path=CONTENT),
            *([line(bio)] if n == 3 else []),
        ],
    )
    assert bio in shown(pages[3], learned(pages))


ON_PURPOSE = {
    "intro": "This is one of a series of letters from small harbours, written while the boats were out.",
    "disclaimer": "The author owns no shares in any of the companies named here, and this is no advice to buy any.",
    "refrain": "And still the tide comes in, whatever the council says.",
    "bio": "Ada Lund writes about ports and the people in them. She lives above a chandlery.",
    "correction": "An earlier version of this article misspelled the name of Tom Fry. We regret the error.",
}


def placed(kind: str, p: list[Block]) -> list[Block]:
    at = {"intro": 0, "refrain": 3}.get(kind, len(p))
    return [*p[:at], line(ON_PURPOSE[kind]), *p[at:]]


@pytest.mark.parametrize("kind", sorted(ON_PURPOSE))
def test_what_an_author_repeats_on_purpose_stays_and_is_flagged(kind: str) -> None:
    pages = site(60, lambda n, p: placed(kind, p) if n % 8 == 0 else p)
    done = apply_template(pages[0], learned(pages))
    block = next(b for b in done.blocks if b.text == ON_PURPOSE[kind])
    assert block.label == "body"
    assert (
        block.rule == "template, aside: this line stands in 8 articles, with no proof that it is boilerplate"
    )
    assert done.quality.flags == ("repeated lines",)


@pytest.mark.parametrize("kind", sorted(ON_PURPOSE))
def test_the_same_line_in_different_articles_on_two_blogs_stays(kind: str) -> None:
    """Of one publisher, and in every copy there is: the author's, not the blogs'."""
    ours = [page(n, placed(kind, prose(n)) if n % 10 == 0 else prose(n), origin="mare") for n in range(40)]
    theirs = [
        page(n, placed(kind, prose(n)) if n % 10 == 0 else prose(n), site="crane", origin="mare")
        for n in range(30, 60)
    ]
    clusters = {p.url: p.url.rsplit("/", 1)[1] for p in [*ours, *theirs]}
    mine = window(ours, clusters=clusters)
    template = learn(mine, shared=network([mine, window(theirs, "crane", clusters)]))
    assert ON_PURPOSE[kind] in shown(ours[0], template)


def test_corrections_and_bios_of_several_people_are_no_form_of_clutter() -> None:
    names = ["Tom Fry", "Mara Quist", "Jon Abel", "Ines Roca"]
    texts = [
        t
        for n in names
        for t in (
            f"{n} is a reporter at Mare who covers courts and water.",
            f"An earlier version misspelled the name of {n}. We regret the error.",
        )
    ]
    pages = [page(n, [*prose(n), line(t)], origin="mare") for n, t in enumerate(texts)]
    template = learned([*pages, *site(60, lambda n, p: p)[10:]])
    assert all(t in shown(p, template) for p, t in zip(pages, texts, strict=True))


def test_below_three_articles_nothing_is_learned() -> None:
    pages = site(2, inside(PROMO, 1))
    assert PROMO in shown(pages[0], learned(pages))


@cache
def busy() -> Template:
    """A template that knows a promo, a head and a few lines set aside."""
    return learned(
        site(
            40,
            lambda n, p: (
                [
                    *placed("intro", inside(PROMO, 3)(n, p)),
                    line("More from Mare"),
                    line(f"Post {(n + 1) % 40} of heron"),
                ]
                if n % 2
                else p
            ),
        )
    )


# Layouts


def moved(n: int, path: str) -> Article:
    return page(n, [Block("Home", label="nav", path=NAV), *(Block(b.text, path=path) for b in prose(n))])


def test_a_redesign_starts_a_new_version_and_old_posts_keep_theirs() -> None:
    old = [moved(n, "html/body/div.old/div.post/p") for n in range(8)]
    new = [moved(n, "html/body/main/article.story/p") for n in range(8, 16)]
    first = learned(old)
    both = learn(window([*old, *new]), known=first)
    assert [x.container for x in both.layouts] == [
        "html/body/div.old/div.post",
        "html/body/main/article.story",
    ]
    assert (first.version, both.version) == (1, 2)
    assert learn(window(new), known=both).layouts[0].container == "html/body/div.old/div.post"


@pytest.mark.parametrize(("margin", "comes_back"), [(1.5, True), (-0.4, False)])
def test_prose_of_the_container_comes_back_where_the_page_itself_speaks_for_it(
    margin: float, comes_back: bool
) -> None:
    """Captions of galleries, teasers and comments stand in the article's element too, but extraction speaks against them."""
    pages = [moved(n, "html/body/main/article.story/p") for n in range(9)]
    texts = [b.text for b in prose(9)]
    blocks = [Block(text, path="html/body/main/article.story/p") for text in texts]
    blocks[1] = Block(texts[1], label="other", path="html/body/main/article.story/p", score=margin)
    missed = page(9, blocks)
    assert (texts[1] in shown(missed, learned([*pages, missed]))) is comes_back


@pytest.mark.parametrize("menu", ["nav", "tags", "footer"])
@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({"score": 1.4}, True),
        ({"score": 0.4}, False),
        ({"score": 1.4, "links": (("Stocks", "https://heron.example/stocks"),)}, False),
    ],
    ids=["sure", "not sure", "a link"],
)
def test_a_subheading_that_the_menu_of_other_pages_has_stays_where_extraction_is_sure_of_it(
    menu: str, changes: dict[str, Any], stays: bool
) -> None:
    pages = site(12, lambda n, p: [Block("Stocks", label=menu, path=NAV), *p])
    own = page(12, [*prose(12)[:3], line("Stocks", **changes), *prose(12)[3:]])
    assert ("Stocks" in shown(own, learned(pages))) is stays


@pytest.mark.parametrize(("margin", "stays"), [(3.0, True), (0.3, False)])
def test_a_subheading_outside_of_the_element_stays_where_extraction_is_sure_of_it(
    margin: float, stays: bool
) -> None:
    pages = [moved(n, "html/body/main/article.story/p") for n in range(9)]
    heading = Block("In the press of Adaville", path="html/body/main/div.ch", score=margin)
    blocks = [Block(b.text, path="html/body/main/article.story/p") for b in prose(9)]
    last = page(9, [*blocks[:2], heading, *blocks[2:]])
    assert (heading.text in shown(last, learned([*pages, last]))) is stays


def test_what_a_table_decided_does_not_come_back() -> None:
    pages = [moved(n, "html/body/main/article.story/p") for n in range(9)]
    block = Block(
        prose(77)[0].text,
        label="related",
        rule="phrases/en.toml, [head] related",
        decided_by=DecidedBy.RUN,
        path="html/body/main/article.story/p",
    )
    last = page(9, [*moved(9, "html/body/main/article.story/p").blocks, block])
    assert block.text not in shown(last, learned([*pages, last]))


# Locks, rows, windows


def test_keep_and_drop_lock_a_line() -> None:
    pages = site(40, inside(PROMO, 4))
    key, other = line_key(PROMO), line_key(prose(0)[2].text)
    template = learn(window(pages), locks={key: "keep", other: "drop"})
    assert PROMO in shown(pages[0], template)
    assert prose(0)[2].text not in shown(pages[0], template)
    again = learn(window(pages), known=template, locks={key: "keep", other: "drop"})
    assert again.entries[key].finding.role == "keep"


def test_a_template_survives_its_rows() -> None:
    pages = site(40, inside(PROMO, 4))
    template = learned(pages)
    assert from_rows("heron", template.rows()) == template
    assert from_rows("heron", template.rows()[::-1]) == template


def test_a_page_seen_again_counts_once() -> None:
    pages = site(2, inside(PROMO, 1))
    assert learn(window([*pages, *pages, *pages])) == learn(window(pages))


def test_a_window_is_bounded_and_what_left_it_stays_learned() -> None:
    pages = site(60, inside(PROMO, 4))
    small = window(pages[:30])
    template = learn(small)
    small.size = 20
    for p in site(90, lambda n, p: p)[60:]:
        small.add(window([p]).pages[p.url])
    assert len(small.pages) == 20
    assert PROMO not in shown(pages[0], learn(small, known=template))


def test_applying_twice_is_applying_once() -> None:
    pages = site(40, inside(PROMO, 4))
    template = learned(pages)
    once = apply_template(pages[0], template)
    assert apply_template(once, template).blocks == once.blocks


@given(
    st.lists(
        st.sampled_from([PROMO, "More from Mare", "Post 3 of heron", "Ingredients", *ON_PURPOSE.values()]),
        max_size=12,
    ),
    st.integers(0, 30),
)
def test_texts_order_and_number_never_change(texts: list[str], number: int) -> None:
    """Nor does the article lose any of its unique prose, whatever stands between it."""
    blocks = [b for pair in zip(prose(number, len(texts)), map(line, texts), strict=True) for b in pair]
    article = page(200 + number, blocks)
    done = apply_template(article, busy())
    assert [b.text for b in done.blocks] == [b.text for b in blocks]
    kept = {b.text for b in done.blocks if b.label == "body"}
    assert all(b.text in kept for b in prose(number, len(texts)))


def test_a_page_is_odd_where_no_layout_fits_it() -> None:
    moved = [replace(block, path="html/body/section.new/p") for block in prose(30)]
    template = learned([page(n, prose(n)) for n in range(20)])
    for blocks, known, odd in (
        (prose(30), template, False),
        (moved, template, True),
        (moved, Template("heron"), False),
    ):
        seen = templated(page(30, blocks), known, RULES).seen
        assert seen is not None
        assert seen.misfit is odd


def test_text_in_a_box_that_a_platform_names_is_not_taken_out() -> None:
    """SPIP's postscript stands outside of the element that holds the text."""
    text = "The timetable hangs at the post office."
    blocks = [
        Block(text, path="html/body/div.ps.surlignable/p", decided_by=DecidedBy.SELECTOR),
        Block(text, path="html/body/div.ps/p", decided_by=DecidedBy.MODEL),
        Block(text, label="nav", path="html/body/div.menu/p", decided_by=DecidedBy.SELECTOR),
    ]
    found = lines_of(Article("https://heron.example/1").with_blocks(blocks))
    assert [one.fixed for one in found] == [True, False, False]
